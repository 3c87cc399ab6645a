namespace Braid.Dtls;

/// <summary>Who begins the handshake. In SDP's words (RFC 8842 §5.1): the client is "active", the server "passive".</summary>
public enum DtlsRole
{
    /// <summary>Sends the first ClientHello.</summary>
    Client,

    /// <summary>Waits for it.</summary>
    Server,
}
