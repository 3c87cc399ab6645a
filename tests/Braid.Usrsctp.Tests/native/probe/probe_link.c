/* A link: what goes out at one end of AF_CONN comes in at the other. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>
#include "probe.h"

struct packet { struct packet *next; char *to; size_t length; unsigned char bytes[]; };
struct known { const char *name; struct socket *socket; char said[65536]; size_t length; };

char ends[ENDS];
bool quiet, cut, tell_resets;

static struct packet *s_first, **s_last = &s_first;
static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t s_more = PTHREAD_COND_INITIALIZER;
static pthread_t s_link, s_main;
static bool s_ended, s_hushed;
static long s_moved;
static struct known s_known[16];

static int output(void *address, void *buffer, size_t length, uint8_t tos, uint8_t set_df)
{
    (void)tos;
    (void)set_df;
    struct packet *p = malloc(sizeof *p + length);
    memcpy(p->bytes, buffer, length);
    *p = (struct packet){ .to = ends + (((char *)address - ends) ^ 1), .length = length };
    memcpy(p->bytes, buffer, length);
    if (getenv("PROBE_PACKETS")) {
        fprintf(stderr, "  %s #%d:", cut ? "x" : ">", (int)(p->to - ends));
        for (size_t at = 12; at + 4 <= length; at += (((size_t)p->bytes[at + 2] << 8 | p->bytes[at + 3]) + 3u) & ~3u)
            fprintf(stderr, " %u(%u)", p->bytes[at], p->bytes[at + 2] << 8 | p->bytes[at + 3]);
        fprintf(stderr, " to port %u\n", p->bytes[2] << 8 | p->bytes[3]);
    }
    if (tell_resets && length > 12 && p->bytes[12] == 130)
        note("  RE-CONFIG for %d", (int)(p->to - ends));
    pthread_mutex_lock(&s_lock);
    s_moved++;
    if (cut)
        free(p);
    else {
        *s_last = p;
        s_last = &p->next;
        pthread_cond_signal(&s_more);
    }
    pthread_mutex_unlock(&s_lock);
    return 0;
}

static struct packet *next(bool wait)
{
    pthread_mutex_lock(&s_lock);
    while (wait && !s_first && !s_ended)
        pthread_cond_wait(&s_more, &s_lock);
    struct packet *p = s_first;
    if (p && !(s_first = p->next))
        s_last = &s_first;
    pthread_mutex_unlock(&s_lock);
    return p;
}

static bool deliver(bool wait)
{
    struct packet *p = next(wait);
    if (!p)
        return false;
    usrsctp_conninput(p->to, p->bytes, p->length, 0);
    free(p);
    pthread_mutex_lock(&s_lock);
    s_moved++;
    pthread_mutex_unlock(&s_lock);
    return true;
}

static void *carry(void *unused)
{
    (void)unused;
    while (deliver(true))
        ;
    return NULL;
}

const char *thread_name(void)
{
    return pthread_equal(pthread_self(), s_main) ? "the caller's thread" : threads && pthread_equal(pthread_self(), s_link) ? "the link's thread" : "another thread";
}

void begin(void)
{
    s_main = pthread_self();
    if (threads)
        usrsctp_init(0, output, NULL);
    else
        usrsctp_init_nothreads(0, output, NULL);
    for (int i = 0; i < ENDS; i++)
        usrsctp_register_address(ends + i);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    if (threads)
        pthread_create(&s_link, NULL, carry, NULL);
}

static void sleep_ms(unsigned milliseconds)
{
    nanosleep(&(struct timespec){ .tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L }, NULL);
}

static void advance(unsigned milliseconds, unsigned slept)
{
    for (unsigned gone = 0; gone <= milliseconds; gone += 10) {
        while (deliver(false))
            ;
        sleep_ms(slept);
        usrsctp_handle_timers(10);
    }
    while (deliver(false))
        ;
}

/* Time goes by, and packets with it. Without threads too it is real: Debian's library looks at the clock before it retransmits. */
void pass(unsigned milliseconds)
{
    if (threads)
        sleep_ms(milliseconds);
    else
        advance(milliseconds, 10);
}

static void tell(void)
{
    for (struct known *k = s_known; k < s_known + 16; k++) {
        pthread_mutex_lock(&s_lock);
        if (k->length)
            fwrite(k->said, 1, k->length, stdout);
        k->length = 0;
        pthread_mutex_unlock(&s_lock);
    }
    fflush(stdout);
}

/* Until nothing moves any more, longer than an acknowledgement may be delayed; then everybody reads. */
void settle(const char *what)
{
    if (what)
        note("-- %s", what);
    if (threads)
        for (long before = -1; before != s_moved;) {
            before = s_moved;
            sleep_ms(600);
        }
    else
        advance(320, 0);
    tell();
    for (struct known *k = s_known; !quiet && k < s_known + 16; k++)
        if (k->socket && k->name)
            drain(k->socket);
}

static struct known *find(struct socket *s)
{
    for (struct known *k = s_known; k < s_known + 16; k++)
        if (k->socket == s)
            return k;
    return NULL;
}

/* What a callback has to say: printed by settle(), socket by socket, as threads have no order among themselves. */
void say(struct socket *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&s_lock);
    struct known *k = find(s) ? find(s) : s_known + 15;
    if (k->length > sizeof k->said - 2000)
        abort();
    if (s_hushed) {
        pthread_mutex_unlock(&s_lock);
        va_end(arguments);
        return;
    }
    k->length += (size_t)snprintf(k->said + k->length, sizeof k->said - k->length, "%s: ", k->name ? k->name : "a new socket");
    k->length += (size_t)vsnprintf(k->said + k->length, sizeof k->said - k->length, format, arguments);
    k->length += (size_t)snprintf(k->said + k->length, sizeof k->said - k->length, "\n");
    pthread_mutex_unlock(&s_lock);
    va_end(arguments);
}

/* Whether it is still connecting when connect() returns is a race with threads. */
void connecting(struct socket *s, int end, uint16_t port)
{
    struct sockaddr_conn there = at(end, port);
    errno = 0;
    int result = usrsctp_connect(s, (void *)&there, sizeof there), error = errno;
    if (!threads)
        note("connect = %d %s", result, result ? error_name(error) : "");
}

struct socket *keep(const char *name, struct socket *s)
{
    if (s) {
        struct known *k = find(NULL);
        k->name = name;
        k->socket = s;
    }
    return s;
}

struct socket *closed(struct socket *s)
{
    if (find(s))
        find(s)->socket = NULL;
    usrsctp_close(s);
    return NULL;
}

struct sockaddr_conn at(int end, uint16_t port)
{
    return (struct sockaddr_conn){ .sconn_family = AF_CONN, .sconn_port = htons(port), .sconn_addr = end < 0 ? NULL : ends + end };
}

struct socket *opened(const char *name, int type, int end, uint16_t port)
{
    struct socket *s = keep(name, usrsctp_socket(AF_CONN, type, IPPROTO_SCTP, NULL, NULL, 0, NULL));
    struct sockaddr_conn where = at(end, port);
    int on = 1;
    usrsctp_set_non_blocking(s, 1);
    subscribe(s);
    usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on);
    struct sctp_assoc_value resets = { .assoc_id = SCTP_FUTURE_ASSOC, .assoc_value = SCTP_ENABLE_VALUE_MASK };
    usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &resets, sizeof resets);
    struct sctp_initmsg streams = { .sinit_num_ostreams = 4, .sinit_max_instreams = 16 };
    usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_INITMSG, &streams, sizeof streams);
    // With threads, a socket that was closed may keep its port for a while.
    int result = usrsctp_bind(s, (void *)&where, sizeof where);
    for (int tries = 0; result && errno == EADDRINUSE && threads && tries < 60; tries++) {
        sleep_ms(50);
        result = usrsctp_bind(s, (void *)&where, sizeof where);
    }
    if (result)
        note("%s: bind %s", name, error_name(errno));
    return s;
}

void drain(struct socket *s)
{
    static char data[1 << 18];
    char from[80], text[1024];
    for (;;) {
        union sctp_sockstore address = { .sa = { 0 } };
        socklen_t length = sizeof address;
        struct sctp_rcvinfo info;
        socklen_t info_length = sizeof info;
        unsigned type = 0;
        int flags = 0;
        errno = 0;
        ssize_t count = usrsctp_recvv(s, data, sizeof data, &address.sa, &length, &info, &info_length, &type, &flags);
        int error = errno;
        if (count < 0) {
            if (error != EAGAIN)
                note("%s: recvv = %zd %s", find(s)->name, count, error_name(error));
            return;
        }
        if (!count) {
            note("%s: recvv = 0 flags %s", find(s)->name, flag_names(flags));
            return;
        }
        describe_address(from, sizeof from, &address.sa);
        describe(text, sizeof text, data, (size_t)count, flags, type == SCTP_RECVV_RCVINFO ? &info : NULL);
        note("%s: %s from %s", find(s)->name, text, from);
    }
}

/* A one-to-one association: a at end 0, port 5001; b accepted at end 1, port 5000. */
void pair(struct socket **a, struct socket **b)
{
    bool was = quiet;
    quiet = true;
    settle(NULL);                       // those that were closed leave their ports
    struct sockaddr_conn there = at(0, 5000);
    struct socket *listener = opened("L", SOCK_STREAM, 1, 5000);
    usrsctp_listen(listener, 1);
    *a = opened("A", SOCK_STREAM, 0, 5001);
    if (usrsctp_connect(*a, (void *)&there, sizeof there) && errno != EINPROGRESS)
        note("A: connect %s", error_name(errno));
    settle(NULL);
    *b = keep("B", usrsctp_accept(listener, NULL, NULL));
    if (!*b)
        note("B: accept %s", error_name(errno));
    usrsctp_set_non_blocking(*b, 1);
    closed(listener);
    quiet = was;
    settle("connected");
}

/* With threads, how long a socket lives on is a race. */
void finish(void)
{
    s_hushed = true;
    for (struct known *k = s_known; k < s_known + 15; k++)
        if (k->socket) {
            struct linger off = { .l_onoff = 1, .l_linger = 0 };
            usrsctp_setsockopt(k->socket, SOL_SOCKET, SO_LINGER, &off, sizeof off);
            closed(k->socket);
        }
    quiet = true;
    settle(NULL);
    int tries = 0, left = 0;
    while ((left = usrsctp_finish()) && tries++ < (threads ? 20 : 100))
        threads ? pass(50) : advance(1000, 0);
    s_hushed = false;
    if (!threads)
        note("finish: %s", left ? "sockets are left" : "ok");
    if (threads) {
        pthread_mutex_lock(&s_lock);
        s_ended = true;
        pthread_cond_signal(&s_more);
        pthread_mutex_unlock(&s_lock);
        pthread_join(s_link, NULL);
    }
}
