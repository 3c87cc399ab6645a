using System;

namespace Braid.Ice.Stun;

/// <summary>Codes of error responses (RFC 8489 §14.8, RFC 8445 §16.2, RFC 8656 §19), and what they are called.</summary>
public static class StunError
{
    /// <summary>300: another server is to be asked.</summary>
    public const int TryAlternate = 300;

    /// <summary>400: the request was malformed.</summary>
    public const int BadRequest = 400;

    /// <summary>401: without the right credentials.</summary>
    public const int Unauthenticated = 401;

    /// <summary>403: known, and not allowed.</summary>
    public const int Forbidden = 403;

    /// <summary>420: an attribute that must be understood was not.</summary>
    public const int UnknownAttribute = 420;

    /// <summary>437: there is no such allocation, or there is one already.</summary>
    public const int AllocationMismatch = 437;

    /// <summary>438: the nonce is too old.</summary>
    public const int StaleNonce = 438;

    /// <summary>440: no relayed addresses of that family.</summary>
    public const int AddressFamilyNotSupported = 440;

    /// <summary>441: not the credentials that made the allocation.</summary>
    public const int WrongCredentials = 441;

    /// <summary>442: the server relays no such transport.</summary>
    public const int UnsupportedTransport = 442;

    /// <summary>443: the peer's address is of another family than the relayed one.</summary>
    public const int PeerAddressFamilyMismatch = 443;

    /// <summary>486: this user has as many allocations as he may have.</summary>
    public const int AllocationQuotaReached = 486;

    /// <summary>487: both agents have the same role.</summary>
    public const int RoleConflict = 487;

    /// <summary>500: the server has a trouble that may pass.</summary>
    public const int ServerError = 500;

    /// <summary>508: the server has no more to give.</summary>
    public const int InsufficientCapacity = 508;

    /// <summary>The phrase that the registry recommends; empty for a code that is not known.</summary>
    public static string ReasonOf(int code) => code switch
    {
        TryAlternate => "Try Alternate",
        BadRequest => "Bad Request",
        Unauthenticated => "Unauthenticated",
        Forbidden => "Forbidden",
        UnknownAttribute => "Unknown Attribute",
        AllocationMismatch => "Allocation Mismatch",
        StaleNonce => "Stale Nonce",
        AddressFamilyNotSupported => "Address Family not Supported",
        WrongCredentials => "Wrong Credentials",
        UnsupportedTransport => "Unsupported Transport Protocol",
        PeerAddressFamilyMismatch => "Peer Address Family Mismatch",
        AllocationQuotaReached => "Allocation Quota Reached",
        RoleConflict => "Role Conflict",
        ServerError => "Server Error",
        InsufficientCapacity => "Insufficient Capacity",
        _ => "",
    };

    /// <summary>Reads an ERROR-CODE value; false when class or number are out of range (RFC 8489 §14.8).</summary>
    internal static bool TryRead(ReadOnlySpan<byte> value, out int code, out ReadOnlySpan<byte> reason)
    {
        code = 0;
        reason = default;
        if (value.Length < 4 || (value[2] & 7) is < 3 or > 6 || value[3] > 99)
        {
            return false;
        }

        code = ((value[2] & 7) * 100) + value[3];
        reason = value[4..];
        return true;
    }
}
