using System;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>What became of a message.</summary>
public enum SctpDeliveryStatus : byte
{
    /// <summary>The peer has acknowledged all of it; its application may not have read it yet.</summary>
    Delivered = SendOutcome.Delivered,

    /// <summary>It was given up, as its <see cref="SctpSendInfo.Reliability"/> says. The peer may have got it, nevertheless.</summary>
    Expired = SendOutcome.Expired,

    /// <summary>The association ended, or the peer restarted, before either was known.</summary>
    Unknown = SendOutcome.Unknown,
}

/// <summary>What <see cref="SctpAssociation.SendWithReceiptAsync"/> says of a message.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Delay">How long after the association took it from the call that was known.</param>
public readonly record struct SctpDeliveryResult(SctpDeliveryStatus Status, TimeSpan Delay);
