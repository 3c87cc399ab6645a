/* Sockets themselves: which can be made, what they say at once; what is refused. */
#include <arpa/inet.h>
#include "probe.h"

static int ignore(struct socket *s, union sctp_sockstore address, void *data, size_t length, struct sctp_rcvinfo info, int flags, void *ulp)
{
    (void)s, (void)address, (void)length, (void)info, (void)flags, (void)ulp;
    free(data);
    return 1;
}

static int ignore_send(struct socket *s, uint32_t free_bytes, void *ulp)
{
    (void)s, (void)free_bytes, (void)ulp;
    return 1;
}

static void make(const char *what, int domain, int type, int protocol)
{
    errno = 0;
    struct socket *s = usrsctp_socket(domain, type, protocol, NULL, NULL, 0, NULL);
    int error = errno;
    note("%s = %s", what, s ? "ok" : error_name(error));
    if (s)
        usrsctp_close(s);
}

static void sockets(void)
{
    begin();
    static const struct { const char *name; int value; } domains[] = { { "AF_CONN", AF_CONN }, { "AF_INET", AF_INET }, { "AF_INET6", AF_INET6 }, { "AF_UNIX", AF_UNIX }, { "0", 0 }, { "-1", -1 } };
    static const struct { const char *name; int value; } types[] = { { "SOCK_STREAM", SOCK_STREAM }, { "SOCK_SEQPACKET", SOCK_SEQPACKET }, { "SOCK_DGRAM", SOCK_DGRAM }, { "SOCK_RAW", SOCK_RAW }, { "0", 0 }, { "SOCK_STREAM|SOCK_NONBLOCK", SOCK_STREAM | SOCK_NONBLOCK } };
    static const struct { const char *name; int value; } protocols[] = { { "IPPROTO_SCTP", IPPROTO_SCTP }, { "0", 0 }, { "IPPROTO_TCP", IPPROTO_TCP } };
    for (size_t d = 0; d < sizeof domains / sizeof *domains; d++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++)
            for (size_t p = 0; p < sizeof protocols / sizeof *protocols; p++) {
                char what[120];
                snprintf(what, sizeof what, "%s %s %s", domains[d].name, types[t].name, protocols[p].name);
                make(what, domains[d].value, types[t].value, protocols[p].value);
            }
    TRYF(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, ignore_send, 0, NULL) ? 1 : -1, "a send callback alone");
    TRYF(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, ignore, NULL, 0, NULL) ? 1 : -1, "a receive callback alone");
    TRYF(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, ignore_send, 262144, NULL) ? 1 : -1, "a send callback alone with a threshold");
    TRYF(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, ignore, ignore_send, 262144, NULL) ? 1 : -1, "both, and a threshold as large as the buffer");
    TRYF(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, ignore, ignore_send, 262145, NULL) ? 1 : -1, "a larger one");
    TRYF(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 1000, NULL) ? 1 : -1, "a threshold without callback");
}

static void fresh_one(const char *name, int type)
{
    note("-- %s", name);
    struct socket *s = usrsctp_socket(AF_CONN, type, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    void *ulp = &s;
    struct sctp_rcvinfo info;
    char data[10];
    socklen_t length = sizeof info;
    unsigned info_type = 0;
    int flags = 0;
    TRY(usrsctp_get_non_blocking(s));
    TRY(usrsctp_set_non_blocking(s, 7));
    TRY(usrsctp_get_non_blocking(s));
    TRY(usrsctp_get_events(s));
    TRY(usrsctp_get_ulpinfo(s, &ulp));
    note("ulp info %s", ulp ? "set" : "NULL");
    TRY(usrsctp_set_ulpinfo(s, &s));
    TRY(usrsctp_get_ulpinfo(s, &ulp));
    note("ulp info %s", ulp == &s ? "as it was set" : "another");
    TRY(usrsctp_set_upcall(s, NULL, NULL));
    TRY(put(s, "x", 0, 0, 0));
    TRY(usrsctp_recvv(s, data, sizeof data, NULL, NULL, &info, &length, &info_type, &flags));
    TRY(usrsctp_shutdown(s, SHUT_RD));
    TRY(usrsctp_shutdown(s, SHUT_WR));
    TRY(usrsctp_shutdown(s, SHUT_RDWR));
    TRY(usrsctp_accept(s, NULL, NULL));
    TRY(usrsctp_peeloff(s, 3));
    struct sockaddr_conn there = at(0, 5000);
    struct sockaddr *addresses = NULL;
    TRY(usrsctp_getassocid(s, (void *)&there));
    TRY(usrsctp_getpaddrs(s, 0, &addresses));
    TRY(usrsctp_getladdrs(s, 0, &addresses));
    usrsctp_close(s);
}

static void fresh(void)
{
    begin();
    fresh_one("one-to-one", SOCK_STREAM);
    fresh_one("one-to-many", SOCK_SEQPACKET);
    finish();
}

static void nulls(void)
{
    begin();
    struct sockaddr_conn there = at(0, 5000);
    struct sctp_rcvinfo info;
    struct sockaddr *addresses = NULL;
    socklen_t length = sizeof info;
    unsigned type = 0;
    char data[10];
    int flags = 0, value = 0;
    note("-- no socket");
    TRY(usrsctp_setsockopt(NULL, IPPROTO_SCTP, SCTP_NODELAY, &value, sizeof value));
    TRY(usrsctp_getsockopt(NULL, IPPROTO_SCTP, SCTP_NODELAY, &value, &length));
    TRY(usrsctp_bind(NULL, (void *)&there, sizeof there));
    TRY(usrsctp_listen(NULL, 1));
    TRY(usrsctp_accept(NULL, NULL, NULL));
    TRY(usrsctp_connect(NULL, (void *)&there, sizeof there));
    TRY(usrsctp_shutdown(NULL, SHUT_WR));
    TRY(usrsctp_sendv(NULL, "x", 1, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    TRY(usrsctp_recvv(NULL, data, sizeof data, NULL, NULL, &info, &length, &type, &flags));
    TRY(usrsctp_get_non_blocking(NULL));
    TRY(usrsctp_set_non_blocking(NULL, 1));
    TRY(usrsctp_get_events(NULL));
    TRY(usrsctp_set_upcall(NULL, NULL, NULL));
    TRY(usrsctp_peeloff(NULL, 3));
    TRY(usrsctp_getpaddrs(NULL, 0, &addresses));
    TRY(usrsctp_getladdrs(NULL, 0, &addresses));
    usrsctp_close(NULL);
    note("-- no pointer");
    struct socket *s = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    length = 4;
    TRY(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_NODELAY, NULL, 4));
    TRY(usrsctp_getsockopt(s, IPPROTO_SCTP, SCTP_NODELAY, NULL, &length));
    TRY(usrsctp_getsockopt(s, IPPROTO_SCTP, SCTP_NODELAY, &value, NULL));
    TRY(usrsctp_bind(s, NULL, 0));
    TRY(usrsctp_connect(s, NULL, 0));
    TRY(usrsctp_get_ulpinfo(s, NULL));
    TRY(usrsctp_getpaddrs(s, 0, NULL));
    TRY(usrsctp_getladdrs(s, 0, NULL));
    TRY(usrsctp_recvv(s, NULL, 10, NULL, NULL, &info, &length, &type, &flags));
    usrsctp_close(s);
    finish();
}

static struct sockaddr_in inet(const char *address, uint16_t port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
    inet_pton(AF_INET, address, &in.sin_addr);
    return in;
}

static void bindx(struct socket *s, const char *address, uint16_t port, int flags, const char *what)
{
    struct sockaddr_in in = inet(address, port);
    struct sockaddr *list = NULL;
    TRYF(usrsctp_bindx(s, (void *)&in, 1, flags), "%s", what);
    int count = usrsctp_getladdrs(s, 0, &list);
    if (count == 1) {
        char text[100];
        describe_address(text, sizeof text, list);
        note("  bound to %s", text);
    }
    if (count > 0)
        usrsctp_freeladdrs(list);
}

/* Of addresses of IP every host has 127.0.0.1, and none 192.0.2.99 (RFC 5737). */
static void addresses(void)
{
    begin();
    struct socket *s = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    bindx(s, "192.0.2.99", 7000, SCTP_BINDX_ADD_ADDR, "fresh: one that is not there");
    bindx(s, "127.0.0.1", 7000, SCTP_BINDX_REM_ADDR, "fresh: remove");
    struct sockaddr_in any = inet("0.0.0.0", 7000);
    TRYF(usrsctp_bind(s, (void *)&any, sizeof any), "bind to all");
    bindx(s, "127.0.0.1", 0, SCTP_BINDX_ADD_ADDR, "all: add one");
    bindx(s, "127.0.0.1", 0, SCTP_BINDX_REM_ADDR, "all: remove one");
    struct socket *t = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    bindx(t, "127.0.0.1", 7001, SCTP_BINDX_ADD_ADDR, "one: as bind");
    bindx(t, "127.0.0.1", 7001, SCTP_BINDX_ADD_ADDR, "one: again");
    bindx(t, "127.0.0.1", 7002, SCTP_BINDX_ADD_ADDR, "one: another port");
    bindx(t, "127.0.0.1", 7001, SCTP_BINDX_REM_ADDR, "one: remove the last");
    bindx(t, "0.0.0.0", 7001, SCTP_BINDX_ADD_ADDR, "one: add all");
    bindx(t, "192.0.2.99", 7001, SCTP_BINDX_ADD_ADDR, "one: add one that is not there");
    bindx(t, "192.0.2.99", 7001, SCTP_BINDX_REM_ADDR, "one: remove one that is not there");
    struct socket *u = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    bindx(u, "127.0.0.1", 7001, SCTP_BINDX_ADD_ADDR, "another's");
    bindx(u, "0.0.0.0", 7000, SCTP_BINDX_ADD_ADDR, "all of another's");
    usrsctp_close(s);
    usrsctp_close(t);
    usrsctp_close(u);
    finish();
}

const struct probe socket_probes[] = { { "sockets", sockets, 1 }, { "fresh", fresh, 1 }, { "nulls", nulls, 1 }, { "addresses", addresses, 1 }, { NULL, NULL, 0 } };
