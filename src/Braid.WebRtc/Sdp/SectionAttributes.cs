using System;
using System.Collections.Generic;

namespace Braid.WebRtc.Sdp;

/// <summary>
/// The attributes that we understand, of a section or of the session. Where there may be one of a name, the first one counts.
/// </summary>
internal sealed class SectionAttributes
{
    private readonly List<SdpFingerprint> _fingerprints = [];
    private readonly List<string> _candidates = [];
    private string? _ufrag;
    private string? _password;
    private IReadOnlyList<string>? _iceOptions;
    private DtlsSetup _setup;
    private string? _tlsId;

    public string? Mid { get; private set; }

    public bool IsBundleOnly { get; private set; }

    public bool IsEndOfCandidates { get; private set; }

    public bool IsIceLite { get; private set; }

    public bool AllowsMixedExtensions { get; private set; }

    public ushort? SctpPort { get; private set; }

    public string? SctpMap { get; private set; }

    public long? MaximumMessageSize { get; private set; }

    public long MaximumRecordSize { get; private set; }

    public IReadOnlyList<string> Candidates => _candidates;

    public bool TryRead(IReadOnlyList<SdpAttribute> attributes, out SdpError error)
    {
        error = default;
        foreach (SdpAttribute attribute in attributes)
        {
            if (!TryRead(attribute.Name, attribute.Value ?? "") || (attribute.Name == "candidate" && _candidates.Count > 1024))
            {
                error = new SdpError(attribute.Line, $"The value of a={attribute.Name} is not one.");
                return false;
            }
        }

        if (_ufrag is null != _password is null)
        {
            error = new SdpError(attributes[0].Line, "a=ice-ufrag and a=ice-pwd belong together.");
            return false;
        }

        return true;
    }

    /// <summary>What it says of a transport, and for all else what stands at the session (RFC 8839 §5.4, RFC 8842 §5).</summary>
    public TransportDescription ToTransport(TransportDescription session) => new()
    {
        Credentials = _ufrag is null ? session.Credentials : new IceCredentials(_ufrag, _password!),
        IceOptions = _iceOptions ?? session.IceOptions,
        Fingerprints = _fingerprints.Count == 0 ? session.Fingerprints : _fingerprints,
        Setup = _setup == DtlsSetup.None ? session.Setup : _setup,
        TlsId = _tlsId ?? session.TlsId,
    };

    private bool TryRead(string name, string value)
    {
        switch (name)
        {
            case "mid":
                Mid ??= value;
                return SdpReader.IsToken(value);
            case "ice-ufrag":
                _ufrag ??= value;
                return AttributeValues.IsIceText(value, 4, 256);
            case "ice-pwd":
                _password ??= value;
                return AttributeValues.IsIceText(value, 22, 256);
            case "ice-options":
                _iceOptions ??= value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);   // libdatachannel writes commas
                return true;
            case "ice-lite":
                return IsIceLite = true;
            case "extmap-allow-mixed":
                return AllowsMixedExtensions = true;
            case "bundle-only":
                return IsBundleOnly = true;
            case "end-of-candidates":
                return IsEndOfCandidates = true;
            case "candidate":
                _candidates.Add($"candidate:{value}");
                return AttributeValues.TryReadCandidate(_candidates[^1], out _);
            case "fingerprint":
                bool isFingerprint = AttributeValues.TryReadFingerprint(value, out SdpFingerprint fingerprint) && _fingerprints.Count < 64;
                _fingerprints.Add(fingerprint);
                return isFingerprint;
            case "setup":
                _setup = _setup == DtlsSetup.None ? AttributeValues.ReadSetup(value) : _setup;
                return _setup != DtlsSetup.None;
            case "tls-id":
                _tlsId ??= value;
                return AttributeValues.IsTlsId(value);
            case "sctp-port":
                bool isPort = AttributeValues.TryReadPort(value.AsSpan().Trim(' '), out ushort port);
                SctpPort ??= port;
                return isPort;
            case "sctpmap":
                SctpMap ??= value;
                return true;
            case "max-message-size":
                bool isSize = AttributeValues.TryReadSize(value.AsSpan().Trim(' '), out long size);
                MaximumMessageSize ??= size;
                return isSize;
            case SctpDescription.RecordSizeAttribute:
                MaximumRecordSize = AttributeValues.TryReadSize(value.AsSpan().Trim(' '), out long record) ? record : 0;
                return true;                                                 // nobody has to write it, so nobody can write it wrongly
            default:
                return true;                                                 // RFC 8866 §5.13: what is not understood is passed over
        }
    }
}
