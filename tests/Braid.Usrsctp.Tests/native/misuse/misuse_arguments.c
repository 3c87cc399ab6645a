/* What is no socket, or the wrong kind of one; pointers that are NULL; lengths and addresses that cannot be. */
#include "misuse.h"

/* Every function that has a socket, with one that there is not. */
static void no_socket(struct socket *s, int of_addresses)
{
    struct sockaddr_conn name = at(0, 5000);
    struct sockaddr *addresses = NULL;
    struct sctp_rcvinfo info;
    socklen_t length = sizeof info;
    unsigned type = 0;
    uint32_t id = 0;
    int flags = 0, value = 1;
    char data[16];
    void *ulp = NULL;
    FAILS(usrsctp_bind(s, (void *)&name, sizeof name), EBADF);
    FAILS(usrsctp_bindx(s, (void *)&name, 1, SCTP_BINDX_ADD_ADDR), EBADF);
    FAILS(usrsctp_listen(s, 1), EBADF);
    REFUSED(usrsctp_accept(s, (void *)&name, &length), EBADF);
    REFUSED(usrsctp_peeloff(s, 3), EBADF);
    FAILS(usrsctp_connect(s, (void *)&name, sizeof name), EBADF);
    FAILS(usrsctp_connectx(s, (void *)&name, 1, &id), EBADF);
    FAILS(usrsctp_shutdown(s, SHUT_WR), EBADF);
    FAILS(usrsctp_sendv(s, "x", 1, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), EBADF);
    FAILS(usrsctp_recvv(s, data, sizeof data, (void *)&name, &length, &info, &length, &type, &flags), EBADF);
    length = sizeof value;
    FAILS(usrsctp_getsockopt(s, IPPROTO_SCTP, SCTP_NODELAY, &value, &length), EBADF);
    FAILS(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_NODELAY, &value, sizeof value), EBADF);
    FAILS(usrsctp_opt_info(s, 3, SCTP_RTOINFO, data, &length), EBADF);
    FAILS(usrsctp_getpaddrs(s, 3, &addresses), EBADF);
    FAILS(usrsctp_getladdrs(s, 3, &addresses), of_addresses);
    REFUSED(usrsctp_getassocid(s, (void *)&name), EBADF);
    FAILS(usrsctp_set_non_blocking(s, 1), EBADF);
    FAILS(usrsctp_get_non_blocking(s), EBADF);
    FAILS(usrsctp_set_ulpinfo(s, data), EBADF);
    FAILS(usrsctp_get_ulpinfo(s, &ulp), EBADF);
    FAILS(usrsctp_set_upcall(s, NULL, NULL), EBADF);
    FAILS(usrsctp_get_events(s), EBADF);
    VOID(usrsctp_close(s));
    VOID(usrsctp_close(s));
    HOLDS(addresses == NULL && ulp == NULL);
}

static void nulls(void)
{
    begin(false);
    no_socket(NULL, ENOMEM);
    finish();
}

/* Never a socket: memory of the program's, and what is no memory at all. */
static void strangers(void)
{
    begin(false);
    char here[64];
    void *freed = malloc(64), *volatile old = freed;
    free(freed);
    struct socket *real = plain(SOCK_STREAM, 0, 5001);
    void *const all[] = { here, old, (void *)1, (void *)-1, (void *)INTPTR_MIN, (void *)INTPTR_MAX, ends, (char *)real + 1, (char *)real - 8, (char *)real + 16, stdout };
    for (size_t i = 0; i < COUNT(all); i++) {
        no_socket(all[i], EBADF);
    }
    GIVES(usrsctp_get_events(real), 0);
    VOID(usrsctp_close(real));
    finish();
}

/* What was closed is nobody, whatever was opened since. */
static void closed(void)
{
    struct socket *a, *b, *listener, *others[20];
    begin(false);
    connect_pair(&a, &b, &listener);
    struct socket *many = plain(SOCK_SEQPACKET, 2, 5002);
    struct socket *all[] = { a, b, listener, many };
    for (size_t i = 0; i < COUNT(all); i++) {
        VOID(usrsctp_close(all[i]));
        no_socket(all[i], EBADF);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        others[i] = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
        for (size_t j = 0; j < COUNT(all); j++) {
            HOLDS(others[i] && others[i] != all[j]);
            VOID(usrsctp_close(all[j]));
        }
    }
    pump(50);
    for (size_t j = 0; j < COUNT(all); j++) {
        no_socket(all[j], EBADF);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        GIVES(usrsctp_get_non_blocking(others[i]), 0);
        VOID(usrsctp_close(others[i]));
    }
    finish();
}

/* Before usrsctp_init, after usrsctp_finish, and both of them twice. */
static void unstarted(void)
{
    struct sctpstat statistics;
    char packet[20] = { 0 };
    GIVES(usrsctp_finish(), 0);
    for (int i = 0; i < 3; i++) {
        no_socket(NULL, ENOMEM);
        no_socket((void *)packet, EBADF);
        REFUSED(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL), EINVAL);
        REFUSED(usrsctp_socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP, NULL, NULL, 0, NULL), EINVAL);
        VOID(usrsctp_register_address(ends));
        VOID(usrsctp_deregister_address(ends));
        VOID(usrsctp_conninput(ends, packet, sizeof packet, 0));
        VOID(usrsctp_handle_timers(10));
        VOID(usrsctp_enable_crc32c_offload());
        VOID(usrsctp_disable_crc32c_offload());
        VOID(usrsctp_get_stat(&statistics));
        VOID(usrsctp_get_stat(NULL));
        VOID(usrsctp_freedumpbuffer(usrsctp_dumppacket(packet, sizeof packet, SCTP_DUMP_INBOUND)));
        SURVIVES(usrsctp_sysctl_set_sctp_sendspace(1000));
        HOLDS(usrsctp_crc32c(packet, sizeof packet) != 0);
        begin(i == 1);
        begin(i == 2);                                      /* changes nothing */
        usrsctp_init(9899, NULL, NULL);
        struct socket *s = plain(SOCK_STREAM, 0, 5001);
        FAILS(usrsctp_finish(), EBUSY);
        FAILS(usrsctp_finish(), EBUSY);
        VOID(usrsctp_close(s));
        finish();
        GIVES(usrsctp_finish(), 0);
        no_socket(s, EBADF);
    }

    /* Without an output function there are no addresses of the program's own. */
    usrsctp_init_nothreads(0, NULL, NULL);
    REFUSED(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL), EAFNOSUPPORT);
    VOID(usrsctp_register_address(ends));
    VOID(usrsctp_conninput(ends, packet, sizeof packet, 0));
    finish();
}

static int on_receive(struct socket *s, union sctp_sockstore from, void *data, size_t length, struct sctp_rcvinfo info, int flags, void *ulp)
{
    (void)s; (void)from; (void)length; (void)info; (void)flags; (void)ulp;
    free(data);
    return 1;
}

static int on_send(struct socket *s, uint32_t room, void *ulp)
{
    (void)s; (void)room; (void)ulp;
    return 1;
}

/* Sockets of the wrong kind, or in the wrong state. */
static void kinds(void)
{
    struct socket *a, *b, *l;
    struct sockaddr_conn there = at(0, 5000), mine = at(2, 5002);
    struct sockaddr *addresses = NULL;
    struct sctp_sndinfo eof = { .snd_flags = SCTP_EOF };
    char data[16];
    begin(false);
    REFUSED(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, on_send, 0, NULL), EINVAL);
    REFUSED(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 5, NULL), EINVAL);
    REFUSED(usrsctp_socket(AF_UNIX, SOCK_STREAM, IPPROTO_SCTP, on_receive, on_send, 5, NULL), EINVAL);
    REFUSED(usrsctp_socket(-1, -1, -1, NULL, NULL, 0, NULL), EINVAL);
    connect_pair(&a, &b, &l);
    struct socket *many = plain(SOCK_SEQPACKET, 2, 5002), *fresh = plain(SOCK_STREAM, 2, 5003);
    REFUSED(usrsctp_accept(many, NULL, NULL), EINVAL);
    REFUSED(usrsctp_accept(a, NULL, NULL), EINVAL);
    REFUSED(usrsctp_accept(fresh, NULL, NULL), EINVAL);
    REFUSED(usrsctp_accept(l, NULL, NULL), EAGAIN);
    REFUSED(usrsctp_peeloff(a, 3), EOPNOTSUPP);
    REFUSED(usrsctp_peeloff(l, 3), EOPNOTSUPP);
    REFUSED(usrsctp_peeloff(many, 3), ENOENT);
    REFUSED(usrsctp_peeloff(many, UINT32_MAX), ENOENT);
    FAILS(usrsctp_listen(a, 1), EINVAL);
    FAILS(usrsctp_connect(l, (void *)&there, sizeof there), EOPNOTSUPP);
    FAILS(usrsctp_connect(a, (void *)&there, sizeof there), EISCONN);
    FAILS(usrsctp_bind(a, (void *)&mine, sizeof mine), EINVAL);
    FAILS(usrsctp_recvv(fresh, data, sizeof data, NULL, NULL, NULL, NULL, NULL, NULL), ENOTCONN);
    FAILS(usrsctp_recvv(l, data, sizeof data, NULL, NULL, NULL, NULL, NULL, NULL), ENOTCONN);
    FAILS(usrsctp_recvv(many, data, sizeof data, NULL, NULL, NULL, NULL, NULL, NULL), EAGAIN);
    FAILS(say(fresh, "x", 0), ENOENT);
    FAILS(say(l, "x", 0), ENOENT);
    FAILS(say(many, "x", 0), ENOENT);
    FAILS(usrsctp_sendv(fresh, "", 0, NULL, 0, &eof, sizeof eof, SCTP_SENDV_SNDINFO, 0), ENOENT);
    FAILS(usrsctp_shutdown(fresh, SHUT_WR), ENOTCONN);
    FAILS(usrsctp_shutdown(l, SHUT_RDWR), ENOTCONN);
    FAILS(usrsctp_shutdown(many, SHUT_WR), EOPNOTSUPP);
    FAILS(usrsctp_shutdown(a, 99), EINVAL);
    FAILS(usrsctp_shutdown(a, -1), EINVAL);
    FAILS(usrsctp_getpaddrs(fresh, 0, &addresses), ENOTCONN);
    FAILS(usrsctp_getpaddrs(many, 77, &addresses), ENOENT);
    REFUSED(usrsctp_getassocid(fresh, (void *)&there), 0);
    HOLDS(addresses == NULL);
    GIVES(usrsctp_listen(l, -5), 0);                    /* it listens already */
    GIVES(usrsctp_listen(many, 0x7fffffff), 0);
    VOID(usrsctp_close(a));
    pump(50);
    FAILS(say(b, "x", 0), ENOENT);
    FAILS(usrsctp_shutdown(b, SHUT_WR), ENOTCONN);
    FAILS(usrsctp_listen(b, 1), EINVAL);
    VOID(usrsctp_close(b));
    VOID(usrsctp_close(l));
    VOID(usrsctp_close(many));
    VOID(usrsctp_close(fresh));
    finish();
}

/* Addresses that are too short, of a family that is not theirs, nowhere, or too many: nothing behind their length is read. */
static void addresses(void)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(5000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(5000), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr_conn own = at(0, 5000), stranger = own;
    struct sockaddr unknown = { .sa_family = 77 };
    const struct { const void *bytes; socklen_t size; int domain; } good[] = {
        { &in, sizeof in, AF_INET }, { &in6, sizeof in6, AF_INET6 }, { &own, sizeof own, AF_CONN } };
    uint32_t id;
    begin(false);
    for (size_t i = 0; i < COUNT(good); i++) {
        struct socket *s = usrsctp_socket(good[i].domain, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
        usrsctp_set_non_blocking(s, 1);
        for (socklen_t length = 0; length + 1 < good[i].size; length++) {
            FAILS(usrsctp_bind(s, guarded(good[i].bytes, length), length), EINVAL);
            FAILS(usrsctp_connect(s, guarded(good[i].bytes, length), length), EINVAL);
        }
        SURVIVES(usrsctp_bind(s, guarded(good[i].bytes, good[i].size - 1), good[i].size - 1));
        FAILS(usrsctp_connect(s, guarded(good[i].bytes, good[i].size - 1), good[i].size - 1), EINVAL);
        FAILS(usrsctp_bind(s, guarded(good[i].bytes, good[i].size), UINT32_MAX), EINVAL);           /* it is bound */
        VOID(usrsctp_close(s));
    }
    struct socket *s = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL), *many = plain(SOCK_SEQPACKET, 0, 5004);
    usrsctp_set_non_blocking(s, 1);
    for (int i = 0; i < 2; i++, s = many) {
        FAILS(usrsctp_connect(s, (void *)&unknown, sizeof unknown), EAFNOSUPPORT);
        FAILS(usrsctp_connect(s, guarded(&in, sizeof in), sizeof in), EINVAL);
        FAILS(usrsctp_connect(s, guarded(&in6, sizeof in6), UINT32_MAX), EINVAL);
        stranger.sconn_addr = &stranger;
        FAILS(usrsctp_connect(s, (void *)&stranger, sizeof stranger), EADDRNOTAVAIL);
        stranger.sconn_addr = NULL;
        FAILS(usrsctp_connect(s, (void *)&stranger, sizeof stranger), EINVAL);
        FAILS(usrsctp_connect(s, NULL, sizeof own), EINVAL);
        FAILS(usrsctp_bind(s, NULL, sizeof own), EINVAL);
        FAILS(usrsctp_bind(s, (void *)&unknown, sizeof unknown), EAFNOSUPPORT);
        FAILS(usrsctp_connectx(s, NULL, 1, &id), EINVAL);
        FAILS(usrsctp_connectx(s, guarded(&own, sizeof own), 0, &id), EINVAL);
        FAILS(usrsctp_connectx(s, guarded(&own, sizeof own), -1, &id), EINVAL);
        FAILS(usrsctp_connectx(s, guarded(&own, sizeof own), INT32_MAX, &id), EINVAL);
        FAILS(usrsctp_connectx(s, guarded(&unknown, sizeof unknown), 1, NULL), EINVAL);
        FAILS(usrsctp_bindx(s, NULL, 1, SCTP_BINDX_ADD_ADDR), EINVAL);
        FAILS(usrsctp_bindx(s, guarded(&in, sizeof in), -1, SCTP_BINDX_ADD_ADDR), EINVAL);
        FAILS(usrsctp_bindx(s, guarded(&in, sizeof in), INT32_MAX, SCTP_BINDX_ADD_ADDR), EINVAL);
        FAILS(usrsctp_bindx(s, guarded(&in, sizeof in), 1, 0), EFAULT);
        FAILS(usrsctp_bindx(s, guarded(&in, sizeof in), 1, -1), EFAULT);
        FAILS(usrsctp_bindx(s, guarded(&own, sizeof own), 1, SCTP_BINDX_ADD_ADDR), EAFNOSUPPORT);
        SURVIVES(usrsctp_bindx(s, guarded(&in, sizeof in), 1, SCTP_BINDX_REM_ADDR));
        SURVIVES(usrsctp_bindx(s, guarded(&in, sizeof in), 1, SCTP_BINDX_ADD_ADDR));
        REFUSED(usrsctp_getassocid(s, NULL), EINVAL);
        REFUSED(usrsctp_getassocid(s, guarded(&unknown, sizeof unknown)), EINVAL);
        SURVIVES(usrsctp_getassocid(s, guarded(&in, sizeof in)));
        if (i) {
            VOID(usrsctp_close(many));
        } else {
            VOID(usrsctp_close(s));
        }
    }

    /* Where they need not be: at any byte. */
    char bytes[64];
    memcpy(bytes + 1, &own, sizeof own);
    s = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    GIVES(usrsctp_bind(s, (void *)(bytes + 1), sizeof own), 0);
    usrsctp_close(s);
    finish();
}

/* Buffers and lengths of accept, sendv and recvv. */
static void buffers(void)
{
    struct socket *a, *b, *l, *c;
    struct sockaddr_conn there = at(0, 5000);
    struct sctp_rcvinfo info;
    socklen_t length, info_length;
    unsigned type;
    int flags;
    begin(false);
    connect_pair(&a, &b, &l);
    for (socklen_t room = 0; room <= sizeof there + 4; room++) {
        char rest[10];
        GIVES(say(a, "0123456789", 0), 10);
        pump(250);
        length = room;
        flags = 0;
        GIVES(usrsctp_recvv(b, guarded(NULL, room), room, NULL, NULL, NULL, NULL, NULL, &flags), room < 10 ? room : 10);
        if (room < 10) {
            GIVES(usrsctp_recvv(b, rest, sizeof rest, guarded(NULL, room), &length, NULL, NULL, NULL, &flags), 10 - (long)room);
            HOLDS(length == sizeof there && (flags & MSG_EOR));
        }
    }
    static char big[300000];
    struct sctp_sndinfo with = { 0 };
    FAILS(usrsctp_sendv(a, NULL, 0, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), EFAULT);
    FAILS(usrsctp_sendv(a, NULL, 7, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), EFAULT);
    FAILS(usrsctp_sendv(a, NULL, SIZE_MAX, NULL, -1, NULL, 0, SCTP_SENDV_NOINFO, 0), EFAULT);
    FAILS(usrsctp_sendv(a, "", 0, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), EINVAL);
    FAILS(usrsctp_sendv(a, "x", SIZE_MAX, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), EINVAL);
    FAILS(usrsctp_sendv(a, guarded("x", 1), INT32_MAX, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), EMSGSIZE);
    FAILS(usrsctp_sendv(a, big, sizeof big, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), EMSGSIZE);
    with.snd_flags = SCTP_ABORT;
    FAILS(usrsctp_sendv(a, guarded("x", 1), INT32_MAX, NULL, 0, &with, sizeof with, SCTP_SENDV_SNDINFO, 0), EMSGSIZE);
    with.snd_flags = SCTP_EOF;
    FAILS(usrsctp_sendv(a, guarded("x", 1), INT32_MAX, NULL, 0, &with, sizeof with, SCTP_SENDV_SNDINFO, 0), EMSGSIZE);
    FAILS(usrsctp_sendv(a, "x", 1, (void *)&there, -1, NULL, 0, SCTP_SENDV_NOINFO, 0), EINVAL);
    FAILS(usrsctp_sendv(a, "x", 1, (void *)&there, INT32_MAX, NULL, 0, SCTP_SENDV_NOINFO, 0), EINVAL);
    FAILS(usrsctp_sendv(a, "x", 1, guarded("\x4d\0", 2), 1, NULL, 0, SCTP_SENDV_NOINFO, 0), EINVAL);
    GIVES(usrsctp_sendv(a, "x", 1, NULL, 3, NULL, 0, SCTP_SENDV_NOINFO, 0), 1);
    GIVES(usrsctp_sendv(a, guarded("y", 1), 1, guarded(&there, sizeof there), 1, NULL, 0, SCTP_SENDV_NOINFO, 0), 1);
    pump(250);

    /* What is told with a message: room for it or not, or no memory at all. */
    const int on = 1;
    char byte;
    FAILS(usrsctp_recvv(b, NULL, 5, NULL, NULL, NULL, NULL, NULL, NULL), EFAULT);
    GIVES(usrsctp_recvv(b, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL), 0);
    GIVES(usrsctp_setsockopt(b, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on), 0);
    GIVES(usrsctp_setsockopt(b, IPPROTO_SCTP, SCTP_RECVNXTINFO, &on, sizeof on), 0);
    flags = -1;
    GIVES(usrsctp_recvv(b, &byte, SIZE_MAX, NULL, &length, NULL, &info_length, &type, &flags), 1);
    info_length = UINT32_MAX;
    GIVES(usrsctp_recvv(b, &byte, 1, (void *)&there, NULL, guarded(NULL, sizeof info), NULL, NULL, NULL), 1);
    for (info_length = 0; info_length < sizeof(struct sctp_recvv_rn) + 2; info_length++) {
        socklen_t room = info_length;
        GIVES(say(a, "z", 0), 1);
        GIVES(say(a, "z", 0), 1);
        pump(250);
        GIVES(usrsctp_recvv(b, &byte, 1, NULL, NULL, guarded(NULL, room), &room, &type, NULL), 1);
        HOLDS(type == (info_length < sizeof info ? SCTP_RECVV_NOINFO : info_length < sizeof(struct sctp_recvv_rn) ? SCTP_RECVV_RCVINFO : SCTP_RECVV_RN));
        HOLDS(room <= info_length);
        GIVES(usrsctp_recvv(b, &byte, 1, NULL, NULL, NULL, NULL, NULL, NULL), 1);
    }

    /* The address of who is accepted. */
    for (socklen_t room = 0; room <= sizeof there; room += 3) {
        struct sockaddr_conn to = at(0, 5000);
        c = plain(SOCK_STREAM, 0, (uint16_t)(5200 + room));
        FAILS(usrsctp_connect(c, (void *)&to, sizeof to), EINPROGRESS);
        pump(50);
        length = room;
        struct socket *d = usrsctp_accept(l, guarded(NULL, room), room % 2 ? NULL : &length);
        HOLDS(d != NULL && (room % 2 || length == sizeof to));
        usrsctp_close(c);
        usrsctp_close(d);
    }
    usrsctp_close(a);
    usrsctp_close(b);
    usrsctp_close(l);
    finish();
}

const struct mode argument_modes[] = {
    { "nulls", nulls }, { "strangers", strangers }, { "closed", closed }, { "unstarted", unstarted }, { "kinds", kinds }, { "addresses", addresses },
    { "buffers", buffers }, { NULL, NULL },
};
