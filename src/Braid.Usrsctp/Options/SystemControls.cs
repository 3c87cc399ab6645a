using System.Collections.Concurrent;
using System.Collections.Generic;

namespace Braid.Usrsctp;

/// <summary>What usrsctp_sysctl_set_* and usrsctp_sysctl_get_* name: defaults of sockets that are made later, for the whole process.</summary>
internal static class SystemControls
{
    private static readonly Dictionary<string, (uint Default, uint Minimum, uint Maximum)> s_known = new()
    {
        ["sctp_sendspace"] = (262144, 0, uint.MaxValue),
        ["sctp_recvspace"] = (131072, 0, uint.MaxValue),
        ["sctp_auto_asconf"] = (1, 0, 1),
        ["sctp_ecn_enable"] = (1, 0, 1),
        ["sctp_pr_enable"] = (1, 0, 1),
        ["sctp_auth_enable"] = (1, 0, 1),
        ["sctp_asconf_enable"] = (1, 0, 1),
        ["sctp_reconfig_enable"] = (1, 0, 1),
        ["sctp_nrsack_enable"] = (0, 0, 1),
        ["sctp_pktdrop_enable"] = (0, 0, 1),
        ["sctp_no_csum_on_loopback"] = (1, 0, 1),
        ["sctp_peer_chunk_oh"] = (256, 0, uint.MaxValue),
        ["sctp_max_burst_default"] = (4, 0, uint.MaxValue),
        ["sctp_max_chunks_on_queue"] = (512, 0, uint.MaxValue),
        ["sctp_min_split_point"] = (2904, 0, uint.MaxValue),
        ["sctp_delayed_sack_time_default"] = (200, 0, uint.MaxValue),
        ["sctp_sack_freq_default"] = (2, 0, uint.MaxValue),
        ["sctp_system_free_resc_limit"] = (1000, 0, uint.MaxValue),
        ["sctp_asoc_free_resc_limit"] = (10, 0, uint.MaxValue),
        ["sctp_heartbeat_interval_default"] = (30000, 0, uint.MaxValue),
        ["sctp_pmtu_raise_time_default"] = (600, 0, uint.MaxValue),
        ["sctp_shutdown_guard_time_default"] = (0, 0, uint.MaxValue),
        ["sctp_secret_lifetime_default"] = (3600, 0, uint.MaxValue),
        ["sctp_rto_max_default"] = (60000, 0, uint.MaxValue),
        ["sctp_rto_min_default"] = (1000, 0, uint.MaxValue),
        ["sctp_rto_initial_default"] = (3000, 0, uint.MaxValue),
        ["sctp_init_rto_max_default"] = (60000, 0, uint.MaxValue),
        ["sctp_valid_cookie_life_default"] = (60000, 1000, 3600000),
        ["sctp_init_rtx_max_default"] = (8, 0, uint.MaxValue),
        ["sctp_assoc_rtx_max_default"] = (10, 0, uint.MaxValue),
        ["sctp_path_rtx_max_default"] = (5, 0, uint.MaxValue),
        ["sctp_add_more_threshold"] = (1452, 0, uint.MaxValue),
        ["sctp_nr_incoming_streams_default"] = (2048, 1, 65535),
        ["sctp_nr_outgoing_streams_default"] = (10, 1, 65535),
        ["sctp_cmt_on_off"] = (0, 0, 4),
        ["sctp_cmt_use_dac"] = (0, 0, 1),
        ["sctp_use_cwnd_based_maxburst"] = (1, 0, 1),
        ["sctp_nat_friendly"] = (1, 0, 1),
        ["sctp_L2_abc_variable"] = (2, 0, uint.MaxValue),
        ["sctp_mbuf_threshold_count"] = (5, 0, uint.MaxValue),
        ["sctp_do_drain"] = (1, 0, 1),
        ["sctp_hb_maxburst"] = (4, 1, uint.MaxValue),
        ["sctp_abort_if_one_2_one_hits_limit"] = (0, 0, 1),
        ["sctp_min_residual"] = (1452, 20, 65535),
        ["sctp_max_retran_chunk"] = (30, 0, 65535),
        ["sctp_logging_level"] = (0, 0, uint.MaxValue),
        ["sctp_default_cc_module"] = (0, 0, 2),
        ["sctp_default_frag_interleave"] = (1, 0, 2),
        ["sctp_mobility_base"] = (0, 0, 1),
        ["sctp_mobility_fasthandoff"] = (0, 0, 1),
        ["sctp_inits_include_nat_friendly"] = (0, 0, 1),
        ["sctp_udp_tunneling_port"] = (0, 0, 65535),
        ["sctp_enable_sack_immediately"] = (1, 0, 1),
        ["sctp_vtag_time_wait"] = (60, 0, uint.MaxValue),
        ["sctp_blackhole"] = (0, 0, 2),
        ["sctp_diag_info_code"] = (0, 0, 65535),
        ["sctp_fr_max_burst_default"] = (4, 0, uint.MaxValue),
        ["sctp_path_pf_threshold"] = (65535, 0, 65535),
        ["sctp_default_ss_module"] = (0, 0, 5),
        ["sctp_rttvar_bw"] = (4, 0, 32),
        ["sctp_rttvar_rtt"] = (5, 0, 32),
        ["sctp_rttvar_eqret"] = (0, 0, 1),
        ["sctp_steady_step"] = (20, 0, 65535),
        ["sctp_use_dccc_ecn"] = (1, 0, 1),
        ["sctp_buffer_splitting"] = (0, 0, 3),
        ["sctp_initial_cwnd"] = (3, 0, uint.MaxValue),
        ["sctp_hashtblsize"] = (1024, 0, uint.MaxValue),
        ["sctp_pcbtblsize"] = (256, 0, uint.MaxValue),
        ["sctp_chunkscale"] = (10, 0, uint.MaxValue),
        ["sctp_debug_on"] = (0, 0, uint.MaxValue),
    };

    private static readonly ConcurrentDictionary<string, uint> s_set = new();

    /// <summary>The value now; 0 for a name that there is not.</summary>
    public static uint Get(string name) =>
        s_set.TryGetValue(name, out uint value) ? value : s_known.TryGetValue(name, out var known) ? known.Default : 0;

    /// <summary>Whether the program has set it.</summary>
    public static bool IsSet(string name) => s_set.ContainsKey(name);

    /// <summary>All of them are as at first.</summary>
    public static void Reset() => s_set.Clear();

    /// <summary>Sets a value.</summary>
    /// <exception cref="RefusedException">It is outside its range.</exception>
    public static void Set(string name, uint value)
    {
        if (s_known.TryGetValue(name, out var known) && (value < known.Minimum || value > known.Maximum))
        {
            throw new RefusedException(Errno.Invalid);
        }

        s_set[name] = value;
    }
}
