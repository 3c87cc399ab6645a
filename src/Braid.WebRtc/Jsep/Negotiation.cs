using System;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Jsep;

/// <summary>What the last answer has settled: all that ICE, DTLS and SCTP are to know.</summary>
internal sealed record Negotiation
{
    /// <summary>Place of the data section.</summary>
    public required int Index { get; init; }

    /// <summary>Its identification tag; null where the peer has given none.</summary>
    public string? Mid { get; init; }

    /// <summary>Whether another answer may follow.</summary>
    public bool IsProvisional { get; init; }

    /// <summary>Our part in the DTLS handshake: <see cref="DtlsSetup.Active"/> for the client, <see cref="DtlsSetup.Passive"/> for the server.</summary>
    public required DtlsSetup Role { get; init; }

    /// <summary>Whether our ICE agent controls: who made the first offer does, and a full agent whose peer is a lite one (RFC 8445 §6.1.1).</summary>
    public required bool IsControlling { get; init; }

    public required TransportDescription Local { get; init; }

    public required TransportDescription Remote { get; init; }

    public bool IsRemoteIceLite { get; init; }

    public required ushort LocalSctpPort { get; init; }

    public required ushort RemoteSctpPort { get; init; }

    /// <summary>The longest message that we may send, in bytes; <see cref="long.MaxValue"/> for any.</summary>
    public required long MaximumMessageSize { get; init; }

    /// <summary>The longest content of a DTLS record that the peer takes, in bytes; 0 where it does not say.</summary>
    public long MaximumRecordSize { get; init; }

    /// <summary>Whether it is another ICE session than before: always at first.</summary>
    public required bool StartsIce { get; init; }

    /// <summary>Whether it is another DTLS association than before (RFC 8842 §4), and with it another SCTP association: always at first.</summary>
    public required bool StartsDtls { get; init; }

    /// <summary>The smaller one of what the peer receives and what we send (W3C WebRTC, RTCSctpTransport); 0 is any.</summary>
    public static long MessageSize(long remote, long local) =>
        remote == 0 && local == 0 ? long.MaxValue : remote == 0 || local == 0 ? Math.Max(remote, local) : Math.Min(remote, local);
}
