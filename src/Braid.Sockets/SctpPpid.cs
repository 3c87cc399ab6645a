namespace Braid.Sockets;

/// <summary>
/// Payload protocol identifiers in IANA's registry (RFC 9260 §15.5): what a message is, for whoever looks at it. SCTP itself passes
/// them through.
/// </summary>
public static class SctpPpid
{
    /// <summary>Nothing is said.</summary>
    public const uint Unspecified = 0;

    /// <summary>ISDN Q.921 user adaptation, RFC 4233.</summary>
    public const uint Iua = 1;

    /// <summary>SS7 MTP2 user adaptation, RFC 3331.</summary>
    public const uint M2ua = 2;

    /// <summary>SS7 MTP3 user adaptation, RFC 4666.</summary>
    public const uint M3ua = 3;

    /// <summary>SS7 SCCP user adaptation, RFC 3868.</summary>
    public const uint Sua = 4;

    /// <summary>SS7 MTP2 peer-to-peer adaptation, RFC 4165.</summary>
    public const uint M2pa = 5;

    /// <summary>V5.2 user adaptation, RFC 3807.</summary>
    public const uint V5ua = 6;

    /// <summary>H.248 (MEGACO).</summary>
    public const uint H248 = 7;

    /// <summary>BICC, ITU-T Q.2150.3.</summary>
    public const uint Bicc = 8;

    /// <summary>TALI, RFC 3094.</summary>
    public const uint Tali = 9;

    /// <summary>DPNSS/DASS 2 user adaptation, RFC 4129.</summary>
    public const uint Dua = 10;

    /// <summary>Aggregate server access protocol, RFC 5352.</summary>
    public const uint Asap = 11;

    /// <summary>Endpoint handlespace redundancy protocol, RFC 5353.</summary>
    public const uint Enrp = 12;

    /// <summary>H.323.</summary>
    public const uint H323 = 13;

    /// <summary>Q.IPC, ITU-T Q.2150.3.</summary>
    public const uint Qipc = 14;

    /// <summary>SIMCO, RFC 4540.</summary>
    public const uint Simco = 15;

    /// <summary>DDP segment, RFC 5043.</summary>
    public const uint DdpSegment = 16;

    /// <summary>DDP stream session control, RFC 5043.</summary>
    public const uint DdpStreamSessionControl = 17;

    /// <summary>4G: eNodeB to MME, 3GPP TS 36.413.</summary>
    public const uint S1ap = 18;

    /// <summary>RANAP user adaptation, 3GPP TS 25.468.</summary>
    public const uint Rua = 19;

    /// <summary>Home NodeB, 3GPP TS 25.469.</summary>
    public const uint Hnbap = 20;

    /// <summary>ForCES, high priority, RFC 5811.</summary>
    public const uint ForcesHighPriority = 21;

    /// <summary>ForCES, medium priority, RFC 5811.</summary>
    public const uint ForcesMediumPriority = 22;

    /// <summary>ForCES, low priority, RFC 5811.</summary>
    public const uint ForcesLowPriority = 23;

    /// <summary>Cell broadcast, 3GPP TS 29.168.</summary>
    public const uint Sbcap = 24;

    /// <summary>3G: NodeB to RNC, 3GPP TS 25.433.</summary>
    public const uint Nbap = 25;

    /// <summary>4G: between eNodeBs, 3GPP TS 36.423.</summary>
    public const uint X2ap = 27;

    /// <summary>Inter-router capability protocol.</summary>
    public const uint Ircp = 28;

    /// <summary>Location services, 3GPP TS 29.171.</summary>
    public const uint Lcsap = 29;

    /// <summary>MPICH2.</summary>
    public const uint Mpich2 = 30;

    /// <summary>Service area broadcast, 3GPP TS 25.419.</summary>
    public const uint Sabp = 31;

    /// <summary>Fractal generator protocol.</summary>
    public const uint FractalGenerator = 32;

    /// <summary>Ping-pong protocol.</summary>
    public const uint PingPong = 33;

    /// <summary>CalcApp protocol.</summary>
    public const uint CalcApp = 34;

    /// <summary>Scripting service protocol.</summary>
    public const uint ScriptingService = 35;

    /// <summary>NetPerfMeter, control.</summary>
    public const uint NetPerfMeterControl = 36;

    /// <summary>NetPerfMeter, data.</summary>
    public const uint NetPerfMeterData = 37;

    /// <summary>Echo.</summary>
    public const uint Echo = 38;

    /// <summary>Discard.</summary>
    public const uint Discard = 39;

    /// <summary>Daytime.</summary>
    public const uint Daytime = 40;

    /// <summary>Character generator.</summary>
    public const uint CharacterGenerator = 41;

    /// <summary>3GPP RNA.</summary>
    public const uint Rna = 42;

    /// <summary>4G multicast, 3GPP TS 36.443.</summary>
    public const uint M2ap = 43;

    /// <summary>4G multicast, 3GPP TS 36.444.</summary>
    public const uint M3ap = 44;

    /// <summary>SSH over SCTP.</summary>
    public const uint Ssh = 45;

    /// <summary>Diameter, RFC 6733.</summary>
    public const uint Diameter = 46;

    /// <summary>Diameter over DTLS, RFC 6733.</summary>
    public const uint DiameterOverDtls = 47;

    /// <summary>R14P.</summary>
    public const uint R14p = 48;

    /// <summary>Data channel establishment (DCEP), RFC 8832.</summary>
    public const uint WebRtcControl = 50;

    /// <summary>Data channel: text, RFC 8831.</summary>
    public const uint WebRtcString = 51;

    /// <summary>Data channel: deprecated, RFC 8831.</summary>
    public const uint WebRtcBinaryPartial = 52;

    /// <summary>Data channel: binary, RFC 8831.</summary>
    public const uint WebRtcBinary = 53;

    /// <summary>Data channel: deprecated, RFC 8831.</summary>
    public const uint WebRtcStringPartial = 54;

    /// <summary>PCAP user adaptation, 3GPP TS 25.470.</summary>
    public const uint Pua = 55;

    /// <summary>Data channel: empty text, RFC 8831.</summary>
    public const uint WebRtcStringEmpty = 56;

    /// <summary>Data channel: empty binary, RFC 8831.</summary>
    public const uint WebRtcBinaryEmpty = 57;

    /// <summary>3GPP XwAP, TS 36.463.</summary>
    public const uint Xwap = 58;

    /// <summary>3GPP Xw control plane, TS 36.463.</summary>
    public const uint XwControlPlane = 59;

    /// <summary>5G: base station to core, 3GPP TS 38.413.</summary>
    public const uint Ngap = 60;

    /// <summary>5G: between base stations, 3GPP TS 38.423.</summary>
    public const uint Xnap = 61;

    /// <summary>5G: within a base station, 3GPP TS 38.473.</summary>
    public const uint F1ap = 62;

    /// <summary>5G: within a base station, 3GPP TS 37.483.</summary>
    public const uint E1ap = 64;

    /// <summary>ELE2 lawful interception.</summary>
    public const uint Ele2LawfulInterception = 65;

    /// <summary>NGAP over DTLS, 3GPP TS 38.413.</summary>
    public const uint NgapOverDtls = 66;

    /// <summary>XnAP over DTLS, 3GPP TS 38.423.</summary>
    public const uint XnapOverDtls = 67;

    /// <summary>F1AP over DTLS, 3GPP TS 38.473.</summary>
    public const uint F1apOverDtls = 68;

    /// <summary>E1AP over DTLS, 3GPP TS 37.483.</summary>
    public const uint E1apOverDtls = 69;

    /// <summary>O-RAN E2, control plane.</summary>
    public const uint E2ControlPlane = 70;

    /// <summary>O-RAN E2, user plane.</summary>
    public const uint E2UserPlane = 71;

    /// <summary>O-RAN E2, distributed unit.</summary>
    public const uint E2DistributedUnit = 72;

    /// <summary>4G: within a base station, 3GPP TS 37.473.</summary>
    public const uint W1ap = 73;
}
