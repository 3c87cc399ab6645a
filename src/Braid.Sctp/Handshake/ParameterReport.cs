using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Collects the parameters that we do not know and that ask to be reported (RFC 9260 §3.2.1, §3.2.2), as they came.
/// </summary>
/// <param name="destination">Room for them; what does not fit is left out.</param>
internal ref struct ParameterReport(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private ParameterWriter _writer = new(destination);

    /// <summary>The parameters collected so far, each padded to 4 bytes but the last.</summary>
    public readonly ReadOnlySpan<byte> Written => _destination[.._writer.Length];

    /// <summary>Looks at a parameter.</summary>
    /// <returns>False when nothing after it may be read.</returns>
    public bool Consider(in ParameterView parameter)
    {
        if (IsKnown(parameter.Type))
        {
            return true;
        }

        if (parameter.WhenUnrecognized is UnrecognizedAction.StopAndReport or UnrecognizedAction.SkipAndReport)
        {
            _writer.TryWrite(parameter.Type, parameter.Value);
        }

        return !EndsReading(parameter);
    }

    /// <summary>Whether a parameter is one that we do not know and that forbids to read on (§3.2.1).</summary>
    public static bool EndsReading(in ParameterView parameter) =>
        !IsKnown(parameter.Type) && (parameter.WhenUnrecognized is UnrecognizedAction.Stop or UnrecognizedAction.StopAndReport);

    private static bool IsKnown(ParameterType type) => type is
        ParameterType.IPv4Address or ParameterType.IPv6Address or ParameterType.StateCookie
        or ParameterType.UnrecognizedParameter or ParameterType.CookiePreservative or ParameterType.HostNameAddress
        or ParameterType.SupportedAddressTypes or ParameterType.SupportedExtensions or ParameterType.ForwardTsnSupported
        or ParameterType.ZeroChecksumAcceptable or ParameterType.EcnCapable or ParameterType.AdaptationIndication;
}
