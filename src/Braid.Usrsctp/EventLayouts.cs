namespace Braid.Usrsctp;

/// <summary>Structures of notifications: where their fields are, and how long they are without what follows.</summary>
internal static class EventLayouts
{
    /// <summary>What all of them begin with.</summary>
    [C("sctp_tlv")]
    internal static class Header
    {
        [C("sn_type")] public const int Type = 0;
        [C("sn_flags")] public const int Flags = 2;
        [C("sn_length")] public const int Length = 4;
        public const int Size = 8;
    }

    /// <summary>SCTP_ASSOC_CHANGE.</summary>
    [C("sctp_assoc_change")]
    internal static class AssociationChange
    {
        [C("sac_state")] public const int State = 8;
        [C("sac_error")] public const int Error = 10;
        [C("sac_outbound_streams")] public const int OutgoingStreams = 12;
        [C("sac_inbound_streams")] public const int IncomingStreams = 14;
        [C("sac_assoc_id")] public const int Id = 16;
        [C("sac_info")] public const int Info = 20;
        public const int Size = 20;
    }

    /// <summary>SCTP_PEER_ADDR_CHANGE.</summary>
    [C("sctp_paddr_change")]
    internal static class PeerAddressChange
    {
        [C("spc_aaddr")] public const int Address = 8;
        [C("spc_state")] public const int State = 136;
        [C("spc_error")] public const int Error = 140;
        [C("spc_assoc_id")] public const int Id = 144;
        public const int Size = 152;
    }

    /// <summary>SCTP_REMOTE_ERROR.</summary>
    [C("sctp_remote_error")]
    internal static class RemoteError
    {
        [C("sre_error")] public const int Cause = 8;
        [C("sre_assoc_id")] public const int Id = 12;
        [C("sre_data")] public const int Data = 16;
        public const int Size = 16;
    }

    /// <summary>SCTP_SHUTDOWN_EVENT.</summary>
    [C("sctp_shutdown_event")]
    internal static class Shutdown
    {
        [C("sse_assoc_id")] public const int Id = 8;
        public const int Size = 12;
    }

    /// <summary>SCTP_ADAPTATION_INDICATION.</summary>
    [C("sctp_adaptation_event")]
    internal static class Adaptation
    {
        [C("sai_adaptation_ind")] public const int Indication = 8;
        [C("sai_assoc_id")] public const int Id = 12;
        public const int Size = 16;
    }

    /// <summary>SCTP_PARTIAL_DELIVERY_EVENT.</summary>
    [C("sctp_pdapi_event")]
    internal static class PartialDelivery
    {
        [C("pdapi_indication")] public const int Indication = 8;
        [C("pdapi_stream")] public const int Stream = 12;
        [C("pdapi_seq")] public const int Ssn = 16;
        [C("pdapi_assoc_id")] public const int Id = 20;
        public const int Size = 24;
    }

    /// <summary>SCTP_AUTHENTICATION_EVENT.</summary>
    [C("sctp_authkey_event")]
    internal static class Authentication
    {
        [C("auth_keynumber")] public const int Key = 8;
        [C("auth_indication")] public const int Indication = 12;
        [C("auth_assoc_id")] public const int Id = 16;
        public const int Size = 20;
    }

    /// <summary>SCTP_SENDER_DRY_EVENT, and SCTP_NOTIFICATIONS_STOPPED_EVENT, which has no structure.</summary>
    [C("sctp_sender_dry_event")]
    internal static class SenderDry
    {
        [C("sender_dry_assoc_id")] public const int Id = 8;
        public const int Size = 12;
    }

    /// <summary>SCTP_STREAM_RESET_EVENT.</summary>
    [C("sctp_stream_reset_event")]
    internal static class StreamReset
    {
        [C("strreset_assoc_id")] public const int Id = 8;
        [C("strreset_stream_list")] public const int Streams = 12;
        public const int Size = 12;
    }

    /// <summary>SCTP_ASSOC_RESET_EVENT.</summary>
    [C("sctp_assoc_reset_event")]
    internal static class AssociationReset
    {
        [C("assocreset_assoc_id")] public const int Id = 8;
        [C("assocreset_local_tsn")] public const int LocalTsn = 12;
        [C("assocreset_remote_tsn")] public const int RemoteTsn = 16;
        public const int Size = 20;
    }

    /// <summary>SCTP_STREAM_CHANGE_EVENT.</summary>
    [C("sctp_stream_change_event")]
    internal static class StreamChange
    {
        [C("strchange_assoc_id")] public const int Id = 8;
        [C("strchange_instrms")] public const int IncomingStreams = 12;
        [C("strchange_outstrms")] public const int OutgoingStreams = 14;
        public const int Size = 16;
    }

    /// <summary>SCTP_SEND_FAILED_EVENT; in it a struct sctp_sndinfo.</summary>
    [C("sctp_send_failed_event")]
    internal static class SendFailed
    {
        [C("ssfe_error")] public const int Error = 8;
        [C("ssfe_info")] public const int Info = 12;
        [C("ssfe_assoc_id")] public const int Id = 28;
        [C("ssfe_data")] public const int Data = 32;
        public const int Size = 32;
    }
}
