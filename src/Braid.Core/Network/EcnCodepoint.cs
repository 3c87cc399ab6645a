namespace Braid.Core;

/// <summary>What the two low bits of an IP packet's traffic class say (RFC 3168 §5).</summary>
public enum EcnCodepoint : byte
{
    /// <summary>The transport does not use ECN.</summary>
    NotCapable = 0,

    /// <summary>ECT(1).</summary>
    Capable1 = 1,

    /// <summary>ECT(0): a router may mark the packet instead of dropping it.</summary>
    Capable0 = 2,

    /// <summary>CE: a router has.</summary>
    CongestionExperienced = 3,
}
