/* What needs no socket: packets as text, checksums, system settings; beginning and ending; counters. */
#include <arpa/inet.h>
#include "probe.h"

static void dump(void)
{
    static uint8_t packet[70];
    for (size_t i = 0; i < sizeof packet; i++)
        packet[i] = (uint8_t)(i * 7);
    begin();
    for (int direction = 0; direction < 3; direction++)
        for (size_t length = 0; length <= sizeof packet; length += length < 20 ? 6 : 25) {
            char *text = usrsctp_dumppacket(packet, length, direction);
            if (!text) {
                note("direction %d, %zu bytes = NULL", direction, length);
                continue;
            }
            // I hh:mm:ss.uuuuuu and the bytes: the time is anybody's.
            for (char *c = text; *c && c - text < 20; c++)
                if (*c >= '0' && *c <= '9' && strchr(text, '.') && c < strchr(text, '.') + 7)
                    *c = '9';
            size_t size = strlen(text);
            for (char *c = text; *c; c++)
                if (*c == '\n')
                    *c = '~';
            note("direction %d, %zu bytes = %zu characters: %s", direction, length, size, text);
            usrsctp_freedumpbuffer(text);
        }
    note("%s", usrsctp_dumppacket(NULL, 10, 0) ? "something" : "NULL");
    finish();
}

static void crc(void)
{
    uint8_t bytes[256];
    begin();
    for (int kind = 0; kind < 3; kind++)
        for (size_t length = 0; length <= sizeof bytes; length = length ? length * 2 : 1) {
            for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)i;
            note("crc32c of kind %d, %zu bytes = 0x%08x", kind, length, usrsctp_crc32c(bytes, length));
        }
    finish();
}

/* Declared, but not in the library: setting sctp_multiple_asconfs, and sctp_sendall_limit. */
#define SETTINGS(X) \
    X(sctp_sendspace) X(sctp_recvspace) X(sctp_auto_asconf) X(sctp_ecn_enable) X(sctp_pr_enable) X(sctp_auth_enable) \
    X(sctp_asconf_enable) X(sctp_reconfig_enable) X(sctp_nrsack_enable) X(sctp_pktdrop_enable) X(sctp_no_csum_on_loopback) X(sctp_peer_chunk_oh) \
    X(sctp_max_burst_default) X(sctp_max_chunks_on_queue) X(sctp_min_split_point) X(sctp_delayed_sack_time_default) X(sctp_sack_freq_default) \
    X(sctp_system_free_resc_limit) X(sctp_asoc_free_resc_limit) X(sctp_heartbeat_interval_default) X(sctp_pmtu_raise_time_default) \
    X(sctp_shutdown_guard_time_default) X(sctp_secret_lifetime_default) X(sctp_rto_max_default) X(sctp_rto_min_default) X(sctp_rto_initial_default) \
    X(sctp_init_rto_max_default) X(sctp_valid_cookie_life_default) X(sctp_init_rtx_max_default) X(sctp_assoc_rtx_max_default) \
    X(sctp_path_rtx_max_default) X(sctp_add_more_threshold) X(sctp_nr_incoming_streams_default) X(sctp_nr_outgoing_streams_default) X(sctp_cmt_on_off) \
    X(sctp_cmt_use_dac) X(sctp_use_cwnd_based_maxburst) X(sctp_nat_friendly) X(sctp_L2_abc_variable) X(sctp_mbuf_threshold_count) X(sctp_do_drain) \
    X(sctp_hb_maxburst) X(sctp_abort_if_one_2_one_hits_limit) X(sctp_min_residual) X(sctp_max_retran_chunk) X(sctp_logging_level) \
    X(sctp_default_cc_module) X(sctp_default_frag_interleave) X(sctp_mobility_base) X(sctp_mobility_fasthandoff) X(sctp_inits_include_nat_friendly) \
    X(sctp_udp_tunneling_port) X(sctp_enable_sack_immediately) X(sctp_vtag_time_wait) X(sctp_blackhole) X(sctp_diag_info_code) \
    X(sctp_fr_max_burst_default) X(sctp_path_pf_threshold) X(sctp_default_ss_module) X(sctp_rttvar_bw) X(sctp_rttvar_rtt) X(sctp_rttvar_eqret) \
    X(sctp_steady_step) X(sctp_use_dccc_ecn) X(sctp_buffer_splitting) X(sctp_initial_cwnd)

static const struct setting { const char *name; int (*set)(uint32_t); uint32_t (*get)(void); } s_settings[] = {
#define X(name) { #name, usrsctp_sysctl_set_##name, usrsctp_sysctl_get_##name },
    SETTINGS(X)
#undef X
};

/* The greatest or least value that is taken, found by halves: what is taken is one range with the default in it. */
static uint32_t bound(const struct setting *s, uint32_t inside, uint32_t outside)
{
    if (!s->set(outside))
        return outside;
    while (inside > outside ? inside - outside > 1 : outside - inside > 1) {
        uint32_t middle = inside / 2 + outside / 2 + (inside & outside & 1);
        if (s->set(middle))
            outside = middle;
        else
            inside = middle;
    }
    return inside;
}

static void settings_of_the_system(void)
{
    begin();
    for (size_t i = 0; i < sizeof s_settings / sizeof *s_settings; i++) {
        const struct setting *s = s_settings + i;
        uint32_t before = s->get();
        errno = 0;
        int same = s->set(before), error = errno;
        uint32_t least = bound(s, before, 0), greatest = bound(s, before, UINT32_MAX);
        errno = 0;
        int high = greatest == UINT32_MAX ? 0 : s->set(greatest + 1), high_error = errno;
        s->set(greatest);
        uint32_t read = s->get();
        s->set(before);
        note("%s: %u, %u to %u; the same again = %d %s; one more = %d %s; the greatest is read as %u", s->name, before, least, greatest, same,
            same ? error_name(error) : "", high, high ? error_name(high_error) : "", read);
    }
    TRY(usrsctp_tunable_set_sctp_hashtblsize(1024));
    TRY(usrsctp_tunable_set_sctp_pcbtblsize(256));
    TRY(usrsctp_tunable_set_sctp_chunkscale(10));
    finish();
}

static void ending(void)
{
    begin();
    struct socket *s = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    TRYF(usrsctp_finish(), "finish with a socket");
    usrsctp_sysctl_set_sctp_nr_outgoing_streams_default(33);
    usrsctp_close(s);
    for (int i = 0; i < 50 && usrsctp_finish(); i++)
        pass(threads ? 50 : 1000);
    TRYF(usrsctp_finish(), "finish once more");
    begin();
    note("streams %u", usrsctp_sysctl_get_sctp_nr_outgoing_streams_default());
    s = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    note("a socket after another init: %s", s ? "ok" : error_name(errno));
    begin();
    note("init twice");
    usrsctp_close(s);
    finish();
    TRYF(usrsctp_finish(), "and again");
    usrsctp_init_nothreads(0, NULL, NULL);
    s = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    note("AF_CONN without an output: %s", s ? "ok" : error_name(errno));
}

static void counters(void)
{
    struct socket *a, *b;
    struct sctpstat before, after;
    begin();
    usrsctp_get_stat(&before);
    pair(&a, &b);
    TRY(put(a, "one", 1, 0, 0));
    TRY(put(a, "two", 1, SCTP_UNORDERED, 0));
    TRY(put(b, "three", 1, 0, 0));
    settle(NULL);
    usrsctp_get_stat(&after);
    note("established %u active %u passive %u aborted %u shutdown %u", after.sctps_currestab - before.sctps_currestab,
        after.sctps_activeestab - before.sctps_activeestab, after.sctps_passiveestab - before.sctps_passiveestab,
        after.sctps_aborted - before.sctps_aborted, after.sctps_shutdown - before.sctps_shutdown);
    note("data sent %u received %u, in order %u unordered %u", after.sctps_senddata - before.sctps_senddata, after.sctps_recvdata - before.sctps_recvdata,
        after.sctps_outorderchunks - before.sctps_outorderchunks, after.sctps_outunorderchunks - before.sctps_outunorderchunks);
    TRY(put(a, "", 0, SCTP_ABORT, 0));
    settle(NULL);
    usrsctp_get_stat(&after);
    note("established %u aborted %u shutdown %u", after.sctps_currestab - before.sctps_currestab, after.sctps_aborted - before.sctps_aborted,
        after.sctps_shutdown - before.sctps_shutdown);
    closed(a);
    closed(b);
    pair(&a, &b);
    usrsctp_shutdown(a, SHUT_WR);
    settle(NULL);
    usrsctp_get_stat(&after);
    note("established %u aborted %u shutdown %u", after.sctps_currestab - before.sctps_currestab, after.sctps_aborted - before.sctps_aborted,
        after.sctps_shutdown - before.sctps_shutdown);
    uint8_t noise[] = { 0x13, 0x88, 0x13, 0x89, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4 };
    usrsctp_conninput(ends, noise, sizeof noise, 0);
    usrsctp_conninput(ends, noise, 5, 0);
    usrsctp_get_stat(&after);
    note("bad sums %u short %u", after.sctps_checksumerrors - before.sctps_checksumerrors, after.sctps_hdrops - before.sctps_hdrops);
    finish();
}

const struct probe misc_probes[] = {
    { "dump", dump, 1 }, { "crc", crc, 1 }, { "sysctl", settings_of_the_system, 1 }, { "ending", ending, 1 }, { "counters", counters, 1 }, { NULL, NULL, 0 },
};
