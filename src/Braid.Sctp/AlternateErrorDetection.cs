namespace Braid.Sctp;

/// <summary>What finds broken packets in place of the CRC32c; the values are the EDMIDs of RFC 9653 §8.</summary>
public enum AlternateErrorDetection
{
    /// <summary>Nothing does.</summary>
    None = 0,

    /// <summary>SCTP over DTLS (RFC 8261): a record that is not what was sent never arrives (§6).</summary>
    LowerLayerDtls = 1,
}
