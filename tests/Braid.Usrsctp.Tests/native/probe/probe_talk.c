/* A one-to-one conversation. */
#include <arpa/inet.h>
#include "probe.h"

static void setup(void)
{
    begin();
    struct socket *a = opened("A", SOCK_STREAM, 0, 5001), *l = opened("L", SOCK_STREAM, 1, 5000);
    struct sockaddr_conn there = at(0, 5000), from;
    socklen_t length = sizeof from;
    status("A", a);
    TRY(usrsctp_listen(l, 2));
    TRY(usrsctp_accept(l, NULL, NULL));
    TRY(usrsctp_get_events(a));
    TRY(usrsctp_get_events(l));
    if (threads)
        usrsctp_connect(a, (void *)&there, sizeof there);
    else {
        TRY(usrsctp_connect(a, (void *)&there, sizeof there));
        status("A", a);
        TRY(usrsctp_get_events(a));
        TRY(put(a, "early", 0, 0, 0));
        TRY(usrsctp_connect(a, (void *)&there, sizeof there));
    }
    settle("packets move");
    TRY(usrsctp_get_events(a));
    TRY(usrsctp_get_events(l));
    struct socket *b = keep("B", usrsctp_accept(l, (void *)&from, &length));
    char text[80];
    describe_address(text, sizeof text, (void *)&from);
    note("accept = %s %s length %u", b ? "ok" : error_name(errno), text, length);
    TRY(usrsctp_get_non_blocking(b));
    TRY(usrsctp_set_non_blocking(b, 1));
    TRY(usrsctp_get_events(b));
    settle("all read");
    TRY(usrsctp_get_events(a));
    TRY(usrsctp_get_events(b));
    TRY(usrsctp_get_events(l));
    TRY(usrsctp_accept(l, NULL, NULL));
    status("A", a);
    status("B", b);
    struct sockaddr *addresses = NULL;
    TRY(usrsctp_getpaddrs(a, 0, &addresses));
    if (addresses)
        describe_address(text, sizeof text, addresses);
    note("peer of A: %s", text);
    usrsctp_freepaddrs(addresses);
    TRY(usrsctp_getladdrs(a, 0, &addresses));
    if (addresses)
        describe_address(text, sizeof text, addresses);
    note("local of A: %s", text);
    usrsctp_freeladdrs(addresses);
    TRY(usrsctp_listen(a, 1));
    closed(l);
    settle("the listener is closed");
    TRY(put(a, "still there", 0, 0, 0));
    settle(NULL);
    finish();
}

static void messages(void)
{
    struct socket *a, *b;
    begin();
    pair(&a, &b);
    TRY(usrsctp_sendv(a, "plain", 5, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    TRY(put(a, "stream 3", 3, 0, 7));
    TRY(put(a, "unordered", 1, SCTP_UNORDERED, 0xffffffff));
    TRY(put(a, "at once", 1, SCTP_SACK_IMMEDIATELY, 0));
    TRY(put(a, "addr over", 1, SCTP_ADDR_OVER, 0));
    TRY(put(a, "eor without asking for it", 1, SCTP_EOR, 0));
    TRY(put(a, "odd flags", 1, 0x0008, 0));
    TRY(put(a, "complete", 1, SCTP_COMPLETE, 0));
    TRY(put(a, "no such stream", 4, 0, 0));
    TRY(put(a, "", 0, 0, 0));
    TRY(usrsctp_sendv(a, NULL, 0, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    TRY(usrsctp_sendv(a, NULL, 3, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    settle("read");
    TRY(put(b, "back", 15, 0, 1));
    TRY(put(b, "back", 16, 0, 1));
    settle("read");
    struct sctp_sndinfo info = { .snd_sid = 2, .snd_context = 99, .snd_assoc_id = 1234 };
    TRYF(usrsctp_sendv(a, "x", 1, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0), "another id");
    TRYF(usrsctp_sendv(a, "x", 1, NULL, 0, &info, sizeof info - 1, SCTP_SENDV_SNDINFO, 0), "a short sndinfo");
    TRYF(usrsctp_sendv(a, "x", 1, NULL, 0, NULL, sizeof info, SCTP_SENDV_SNDINFO, 0), "no sndinfo");
    TRYF(usrsctp_sendv(a, "x", 1, NULL, 0, &info, sizeof info, 9, 0), "an unknown kind of info");
    TRYF(usrsctp_sendv(a, "y", 1, NULL, 0, &info, sizeof info, SCTP_SENDV_NOINFO, 0), "no kind of info, but one");
    struct sctp_prinfo pr = { .pr_policy = SCTP_PR_SCTP_RTX, .pr_value = 3 };
    TRYF(usrsctp_sendv(a, "pr", 2, NULL, 0, &pr, sizeof pr, SCTP_SENDV_PRINFO, 0), "prinfo");
    for (uint16_t policy = 0; policy < 6; policy++) {
        struct sctp_sendv_spa spa = { .sendv_flags = SCTP_SEND_SNDINFO_VALID | SCTP_SEND_PRINFO_VALID, .sendv_sndinfo = { .snd_sid = 1, .snd_ppid = htonl(policy) },
            .sendv_prinfo = { .pr_policy = policy, .pr_value = 10000 } };
        TRYF(usrsctp_sendv(a, "spa", 3, NULL, 0, &spa, sizeof spa, SCTP_SENDV_SPA, 0), "spa with policy %u", policy);
    }
    struct sctp_authinfo key = { 1 };
    TRYF(usrsctp_sendv(a, "key", 3, NULL, 0, &key, sizeof key, SCTP_SENDV_AUTHINFO, 0), "authinfo");
    struct sctp_sendv_spa none = { .sendv_flags = 0 };
    TRYF(usrsctp_sendv(a, "none", 4, NULL, 0, &none, sizeof none, SCTP_SENDV_SPA, 0), "spa with nothing");
    settle("read");
    struct sockaddr_conn there = at(0, 5000), wrong = at(2, 5000);
    TRYF(usrsctp_sendv(a, "to", 2, (void *)&there, 1, NULL, 0, SCTP_SENDV_NOINFO, 0), "to the peer");
    TRYF(usrsctp_sendv(a, "to", 2, (void *)&wrong, 1, NULL, 0, SCTP_SENDV_NOINFO, 0), "to somebody else");
    TRYF(usrsctp_sendv(a, "flags", 5, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, MSG_EOR), "with MSG_EOR");
    TRYF(usrsctp_sendv(a, "flags", 5, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, MSG_DONTWAIT), "with MSG_DONTWAIT");
    settle("read");
    struct sctp_assoc_value context = { .assoc_id = SCTP_CURRENT_ASSOC, .assoc_value = 77 };
    TRY(usrsctp_setsockopt(b, IPPROTO_SCTP, SCTP_CONTEXT, &context, sizeof context));
    struct sctp_sndinfo defaults = { .snd_sid = 2, .snd_flags = SCTP_UNORDERED, .snd_ppid = htonl(42), .snd_context = 5 };
    TRY(usrsctp_setsockopt(a, IPPROTO_SCTP, SCTP_DEFAULT_SNDINFO, &defaults, sizeof defaults));
    TRYF(usrsctp_sendv(a, "defaults", 8, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), "without info");
    TRYF(usrsctp_sendv(a, "pr", 2, NULL, 0, &pr, sizeof pr, SCTP_SENDV_PRINFO, 0), "with prinfo only");
    settle("read");
    finish();
}

static void receive(struct socket *s, size_t room, bool with_next)
{
    static char data[70000];
    struct sctp_recvv_rn rn;
    memset(&rn, 0, sizeof rn);
    socklen_t info_length = with_next ? sizeof rn : sizeof rn.recvv_rcvinfo;
    unsigned type = 99;
    int flags = 0;
    char text[600];
    errno = 0;
    ssize_t count = usrsctp_recvv(s, data, room, NULL, NULL, &rn, &info_length, &type, &flags);
    int error = errno;
    if (count < 0) {
        note("recvv %zu = %zd %s type %u length %u", room, count, error_name(error), type, info_length);
        return;
    }
    describe(text, sizeof text, data, (size_t)count, flags, type & SCTP_RECVV_RCVINFO ? &rn.recvv_rcvinfo : NULL);
    const struct sctp_nxtinfo *next = type == SCTP_RECVV_NXTINFO ? (void *)&rn : &rn.recvv_nxtinfo;
    note("recvv %zu = %zd type %u length %u: %s", room, count, type, info_length, text);
    if (type & SCTP_RECVV_NXTINFO)
        note("  next: sid %u flags %s ppid %u length %u id %u", next->nxt_sid, names(next->nxt_flags, "0x20=COMPLETE 0x400=UNORDERED 0x10=NOTIFICATION"),
            ntohl(next->nxt_ppid), next->nxt_length, next->nxt_assoc_id);
}

static void partial(void)
{
    struct socket *a, *b;
    int on = 1, off = 0;
    begin();
    pair(&a, &b);
    quiet = true;
    TRY(usrsctp_setsockopt(b, IPPROTO_SCTP, SCTP_RECVNXTINFO, &on, sizeof on));
    TRY(put(a, "0123456789", 1, 0, 5));
    TRY(put(a, "abc", 2, SCTP_UNORDERED, 6));
    TRY(put(a, "last", 0, 0, 7));
    settle("small buffers");
    receive(b, 4, true);
    receive(b, 4, true);
    receive(b, 0, true);
    receive(b, 4, true);
    receive(b, 100, true);
    receive(b, 100, true);
    receive(b, 100, true);
    for (int i = 0; i < 4; i++) {
        TRY(put(a, "one", 1, 0, 1));
        TRY(put(a, "two", 1, 0, 2));
        TRY(usrsctp_setsockopt(b, IPPROTO_SCTP, SCTP_RECVRCVINFO, i & 1 ? &on : &off, sizeof on));
        TRY(usrsctp_setsockopt(b, IPPROTO_SCTP, SCTP_RECVNXTINFO, i & 2 ? &on : &off, sizeof on));
        settle(NULL);
        receive(b, 100, true);
        receive(b, 100, false);
    }
    TRY(usrsctp_setsockopt(a, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &on, sizeof on));
    TRY(put(a, "first ", 3, 0, 9));
    settle("explicit EOR: a piece");
    receive(b, 100, true);
    TRY(put(a, "second ", 3, 0, 9));
    TRY(put(a, "another stream ", 2, 0, 9));
    settle("more");
    receive(b, 100, true);
    TRY(put(a, "third.", 3, SCTP_EOR, 9));
    TRY(put(a, "", 2, SCTP_EOR, 9));
    settle("the end");
    receive(b, 100, true);
    receive(b, 100, true);
    TRY(put(a, "u", 1, SCTP_UNORDERED, 9));
    TRY(put(a, "v", 1, SCTP_UNORDERED | SCTP_EOR, 10));
    settle("unordered");
    receive(b, 100, true);
    receive(b, 100, true);
    static char big[60000];
    memset(big, 'b', sizeof big);
    TRY(usrsctp_setsockopt(a, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &off, sizeof off));
    TRY(usrsctp_sendv(a, big, sizeof big, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0));
    settle("60000 bytes");
    receive(b, 50000, true);
    receive(b, 50000, true);
    receive(b, 50000, true);
    finish();
}

/* A message in pieces whose end never comes. */
static void unfinished(void)
{
    struct socket *a, *b;
    int on = 1;
    begin();
    for (int how = 0; how < 4; how++) {
        pair(&a, &b);
        quiet = true;
        TRY(usrsctp_setsockopt(a, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &on, sizeof on));
        TRY(put(a, "whole", 1, SCTP_EOR, 1));
        TRY(put(a, "begun", 1, 0, 1));
        if (how == 0)
            TRY(usrsctp_shutdown(a, SHUT_WR));
        else if (how == 1)
            TRY(put(a, "", 1, SCTP_EOF, 1));
        else if (how == 2)
            TRY(put(a, " and ended", 1, SCTP_EOF | SCTP_EOR, 1));
        else
            a = closed(a);
        settle("no more");
        quiet = false;
        settle("read");
        if (a)
            closed(a);
        closed(b);
        settle("closed");
    }
    finish();
}

static void sizes(void)
{
    struct socket *a, *b;
    static char big[300000];
    memset(big, 's', sizeof big);
    begin();
    pair(&a, &b);
    int space = 10000;
    TRY(usrsctp_setsockopt(a, SOL_SOCKET, SO_SNDBUF, &space, sizeof space));
    TRYF(usrsctp_sendv(a, big, 9999, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), "less than the buffer");
    settle(NULL);
    TRYF(usrsctp_sendv(a, big, 10000, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), "as much as the buffer");
    settle(NULL);
    TRYF(usrsctp_sendv(a, big, 10001, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), "more than the buffer");
    cut = true;
    for (int i = 0; i < 12; i++)
        TRYF(usrsctp_sendv(a, big, 1000, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), "message %d of 1000 bytes", i);
    TRY(usrsctp_get_events(a));
    cut = false;
    pass(4000);
    settle("later");
    TRY(usrsctp_get_events(a));
    int no = 1;
    TRY(usrsctp_setsockopt(a, IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, &no, sizeof no));
    TRYF(usrsctp_sendv(a, big, 5000, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), "a long one that may not be fragmented");
    TRYF(usrsctp_sendv(a, big, 500, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0), "a short one");
    settle(NULL);
    finish();
}

const struct probe talk_probes[] = { { "setup", setup, 0 }, { "messages", messages, 0 }, { "partial", partial, 0 }, { "unfinished", unfinished, 1 }, { "sizes", sizes, 0 }, { NULL, NULL, 0 } };
