/* Callbacks: when they come, what they are given; what get_events says beside them. */
#include <arpa/inet.h>
#include "probe.h"

static bool s_tell_threads, s_refuse, s_answer;
static char s_ulp[4];
static uint32_t s_threshold;

static const char *ulp_name(void *info)
{
    long index = (char *)info - s_ulp;
    return !info ? "NULL" : index == 0 ? "ulp a" : index == 1 ? "ulp b" : "ulp?";
}

static int on_receive(struct socket *s, union sctp_sockstore address, void *data, size_t length, struct sctp_rcvinfo info, int flags, void *ulp)
{
    char text[700], from[80];
    static size_t before;
    if (length > 1000 && !(flags & MSG_EOR)) {
        // How a long message is cut depends on windows: only the sum is told.
        before += length;
        free(data);
        return 1;
    }
    if (before) {
        say(s, "in pieces: %zu bytes in all", before + length);
        before = 0;
        free(data);
        return 1;
    }
    if (tell_resets)
        note("  the receive callback");
    describe(text, sizeof text, data, length, flags, flags & MSG_NOTIFICATION ? NULL : &info);
    describe_address(from, sizeof from, &address.sa);
    say(s, "receive callback (%s): %s from %s%s%s", ulp_name(ulp), text, data ? from : "-", s_tell_threads ? " on " : "", s_tell_threads ? thread_name() : "");
    if (data && !(flags & MSG_NOTIFICATION) && s_answer && length == 8) {
        ssize_t sent = put(s, "answer", 2, 0, 0);
        say(s, "  answers within it: %zd", sent);
    }
    free(data);
    return !s_refuse;
}

static int on_send(struct socket *s, uint32_t free_bytes, void *ulp)
{
    // How often it is called in between depends on acknowledgements.
    if (free_bytes < s_threshold)
        say(s, "send callback below its threshold");
    else if (free_bytes == 262144)
        say(s, "send callback (%s): %u bytes free%s%s", ulp_name(ulp), free_bytes, s_tell_threads ? " on " : "", s_tell_threads ? thread_name() : "");
    return 1;
}

static struct socket *with(const char *name, int end, uint16_t port, uint32_t threshold, bool sends, void *ulp)
{
    struct socket *s = keep(name, usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, on_receive, sends ? on_send : NULL, threshold, ulp));
    struct sockaddr_conn where = at(end, port);
    int on = 1;
    s_threshold = threshold;
    usrsctp_set_non_blocking(s, 1);
    subscribe(s);
    usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on);
    TRYF(usrsctp_bind(s, (void *)&where, sizeof where), "bind %s", name);
    return s;
}

static void connected(struct socket **a, struct socket **b, uint32_t threshold, bool sends)
{
    struct sockaddr_conn there = at(0, 5000);
    struct socket *listener = with("L", 1, 5000, threshold, sends, s_ulp + 1);
    usrsctp_listen(listener, 1);
    *a = with("A", 0, 5001, threshold, sends, s_ulp);
    usrsctp_connect(*a, (void *)&there, sizeof there);
    settle("packets move");
    *b = keep("B", usrsctp_accept(listener, NULL, NULL));
    settle("accepted");
    void *info = NULL;
    TRY(usrsctp_get_ulpinfo(*b, &info));
    note("ulp of what was accepted: %s", ulp_name(info));
    closed(listener);
}

static void receives(void)
{
    struct socket *a, *b;
    begin();
    quiet = true;
    connected(&a, &b, 0, false);
    TRY(put(a, "first", 1, 0, 5));
    TRY(put(a, "second", 2, SCTP_UNORDERED, 6));
    settle("messages");
    TRY(usrsctp_get_events(b));
    drain(b);
    static char big[20000];
    memset(big, 'B', sizeof big);
    TRY(usrsctp_sendv(a, big, sizeof big, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    settle("20000 bytes");
    s_answer = true;
    TRY(put(a, "question", 1, 0, 5));
    settle("answered from the callback");
    s_answer = false;
    s_refuse = true;
    TRY(put(a, "refused", 1, 0, 5));
    settle("the callback returns 0");
    s_refuse = false;
    TRY(put(a, "after it", 1, 0, 5));
    settle("and 1");
    TRY(usrsctp_set_ulpinfo(b, s_ulp));
    TRY(put(a, "other ulp", 1, 0, 5));
    settle("set_ulpinfo");
    TRY(usrsctp_shutdown(a, SHUT_WR));
    settle("A shuts down");
    TRY(usrsctp_get_events(a));
    TRY(usrsctp_get_events(b));
    closed(a);
    closed(b);
    settle("both closed");
    connected(&a, &b, 0, false);
    TRY(put(a, "why", 1, SCTP_ABORT, 5));
    settle("A aborts");
    closed(a);
    closed(b);
    settle("both closed");
    connected(&a, &b, 0, false);
    closed(a);
    settle("A is closed");
    finish();
}

static void plain_receives(void)
{
    struct socket *a, *b, *listener;
    struct sockaddr_conn mine = at(0, 5001), its = at(1, 5000);
    begin();
    quiet = true;
    listener = keep("L", usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, on_receive, NULL, 0, NULL));
    a = keep("A", usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, on_receive, NULL, 0, NULL));
    usrsctp_set_non_blocking(listener, 1);
    usrsctp_set_non_blocking(a, 1);
    usrsctp_bind(listener, (void *)&its, sizeof its);
    usrsctp_bind(a, (void *)&mine, sizeof mine);
    TRY(usrsctp_listen(listener, 1));
    connecting(a, 0, 5000);
    settle("no events, no rcvinfo");
    b = keep("B", usrsctp_accept(listener, NULL, NULL));
    TRY(usrsctp_get_non_blocking(b));
    TRY(put(a, "first", 1, 0, 5));
    settle(NULL);
    TRY(put(a, "last", 1, SCTP_EOF, 5));
    settle("EOF");
    closed(a);
    closed(b);
    TRY(usrsctp_get_events(listener));
    finish();
}

static void sends(void)
{
    struct socket *a, *b;
    static char big[200000];
    memset(big, 'b', sizeof big);
    begin();
    quiet = true;
    connected(&a, &b, 100000, true);
    int space = 0;
    socklen_t length = sizeof space;
    TRY(usrsctp_getsockopt(a, SOL_SOCKET, SO_SNDBUF, &space, &length));
    note("SO_SNDBUF %d", space);
    TRY(usrsctp_sendv(a, "small", 5, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    settle("the threshold is 100000: a small message");
    TRY(usrsctp_sendv(a, big, 200000, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    settle("200000 bytes");
    closed(a);
    settle("A is closed");
    closed(b);
    settle("closed");
    connected(&a, &b, 0, true);
    TRY(usrsctp_sendv(a, "small", 5, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    settle("the threshold is 0");
    finish();
}

static void on_upcall(struct socket *s, void *argument, int flags)
{
    say(s, "upcall (%s, %d): events %s%s%s", ulp_name(argument), flags, names((unsigned)usrsctp_get_events(s), "1=READ 2=WRITE 4=ERROR"),
        s_tell_threads ? " on " : "", s_tell_threads ? thread_name() : "");
}

static void upcalls(void)
{
    begin();
    quiet = true;
    struct socket *l = opened("L", SOCK_STREAM, 1, 5000), *a = opened("A", SOCK_STREAM, 0, 5001);
    TRY(usrsctp_set_upcall(l, on_upcall, s_ulp));
    TRY(usrsctp_set_upcall(a, on_upcall, s_ulp));
    TRY(usrsctp_listen(l, 2));
    connecting(a, 0, 5000);
    settle("connecting");
    struct socket *b = keep("B", usrsctp_accept(l, NULL, NULL));
    settle("accepted");
    TRY(usrsctp_set_upcall(b, on_upcall, s_ulp + 1));
    settle("an upcall is set where something can be read");
    drain(a);
    drain(b);
    settle("all read");
    TRY(put(a, "one", 1, 0, 5));
    TRY(put(a, "two", 1, 0, 5));
    settle("messages");
    TRY(usrsctp_get_events(b));
    drain(b);
    settle("read");
    TRY(usrsctp_get_events(b));
    TRY(usrsctp_shutdown(a, SHUT_WR));
    settle("A shuts down");
    drain(a);
    drain(b);
    settle("read");
    TRY(usrsctp_get_events(a));
    TRY(usrsctp_get_events(b));
    TRY(usrsctp_set_upcall(b, NULL, NULL));
    closed(a);
    closed(b);
    settle("closed");
    a = opened("A2", SOCK_STREAM, 0, 5002);
    TRY(usrsctp_set_upcall(a, on_upcall, s_ulp));
    connecting(a, 0, 5000);
    settle("a second one");
    b = keep("B2", usrsctp_accept(l, NULL, NULL));
    TRY(put(b, "", 0, SCTP_ABORT, 0));
    settle("B aborts");
    TRY(usrsctp_get_events(a));
    drain(a);
    TRY(usrsctp_get_events(a));
    finish();
}

/* Takes one thing in each upcall, as Debian's http_client_upcall does: it needs one for each. */
static void on_upcall_once(struct socket *s, void *argument, int flags)
{
    (void)argument, (void)flags;
    if (!(usrsctp_get_events(s) & SCTP_EVENT_READ))
        return;
    char data[100];
    struct sctp_rcvinfo info;
    socklen_t length = 0, info_length = sizeof info;
    unsigned type = 0;
    int read_flags = 0;
    ssize_t count = usrsctp_recvv(s, data, sizeof data, NULL, &length, &info, &info_length, &type, &read_flags);
    say(s, "takes %zd: %.*s", count, (int)(count > 0 ? count : 0), data);
}

static void upcalls_taken_once(void)
{
    struct sockaddr_conn mine = at(0, 5001), its = at(1, 5000);
    begin();
    quiet = true;
    struct socket *listener = keep("L", usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL));
    struct socket *a = keep("A", usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL));
    usrsctp_set_non_blocking(listener, 1);
    usrsctp_set_non_blocking(a, 1);
    usrsctp_bind(listener, (void *)&its, sizeof its);
    usrsctp_bind(a, (void *)&mine, sizeof mine);
    TRY(usrsctp_listen(listener, 1));
    connecting(a, 0, 5000);
    settle("connected");
    struct socket *b = keep("B", usrsctp_accept(listener, NULL, NULL));
    TRY(usrsctp_set_upcall(b, on_upcall_once, NULL));
    TRY(put(a, "first", 1, 0, 5));
    TRY(put(a, "second", 1, 0, 5));
    TRY(put(a, "third", 1, 0, 5));
    settle("the last two in one packet");
    TRY(put(a, "fourth", 1, 0, 5));
    TRY(put(a, "fifth", 1, 0, 5));
    TRY(put(a, "sixth", 1, SCTP_EOF, 5));
    settle("and the end");
    closed(a);
    closed(b);
    finish();
}

/* Which thread calls: told for each callback, only where the library has threads of its own. */
static void threads_of_callbacks(void)
{
    struct socket *a, *b;
    s_tell_threads = true;
    begin();
    quiet = true;
    connected(&a, &b, 100000, true);
    TRY(put(a, "message", 1, 0, 5));
    settle("a message");
    TRY(put(a, "", 0, SCTP_ABORT, 5));
    settle("A aborts");
    finish();
}

/* Whether a peer learns that its streams were reset before the program here does. */
static void order(void)
{
    struct socket *a, *b;
    char room[sizeof(struct sctp_reset_streams) + sizeof(uint16_t)] = {0};
    struct sctp_reset_streams *reset = (struct sctp_reset_streams *)room;
    begin();
    quiet = true;
    connected(&a, &b, 0, false);
    TRY(put(a, "message", 1, 0, 5));
    settle("a message");
    reset->srs_flags = SCTP_STREAM_RESET_OUTGOING;
    reset->srs_number_streams = 1;
    reset->srs_stream_list[0] = 1;
    struct sctp_assoc_value allowed = { 0, SCTP_ENABLE_RESET_STREAM_REQ };
    TRY(usrsctp_setsockopt(b, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &allowed, sizeof allowed));
    TRY(usrsctp_setsockopt(a, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &allowed, sizeof allowed));
    tell_resets = true;
    TRY(usrsctp_setsockopt(a, IPPROTO_SCTP, SCTP_RESET_STREAMS, reset, sizeof room));
    settle("A resets a stream");
    tell_resets = false;
    finish();
}

const struct probe callback_probes[] = {
    { "receives", receives, 0 }, { "plain-receives", plain_receives, 0 }, { "sends", sends, 0 }, { "upcalls", upcalls, 0 }, { "upcalls-taken-once", upcalls_taken_once, 1 }, { "callback-threads", threads_of_callbacks, 0 }, { "order", order, 1 },
    { NULL, NULL, 0 },
};
