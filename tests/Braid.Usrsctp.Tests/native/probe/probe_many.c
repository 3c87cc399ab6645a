/* One-to-many sockets. */
#include <arpa/inet.h>
#include "probe.h"

static void ids(const char *name, struct socket *s)
{
    union { struct sctp_assoc_ids ids; uint32_t room[20]; } list;
    socklen_t length = sizeof list;
    uint32_t number = 0;
    TRYF(usrsctp_getsockopt(s, IPPROTO_SCTP, SCTP_GET_ASSOC_ID_LIST, &list, &length), "%s: SCTP_GET_ASSOC_ID_LIST", name);
    char text[100] = "";
    for (uint32_t i = 0; i < list.ids.gaids_number_of_ids && i < 10; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %u", list.ids.gaids_assoc_id[i]);
    note("%s: %u ids%s in %u bytes", name, list.ids.gaids_number_of_ids, text, length);
    length = sizeof number;
    TRYF(usrsctp_getsockopt(s, IPPROTO_SCTP, SCTP_GET_ASSOC_NUMBER, &number, &length), "%s: SCTP_GET_ASSOC_NUMBER", name);
    note("%s: number %u", name, number);
}

static ssize_t to(struct socket *s, const char *text, struct sockaddr_conn *where, uint32_t id, uint16_t flags)
{
    struct sctp_sndinfo info = { .snd_sid = 1, .snd_flags = flags, .snd_ppid = htonl(8), .snd_assoc_id = id };
    return usrsctp_sendv(s, text, strlen(text), (void *)where, where ? 1 : 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0);
}

static void implicit(void)
{
    struct sockaddr_conn first = at(0, 5000), second = at(2, 5000), third = at(4, 5000), nobody = at(6, 5000), server;
    begin();
    struct socket *m = opened("M", SOCK_SEQPACKET, -1, 6000), *x = opened("X", SOCK_SEQPACKET, 1, 5000), *y = opened("Y", SOCK_SEQPACKET, 3, 5000);
    TRY(usrsctp_listen(x, 1));
    TRY(usrsctp_listen(y, 1));
    ids("M", m);
    TRYF(to(m, "no address", NULL, 0, 0), "no address");
    TRYF(to(m, "future", NULL, SCTP_FUTURE_ASSOC, 0), "the future association");
    TRYF(to(m, "current", NULL, SCTP_CURRENT_ASSOC, 0), "the current association");
    TRYF(to(m, "all", NULL, SCTP_ALL_ASSOC, 0), "all associations");
    TRYF(to(m, "id", NULL, 77, 0), "an unknown one");
    TRYF(to(m, "hello x", &first, 0, 0), "to X");
    ids("M", m);
    TRY(usrsctp_getassocid(m, (void *)&first));
    settle("an association by sending");
    TRYF(to(m, "again", &first, 0, 0), "to X again");
    TRYF(to(m, "by id", NULL, 3, 0), "to id 3");
    TRYF(to(m, "hello y", &second, 0, 0), "to Y");
    settle("a second one");
    TRY(usrsctp_getassocid(m, (void *)&first));
    TRY(usrsctp_getassocid(m, (void *)&second));
    TRY(usrsctp_getassocid(m, (void *)&third));
    ids("M", m);
    ids("X", x);
    TRY(usrsctp_get_events(m));
    TRYF(to(m, "no address", NULL, 0, 0), "no address, two associations");
    TRYF(to(m, "", &second, 0, 0), "nothing to Y");
    struct sockaddr *addresses = NULL;
    char text[80];
    for (uint32_t id = 0; id < 6; id++) {
        addresses = NULL;
        errno = 0;
        int count = usrsctp_getpaddrs(m, id, &addresses), error = errno;
        if (addresses)
            describe_address(text, sizeof text, addresses);
        note("getpaddrs %u = %d %s", id, count, addresses ? text : error_name(error));
        if (addresses)
            usrsctp_freepaddrs(addresses);
        addresses = NULL;
        errno = 0;
        count = usrsctp_getladdrs(m, id, &addresses);
        error = errno;
        note("getladdrs %u = %d %s", id, count, count < 0 ? error_name(error) : "");
        if (addresses)
            usrsctp_freeladdrs(addresses);
    }
    TRYF(to(m, "bye", &first, 0, SCTP_EOF), "EOF to X");
    settle("X is shut down");
    ids("M", m);
    TRYF(to(m, "why", NULL, 4, SCTP_ABORT), "ABORT to id 4");
    settle("Y is aborted");
    ids("M", m);
    TRYF(to(m, "x", NULL, 3, 0), "to the id that has ended");
    TRYF(to(m, "", &first, 0, SCTP_EOF), "EOF without an association");
    TRYF(to(m, "", &first, 0, SCTP_ABORT), "ABORT without an association");
    TRYF(to(m, "anybody?", &nobody, 0, 0), "to nobody");
    settle("refused");
    TRY(usrsctp_connect(m, (void *)&first, sizeof first));
    TRY(usrsctp_connect(m, (void *)&first, sizeof first));
    settle("connect");
    TRY(usrsctp_connect(m, (void *)&first, sizeof first));
    ids("M", m);
    uint32_t id = 0;
    TRY(usrsctp_connectx(m, (void *)&second, 1, &id));
    note("id %u", id);
    settle("connectx");
    server = at(1, 6001);
    TRY(usrsctp_accept(x, (void *)&server, &(socklen_t){ sizeof server }));
    finish();
}

static void all(void)
{
    struct sockaddr_conn first = at(0, 5000), second = at(2, 5000);
    begin();
    struct socket *m = opened("M", SOCK_SEQPACKET, -1, 6000), *x = opened("X", SOCK_SEQPACKET, 1, 5000), *y = opened("Y", SOCK_SEQPACKET, 3, 5000);
    usrsctp_listen(x, 1);
    usrsctp_listen(y, 1);
    quiet = true;
    TRY(usrsctp_connect(m, (void *)&first, sizeof first));
    TRY(usrsctp_connect(m, (void *)&second, sizeof second));
    settle(NULL);
    quiet = false;
    settle("connected");
    TRYF(to(m, "to all", NULL, 0, SCTP_SENDALL), "SENDALL");
    settle("read");
    TRYF(to(m, "all, too", NULL, SCTP_ALL_ASSOC, 0), "SCTP_ALL_ASSOC");
    settle("read");
    TRYF(to(m, "with an address", &first, 0, SCTP_SENDALL), "SENDALL with an address");
    settle("read");
    TRYF(to(m, "bye", NULL, 0, SCTP_SENDALL | SCTP_EOF), "SENDALL and EOF");
    settle("read");
    ids("M", m);
    finish();
}

/* An association waits for what it has sent before it can end; another one has nothing to wait for. */
static void ending(void)
{
    struct sockaddr_conn first = at(0, 5000), second = at(2, 5000);
    int on = 1;
    begin();
    struct socket *m = opened("M", SOCK_SEQPACKET, -1, 6000), *x = opened("X", SOCK_SEQPACKET, 1, 5000), *y = opened("Y", SOCK_SEQPACKET, 3, 5000);
    usrsctp_listen(x, 1);
    usrsctp_listen(y, 1);
    TRY(usrsctp_connect(m, (void *)&first, sizeof first));
    TRY(usrsctp_connect(m, (void *)&second, sizeof second));
    settle("connected");
    TRY(usrsctp_setsockopt(m, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &on, sizeof on));
    cut = true;
    TRYF(to(m, "whole", &first, 0, SCTP_EOR), "a message, which is lost");
    TRYF(to(m, "begun", &first, 0, 0), "the beginning of one");
    TRYF(to(m, "", &first, 0, SCTP_EOF), "no more to X");
    cut = false;
    TRYF(to(m, "", &second, 0, SCTP_EOF), "no more to Y");
    settle("Y ends");
    pass(4000);
    settle("X is aborted");
    ids("M", m);
    finish();
}

static void peeled(void)
{
    struct sockaddr_conn first = at(0, 5000), second = at(2, 5000);
    begin();
    struct socket *m = opened("M", SOCK_SEQPACKET, -1, 6000), *x = opened("X", SOCK_SEQPACKET, 1, 5000), *y = opened("Y", SOCK_SEQPACKET, 3, 5000);
    usrsctp_listen(x, 1);
    usrsctp_listen(y, 1);
    usrsctp_connect(m, (void *)&first, sizeof first);
    usrsctp_connect(m, (void *)&second, sizeof second);
    settle("connected");
    quiet = true;
    TRYF(to(x, "waits", NULL, 3, 0), "a message to M");
    settle(NULL);
    quiet = false;
    TRY(usrsctp_peeloff(m, 0));
    TRY(usrsctp_peeloff(m, 77));
    errno = 0;
    struct socket *p = keep("P", usrsctp_peeloff(m, 3));
    note("peeloff = %s", p ? "ok" : error_name(errno));
    if (!p) {
        finish();
        return;
    }
    TRY(usrsctp_get_non_blocking(p));
    usrsctp_set_non_blocking(p, 1);
    TRY(usrsctp_peeloff(m, 3));
    TRY(usrsctp_peeloff(p, 3));
    settle("who has the message");
    ids("M", m);
    ids("P", p);
    status("P", p);
    TRYF(to(x, "to the peeled", NULL, 3, 0), "another message");
    TRYF(put(p, "from the peeled", 0, 0, 0), "from the peeled");
    settle("read");
    TRYF(to(m, "from M", &first, 0, 0), "M to X");
    settle("the same addresses and ports begin again");
    closed(p);
    settle("P is closed");
    closed(m);
    settle("M is closed");
    TRY(usrsctp_listen(x, 0));
    closed(x);
    closed(y);
    m = opened("M2", SOCK_SEQPACKET, 0, 6001);
    x = opened("X2", SOCK_SEQPACKET, 1, 5001);
    first = at(0, 5001);
    TRYF(to(m, "nobody listens", &first, 0, 0), "to one that does not listen");
    settle("read");
    struct socket *s = opened("S", SOCK_STREAM, 2, 6002);
    TRY(usrsctp_peeloff(s, 3));
    finish();
}

static void autoclose(void)
{
    struct sockaddr_conn first = at(0, 5000);
    begin();
    struct socket *m = opened("M", SOCK_SEQPACKET, 0, 6000), *x = opened("X", SOCK_SEQPACKET, 1, 5000);
    uint32_t seconds = 1, read = 0;
    socklen_t length = sizeof read;
    usrsctp_listen(x, 1);
    TRY(usrsctp_setsockopt(m, IPPROTO_SCTP, SCTP_AUTOCLOSE, &seconds, sizeof seconds));
    TRY(usrsctp_getsockopt(m, IPPROTO_SCTP, SCTP_AUTOCLOSE, &read, &length));
    note("autoclose %u", read);
    TRYF(to(m, "hello", &first, 0, 0), "to X");
    settle("connected");
    pass(3000);
    settle("3 s later");
    ids("M", m);
    struct socket *s = opened("S", SOCK_STREAM, 2, 6002);
    TRY(usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_AUTOCLOSE, &seconds, sizeof seconds));
    length = sizeof read;
    read = 0;
    TRY(usrsctp_getsockopt(s, IPPROTO_SCTP, SCTP_AUTOCLOSE, &read, &length));
    note("autoclose %u", read);
    finish();
}

const struct probe many_probes[] = { { "implicit", implicit, 0 }, { "all", all, 2 }, { "ending-both", ending, 1 }, { "peeled", peeled, 0 }, { "autoclose", autoclose, 0 }, { NULL, NULL, 0 } };
