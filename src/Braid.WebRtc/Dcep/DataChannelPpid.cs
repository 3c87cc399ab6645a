namespace Braid.WebRtc.Dcep;

/// <summary>Payload protocol identifiers of data channels (RFC 8831 §8, RFC 8832 §8.1).</summary>
internal static class DataChannelPpid
{
    /// <summary>A message of the Data Channel Establishment Protocol.</summary>
    public const uint Control = 50;

    /// <summary>UTF-8: all of a message, or its last part.</summary>
    public const uint Text = 51;

    /// <summary>Bytes of which more follow. Deprecated: read, never written.</summary>
    public const uint BinaryPartial = 52;

    /// <summary>Bytes: all of a message, or its last part.</summary>
    public const uint Binary = 53;

    /// <summary>UTF-8 of which more follows. Deprecated: read, never written.</summary>
    public const uint TextPartial = 54;

    /// <summary>An empty text; the one byte that carries it is ignored.</summary>
    public const uint TextEmpty = 56;

    /// <summary>An empty message; the one byte that carries it is ignored.</summary>
    public const uint BinaryEmpty = 57;
}
