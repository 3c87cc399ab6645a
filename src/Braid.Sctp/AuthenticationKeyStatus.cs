namespace Braid.Sctp;

/// <summary>What became of a request that concerns a shared key (RFC 6458 §8.1.18, §8.3.3 to §8.3.5).</summary>
public enum AuthenticationKeyStatus : byte
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>The options offer no authentication, or the association is closed.</summary>
    NotOffered,

    /// <summary>There is no key with that number.</summary>
    UnknownKey,

    /// <summary>The key is the active one, which cannot be deactivated.</summary>
    IsActive,

    /// <summary>The key was deactivated: nothing is sent with it any more.</summary>
    IsDeactivated,

    /// <summary>The key was not deactivated, which must come before it is deleted.</summary>
    NotDeactivated,

    /// <summary>Messages that were accepted with the key are not acknowledged yet.</summary>
    InUse,

    /// <summary>There are as many keys as an association may have, 256.</summary>
    TooManyKeys,
}
