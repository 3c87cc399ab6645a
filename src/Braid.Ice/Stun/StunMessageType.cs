namespace Braid.Ice.Stun;

/// <summary>What a STUN message is for (RFC 8489 §5).</summary>
public enum StunClass : byte
{
    /// <summary>Asks for an answer.</summary>
    Request = 0,

    /// <summary>Asks for nothing.</summary>
    Indication = 1,

    /// <summary>The answer to a request that was carried out.</summary>
    SuccessResponse = 2,

    /// <summary>The answer to a request that was not.</summary>
    ErrorResponse = 3,
}

/// <summary>What a STUN message is about: 12 bits (RFC 8489 §18.2, RFC 8656 §17).</summary>
public enum StunMethod : ushort
{
    /// <summary>Binding: what is my address, and are you there (RFC 8489).</summary>
    Binding = 0x001,

    /// <summary>Allocate (RFC 8656 §7).</summary>
    Allocate = 0x003,

    /// <summary>Refresh (RFC 8656 §8).</summary>
    Refresh = 0x004,

    /// <summary>Send, an indication (RFC 8656 §11).</summary>
    Send = 0x006,

    /// <summary>Data, an indication (RFC 8656 §11).</summary>
    Data = 0x007,

    /// <summary>CreatePermission (RFC 8656 §10).</summary>
    CreatePermission = 0x008,

    /// <summary>ChannelBind (RFC 8656 §12).</summary>
    ChannelBind = 0x009,
}

/// <summary>Class and method in the 14 bits that they have on the wire, mixed (RFC 8489 §5, figure 3).</summary>
internal static class StunMessageType
{
    /// <summary>The 16 bits at the front of a message.</summary>
    public static ushort Encode(StunClass messageClass, StunMethod method)
    {
        int m = (int)method;
        int c = (int)messageClass;
        return (ushort)((m & 0x000F) | ((c & 1) << 4) | ((m & 0x0070) << 1) | ((c & 2) << 7) | ((m & 0x0F80) << 2));
    }

    /// <summary>The class in those bits.</summary>
    public static StunClass ClassOf(ushort type) => (StunClass)(((type >> 4) & 1) | ((type >> 7) & 2));

    /// <summary>The method in those bits.</summary>
    public static StunMethod MethodOf(ushort type) => (StunMethod)((type & 0x000F) | ((type >> 1) & 0x0070) | ((type >> 2) & 0x0F80));
}
