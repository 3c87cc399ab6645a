/* Options: their defaults, their lengths, what can be set. */
#include <arpa/inet.h>
#include "probe.h"

struct option { int level, number; const char *name, *fields; socklen_t length; int id; /* where the id is; -1: nowhere */ bool write_only; };

#define S(name, fields, type, id) { IPPROTO_SCTP, name, #name, fields, sizeof(type), id, false }
#define W(name, fields, type, id) { IPPROTO_SCTP, name, #name, fields, sizeof(type), id, true }
#define L(name, fields, type) { SOL_SOCKET, name, #name, fields, sizeof(type), -1, false }
#define V(name) { IPPROTO_SCTP, name, #name, "II", sizeof(struct sctp_assoc_value), 0, false }

static const struct option s_options[] = {
    S(SCTP_RTOINFO, "IIII", struct sctp_rtoinfo, 0), S(SCTP_ASSOCINFO, "IiiIHH", struct sctp_assocparams, 0), S(SCTP_INITMSG, "HHHH", struct sctp_initmsg, -1),
    S(SCTP_NODELAY, "I", int, -1), S(SCTP_AUTOCLOSE, "I", int, -1), S(SCTP_PRIMARY_ADDR, "SI", struct sctp_setprim, 128),
    S(SCTP_ADAPTATION_LAYER, "X", int, -1), S(SCTP_DISABLE_FRAGMENTS, "I", int, -1), S(SCTP_PEER_ADDR_PARAMS, "SIIIXIHB", struct sctp_paddrparams, 128),
    S(SCTP_I_WANT_MAPPED_V4_ADDR, "I", int, -1), V(SCTP_MAXSEG), S(SCTP_DELAYED_SACK, "III", struct sctp_sack_info, 0),
    S(SCTP_FRAGMENT_INTERLEAVE, "I", int, -1), S(SCTP_PARTIAL_DELIVERY_POINT, "I", int, -1), S(SCTP_HMAC_IDENT, "IHHHH", char[12], -1),
    S(SCTP_AUTH_ACTIVE_KEY, "IH", struct sctp_authkeyid, 0), S(SCTP_AUTO_ASCONF, "I", int, -1), V(SCTP_MAX_BURST), V(SCTP_CONTEXT),
    S(SCTP_EXPLICIT_EOR, "I", int, -1), S(SCTP_REUSE_PORT, "I", int, -1), S(SCTP_EVENT, "IHB", struct sctp_event, 0),
    S(SCTP_RECVRCVINFO, "I", int, -1), S(SCTP_RECVNXTINFO, "I", int, -1), S(SCTP_DEFAULT_SNDINFO, "HXYII", struct sctp_sndinfo, 12),
    S(SCTP_DEFAULT_PRINFO, "H,II", struct sctp_default_prinfo, 8), S(SCTP_REMOTE_UDP_ENCAPS_PORT, "SIH", struct sctp_udpencaps, 128),
    V(SCTP_ECN_SUPPORTED), V(SCTP_PR_SUPPORTED), V(SCTP_AUTH_SUPPORTED), V(SCTP_ASCONF_SUPPORTED),
    V(SCTP_RECONFIG_SUPPORTED), V(SCTP_NRSACK_SUPPORTED), V(SCTP_PKTDROP_SUPPORTED), V(SCTP_MAX_CWND),
    V(SCTP_ENABLE_STREAM_RESET), V(SCTP_PLUGGABLE_SS), S(SCTP_SS_VALUE, "IHH", struct sctp_stream_value, 0),
    S(SCTP_STATUS, "ICiHHHHiSIXiiii", struct sctp_status, 0), S(SCTP_GET_PEER_ADDR_INFO, "SIXiiii", struct sctp_paddrinfo, 128),
    S(SCTP_PEER_AUTH_CHUNKS, "IBBBBBBBB", char[36], 0), S(SCTP_LOCAL_AUTH_CHUNKS, "IBBBBBBBB", char[36], 0), S(SCTP_GET_ASSOC_NUMBER, "I", int, -1),
    S(SCTP_GET_ASSOC_ID_LIST, "III", char[40], -1), S(SCTP_TIMEOUTS, "Iiiiiiii", struct sctp_timeouts, 0),
    S(SCTP_PR_STREAM_STATUS, "IHHQQ", struct sctp_prstatus, 0), S(SCTP_PR_ASSOC_STATUS, "IHHQQ", struct sctp_prstatus, 0),
    W(SCTP_SET_PEER_PRIMARY_ADDR, "SI", struct sctp_setpeerprim, 128), W(SCTP_AUTH_CHUNK, "B", struct sctp_authchunk, -1),
    W(SCTP_AUTH_KEY, "IHH", struct sctp_authkey, 0), W(SCTP_AUTH_DEACTIVATE_KEY, "IH", struct sctp_authkeyid, 0),
    W(SCTP_AUTH_DELETE_KEY, "IH", struct sctp_authkeyid, 0), W(SCTP_RESET_STREAMS, "IHH", struct sctp_reset_streams, 0),
    W(SCTP_RESET_ASSOC, "I", int, 0), W(SCTP_ADD_STREAMS, "IHH", struct sctp_add_streams, 0), { IPPROTO_SCTP, 0x7777, "no such SCTP option", "I", 4, -1, false },
    L(SO_RCVBUF, "I", int), L(SO_SNDBUF, "I", int), L(SO_LINGER, "II", struct linger), L(SO_REUSEADDR, "I", int), L(SO_TYPE, "I", int),
    L(SO_ERROR, "I", int), L(SO_KEEPALIVE, "I", int), L(SO_BROADCAST, "I", int), L(SO_ACCEPTCONN, "I", int), L(SO_RCVLOWAT, "I", int),
    { IPPROTO_TCP, 1, "a level that is not there", "I", 4, -1, false }, { IPPROTO_IP, 1, "an option of IP", "I", 4, -1, false }, { 0, 0, NULL, NULL, 0, 0, false },
};

static void get(const char *kind, struct socket *s, const struct option *o, uint32_t id, socklen_t length)
{
    unsigned char bytes[512] = { 0 };
    char text[300];
    if (o->id >= 0)
        memcpy(bytes + o->id, &id, sizeof id);
    if (o->number == SCTP_EVENT)
        bytes[4] = SCTP_ASSOC_CHANGE;
    if (o->number == SCTP_PR_STREAM_STATUS || o->number == SCTP_PR_ASSOC_STATUS)
        bytes[6] = SCTP_PR_SCTP_TTL;
    socklen_t given = length;
    errno = 0;
    int result = usrsctp_getsockopt(s, o->level, o->number, bytes, &length), error = errno;
    decode(text, sizeof text, o->fields, bytes, result ? 0 : length);
    note("%s %s id %u, %u bytes = %d %s length %u: %s", kind, o->name, id, given, result, result ? error_name(error) : "", length, text);
}

static void each(const char *kind, struct socket *s, const uint32_t *ids, int count)
{
    for (const struct option *o = s_options; o->name; o++)
        for (int i = 0; i < (o->id < 0 ? 1 : count); i++)
            get(kind, s, o, ids[i], o->length);
}

static const uint32_t s_ids[] = { SCTP_FUTURE_ASSOC, SCTP_CURRENT_ASSOC, SCTP_ALL_ASSOC, 3, 77 };

static void defaults(void)
{
    begin();
    usrsctp_sysctl_set_sctp_ecn_enable(1);
    each("one-to-one", usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL), s_ids, 5);
    each("one-to-many", usrsctp_socket(AF_CONN, SOCK_SEQPACKET, IPPROTO_SCTP, NULL, NULL, 0, NULL), s_ids, 5);
}

static void associated(void)
{
    struct socket *a, *b;
    begin();
    pair(&a, &b);
    each("A", a, s_ids, 5);
    struct sockaddr_conn there = at(2, 5000);
    struct socket *m = opened("M", SOCK_SEQPACKET, 2, 6000), *x = opened("X", SOCK_SEQPACKET, 3, 5000);
    usrsctp_listen(x, 1);
    usrsctp_connect(m, (void *)&there, sizeof there);
    settle("one-to-many");
    each("M", m, s_ids, 5);
    // The same by opt_info.
    struct sctp_rtoinfo rto = { 0 };
    socklen_t length = sizeof rto;
    TRY(usrsctp_opt_info(m, 3, SCTP_RTOINFO, &rto, &length));
    note("%u %u %u %u", rto.srto_assoc_id, rto.srto_initial, rto.srto_max, rto.srto_min);
    TRY(usrsctp_opt_info(m, 77, SCTP_RTOINFO, &rto, &length));
    TRY(usrsctp_opt_info(m, 3, SCTP_NODELAY, &rto, &length));
    TRY(usrsctp_opt_info(m, 3, SCTP_INITMSG, &rto, &length));
    TRY(usrsctp_opt_info(m, 3, 0x7777, &rto, &length));
    finish();
}

static void lengths(void)
{
    begin();
    struct socket *s = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    for (const struct option *o = s_options; o->name; o++) {
        get("get", s, o, 0, o->length - 1);
        get("get", s, o, 0, o->length + 8);
        get("get", s, o, 0, 0);
        unsigned char bytes[512] = { 0 };
        socklen_t length = o->length;
        if (o->number == SCTP_EVENT)
            bytes[4] = SCTP_ASSOC_CHANGE;
        if (o->write_only || usrsctp_getsockopt(s, o->level, o->number, bytes, &length))
            continue;
        TRYF(usrsctp_setsockopt(s, o->level, o->number, bytes, o->length - 1), "set %s, %u bytes", o->name, o->length - 1);
        TRYF(usrsctp_setsockopt(s, o->level, o->number, bytes, o->length + 8), "set %s, %u bytes", o->name, o->length + 8);
        TRYF(usrsctp_setsockopt(s, o->level, o->number, bytes, 0), "set %s, 0 bytes", o->name);
        TRYF(usrsctp_setsockopt(s, o->level, o->number, bytes, length), "set %s, what was read", o->name);
    }
    for (const struct option *o = s_options; o->name; o++)
        TRYF(usrsctp_setsockopt(s, o->level, o->number, NULL, 0), "set %s, NULL and 0", o->name);
    finish();
}

/* Sets and reads back; fields are those of decode(). */
static void set(struct socket *s, int number, const char *what, const char *fields, const void *value, socklen_t length)
{
    unsigned char bytes[512] = { 0 };
    unsigned char given[512];
    char text[300] = "";
    memcpy(given, value, length);
    errno = 0;
    int result = usrsctp_setsockopt(s, IPPROTO_SCTP, number, given, length), error = errno;
    bool changed = memcmp(given, value, length);
    memcpy(bytes, value, length);
    if (number != SCTP_EVENT && number != SCTP_SS_VALUE)
        memset(bytes, 0, length);
    socklen_t room = sizeof bytes;
    int read = usrsctp_getsockopt(s, IPPROTO_SCTP, number, bytes, &room);
    decode(text, sizeof text, fields, bytes, read ? 0 : room);
    note("set %s = %d %s%s, then %d: %s", what, result, result ? error_name(error) : "", changed ? " (what was given is changed)" : "", read, text);
}

#define VALUES(s, name, ...) do { static const uint32_t values[] = { __VA_ARGS__ }; \
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) { \
        struct sctp_assoc_value value = { 0, values[v] }; char what[80]; \
        snprintf(what, sizeof what, #name " %u", values[v]); \
        set(s, name, what, "II", &value, sizeof value); } } while (0)
#define PLAIN(s, name, ...) do { static const uint32_t values[] = { __VA_ARGS__ }; \
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) { \
        char what[80]; snprintf(what, sizeof what, #name " %u", values[v]); \
        set(s, name, what, "I", values + v, 4); } } while (0)

static void changes(struct socket *s)
{
    VALUES(s, SCTP_MAXSEG, 0, 1, 100, 1200, 65535, 100000);
    VALUES(s, SCTP_MAX_BURST, 0, 1, 100000);
    VALUES(s, SCTP_CONTEXT, 1, 0xffffffff);
    VALUES(s, SCTP_ECN_SUPPORTED, 0, 1, 2);
    VALUES(s, SCTP_PR_SUPPORTED, 0, 1, 2);
    VALUES(s, SCTP_AUTH_SUPPORTED, 0, 1, 2);
    VALUES(s, SCTP_ASCONF_SUPPORTED, 0, 1, 2);
    VALUES(s, SCTP_RECONFIG_SUPPORTED, 0, 1, 2);
    VALUES(s, SCTP_NRSACK_SUPPORTED, 0, 1, 2);
    VALUES(s, SCTP_PKTDROP_SUPPORTED, 0, 1, 2);
    VALUES(s, SCTP_MAX_CWND, 0, 1, 10000);
    VALUES(s, SCTP_ENABLE_STREAM_RESET, 0, 1, 7, 8);
    VALUES(s, SCTP_PLUGGABLE_SS, 0, 1, 2, 3, 4, 5, 6, 99);
    PLAIN(s, SCTP_NODELAY, 1, 0, 7);
    PLAIN(s, SCTP_AUTOCLOSE, 5, 0, 0xffffffff);
    PLAIN(s, SCTP_ADAPTATION_LAYER, 1, 0xffffffff);
    PLAIN(s, SCTP_DISABLE_FRAGMENTS, 1, 0);
    PLAIN(s, SCTP_I_WANT_MAPPED_V4_ADDR, 1, 0);
    PLAIN(s, SCTP_FRAGMENT_INTERLEAVE, 0, 1, 2, 3);
    PLAIN(s, SCTP_PARTIAL_DELIVERY_POINT, 0, 1, 100000, 262144, 262145, 0xffffffff);
    PLAIN(s, SCTP_AUTO_ASCONF, 0, 1);
    PLAIN(s, SCTP_EXPLICIT_EOR, 1, 0, 2);
    PLAIN(s, SCTP_REUSE_PORT, 1, 0);
    PLAIN(s, SCTP_RECVRCVINFO, 1, 0, 5);
    PLAIN(s, SCTP_RECVNXTINFO, 1, 0, 5);
    static const struct sctp_rtoinfo rtos[] = { { 0, 500, 1000, 200 }, { 0, 0, 0, 100 }, { 0, 100, 1000, 200 }, { 0, 2000, 1000, 200 }, { 0, 300, 100, 200 }, { 77, 1, 1, 1 } };
    for (size_t i = 0; i < sizeof rtos / sizeof *rtos; i++)
        set(s, SCTP_RTOINFO, "SCTP_RTOINFO", "IIII", rtos + i, sizeof *rtos);
    static const struct sctp_assocparams params[] = { { 0, 5, 5, 20000, 7, 9 }, { 0, 0, 0, 999, 0, 0 }, { 0, 0, 0, 4000000, 0, 0 }, { 0, 0, 0, 0, 65535, 0 } };
    for (size_t i = 0; i < sizeof params / sizeof *params; i++)
        set(s, SCTP_ASSOCINFO, "SCTP_ASSOCINFO", "IiiIHH", params + i, sizeof *params);
    static const struct sctp_initmsg inits[] = { { 3, 5, 4, 2000 }, { 0, 0, 0, 0 }, { 65535, 65535, 65535, 65535 } };
    for (size_t i = 0; i < sizeof inits / sizeof *inits; i++)
        set(s, SCTP_INITMSG, "SCTP_INITMSG", "HHHH", inits + i, sizeof *inits);
    static const struct sctp_sack_info sacks[] = { { 0, 100, 3 }, { 0, 0, 1 }, { 0, 500, 0 }, { 0, 501, 2 }, { 0, 0, 0 } };
    for (size_t i = 0; i < sizeof sacks / sizeof *sacks; i++)
        set(s, SCTP_DELAYED_SACK, "SCTP_DELAYED_SACK", "III", sacks + i, sizeof *sacks);
    static const struct sctp_sndinfo infos[] = { { 1, SCTP_UNORDERED, 7, 9, 0 }, { 99, 0, 0, 0, 0 }, { 1, 0x8, 0, 0, 0 }, { 1, SCTP_EOF, 0, 0, 0 } };
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++)
        set(s, SCTP_DEFAULT_SNDINFO, "SCTP_DEFAULT_SNDINFO", "HYXII", infos + i, sizeof *infos);
    static const struct sctp_default_prinfo policies[] = { { 1, 50, 0 }, { 0, 50, 0 }, { 3, 2, 0 }, { 4, 2, 0 }, { 16, 2, 0 } };
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
        set(s, SCTP_DEFAULT_PRINFO, "SCTP_DEFAULT_PRINFO", "H,II", policies + i, sizeof *policies);
    static const struct sctp_paddrparams paths[] = {
        { .spp_hbinterval = 1000, .spp_flags = SPP_HB_ENABLE, .spp_pathmaxrxt = 9 }, { .spp_flags = SPP_HB_DISABLE }, { .spp_flags = SPP_HB_ENABLE | SPP_HB_DISABLE },
        { .spp_pathmtu = 1400, .spp_flags = SPP_PMTUD_DISABLE }, { .spp_flags = SPP_PMTUD_ENABLE }, { .spp_pathmtu = 100, .spp_flags = SPP_PMTUD_DISABLE },
        { .spp_flags = SPP_HB_TIME_IS_ZERO }, { .spp_dscp = 0x28, .spp_flags = SPP_DSCP }, { .spp_hbinterval = 100000000, .spp_flags = SPP_HB_ENABLE }, { .spp_flags = SPP_HB_DEMAND } };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        set(s, SCTP_PEER_ADDR_PARAMS, "SCTP_PEER_ADDR_PARAMS", "SIIIXIHB", paths + i, sizeof *paths);
    for (uint16_t type = 0; type < 0x11; type++) {
        struct sctp_event event = { .se_type = type, .se_on = 1 };
        set(s, SCTP_EVENT, "SCTP_EVENT", "IHB", &event, sizeof event);
    }
    struct sctp_event all_at_once = { .se_assoc_id = SCTP_ALL_ASSOC, .se_type = SCTP_SHUTDOWN_EVENT, .se_on = 0 };
    set(s, SCTP_EVENT, "SCTP_EVENT for all", "IHB", &all_at_once, sizeof all_at_once);
    for (uint8_t chunk = 0; chunk < 16; chunk++)
        TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_AUTH_CHUNK, &chunk, 1), "SCTP_AUTH_CHUNK %u", chunk);
    struct { struct sctp_authkey head; uint8_t key[4]; } key = { { 0, 5, 4 }, "key" };
    TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_AUTH_KEY, &key, sizeof key), "SCTP_AUTH_KEY");
    key.head.sca_keylength = 100;
    TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_AUTH_KEY, &key, sizeof key), "SCTP_AUTH_KEY with a wrong length");
    struct sctp_authkeyid id = { 0, 5 };
    set(s, SCTP_AUTH_ACTIVE_KEY, "SCTP_AUTH_ACTIVE_KEY", "IH", &id, sizeof id);
    TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_AUTH_DELETE_KEY, &id, sizeof id), "delete the active key");
    TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_AUTH_DEACTIVATE_KEY, &id, sizeof id), "deactivate the active key");
    id.scact_keynumber = 0;
    set(s, SCTP_AUTH_ACTIVE_KEY, "SCTP_AUTH_ACTIVE_KEY 0", "IH", &id, sizeof id);
    id.scact_keynumber = 5;
    TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_AUTH_DELETE_KEY, &id, sizeof id), "delete key 5");
    set(s, SCTP_AUTH_ACTIVE_KEY, "the deleted one", "IH", &id, sizeof id);
    int sizes[] = { 0, 1, 100, 1000000, 10000000, -1 };
    for (size_t i = 0; i < 6; i++)
        for (int name = SO_SNDBUF; name <= SO_RCVBUF; name++) {
            int read = 0;
            socklen_t length = sizeof read;
            TRYF(usrsctp_setsockopt(s, SOL_SOCKET, name, sizes + i, sizeof sizes[i]), "%s %d", name == SO_SNDBUF ? "SO_SNDBUF" : "SO_RCVBUF", sizes[i]);
            usrsctp_getsockopt(s, SOL_SOCKET, name, &read, &length);
            note("  now %d", read);
        }
}

static void settings(void)
{
    begin();
    note("-- one-to-one");
    changes(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL));
    note("-- one-to-many");
    changes(usrsctp_socket(AF_CONN, SOCK_SEQPACKET, IPPROTO_SCTP, NULL, NULL, 0, NULL));
}

const struct probe option_probes[] = {
    { "defaults", defaults, 1 }, { "associated", associated, 0 }, { "lengths", lengths, 1 }, { "settings", settings, 1 }, { NULL, NULL, 0 },
};
