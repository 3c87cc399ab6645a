namespace Braid.Sctp.Wire;

/// <summary>
/// What to do with a chunk or parameter of an unknown type: the two highest bits of the type say it (RFC 9260 §3.2, §3.2.1).
/// </summary>
public enum UnrecognizedAction : byte
{
    /// <summary>00: stop processing what it is in, silently.</summary>
    Stop = 0,

    /// <summary>01: stop, and report it.</summary>
    StopAndReport = 1,

    /// <summary>10: skip it and go on.</summary>
    Skip = 2,

    /// <summary>11: skip it, go on, and report it.</summary>
    SkipAndReport = 3,
}
