/* Several threads of the program's at the same sockets, with the library's threads beside them. */
#include <time.h>
#include "misuse.h"

#define THREADS 6
#define SLOTS 8
#define SECONDS 5

struct socket_of { struct socket *volatile socket; };

static struct socket_of s_slots[SLOTS];
static atomic_bool s_is_over;
static struct socket *s_sinks[2];

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *carry(void *unused)
{
    (void)unused;
    while (!atomic_load(&s_is_over)) {
        if (!carry_one()) {
            nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
        }
    }
    return NULL;
}

static int on_receive(struct socket *s, union sctp_sockstore from, void *data, size_t length, struct sctp_rcvinfo info, int flags, void *ulp)
{
    (void)from; (void)info; (void)ulp;
    if (length == 3 && !(flags & MSG_NOTIFICATION)) {
        usrsctp_close(s);
    } else if (length == 4) {
        say(s, "answer", 0);
    }
    free(data);
    return 1;
}

static void on_upcall(struct socket *s, void *argument, int flags)
{
    char bytes[64];
    (void)flags;
    HOLDS(argument == s_slots || argument == s_sinks);
    usrsctp_get_events(s);
    for (int i = 0; i < 10 && usrsctp_recvv(s, bytes, sizeof bytes, NULL, NULL, NULL, NULL, NULL, NULL) > 0; i++) {
    }
}

static void other_upcall(struct socket *s, void *argument, int flags)
{
    (void)s; (void)flags;
    HOLDS(argument == s_sinks);
}

static struct socket *connected(uint32_t *random)
{
    unsigned listener = next(random) % 2;
    struct sockaddr_conn there = at(listener ? 2 : 0, (uint16_t)(5000 + listener));
    bool has = next(random) % 2;
    struct socket *s = usrsctp_socket(AF_CONN, next(random) % 4 ? SOCK_STREAM : SOCK_SEQPACKET, IPPROTO_SCTP, has ? on_receive : NULL, NULL, 0, NULL);
    usrsctp_set_non_blocking(s, 1);
    subscribe(s);
    if (!has) {
        usrsctp_set_upcall(s, on_upcall, s_slots);
    }
    usrsctp_connect(s, (void *)&there, sizeof there);
    return s;
}

/* One of the calls, on one of the sockets, which another thread may be closing. */
static void step(uint32_t *random)
{
    static const char *const texts[] = { "one", "four", "a longer one" };
    struct socket_of *slot = &s_slots[next(random) % SLOTS];
    struct socket *s = slot->socket, *fresh;
    struct sctp_status status;
    struct sockaddr *addresses = NULL;
    socklen_t length = sizeof status;
    char bytes[2000];
    switch (next(random) % 24) {
    case 0: case 1:
        fresh = connected(random);
        s = __sync_lock_test_and_set(&slot->socket, fresh);
        usrsctp_close(s);
        break;
    case 2: usrsctp_close(s); break;
    case 3: say(s, "why", SCTP_ABORT); break;
    case 4: say(s, "last", SCTP_EOF); break;
    case 5: usrsctp_shutdown(s, (int)(next(random) % 3)); break;
    case 6: usrsctp_getsockopt(s, IPPROTO_SCTP, SCTP_STATUS, &status, &length); break;
    case 7: if (usrsctp_getpaddrs(s, 3, &addresses) > 0) usrsctp_freepaddrs(addresses); break;
    case 8: usrsctp_set_upcall(s, on_upcall, s_slots); break;
    case 9: usrsctp_set_upcall(s, other_upcall, s_sinks); break;
    case 10: subscribe(s); break;
    case 11: fresh = usrsctp_accept(s_sinks[next(random) % 2], NULL, NULL); if (fresh) usrsctp_close(__sync_lock_test_and_set(&slot->socket, fresh)); break;
    case 12: usrsctp_get_events(s); break;
    case 13: usrsctp_listen(s, 3); break;
    case 14: usrsctp_deregister_address(ends + 6); usrsctp_register_address(ends + 6); break;
    case 15: fresh = usrsctp_peeloff(s, 3 + next(random) % 2); if (fresh) usrsctp_close(__sync_lock_test_and_set(&slot->socket, fresh)); break;
    case 16: FAILS(usrsctp_finish(), EBUSY); break;
    case 17: memset(bytes, 'x', sizeof bytes); usrsctp_sendv(s, bytes, sizeof bytes, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0); break;
    case 18: usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &(int){ (int)(next(random) % 2) }, sizeof(int)); break;
    case 19: usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_RESET_STREAMS, &(struct sctp_reset_streams){ .srs_flags = SCTP_STREAM_RESET_OUTGOING }, 8); break;
    case 20: case 21: usrsctp_recvv(s, bytes, next(random) % 20, NULL, NULL, NULL, NULL, NULL, NULL); break;
    default: say(s, texts[next(random) % COUNT(texts)], next(random) % 3 ? 0 : SCTP_UNORDERED); break;
    }
}

static void *work(void *argument)
{
    uint32_t random = (uint32_t)(uintptr_t)argument;
    double end = now() + SECONDS;
    while (now() < end) {
        step(&random);
    }
    return NULL;
}

static void threads(void)
{
    pthread_t carrier, workers[THREADS];
    begin(true);
    s_sinks[0] = plain(SOCK_STREAM, 1, 5000);
    s_sinks[1] = plain(SOCK_STREAM, 3, 5001);
    for (int i = 0; i < 2; i++) {
        GIVES(usrsctp_listen(s_sinks[i], 100), 0);
        GIVES(usrsctp_set_upcall(s_sinks[i], other_upcall, s_sinks), 0);
    }
    uint32_t random = any();
    for (int i = 0; i < SLOTS; i++) {
        s_slots[i].socket = connected(&random);
    }
    pthread_create(&carrier, NULL, carry, NULL);
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_create(&workers[i], NULL, work, (void *)(uintptr_t)any());
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i], NULL);
    }
    atomic_store(&s_is_over, true);
    pthread_join(carrier, NULL);

    /* An abort leaves nothing that waits for a peer. */
    for (int i = 0; i < SLOTS; i++) {
        say(s_slots[i].socket, "", SCTP_ABORT);
        VOID(usrsctp_close(s_slots[i].socket));
    }
    for (int i = 0; i < 2; i++) {
        for (struct socket *s; (s = usrsctp_accept(s_sinks[i], NULL, NULL)) != NULL;) {
            VOID(usrsctp_close(s));
        }
        VOID(usrsctp_close(s_sinks[i]));
    }
    finish();
}

/* Who waits in a call is told when another thread closes the socket. */
struct waiter { struct socket *socket; int call; long value; int error; };

static void *wait_in(void *argument)
{
    struct waiter *w = argument;
    struct sockaddr_conn nowhere = at(4, 5999);
    static char big[100000];
    char byte;
    errno = 0;
    switch (w->call) {
    case 0: w->value = (long)usrsctp_accept(w->socket, NULL, NULL); break;
    case 1: w->value = usrsctp_connect(w->socket, (void *)&nowhere, sizeof nowhere); break;
    case 2: w->value = usrsctp_recvv(w->socket, &byte, 1, NULL, NULL, NULL, NULL, NULL, NULL); break;
    default: while ((w->value = usrsctp_sendv(w->socket, big, sizeof big, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0)) > 0) { } break;
    }
    w->error = errno;
    return NULL;
}

static void waiting(void)
{
    struct waiter waiters[4];
    pthread_t threads[4];
    struct socket *a, *b, *l;
    struct sockaddr_conn far = at(4, 5100);
    begin(true);
    connect_pair(&a, &b, &l);
    usrsctp_set_non_blocking(a, 0);
    usrsctp_set_non_blocking(b, 0);
    usrsctp_set_non_blocking(l, 0);
    struct socket *c = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    GIVES(usrsctp_bind(c, (void *)&far, sizeof far), 0);
    struct socket *all[] = { l, c, b, a };
    for (int i = 0; i < 4; i++) {
        waiters[i] = (struct waiter){ .socket = all[i], .call = i };
        pthread_create(&threads[i], NULL, wait_in, &waiters[i]);
    }
    nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    for (int i = 0; i < 4; i++) {
        VOID(usrsctp_close(all[i]));
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        expect(waiters[i].value, i ? -1 : 0, waiters[i].error, i < 2 ? ECONNABORTED : i == 2 ? EBADF : waiters[i].error);
        HOLDS(waiters[i].error != 0);
    }
    finish();
}

const struct mode thread_modes[] = { { "threads", threads }, { "waiting", waiting }, { NULL, NULL } };
