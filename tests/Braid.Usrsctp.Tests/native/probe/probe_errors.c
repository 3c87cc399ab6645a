/* bind, listen, connect and accept where they may not. */
#include <arpa/inet.h>
#include "probe.h"

static struct socket *plain(int domain, int type)
{
    struct socket *s = usrsctp_socket(domain, type, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    usrsctp_set_non_blocking(s, 1);
    return s;
}

static struct sockaddr_in in(const char *address, uint16_t port)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(port) };
    inet_pton(AF_INET, address, &name.sin_addr);
    return name;
}

/* A new socket for each: one that is bound refuses everything. */
static struct socket *bound(const char *what, int domain, int type, void *name, socklen_t length)
{
    struct socket *s = plain(domain, type);
    TRYF(usrsctp_bind(s, name, length), "%s", what);
    return s;
}

static void binds(void)
{
    begin();
    struct sockaddr_conn one = at(0, 5000), other = at(1, 5000), any = at(-1, 5000), any_port = at(0, 0), unknown = at(0, 5002);
    struct sockaddr_in name = in("127.0.0.1", 5100), far = in("192.0.2.1", 5101), wildcard = in("0.0.0.0", 5100), free_one = in("0.0.0.0", 5102);
    struct sockaddr_in6 name6 = { .sin6_family = AF_INET6, .sin6_port = htons(5200), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    static char nowhere;
    unknown.sconn_addr = &nowhere;
    note("-- AF_CONN");
    bound("an AF_INET address", AF_CONN, SOCK_STREAM, &free_one, sizeof free_one);
    struct sockaddr_conn shorter = at(0, 4999);
    bound("a short length", AF_CONN, SOCK_STREAM, &shorter, sizeof shorter - 1);
    bound("no length", AF_CONN, SOCK_STREAM, &one, 0);
    bound("an address that is not registered", AF_CONN, SOCK_STREAM, &unknown, sizeof unknown);
    struct socket *a = bound("port 5000", AF_CONN, SOCK_STREAM, &one, sizeof one);
    TRYF(usrsctp_bind(a, (void *)&any_port, sizeof any_port), "twice");
    TRYF(usrsctp_bind(a, (void *)&one, sizeof one), "twice the same");
    bound("a port in use", AF_CONN, SOCK_STREAM, &one, sizeof one);
    bound("a port in use, one-to-many", AF_CONN, SOCK_SEQPACKET, &one, sizeof one);
    bound("a port in use, any address", AF_CONN, SOCK_STREAM, &any, sizeof any);
    struct socket *c = bound("the same port, another address", AF_CONN, SOCK_STREAM, &other, sizeof other);
    usrsctp_close(c);
    c = bound("any port", AF_CONN, SOCK_STREAM, &any_port, sizeof any_port);
    struct sockaddr *addresses = NULL;
    TRY(usrsctp_getladdrs(c, 0, &addresses));
    if (addresses) {
        note("a port %s", ntohs(((struct sockaddr_conn *)(void *)addresses)->sconn_port) ? "was chosen" : "is not told");
        usrsctp_freeladdrs(addresses);
    }
    usrsctp_close(a);
    bound("after close", AF_CONN, SOCK_STREAM, &one, sizeof one);
    note("-- AF_INET");
    one.sconn_port = htons(5003);
    bound("an AF_CONN address", AF_INET, SOCK_STREAM, &one, sizeof one);
    bound("an AF_INET6 address", AF_INET, SOCK_STREAM, &name6, sizeof name6);
    bound("an address that is not ours", AF_INET, SOCK_STREAM, &far, sizeof far);
    bound("127.0.0.1", AF_INET, SOCK_STREAM, &name, sizeof name);
    bound("127.0.0.1 in use", AF_INET, SOCK_STREAM, &name, sizeof name);
    bound("0.0.0.0 in use", AF_INET, SOCK_STREAM, &wildcard, sizeof wildcard);
    wildcard.sin_port = htons(5103);
    bound("0.0.0.0", AF_INET, SOCK_STREAM, &wildcard, sizeof wildcard);
    note("-- AF_INET6");
    name.sin_port = htons(5104);
    bound("an AF_INET address", AF_INET6, SOCK_STREAM, &name, sizeof name);
    name6.sin6_port = htons(5201);
    bound("::1", AF_INET6, SOCK_STREAM, &name6, sizeof name6);
    struct socket *b;
    note("-- bindx");
    a = plain(AF_INET, SOCK_STREAM);
    name = in("127.0.0.1", 5012);
    TRYF(usrsctp_bindx(a, (void *)&name, 1, 0), "no flag");
    TRYF(usrsctp_bindx(a, (void *)&name, 1, SCTP_BINDX_ADD_ADDR | SCTP_BINDX_REM_ADDR), "both flags");
    TRYF(usrsctp_bindx(a, (void *)&name, 0, SCTP_BINDX_ADD_ADDR), "no address");
    TRYF(usrsctp_bindx(a, (void *)&name, 1, SCTP_BINDX_REM_ADDR), "remove before adding");
    TRYF(usrsctp_bindx(a, (void *)&name, 1, SCTP_BINDX_ADD_ADDR), "add");
    TRYF(usrsctp_bindx(a, (void *)&name, 1, SCTP_BINDX_ADD_ADDR), "add again");
    TRYF(usrsctp_bindx(a, (void *)&far, 1, SCTP_BINDX_ADD_ADDR), "add one that is not ours");
    TRYF(usrsctp_bindx(a, (void *)&name, 1, SCTP_BINDX_REM_ADDR), "remove the last one");
    struct sockaddr_in two[2] = { in("127.0.0.1", 5013), in("127.0.0.1", 5014) };
    b = plain(AF_INET, SOCK_STREAM);
    TRYF(usrsctp_bindx(b, (void *)two, 2, SCTP_BINDX_ADD_ADDR), "two with different ports");
    b = plain(AF_CONN, SOCK_STREAM);
    struct sockaddr_conn ends[2] = { at(0, 5020), at(1, 5020) };
    TRYF(usrsctp_bindx(b, (void *)ends, 2, SCTP_BINDX_ADD_ADDR), "two of AF_CONN");
    TRYF(usrsctp_bindx(b, (void *)ends, 1, SCTP_BINDX_ADD_ADDR), "one of AF_CONN");
}

static void listens(void)
{
    begin();
    struct sockaddr_conn one = at(0, 5000), two = at(0, 5001);
    struct socket *a = plain(AF_CONN, SOCK_STREAM), *b = plain(AF_CONN, SOCK_STREAM), *m = plain(AF_CONN, SOCK_SEQPACKET);
    TRYF(usrsctp_listen(a, 1), "not bound");
    TRYF(usrsctp_bind(b, (void *)&one, sizeof one), "bind");
    TRYF(usrsctp_listen(b, 1), "bound");
    TRYF(usrsctp_listen(b, 5), "twice");
    TRYF(usrsctp_listen(b, 0), "a backlog of 0");
    TRYF(usrsctp_listen(b, -1), "a backlog of -1");
    TRYF(usrsctp_accept(b, NULL, NULL) ? 1 : -1, "accept with nobody there");
    TRYF(usrsctp_connect(b, (void *)&two, sizeof two), "connect a listener");
    TRYF(put(b, "x", 0, 0, 0), "send on a listener");
    TRYF(usrsctp_bind(m, (void *)&two, sizeof two), "bind one-to-many");
    TRYF(usrsctp_accept(m, NULL, NULL) ? 1 : -1, "accept before listen, one-to-many");
    TRYF(usrsctp_listen(m, 1), "one-to-many");
    TRYF(usrsctp_accept(m, NULL, NULL) ? 1 : -1, "accept, one-to-many");
    TRYF(usrsctp_listen(m, 0), "one-to-many, a backlog of 0");
    usrsctp_close(a);
    usrsctp_close(b);
    usrsctp_close(m);
    finish();
}

/* More connections than the backlog; those that end before they are accepted. */
static void backlog(void)
{
    struct sockaddr_conn there = at(0, 5000);
    begin();
    quiet = true;
    struct socket *l = opened("L", SOCK_STREAM, 1, 5000), *c[4];
    static const char *const names_of[] = { "C0", "C1", "C2", "C3" };
    TRY(usrsctp_listen(l, 1));
    for (int i = 0; i < 4; i++) {
        c[i] = opened(names_of[i], SOCK_STREAM, 0, (uint16_t)(5001 + i));
        usrsctp_connect(c[i], (void *)&there, sizeof there);
        settle(NULL);
        status(names_of[i], c[i]);
    }
    for (int i = 0; i < 4; i++)
        drain(c[i]);
    for (int i = 0; i < 4; i++) {
        struct socket *b = usrsctp_accept(l, NULL, NULL);
        note("accept = %s", b ? "ok" : error_name(errno));
        if (b)
            keep("B", b);
    }
    struct socket *d = opened("D", SOCK_STREAM, 0, 5009);
    usrsctp_connect(d, (void *)&there, sizeof there);
    settle(NULL);
    closed(d);
    settle("D is closed before it is accepted");
    struct socket *b = usrsctp_accept(l, NULL, NULL);
    note("accept = %s", b ? "ok" : error_name(errno));
    if (b) {
        keep("BD", b);
        usrsctp_set_non_blocking(b, 1);
        drain(b);
    }
    finish();
}

static void connects(void)
{
    begin();
    struct sockaddr_conn there = at(0, 5000), no_port = at(0, 0);
    struct sockaddr_in name = in("127.0.0.1", 5000), zero = in("0.0.0.0", 5000), multicast = in("224.0.0.1", 5000);
    struct socket *a = plain(AF_CONN, SOCK_STREAM);
    TRYF(usrsctp_connect(a, (void *)&name, sizeof name), "AF_INET address on AF_CONN");
    TRYF(usrsctp_connect(a, (void *)&there, 3), "a short length");
    TRYF(usrsctp_connect(a, (void *)&no_port, sizeof no_port), "port 0");
    cut = true;
    TRYF(usrsctp_connect(a, (void *)&there, sizeof there), "connect");
    TRYF(usrsctp_connect(a, (void *)&there, sizeof there), "while it connects");
    TRYF(usrsctp_listen(a, 1), "listen while it connects");
    TRYF(usrsctp_shutdown(a, SHUT_WR), "shutdown while it connects");
    char data[10];
    socklen_t length = 0;
    unsigned type = 0;
    int flags = 0;
    TRYF(usrsctp_recvv(a, data, sizeof data, NULL, NULL, NULL, &length, &type, &flags), "receive while it connects");
    usrsctp_close(a);
    cut = false;
    a = plain(AF_INET, SOCK_STREAM);
    TRYF(usrsctp_connect(a, (void *)&there, sizeof there), "AF_CONN address on AF_INET");
    TRYF(usrsctp_connect(a, (void *)&multicast, sizeof multicast), "multicast");
    TRYF(usrsctp_connect(a, (void *)&zero, sizeof zero), "0.0.0.0");
    usrsctp_close(a);
    struct sockaddr_in none[1] = { name };
    a = plain(AF_INET, SOCK_STREAM);
    uint32_t id = 7;
    TRYF(usrsctp_connectx(a, (void *)none, 0, &id), "connectx with no address");
    TRYF(usrsctp_connectx(a, (void *)none, -1, &id), "connectx with -1");
    usrsctp_close(a);
    struct socket *x, *y;
    pair(&x, &y);
    TRYF(usrsctp_connect(x, (void *)&there, sizeof there), "connect once more");
    settle("what that did");
    status("A", x);
    finish();
}

const struct probe error_probes[] = { { "binds", binds, 1 }, { "listens", listens, 1 }, { "backlog", backlog, 0 }, { "connects", connects, 1 }, { NULL, NULL, 0 } };
