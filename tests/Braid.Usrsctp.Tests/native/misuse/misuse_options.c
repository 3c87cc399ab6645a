/* Options of all levels, names, lengths and values; what is said with a message; system controls. */
#include <dlfcn.h>
#include "misuse.h"

#define HEADER "/usr/include/usrsctp.h"

static const int s_names[] = {
    SCTP_RTOINFO, SCTP_ASSOCINFO, SCTP_INITMSG, SCTP_NODELAY, SCTP_AUTOCLOSE, SCTP_PRIMARY_ADDR, SCTP_ADAPTATION_LAYER, SCTP_DISABLE_FRAGMENTS,
    SCTP_PEER_ADDR_PARAMS, SCTP_I_WANT_MAPPED_V4_ADDR, SCTP_MAXSEG, SCTP_DELAYED_SACK, SCTP_FRAGMENT_INTERLEAVE, SCTP_PARTIAL_DELIVERY_POINT,
    SCTP_HMAC_IDENT, SCTP_AUTH_ACTIVE_KEY, SCTP_AUTO_ASCONF, SCTP_MAX_BURST, SCTP_CONTEXT, SCTP_EXPLICIT_EOR, SCTP_REUSE_PORT, SCTP_EVENT,
    SCTP_RECVRCVINFO, SCTP_RECVNXTINFO, SCTP_DEFAULT_SNDINFO, SCTP_DEFAULT_PRINFO, SCTP_REMOTE_UDP_ENCAPS_PORT, SCTP_ECN_SUPPORTED, SCTP_PR_SUPPORTED,
    SCTP_AUTH_SUPPORTED, SCTP_ASCONF_SUPPORTED, SCTP_RECONFIG_SUPPORTED, SCTP_NRSACK_SUPPORTED, SCTP_PKTDROP_SUPPORTED, SCTP_MAX_CWND,
    SCTP_ENABLE_STREAM_RESET, SCTP_PLUGGABLE_SS, SCTP_SS_VALUE, SCTP_STATUS, SCTP_GET_PEER_ADDR_INFO, SCTP_PEER_AUTH_CHUNKS, SCTP_LOCAL_AUTH_CHUNKS,
    SCTP_GET_ASSOC_NUMBER, SCTP_GET_ASSOC_ID_LIST, SCTP_TIMEOUTS, SCTP_PR_STREAM_STATUS, SCTP_PR_ASSOC_STATUS, SCTP_SET_PEER_PRIMARY_ADDR,
    SCTP_AUTH_CHUNK, SCTP_AUTH_KEY, SCTP_AUTH_DEACTIVATE_KEY, SCTP_AUTH_DELETE_KEY, SCTP_RESET_STREAMS, SCTP_RESET_ASSOC, SCTP_ADD_STREAMS,
};

/* Two pairs: sockets of each kind, of which some have an association. */
static void targets(struct socket *all[5])
{
    struct sockaddr_conn there = at(2, 5003);
    connect_pair(&all[0], &all[1], &all[2]);
    all[3] = plain(SOCK_SEQPACKET, 2, 5002);
    all[4] = plain(SOCK_SEQPACKET, 3, 5003);
    GIVES(usrsctp_listen(all[4], 1), 0);
    GIVES(usrsctp_connect(all[3], (void *)&there, sizeof there), 0);
    pump(50);
}

static void release(struct socket *all[5])
{
    for (int i = 0; i < 5; i++) {
        VOID(usrsctp_close(all[i]));
    }
    finish();
}

static void fill(unsigned char *value, size_t length, int how)
{
    static const unsigned char patterns[] = { 0, 1, 0xff };
    if (how < (int)COUNT(patterns)) {
        memset(value, patterns[how], length);
        return;
    }
    any_bytes(value, length);

    /* Something that means something, here and there. */
    const uint32_t ids[] = { 0, 1, 2, 3, 4 };
    const uint16_t families[] = { AF_UNSPEC, AF_INET, AF_INET6, AF_CONN };
    struct sockaddr_conn there = at((int)(any() % ENDS), 5000);
    if (length >= 136 && how == 4) {
        memcpy(value, &there, sizeof there);
        memcpy(value + 128, &ids[any() % COUNT(ids)], sizeof ids[0]);
    } else if (length >= 136) {
        memcpy(value, &families[any() % COUNT(families)], sizeof families[0]);
        memcpy(value + 128, &ids[any() % COUNT(ids)], sizeof ids[0]);
    } else if (length >= 4) {
        memcpy(value, &ids[any() % COUNT(ids)], sizeof ids[0]);
    }
}

/* Each option with each length: nothing is read or written behind it. */
static void lengths(void)
{
    struct socket *all[5];
    begin(false);
    targets(all);
    for (size_t n = 0; n < COUNT(s_names); n++) {
        for (socklen_t length = 0; length <= 200; length += length < 40 || (length > 125 && length < 185) ? 1 : 11) {
            for (int i = 0; i < 5; i++) {
                unsigned char *value = guarded(NULL, length);
                socklen_t room = length;
                fill(value, length, (int)(any() % 6));
                SURVIVES(usrsctp_getsockopt(all[i], IPPROTO_SCTP, s_names[n], value, &room));
                HOLDS(room <= length);
                room = length;
                fill(value, length, (int)(any() % 6));
                SURVIVES(usrsctp_opt_info(all[i], any() % 5, s_names[n], value, &room));
                HOLDS(room <= length);
                fill(value, length, (int)(any() % 6));
                SURVIVES(usrsctp_setsockopt(all[i], IPPROTO_SCTP, s_names[n], value, length));
            }
        }
        pump(10);
    }
    release(all);
}

/* Values of each option, as long as any of them is: whatever they set, messages and the end come or fail. */
static void values(void)
{
    unsigned char value[200];
    for (int round = 0; round < 30; round++) {
        struct socket *all[5];
        begin(false);
        targets(all);
        for (int i = 0; i < 5; i++) {
            for (int n = 0; n < 30; n++) {
                static const int plain_names[] = { SO_SNDBUF, SO_RCVBUF, SO_LINGER, SO_ERROR };
                int level = any() % 8 ? IPPROTO_SCTP : SOL_SOCKET;
                int name = level == SOL_SOCKET ? plain_names[any() % COUNT(plain_names)] : s_names[any() % COUNT(s_names)];
                fill(value, sizeof value, (int)(any() % 6));
                SURVIVES(usrsctp_setsockopt(all[i], level, name, value, sizeof value));
                SURVIVES(usrsctp_sendv(all[i], value, 1 + any() % 150, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
            }
            pump(20);
        }
        for (int i = 0; i < 5; i++) {
            for (int n = 0; n < 200; n++) {
                int flags = 0;
                if (usrsctp_recvv(all[i], value, sizeof value, NULL, NULL, NULL, NULL, NULL, &flags) <= 0) {
                    break;
                }
            }
        }
        release(all);
    }
}

/* Levels and names that there are not, NULL, and lengths that cannot be. */
static void unknown(void)
{
    static const int levels[] = { -1, 0, IPPROTO_IP, IPPROTO_TCP, IPPROTO_IPV6, 1000, INT32_MAX, INT32_MIN };
    struct socket *all[5];
    int value = 0;
    socklen_t length;
    begin(false);
    targets(all);
    for (int i = 0; i < 5; i++) {
        for (size_t l = 0; l < COUNT(levels); l++) {
            length = sizeof value;
            FAILS(usrsctp_getsockopt(all[i], levels[l], SCTP_NODELAY, &value, &length), ENOPROTOOPT);
            FAILS(usrsctp_setsockopt(all[i], levels[l], SCTP_NODELAY, &value, sizeof value), ENOPROTOOPT);
        }
        for (int name = -2; name < 0x1300; name += name < 0x110 ? 1 : 7) {
            bool is_known = false;
            for (size_t n = 0; n < COUNT(s_names); n++) {
                is_known |= s_names[n] == name;
            }
            if (!is_known) {
                length = sizeof value;
                FAILS(usrsctp_getsockopt(all[i], IPPROTO_SCTP, name, &value, &length), ENOPROTOOPT);
                FAILS(usrsctp_setsockopt(all[i], IPPROTO_SCTP, name, &value, sizeof value), ENOPROTOOPT);
                FAILS(usrsctp_opt_info(all[i], 0, name, &value, &length), ENOPROTOOPT);
            }
            if (name != SO_SNDBUF && name != SO_RCVBUF && name != SO_ERROR && name != SO_LINGER) {
                length = sizeof value;
                FAILS(usrsctp_getsockopt(all[i], SOL_SOCKET, name, &value, &length), EINVAL);
                FAILS(usrsctp_setsockopt(all[i], SOL_SOCKET, name, &value, sizeof value), EINVAL);
            }
        }
        length = sizeof value;
        FAILS(usrsctp_getsockopt(all[i], IPPROTO_SCTP, SCTP_NODELAY, NULL, &length), EINVAL);
        FAILS(usrsctp_getsockopt(all[i], IPPROTO_SCTP, SCTP_NODELAY, &value, NULL), EFAULT);
        FAILS(usrsctp_getsockopt(all[i], SOL_SOCKET, SO_RCVBUF, NULL, NULL), EFAULT);
        FAILS(usrsctp_setsockopt(all[i], IPPROTO_SCTP, SCTP_NODELAY, NULL, sizeof value), EINVAL);
        FAILS(usrsctp_setsockopt(all[i], SOL_SOCKET, SO_RCVBUF, NULL, sizeof value), EINVAL);
        FAILS(usrsctp_setsockopt(all[i], IPPROTO_SCTP, SCTP_NODELAY, &value, 0), EINVAL);
        GIVES(usrsctp_setsockopt(all[i], IPPROTO_SCTP, SCTP_NODELAY, guarded(&value, sizeof value), UINT32_MAX), 0);
        length = UINT32_MAX;
        GIVES(usrsctp_getsockopt(all[i], IPPROTO_SCTP, SCTP_NODELAY, guarded(NULL, sizeof value), &length), 0);
        HOLDS(length == sizeof value);
        FAILS(usrsctp_opt_info(all[i], 3, SCTP_RTOINFO, NULL, &length), EFAULT);
        FAILS(usrsctp_opt_info(all[i], 3, SCTP_RTOINFO, &value, NULL), EFAULT);
        FAILS(usrsctp_getpaddrs(all[i], 3, NULL), EFAULT);
        FAILS(usrsctp_getladdrs(all[i], 3, NULL), EFAULT);
        GIVES(usrsctp_get_ulpinfo(all[i], NULL), 0);
        VOID(usrsctp_freepaddrs(NULL));
        VOID(usrsctp_freeladdrs(NULL));
    }
    release(all);
}

/* What is said with a message: types, lengths, flags, streams and policies that there are not. */
static void infos(void)
{
    struct socket *all[5];
    struct sctp_sndinfo send;
    struct sctp_prinfo reliability;
    struct sctp_authinfo authentication = { 9999 };
    struct sctp_sendv_spa everything;
    begin(false);
    targets(all);
    for (socklen_t length = 0; length < sizeof everything + 3; length++) {
        memset(&everything, 0, sizeof everything);
        unsigned char more[sizeof everything + 3] = { 0 };
        void *info = guarded(more, length);
        if (length > 0) {
            FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, info, length, SCTP_SENDV_NOINFO, 0), EINVAL);
        }
        if (length < sizeof send) {
            FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, info, length, SCTP_SENDV_SNDINFO, 0), EINVAL);
        } else {
            GIVES(usrsctp_sendv(all[0], "x", 1, NULL, 0, info, length, SCTP_SENDV_SNDINFO, 0), 1);
        }
        SURVIVES(usrsctp_sendv(all[0], "x", 1, NULL, 0, info, length, SCTP_SENDV_PRINFO, 0));
        SURVIVES(usrsctp_sendv(all[0], "x", 1, NULL, 0, info, length, SCTP_SENDV_AUTHINFO, 0));
        if (length < sizeof everything) {
            FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, info, length, SCTP_SENDV_SPA, 0), EINVAL);
        }
        FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, info, length, 5, 0), EINVAL);
        FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, info, length, UINT32_MAX, 0), EINVAL);
        FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, NULL, length, SCTP_SENDV_SNDINFO, 0), EINVAL);
    }
    FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, &send, UINT32_MAX, SCTP_SENDV_SNDINFO, 0), EINVAL);
    memset(&send, 0, sizeof send);
    send.snd_sid = UINT16_MAX;
    FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, &send, sizeof send, SCTP_SENDV_SNDINFO, 0), EINVAL);
    send.snd_sid = 0;
    for (unsigned bit = 0; bit < 16; bit++) {
        send.snd_flags = (uint16_t)(1u << bit);
        if (INVALID_SINFO_FLAG(1u << bit) || 1u << bit == SCTP_ADDR_OVER) {
            FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, &send, sizeof send, SCTP_SENDV_SNDINFO, 0), EINVAL);
        }
    }
    for (unsigned policy = 0; policy < 256; policy++) {
        reliability = (struct sctp_prinfo){ (uint16_t)policy, UINT32_MAX };
        if (PR_SCTP_INVALID_POLICY(policy)) {
            FAILS(usrsctp_sendv(all[0], "x", 1, NULL, 0, &reliability, sizeof reliability, SCTP_SENDV_PRINFO, 0), EINVAL);
        } else {
            SURVIVES(usrsctp_sendv(all[0], "x", 1, NULL, 0, &reliability, sizeof reliability, SCTP_SENDV_PRINFO, 0));
        }
    }
    SURVIVES(usrsctp_sendv(all[0], "x", 1, NULL, 0, &authentication, sizeof authentication, SCTP_SENDV_AUTHINFO, 0));

    /* An identifier that there is not is of no matter to a one-to-one socket. */
    memset(&send, 0, sizeof send);
    send.snd_assoc_id = 7777;
    GIVES(usrsctp_sendv(all[0], "x", 1, NULL, 0, &send, sizeof send, SCTP_SENDV_SNDINFO, 0), 1);
    FAILS(usrsctp_sendv(all[3], "x", 1, NULL, 0, &send, sizeof send, SCTP_SENDV_SNDINFO, 0), ENOENT);
    for (int n = 0; n < 20000; n++) {
        static const uint16_t flags[] = { 0, 0, 0, SCTP_UNORDERED, SCTP_EOR, SCTP_ADDR_OVER, SCTP_SENDALL, SCTP_SACK_IMMEDIATELY, 0x8000, 8 };
        static char payload[3000];
        struct sockaddr_conn to = at((int)(any() % ENDS), (uint16_t)(5000 + any() % 4));
        any_bytes(&everything, sizeof everything);
        everything.sendv_flags &= 7;
        everything.sendv_sndinfo.snd_sid %= 12;
        everything.sendv_sndinfo.snd_flags = flags[any() % COUNT(flags)];
        everything.sendv_sndinfo.snd_assoc_id %= 5;
        everything.sendv_prinfo.pr_policy &= any() % 2 ? 3 : UINT16_MAX;
        everything.sendv_authinfo.auth_keynumber %= 3;
        SURVIVES(usrsctp_sendv(all[any() % 5], payload, 1 + any() % sizeof payload, any() % 2 ? NULL : (void *)&to, (int)(any() % 3) - 1 ? 1 : 0,
            guarded(&everything, sizeof everything), sizeof everything, SCTP_SENDV_SPA, any() % 2 ? 0 : (int)any()));
        if (n % 100 == 0) {
            pump(10);
        }
    }
    release(all);
}

/* System controls at their ends, all of them that the header declares, and sockets that begin with them. */
static void controls(void)
{
    static const uint32_t values[] = { 0, 1, 5, 65535, 65536, INT32_MAX, UINT32_MAX };
    static char names[100][60];
    char line[200], symbol[6200];
    int count = 0;
    FILE *header = fopen(HEADER, "r");
    HOLDS(header != NULL);
    while (header && fgets(line, sizeof line, header)) {
        count += sscanf(line, "USRSCTP_SYSCTL_DECL(%50[a-zA-Z0-9_])", names[count]) == 1 && strcmp(names[count], "__field");
    }
    HOLDS(count > 60);
    fclose(header);
    for (int n = -1; n < count; n++) {
        for (size_t v = 0; v < COUNT(values); v++) {
            struct socket *a, *b, *l;
            begin(false);
            GIVES(usrsctp_tunable_set_sctp_hashtblsize(values[v]), 0);
            GIVES(usrsctp_tunable_set_sctp_pcbtblsize(values[v]), 0);
            GIVES(usrsctp_tunable_set_sctp_chunkscale(values[v]), 0);
            HOLDS(usrsctp_sysctl_get_sctp_hashtblsize() == values[v]);
            for (int i = 0; i < count; i++) {
                if (n < 0 || i == n) {
                    int (*set)(uint32_t);
                    uint32_t (*get)(void);
                    snprintf(symbol, sizeof symbol, "usrsctp_sysctl_set_%s", names[i]);
                    *(void **)&set = dlsym(RTLD_DEFAULT, symbol);
                    snprintf(symbol, sizeof symbol, "usrsctp_sysctl_get_%s", names[i]);
                    *(void **)&get = dlsym(RTLD_DEFAULT, symbol);
                    HOLDS(set && get);
                    uint32_t before = get();
                    int result = set(values[v]);
                    HOLDS(result == 0 ? get() == values[v] : result == -1 && errno == EINVAL && get() == before);
                }
            }
            struct sockaddr_conn there = at(0, 5000), mine = at(0, 5001), its = at(1, 5000);
            l = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
            a = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
            HOLDS(a && l);
            if (a && l) {
                usrsctp_set_non_blocking(a, 1);
                usrsctp_set_non_blocking(l, 1);
                SURVIVES(usrsctp_bind(l, (void *)&its, sizeof its));
                SURVIVES(usrsctp_bind(a, (void *)&mine, sizeof mine));
                SURVIVES(usrsctp_listen(l, 1));
                SURVIVES(usrsctp_connect(a, (void *)&there, sizeof there));
                pump(30);
                b = usrsctp_accept(l, NULL, NULL);
                SURVIVES(say(a, "hello", 0));
                pump(30);
                usrsctp_close(b);
            }
            VOID(usrsctp_close(a));
            VOID(usrsctp_close(l));
            finish();
        }
    }
}

const struct mode option_modes[] = {
    { "lengths", lengths }, { "values", values }, { "unknown", unknown }, { "infos", infos }, { "controls", controls }, { NULL, NULL },
};
