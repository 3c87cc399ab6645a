using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>What has been set for a socket: with what its associations begin, and what only C's calls know.</summary>
internal sealed class SocketSettings
{
    private static readonly Sctp.AuthenticationOptions s_authentication = new()
    {
        RequiredChunks = AuthenticationTable.StandardChunks,
        Algorithms = [HmacAlgorithm.Sha1],
        AcceptsOtherPeers = true,
    };

    /// <summary>With what future associations begin.</summary>
    public SctpAssociationOptions Association { get; set; } = Default();

    /// <summary>How messages are sent when nothing is said with them (SCTP_DEFAULT_SNDINFO, SCTP_DEFAULT_PRINFO).</summary>
    public SendAttributes DefaultSend { get; set; }

    /// <summary>The peer's UDP port (SCTP_REMOTE_UDP_ENCAPS_PORT); 0 for IP itself.</summary>
    public ushort RemoteUdpPort { get; set; }

    /// <summary>SCTP_REUSE_PORT.</summary>
    public bool SharesPort { get; set; }

    /// <summary>SCTP_RECVRCVINFO.</summary>
    public bool ReceivesInfo { get; set; }

    /// <summary>SCTP_RECVNXTINFO.</summary>
    public bool ReceivesNextInfo { get; set; }

    /// <summary>SCTP_EXPLICIT_EOR.</summary>
    public bool EndsRecordsExplicitly { get; set; }

    /// <summary>Whether a message that failed is told of in the old layout (SCTP_SEND_FAILED).</summary>
    public bool TellsFailedSendsTheOldWay { get; set; }

    /// <summary>Whether a message that failed is told of (SCTP_SEND_FAILED_EVENT).</summary>
    public bool TellsFailedSends { get; set; }

    /// <summary>Whether SCTP_ASSOC_RESET_EVENT is wanted.</summary>
    public bool TellsAssociationResets { get; set; }

    /// <summary>Whether IPv4 addresses are told as IPv6 ones (SCTP_I_WANT_MAPPED_V4_ADDR).</summary>
    public bool MapsIPv4 { get; set; }

    /// <summary>SCTP_FRAGMENT_INTERLEAVE.</summary>
    public uint InterleaveLevel { get; set; } = 1;

    /// <summary>SCTP_PARTIAL_DELIVERY_POINT.</summary>
    public uint PartialDeliveryPoint { get; set; } = 65536;

    /// <summary>The longest time between two INITs in ms (SCTP_INITMSG).</summary>
    public ushort InitTimeout { get; set; } = (ushort)Math.Min(SystemControls.Get("sctp_init_rto_max_default"), ushort.MaxValue);

    /// <summary>SCTP_MAXSEG.</summary>
    public uint MaximumSegment { get; set; }

    /// <summary>SCTP_MAX_BURST.</summary>
    public uint MaximumBurst { get; set; } = SystemControls.Get("sctp_max_burst_default");

    /// <summary>How long a cookie is good in ms (SCTP_ASSOCINFO).</summary>
    public uint CookieLife { get; set; } = SystemControls.Get("sctp_valid_cookie_life_default");

    /// <summary>SCTP_PKTDROP_SUPPORTED.</summary>
    public bool KnowsPacketDrop { get; set; }

    /// <summary>SCTP_MAX_CWND.</summary>
    public uint MaximumWindow { get; set; }

    /// <summary>SCTP_PLUGGABLE_SS.</summary>
    public uint Scheduler { get; set; }

    /// <summary>SCTP_ENABLE_STREAM_RESET.</summary>
    public uint AllowedRequests { get; set; }

    /// <summary>Whether paths have no heartbeats (SPP_HB_DISABLE).</summary>
    public bool HasNoHeartbeats { get; set; }

    /// <summary>Whether heartbeats follow one another at once (SPP_HB_TIME_IS_ZERO).</summary>
    public bool HasZeroHeartbeatInterval { get; set; }

    /// <summary>The size of packets where it is not searched for (SPP_PMTUD_DISABLE); 0 where it is.</summary>
    public uint PathMtu { get; set; }

    /// <summary>SPP_DSCP.</summary>
    public byte Dscp { get; set; }

    /// <summary>SPP_IPV6_FLOWLABEL.</summary>
    public uint FlowLabel { get; set; }

    /// <summary>Chunks that the peer shall authenticate (SCTP_AUTH_CHUNK).</summary>
    public IReadOnlyList<ChunkType> AuthenticatedChunks { get; set; } = AuthenticationTable.StandardChunks;

    /// <summary>SCTP_HMAC_IDENT.</summary>
    public IReadOnlyList<HmacAlgorithm> Algorithms { get; set; } = [HmacAlgorithm.Sha1];

    /// <summary>Keys by their numbers (SCTP_AUTH_KEY).</summary>
    public IReadOnlyDictionary<ushort, byte[]> Keys { get; set; } = new Dictionary<ushort, byte[]> { [0] = [] };

    /// <summary>SCTP_AUTH_ACTIVE_KEY.</summary>
    public ushort ActiveKey { get; set; }

    /// <summary>SO_RCVBUF, where it is less than Braid needs; null where it is not.</summary>
    public uint? ReceiveBuffer { get; set; }

    /// <summary>SO_LINGER; null where it is off.</summary>
    public TimeSpan? Linger { get; set; }

    /// <summary>What a new socket has.</summary>
    /// <param name="domain">AF_INET, AF_INET6 or AF_CONN.</param>
    public static SocketSettings For(int domain)
    {
        var settings = new SocketSettings();
        if (domain == SocketName.Own)
        {
            // Nobody has said that more goes through: libusrsctp has 1280 there, and does not look for more.
            settings.Association = settings.Association with { MaximumPathMtu = settings.Association.PathMtu };
        }

        return settings;
    }

    /// <summary>The same for a socket that this one's has accepted.</summary>
    public SocketSettings Copy() => (SocketSettings)MemberwiseClone();

    /// <summary>What associations are to offer of authentication.</summary>
    public Sctp.AuthenticationOptions ToAuthentication() => new()
    {
        RequiredChunks = AuthenticatedChunks,
        Algorithms = Algorithms,
        Keys = [.. Keys.Where(static key => key.Key != 0 || key.Value.Length > 0).Select(static key => new SharedKey(key.Key, key.Value))],
        ActiveKey = ActiveKey == 0 ? null : ActiveKey,
        AcceptsOtherPeers = true,
    };

    // What the system controls say when the socket is made.
    private static SctpAssociationOptions Default() => SctpAssociationOptions.Default with
    {
        InBandNotifications = true,
        CloseTimeout = TimeSpan.FromMinutes(5),              // nobody waits for it
        NoDelay = false,
        Extensions = KnownExtensions(),
        Authentication = SystemControls.Get("sctp_auth_enable") == 0 ? null : s_authentication,
        OutgoingStreams = (int)SystemControls.Get("sctp_nr_outgoing_streams_default"),
        IncomingStreams = (int)SystemControls.Get("sctp_nr_incoming_streams_default"),
        SendBufferSize = SystemControls.Get("sctp_sendspace"),
        ReceiveBufferSize = Math.Max(PlainTable.SmallestReceiveBuffer, SystemControls.Get("sctp_recvspace")),
        MaximumMessageSize = Array.MaxLength,
        InitialWindow = SystemControls.IsSet("sctp_initial_cwnd") ? (int)Math.Min(SystemControls.Get("sctp_initial_cwnd"), 100) : SctpAssociationOptions.Default.InitialWindow,
        RtoInitial = Between(Shortest, Milliseconds("sctp_rto_initial_default"), Milliseconds("sctp_rto_max_default")),
        RtoMinimum = Between(Shortest, Milliseconds("sctp_rto_min_default"), Milliseconds("sctp_rto_initial_default")),
        RtoMaximum = Between(Shortest, Milliseconds("sctp_rto_max_default"), TimeSpan.MaxValue),
        HeartbeatInterval = Milliseconds("sctp_heartbeat_interval_default"),
        SackDelay = Between(TimeSpan.Zero, Milliseconds("sctp_delayed_sack_time_default"), TimeSpan.FromMilliseconds(500)),
        SackFrequency = (int)Math.Clamp(SystemControls.Get("sctp_sack_freq_default"), 1, int.MaxValue),
        MaximumInitRetransmissions = Attempts("sctp_init_rtx_max_default"),
        MaximumRetransmissions = Attempts("sctp_assoc_rtx_max_default"),
        MaximumPathRetransmissions = Attempts("sctp_path_rtx_max_default"),
    };

    private static Extensions KnownExtensions()
    {
        Extensions extensions = SctpAssociationOptions.Default.Extensions & ~Extensions.Interleaving;
        Switch(Extensions.PartialReliability, "sctp_pr_enable");
        Switch(Extensions.Authentication, "sctp_auth_enable");
        Switch(Extensions.AddressReconfiguration, "sctp_asconf_enable");
        Switch(Extensions.StreamReconfiguration, "sctp_reconfig_enable");
        Switch(Extensions.Ecn, "sctp_ecn_enable");
        Switch(Extensions.NonRenegableSack, "sctp_nrsack_enable");
        return extensions;

        void Switch(Extensions extension, string control) =>
            extensions = SystemControls.Get(control) != 0 ? extensions | extension : extensions & ~extension;
    }

    private static TimeSpan Shortest => TimeSpan.FromMilliseconds(1);

    private static TimeSpan Between(TimeSpan least, TimeSpan value, TimeSpan most)
    {
        TimeSpan below = value < most ? value : most;
        return below > least ? below : least;
    }

    private static int Attempts(string name) => (int)Math.Min(SystemControls.Get(name), int.MaxValue);

    private static TimeSpan Milliseconds(string name) => TimeSpan.FromMilliseconds(SystemControls.Get(name));
}
