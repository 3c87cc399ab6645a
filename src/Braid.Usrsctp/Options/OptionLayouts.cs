namespace Braid.Usrsctp;

/// <summary>Structures of options: where their fields are, and how long they are without what follows.</summary>
internal static class OptionLayouts
{
    /// <summary>SCTP_RTOINFO.</summary>
    [C("sctp_rtoinfo")]
    internal static class Rto
    {
        [C("srto_assoc_id")] public const int Id = 0;
        [C("srto_initial")] public const int Initial = 4;
        [C("srto_max")] public const int Maximum = 8;
        [C("srto_min")] public const int Minimum = 12;
        public const int Size = 16;
    }

    /// <summary>SCTP_ASSOCINFO.</summary>
    [C("sctp_assocparams")]
    internal static class Association
    {
        [C("sasoc_assoc_id")] public const int Id = 0;
        [C("sasoc_peer_rwnd")] public const int PeerWindow = 4;
        [C("sasoc_local_rwnd")] public const int Window = 8;
        [C("sasoc_cookie_life")] public const int CookieLife = 12;
        [C("sasoc_asocmaxrxt")] public const int Attempts = 16;
        [C("sasoc_number_peer_destinations")] public const int PeerAddresses = 18;
        public const int Size = 20;
    }

    /// <summary>SCTP_INITMSG.</summary>
    [C("sctp_initmsg")]
    internal static class Init
    {
        [C("sinit_num_ostreams")] public const int OutgoingStreams = 0;
        [C("sinit_max_instreams")] public const int IncomingStreams = 2;
        [C("sinit_max_attempts")] public const int Attempts = 4;
        [C("sinit_max_init_timeo")] public const int Timeout = 6;
        public const int Size = 8;
    }

    /// <summary>SCTP_ADAPTATION_LAYER.</summary>
    [C("sctp_setadaptation")]
    internal static class Adaptation
    {
        [C("ssb_adaptation_ind")] public const int Value = 0;
        public const int Size = 4;
    }

    /// <summary>SCTP_PRIMARY_ADDR.</summary>
    [C("sctp_setprim")]
    internal static class Primary
    {
        [C("ssp_addr")] public const int Address = 0;
        [C("ssp_assoc_id")] public const int Id = 128;
        public const int Size = 136;
    }

    /// <summary>SCTP_SET_PEER_PRIMARY_ADDR.</summary>
    [C("sctp_setpeerprim")]
    internal static class PeerPrimary
    {
        [C("sspp_addr")] public const int Address = 0;
        [C("sspp_assoc_id")] public const int Id = 128;
        public const int Size = 136;
    }

    /// <summary>SCTP_PEER_ADDR_PARAMS.</summary>
    [C("sctp_paddrparams")]
    internal static class Path
    {
        [C("spp_address")] public const int Address = 0;
        [C("spp_assoc_id")] public const int Id = 128;
        [C("spp_hbinterval")] public const int HeartbeatInterval = 132;
        [C("spp_pathmtu")] public const int Mtu = 136;
        [C("spp_flags")] public const int Flags = 140;
        [C("spp_ipv6_flowlabel")] public const int FlowLabel = 144;
        [C("spp_pathmaxrxt")] public const int Attempts = 148;
        [C("spp_dscp")] public const int Dscp = 150;
        public const int Size = 152;
    }

    /// <summary>SCTP_GET_PEER_ADDR_INFO.</summary>
    [C("sctp_paddrinfo")]
    internal static class PathInfo
    {
        [C("spinfo_address")] public const int Address = 0;
        [C("spinfo_assoc_id")] public const int Id = 128;
        [C("spinfo_state")] public const int State = 132;
        [C("spinfo_cwnd")] public const int Window = 136;
        [C("spinfo_srtt")] public const int RoundTrip = 140;
        [C("spinfo_rto")] public const int Rto = 144;
        [C("spinfo_mtu")] public const int Mtu = 148;
        public const int Size = 152;
    }

    /// <summary>SCTP_REMOTE_UDP_ENCAPS_PORT.</summary>
    [C("sctp_udpencaps")]
    internal static class Encapsulation
    {
        [C("sue_address")] public const int Address = 0;
        [C("sue_assoc_id")] public const int Id = 128;
        [C("sue_port")] public const int Port = 132;
        public const int Size = 136;
    }

    /// <summary>One number of an association.</summary>
    [C("sctp_assoc_value")]
    internal static class Value
    {
        [C("assoc_id")] public const int Id = 0;
        [C("assoc_value")] public const int Number = 4;
        public const int Size = 8;
    }

    /// <summary>SCTP_DELAYED_SACK.</summary>
    [C("sctp_sack_info")]
    internal static class Sack
    {
        [C("sack_assoc_id")] public const int Id = 0;
        [C("sack_delay")] public const int Delay = 4;
        [C("sack_freq")] public const int Frequency = 8;
        public const int Size = 12;
    }

    /// <summary>SCTP_EVENT.</summary>
    [C("sctp_event")]
    internal static class Event
    {
        [C("se_assoc_id")] public const int Id = 0;
        [C("se_type")] public const int Type = 4;
        [C("se_on")] public const int On = 6;
        public const int Size = 8;
    }

    /// <summary>SCTP_DEFAULT_PRINFO.</summary>
    [C("sctp_default_prinfo")]
    internal static class DefaultReliability
    {
        [C("pr_policy")] public const int Policy = 0;
        [C("pr_value")] public const int Value = 4;
        [C("pr_assoc_id")] public const int Id = 8;
        public const int Size = 12;
    }

    /// <summary>SCTP_STATUS.</summary>
    [C("sctp_status")]
    internal static class Status
    {
        [C("sstat_assoc_id")] public const int Id = 0;
        [C("sstat_state")] public const int State = 4;
        [C("sstat_rwnd")] public const int PeerWindow = 8;
        [C("sstat_unackdata")] public const int Unacknowledged = 12;
        [C("sstat_penddata")] public const int Pending = 14;
        [C("sstat_instrms")] public const int IncomingStreams = 16;
        [C("sstat_outstrms")] public const int OutgoingStreams = 18;
        [C("sstat_fragmentation_point")] public const int FragmentationPoint = 20;
        [C("sstat_primary")] public const int Primary = 24;
        public const int Size = 176;
    }

    /// <summary>SCTP_TIMEOUTS.</summary>
    [C("sctp_timeouts")]
    internal static class Timeouts
    {
        [C("stimo_assoc_id")] public const int Id = 0;
        [C("stimo_init")] public const int Init = 4;
        [C("stimo_data")] public const int Data = 8;
        public const int Size = 32;
    }

    /// <summary>SCTP_PR_STREAM_STATUS, SCTP_PR_ASSOC_STATUS.</summary>
    [C("sctp_prstatus")]
    internal static class Abandoned
    {
        [C("sprstat_assoc_id")] public const int Id = 0;
        [C("sprstat_sid")] public const int Stream = 4;
        [C("sprstat_policy")] public const int Policy = 6;
        [C("sprstat_abandoned_unsent")] public const int Unsent = 8;
        [C("sprstat_abandoned_sent")] public const int Sent = 16;
        public const int Size = 24;
    }

    /// <summary>SCTP_AUTH_CHUNK.</summary>
    [C("sctp_authchunk")]
    internal static class Chunk
    {
        [C("sauth_chunk")] public const int Type = 0;
        public const int Size = 1;
    }

    /// <summary>SCTP_AUTH_KEY.</summary>
    [C("sctp_authkey")]
    internal static class Key
    {
        [C("sca_assoc_id")] public const int Id = 0;
        [C("sca_keynumber")] public const int Number = 4;
        [C("sca_keylength")] public const int Length = 6;
        [C("sca_key")] public const int Secret = 8;
        public const int Size = 8;
    }

    /// <summary>SCTP_AUTH_ACTIVE_KEY and its like.</summary>
    [C("sctp_authkeyid")]
    internal static class KeyId
    {
        [C("scact_assoc_id")] public const int Id = 0;
        [C("scact_keynumber")] public const int Number = 4;
        public const int Size = 8;
    }

    /// <summary>SCTP_HMAC_IDENT.</summary>
    [C("sctp_hmacalgo")]
    internal static class Algorithms
    {
        [C("shmac_number_of_idents")] public const int Count = 0;
        [C("shmac_idents")] public const int First = 4;
        public const int Size = 4;
    }

    /// <summary>SCTP_GET_ASSOC_ID_LIST.</summary>
    [C("sctp_assoc_ids")]
    internal static class Identifiers
    {
        [C("gaids_number_of_ids")] public const int Count = 0;
        [C("gaids_assoc_id")] public const int First = 4;
        public const int Size = 4;
    }

    /// <summary>SCTP_RESET_STREAMS.</summary>
    [C("sctp_reset_streams")]
    internal static class StreamReset
    {
        [C("srs_assoc_id")] public const int Id = 0;
        [C("srs_flags")] public const int Flags = 4;
        [C("srs_number_streams")] public const int Count = 6;
        [C("srs_stream_list")] public const int Streams = 8;
        public const int Size = 8;
    }

    /// <summary>SCTP_ADD_STREAMS.</summary>
    [C("sctp_add_streams")]
    internal static class MoreStreams
    {
        [C("sas_assoc_id")] public const int Id = 0;
        [C("sas_instrms")] public const int Incoming = 4;
        [C("sas_outstrms")] public const int Outgoing = 6;
        public const int Size = 8;
    }

    /// <summary>SCTP_SS_VALUE.</summary>
    [C("sctp_stream_value")]
    internal static class StreamValue
    {
        [C("assoc_id")] public const int Id = 0;
        [C("stream_id")] public const int Stream = 4;
        [C("stream_value")] public const int Number = 6;
        public const int Size = 8;
    }

    /// <summary>SCTP_PEER_AUTH_CHUNKS, SCTP_LOCAL_AUTH_CHUNKS. Behind the identifier comes the number of chunks, which the header has in a comment, and then they.</summary>
    [C("sctp_authchunks")]
    internal static class Chunks
    {
        [C("gauth_assoc_id")] public const int Id = 0;
        public const int Count = 4;
        public const int First = 8;
    }
}
