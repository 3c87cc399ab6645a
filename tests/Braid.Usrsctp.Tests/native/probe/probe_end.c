/* How associations end, and what is told of it; resets, streams that are added. */
#include <arpa/inet.h>
#include "probe.h"

static void option(struct socket *s, const char *what, int name, const void *value, socklen_t length)
{
    TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, name, value, length), "%s", what);
}

static void shutdowns(void)
{
    struct socket *a, *b;
    begin();
    pair(&a, &b);
    TRY(usrsctp_shutdown(a, 7));
    TRY(usrsctp_shutdown(a, SHUT_WR));
    if (!threads)
        TRY(put(a, "too late", 0, 0, 0));
    settle("A has no more to send");
    status("A", a);
    status("B", b);
    TRY(put(b, "too late", 0, 0, 0));
    TRY(usrsctp_get_events(a));
    TRY(usrsctp_get_events(b));
    TRY(usrsctp_shutdown(a, SHUT_WR));
    settle("again");
    closed(a);
    closed(b);

    pair(&a, &b);
    quiet = true;
    TRY(put(b, "on its way", 0, 0, 0));
    TRY(put(a, "before", 0, 0, 0));
    TRY(usrsctp_shutdown(a, SHUT_WR));
    settle("with data both ways");
    quiet = false;
    settle("all read");
    closed(a);
    closed(b);

    pair(&a, &b);
    TRY(usrsctp_shutdown(a, SHUT_RD));
    TRY(put(b, "nobody reads", 0, 0, 0));
    settle("A does not read");
    TRY(put(a, "but sends", 0, 0, 0));
    settle("and sends");
    TRY(usrsctp_shutdown(a, SHUT_RDWR));
    settle("both");
    finish();
}

static void closes(void)
{
    struct socket *a, *b;
    begin();
    pair(&a, &b);
    closed(a);
    settle("A is closed");
    TRY(put(b, "too late", 0, 0, 0));
    settle("again");
    closed(b);

    pair(&a, &b);
    quiet = true;
    TRY(put(b, "not read", 0, 0, 0));
    settle("data waits at A");
    closed(a);
    quiet = false;
    settle("A is closed with unread data");
    closed(b);

    pair(&a, &b);
    TRY(put(a, "sent before", 0, 0, 0));
    closed(a);
    settle("A is closed with data on its way");
    closed(b);

    pair(&a, &b);
    struct linger none = { .l_onoff = 1, .l_linger = 0 };
    TRY(usrsctp_setsockopt(a, SOL_SOCKET, SO_LINGER, &none, sizeof none));
    TRY(put(a, "sent before", 0, 0, 0));
    closed(a);
    settle("A is closed, SO_LINGER 0");
    TRY(put(b, "too late", 0, 0, 0));
    TRY(usrsctp_get_events(b));
    closed(b);

    pair(&a, &b);
    TRY(put(a, "bye", 0, SCTP_EOF, 0));
    if (!threads)
        TRY(put(a, "more", 0, 0, 0));
    settle("SCTP_EOF with data");
    closed(a);
    closed(b);

    pair(&a, &b);
    TRY(put(a, "", 0, SCTP_EOF, 0));
    settle("SCTP_EOF without data");
    closed(a);
    closed(b);
    finish();
}

static void aborts(void)
{
    struct socket *a, *b;
    begin();
    pair(&a, &b);
    quiet = true;
    TRY(put(b, "unread", 0, 0, 0));
    settle(NULL);
    TRY(put(a, "the reason", 0, SCTP_ABORT, 0));
    quiet = false;
    settle("SCTP_ABORT with a reason");
    TRY(put(a, "x", 0, 0, 0));
    TRY(put(b, "x", 0, 0, 0));
    TRY(usrsctp_get_events(a));
    TRY(usrsctp_get_events(b));
    closed(a);
    closed(b);

    pair(&a, &b);
    TRY(put(a, "", 0, SCTP_ABORT, 0));
    settle("SCTP_ABORT without one");
    closed(a);
    closed(b);

    pair(&a, &b);
    cut = true;
    TRY(put(a, "never acknowledged", 1, 0, 3));
    TRY(put(a, "neither", 1, SCTP_UNORDERED, 4));
    settle("the line is cut");
    cut = false;
    TRY(put(b, "", 0, SCTP_ABORT, 0));
    settle("B aborts");
    closed(a);
    closed(b);

    pair(&a, &b);
    cut = true;
    TRY(put(a, "ours", 1, 0, 3));
    TRY(put(a, "", 0, SCTP_ABORT, 0));
    settle("A aborts with data on its way");
    closed(a);
    closed(b);
    cut = false;
    finish();
}

static void lost(void)
{
    struct socket *a, *b;
    struct sctp_assocparams limits = { .sasoc_assoc_id = SCTP_CURRENT_ASSOC, .sasoc_asocmaxrxt = 2 };
    struct sctp_rtoinfo rto = { .srto_assoc_id = SCTP_CURRENT_ASSOC, .srto_initial = 200, .srto_min = 100, .srto_max = 400 };
    begin();
    pair(&a, &b);
    option(a, "SCTP_ASSOCINFO", SCTP_ASSOCINFO, &limits, sizeof limits);
    option(a, "SCTP_RTOINFO", SCTP_RTOINFO, &rto, sizeof rto);
    quiet = cut = true;
    TRY(put(a, "into the void", 1, 0, 3));
    TRY(put(a, "another one", 2, SCTP_UNORDERED, 4));
    pass(6000);
    quiet = false;
    settle("the peer does not answer");
    TRY(put(a, "x", 0, 0, 0));
    TRY(usrsctp_get_events(a));
    closed(a);

    struct sctp_initmsg attempts = { .sinit_num_ostreams = 1, .sinit_max_instreams = 1, .sinit_max_attempts = 1, .sinit_max_init_timeo = 300 };
    a = opened("C", SOCK_STREAM, 2, 5003);
    option(a, "SCTP_INITMSG", SCTP_INITMSG, &attempts, sizeof attempts);
    rto.srto_assoc_id = SCTP_FUTURE_ASSOC;
    option(a, "SCTP_RTOINFO", SCTP_RTOINFO, &rto, sizeof rto);
    connecting(a, 2, 5000);
    TRY(put(a, "early", 0, 0, 0));
    quiet = true;
    pass(3000);
    quiet = false;
    settle("nobody answers an INIT");
    TRY(usrsctp_get_events(a));
    closed(a);
    cut = false;
    if (!threads) {
        a = opened("D", SOCK_STREAM, 2, 5004);
        connecting(a, 2, 5000);
        settle("nobody listens");
        TRY(put(a, "x", 0, 0, 0));
        connecting(a, 2, 5000);
    }
    finish();
}

static void reset(struct socket *s, const char *what, uint32_t id, uint16_t flags, int count, uint16_t first, uint16_t second)
{
    struct { struct sctp_reset_streams head; uint16_t list[2]; } request = { .head = { .srs_assoc_id = id, .srs_flags = flags, .srs_number_streams = (uint16_t)count }, .list = { first, second } };
    TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_RESET_STREAMS, &request, (socklen_t)(sizeof request.head + 2 * (size_t)count)), "reset %s", what);
}

static void add(struct socket *s, uint16_t in, uint16_t out)
{
    struct sctp_add_streams request = { .sas_assoc_id = SCTP_CURRENT_ASSOC, .sas_instrms = in, .sas_outstrms = out };
    TRYF(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_ADD_STREAMS, &request, sizeof request), "add %u in, %u out", in, out);
}

static void resets(void)
{
    struct socket *a, *b;
    begin();
    pair(&a, &b);
    TRY(put(a, "ssn 0", 1, 0, 0));
    TRY(put(a, "ssn 0", 2, 0, 0));
    settle("before");
    reset(a, "outgoing 1, 2", 0, SCTP_STREAM_RESET_OUTGOING, 2, 1, 2);
    if (!threads)
        TRY(put(a, "while it is reset", 1, 0, 0));
    TRY(put(a, "another stream", 3, 0, 0));
    settle("A resets what it sends");
    TRY(put(a, "ssn 0 again", 1, 0, 0));
    settle(NULL);
    reset(a, "incoming 0", 0, SCTP_STREAM_RESET_INCOMING, 1, 0, 0);
    settle("A asks B to reset");
    reset(a, "all outgoing", 0, SCTP_STREAM_RESET_OUTGOING, 0, 0, 0);
    settle("all");
    reset(a, "both ways 3", 0, SCTP_STREAM_RESET_OUTGOING | SCTP_STREAM_RESET_INCOMING, 1, 3, 0);
    settle("both ways");
    reset(a, "outgoing 9", 0, SCTP_STREAM_RESET_OUTGOING, 1, 9, 0);
    reset(a, "incoming 9", 0, SCTP_STREAM_RESET_INCOMING, 1, 9, 0);
    reset(a, "nothing", 0, 0, 1, 1, 0);
    reset(a, "odd flags", 0, 0x40, 1, 1, 0);
    reset(a, "id 99", 99, SCTP_STREAM_RESET_OUTGOING, 1, 1, 0);
    settle("wrong ones");
    quiet = true;
    reset(a, "outgoing 1", 0, SCTP_STREAM_RESET_OUTGOING, 1, 1, 0);
    reset(a, "outgoing 2 at once", 0, SCTP_STREAM_RESET_OUTGOING, 1, 2, 0);
    quiet = false;
    settle("two at once");
    struct sctp_assoc_value off = { .assoc_id = SCTP_CURRENT_ASSOC, .assoc_value = 0 }, read = { .assoc_id = SCTP_CURRENT_ASSOC };
    option(b, "B allows no resets", SCTP_ENABLE_STREAM_RESET, &off, sizeof off);
    socklen_t length = sizeof read;
    TRY(usrsctp_getsockopt(b, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &read, &length));
    note("allowed: 0x%x", read.assoc_value);
    reset(a, "outgoing 1", 0, SCTP_STREAM_RESET_OUTGOING, 1, 1, 0);
    settle("B denies");
    reset(a, "incoming 1", 0, SCTP_STREAM_RESET_INCOMING, 1, 1, 0);
    settle("B denies");
    option(a, "A allows none either", SCTP_ENABLE_STREAM_RESET, &off, sizeof off);
    reset(a, "outgoing 1", 0, SCTP_STREAM_RESET_OUTGOING, 1, 1, 0);
    finish();
}

static void streams(void)
{
    struct socket *a, *b;
    begin();
    pair(&a, &b);
    add(a, 0, 0);
    add(a, 0, 3);
    settle("A adds three");
    status("A", a);
    status("B", b);
    TRY(put(a, "on a new one", 6, 0, 0));
    TRY(put(a, "no such one", 7, 0, 0));
    settle(NULL);
    add(a, 2, 0);
    settle("A asks for two more");
    status("A", a);
    status("B", b);
    add(a, 1, 1);
    settle("both");
    add(a, 0, 60000);
    settle("too many");
    add(a, 60000, 0);
    settle("too many");
    closed(a);
    closed(b);
    settle(NULL);

    pair(&a, &b);
    uint32_t id = 0;
    struct sctp_assoc_value allowed = { .assoc_id = SCTP_CURRENT_ASSOC, .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ };
    option(b, "B allows resets of streams only", SCTP_ENABLE_STREAM_RESET, &allowed, sizeof allowed);
    add(a, 0, 1);
    settle("B denies");
    option(a, "SCTP_RESET_ASSOC", SCTP_RESET_ASSOC, &id, sizeof id);
    settle("B denies");
    closed(a);
    closed(b);
    settle(NULL);

    // The last thing: whether Debian's library can send data after it is a matter of the numbers that were drawn.
    pair(&a, &b);
    option(a, "SCTP_RESET_ASSOC", SCTP_RESET_ASSOC, &id, sizeof id);
    settle("the association is reset");
    finish();
}

/* An association that is reset, for those who want to know of streams alone, of associations alone, of neither. */
static void resets_of_associations(void)
{
    struct socket *a, *b;
    begin();
    for (int wanted = 0; wanted < 4; wanted++) {
        struct sctp_event streams = { SCTP_ALL_ASSOC, SCTP_STREAM_RESET_EVENT, wanted & 1 }, associations = { SCTP_ALL_ASSOC, SCTP_ASSOC_RESET_EVENT, wanted >> 1 };
        struct sctp_assoc_value allowed = { SCTP_CURRENT_ASSOC, SCTP_ENABLE_CHANGE_ASSOC_REQ | SCTP_ENABLE_RESET_ASSOC_REQ };
        sctp_assoc_t id = SCTP_CURRENT_ASSOC;
        pair(&a, &b);
        option(a, "streams of A", SCTP_EVENT, &streams, sizeof streams);
        option(b, "streams of B", SCTP_EVENT, &streams, sizeof streams);
        option(a, "associations of A", SCTP_EVENT, &associations, sizeof associations);
        option(b, "associations of B", SCTP_EVENT, &associations, sizeof associations);
        option(b, "B allows it", SCTP_ENABLE_STREAM_RESET, &allowed, sizeof allowed);
        option(a, "A allows it", SCTP_ENABLE_STREAM_RESET, &allowed, sizeof allowed);
        option(a, "SCTP_RESET_ASSOC", SCTP_RESET_ASSOC, &id, sizeof id);
        settle("reset");
        closed(a);
        closed(b);
        settle("closed");
    }
    finish();
}

const struct probe end_probes[] = { { "shutdowns", shutdowns, 0 }, { "closes", closes, 0 }, { "aborts", aborts, 0 }, { "lost", lost, 0 }, { "resets", resets, 0 }, { "streams", streams, 0 }, { "resets-of-associations", resets_of_associations, 1 }, { NULL, NULL, 0 } };
