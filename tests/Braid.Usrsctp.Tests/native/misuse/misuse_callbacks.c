/* Callbacks that call back: each action from each callback, with packets that wait and with packets that are handed over at once. */
#include "misuse.h"

enum { ALIVE = 0x5ca1ab1e, DEAD = 0x0badf00d };

struct owner { int state; };

static struct socket *s_a, *s_b, *s_listener, *s_many, *s_made[64];
static struct owner *s_owners[4];
static unsigned s_made_count, s_calls, s_depth;
static void (*s_action)(struct socket *self);

static void keep(struct socket *s)
{
    if (s && s_made_count < COUNT(s_made)) {
        s_made[s_made_count++] = s;
    } else if (s) {
        usrsctp_close(s);
    }
}

static struct socket *other_than(struct socket *self)
{
    return self == s_a ? s_b : s_a;
}

/* What a callback does. */
static void nothing(struct socket *self) { (void)self; }
static void send_self(struct socket *self) { SURVIVES(say(self, "from within", 0)); }
static void send_other(struct socket *self) { SURVIVES(say(other_than(self), "from within", 0)); }
static void close_self(struct socket *self) { VOID(usrsctp_close(self)); VOID(usrsctp_close(self)); FAILS(usrsctp_get_events(self), EBADF); }
static void close_other(struct socket *self) { VOID(usrsctp_close(other_than(self))); }
static void close_all(struct socket *self)
{
    (void)self;
    VOID(usrsctp_close(s_a));
    VOID(usrsctp_close(s_b));
    VOID(usrsctp_close(s_listener));
    VOID(usrsctp_close(s_many));
}
static void abort_self(struct socket *self) { SURVIVES(say(self, "why", SCTP_ABORT)); VOID(usrsctp_close(self)); }
static void end_self(struct socket *self) { SURVIVES(say(self, "last", SCTP_EOF)); SURVIVES(usrsctp_shutdown(self, SHUT_RDWR)); SURVIVES(usrsctp_shutdown(self, SHUT_WR)); }
static void shut_reading(struct socket *self) { SURVIVES(usrsctp_shutdown(self, SHUT_RD)); }
static void take(struct socket *self)
{
    char bytes[3];
    int flags = 0;
    for (int i = 0; i < 20 && usrsctp_recvv(self, bytes, sizeof bytes, NULL, NULL, NULL, NULL, NULL, &flags) > 0; i++) {
    }
}
static void accept_all(struct socket *self)
{
    (void)self;
    keep(usrsctp_accept(s_listener, NULL, NULL));
    keep(usrsctp_accept(self, NULL, NULL));
}
static void connect_another(struct socket *self)
{
    struct sockaddr_conn there = at(0, 5000), again = at(2, 5003);
    struct socket *s = s_made_count < 20 ? usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL) : NULL;
    if (s) {
        GIVES(usrsctp_set_non_blocking(s, 1), 0);
        SURVIVES(usrsctp_connect(s, (void *)&there, sizeof there));
        keep(s);
    }
    SURVIVES(usrsctp_connect(self, (void *)&there, sizeof there));
    SURVIVES(usrsctp_connect(s_many, (void *)&again, sizeof again));
    SURVIVES(usrsctp_listen(self, 1));
}
static void feed(struct socket *self)
{
    unsigned char packet[40];
    (void)self;
    any_bytes(packet, sizeof packet);
    VOID(usrsctp_conninput(ends, packet, sizeof packet, 0));
    VOID(usrsctp_conninput(ends + 1, packet, 3, 0));
    if (s_depth < 5) {
        for (int i = 0; i < 3 && carry_one(); i++) {
        }
    }
}
static void pass_time(struct socket *self) { (void)self; VOID(usrsctp_handle_timers(100)); }
static void finish_now(struct socket *self) { (void)self; FAILS(usrsctp_finish(), EBUSY); }
static void deregister(struct socket *self) { (void)self; VOID(usrsctp_deregister_address(ends)); VOID(usrsctp_register_address(ends)); VOID(usrsctp_deregister_address(ends + 1)); }
static void look(struct socket *self)
{
    struct sctp_status status;
    struct sctp_paddrparams parameters = { .spp_flags = SPP_HB_ENABLE | SPP_HB_DEMAND };
    struct sockaddr *addresses = NULL;
    struct sctpstat statistics;
    socklen_t length = sizeof status;
    SURVIVES(usrsctp_getsockopt(self, IPPROTO_SCTP, SCTP_STATUS, &status, &length));
    length = sizeof status;
    SURVIVES(usrsctp_getsockopt(other_than(self), IPPROTO_SCTP, SCTP_STATUS, &status, &length));
    SURVIVES(usrsctp_setsockopt(self, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &parameters, sizeof parameters));
    SURVIVES(usrsctp_setsockopt(self, IPPROTO_SCTP, SCTP_RESET_STREAMS, &(struct sctp_reset_streams){ .srs_flags = SCTP_STREAM_RESET_OUTGOING }, 8));
    if (usrsctp_getpaddrs(self, 0, &addresses) > 0) {
        VOID(usrsctp_freepaddrs(addresses));
    }
    if (usrsctp_getladdrs(self, 0, &addresses) > 0) {
        VOID(usrsctp_freeladdrs(addresses));
    }
    VOID(usrsctp_get_stat(&statistics));
}
static void change(struct socket *self)
{
    SURVIVES(usrsctp_set_upcall(self, NULL, NULL));
    SURVIVES(usrsctp_set_non_blocking(self, 1));
    subscribe(self);
}
static void wait_for_it(struct socket *self)
{
    char byte;
    SURVIVES(usrsctp_recvv(self, &byte, 1, NULL, NULL, NULL, NULL, NULL, NULL));
    keep(usrsctp_accept(s_listener, NULL, NULL));
}

static void call(struct socket *self)
{
    if (self && s_calls < 2000) {
        s_calls++;
        s_depth++;
        s_action(self);
        s_depth--;
    }
}

static int on_receive(struct socket *s, union sctp_sockstore from, void *data, size_t length, struct sctp_rcvinfo info, int flags, void *ulp)
{
    (void)from; (void)length; (void)info; (void)flags;
    HOLDS(!ulp || ((struct owner *)ulp)->state == ALIVE);
    free(data);
    call(s);
    return (int)(any() % 2);
}

static int on_send(struct socket *s, uint32_t room, void *ulp)
{
    (void)room;
    HOLDS(!ulp || ((struct owner *)ulp)->state == ALIVE);
    call(s);
    return 1;
}

static void on_upcall(struct socket *s, void *argument, int flags)
{
    (void)flags;
    HOLDS(((struct owner *)argument)->state == ALIVE);
    take(s);
    call(s);
}

static void on_packet(void *end)
{
    struct socket *self = end == ends ? s_a : end == ends + 1 ? s_b : s_many;
    if (s_depth == 0) {
        call(self);
    }
}

/* Closes a socket, and takes from under it what its callbacks were given. */
static void let_go(struct socket **s, struct owner *owner)
{
    VOID(usrsctp_close(*s));
    *s = NULL;
    owner->state = DEAD;
}

enum { RECEIVES, UPCALLS, OUTPUTS };

static struct socket *made_for(int callbacks, int type, int end, uint16_t port, struct owner *owner)
{
    struct sockaddr_conn name = at(end, port);
    bool has = callbacks == RECEIVES;
    struct socket *s = usrsctp_socket(AF_CONN, type, IPPROTO_SCTP, has ? on_receive : NULL, has ? on_send : NULL, 0, has ? owner : NULL);
    GIVES(usrsctp_set_non_blocking(s, 1), 0);
    subscribe(s);
    if (callbacks == UPCALLS) {
        GIVES(usrsctp_set_upcall(s, on_upcall, owner), 0);
    }
    GIVES(usrsctp_bind(s, (void *)&name, sizeof name), 0);
    return s;
}

static void one_action(void (*action)(struct socket *), int callbacks, bool at_once)
{
    struct sockaddr_conn there = at(0, 5000), far = at(2, 5003);
    begin(false);
    is_inline = at_once;
    s_made_count = s_calls = 0;
    s_action = nothing;
    for (size_t i = 0; i < COUNT(s_owners); i++) {
        s_owners[i] = malloc(sizeof *s_owners[i]);
        s_owners[i]->state = ALIVE;
    }
    s_listener = made_for(callbacks, SOCK_STREAM, 1, 5000, s_owners[0]);
    s_a = made_for(callbacks, SOCK_STREAM, 0, 5001, s_owners[1]);
    s_many = made_for(callbacks, SOCK_SEQPACKET, 2, 5002, s_owners[2]);
    struct socket *second = made_for(callbacks, SOCK_SEQPACKET, 3, 5003, s_owners[3]);
    GIVES(usrsctp_listen(s_listener, 5), 0);
    GIVES(usrsctp_listen(second, 5), 0);
    s_action = any() % 2 ? action : nothing;             /* from the start, or once it is connected */
    on_output = callbacks == OUTPUTS ? on_packet : NULL;
    SURVIVES(usrsctp_connect(s_a, (void *)&there, sizeof there));
    SURVIVES(usrsctp_connect(s_many, (void *)&far, sizeof far));
    pump(50);
    s_b = usrsctp_accept(s_listener, NULL, NULL);
    s_action = action;
    for (int i = 0; i < 20; i++) {
        SURVIVES(say(s_a, "hello", 0));
        SURVIVES(say(s_b, "hello", 0));
        SURVIVES(usrsctp_sendv(s_many, "hello", 5, (void *)&far, 1, NULL, 0, SCTP_SENDV_NOINFO, 0));
        pump(i < 10 ? 0 : 20);
    }
    pump(3000);
    let_go(&s_a, s_owners[1]);
    pump(0);
    VOID(usrsctp_close(s_b));
    s_b = NULL;
    let_go(&s_many, s_owners[2]);
    let_go(&second, s_owners[3]);
    for (unsigned i = 0; i < s_made_count; i++) {
        VOID(usrsctp_close(s_made[i]));
    }
    s_action = nothing;
    for (struct socket *s; (s = usrsctp_accept(s_listener, NULL, NULL)) != NULL;) {
        VOID(usrsctp_close(s));
    }
    let_go(&s_listener, s_owners[0]);
    pump(100);
    finish();
    for (size_t i = 0; i < COUNT(s_owners); i++) {
        free(s_owners[i]);
    }
}

static void (*const s_actions[])(struct socket *) = {
    nothing, send_self, send_other, close_self, close_other, close_all, abort_self, end_self, shut_reading, take, accept_all, connect_another, feed, pass_time,
    finish_now, deregister, look, change, wait_for_it,
};

static void all_from(int callbacks)
{
    for (size_t i = 0; i < COUNT(s_actions); i++) {
        for (int n = 0; n < 4; n++) {
            one_action(s_actions[i], callbacks, n % 2);
        }
    }
}

static void receiving(void) { all_from(RECEIVES); }
static void upcalls(void) { all_from(UPCALLS); }
static void output(void) { all_from(OUTPUTS); }

/* Each call does something else. */
static void any_action(struct socket *self)
{
    s_actions[any() % (COUNT(s_actions))](self);
}

static void mixed(void)
{
    for (int n = 0; n < 60; n++) {
        one_action(any_action, (int)(any() % 3), any() % 2);
    }
}

/* The library ends within a callback, and begins again. */
static void end_within(struct socket *self)
{
    static bool is_done;
    close_all(self);
    if (usrsctp_finish() == 0) {
        is_done = true;
    }
    HOLDS(is_done || errno == EBUSY);
}

static void ending(void)
{
    one_action(end_within, UPCALLS, false);
    one_action(end_within, RECEIVES, false);
    one_action(end_within, OUTPUTS, false);
}

const struct mode callback_modes[] = {
    { "receiving", receiving }, { "upcalls", upcalls }, { "output", output }, { "mixed", mixed }, { "ending", ending }, { NULL, NULL },
};
