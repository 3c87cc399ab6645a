/* misuse NAME [SEED]: wrong use of the library; without a name it lists them. Silent, and ends with 0, where every call does what it should. */
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "misuse.h"

#define LONGEST 100                                     /* seconds */
#define WAITING 16384

struct packet { void *to; size_t length; unsigned char bytes[1500]; };

/* The header has it only for whoever asks for it. */
int usrsctp_sysctl_set_sctp_debug_on(uint32_t value);

char ends[ENDS];
bool is_inline;
void (*on_output)(void *end);

static const char *volatile s_file = "", *volatile s_call = "";
static volatile int s_line;
static atomic_int s_failures;
static bool s_traces, s_has_threads;
static uint64_t s_random = 1;
static pthread_mutex_t s_gate = PTHREAD_MUTEX_INITIALIZER;
static struct packet s_waiting[WAITING];
static unsigned s_first, s_end;

void enter(const char *file, int line, const char *call)
{
    s_file = file;
    s_line = line;
    s_call = call;
    if (s_traces) {
        fprintf(stderr, "%s:%d: %s\n", file, line, call);
    }
}

static void failed(long value, int error, const char *wanted)
{
    if (atomic_fetch_add(&s_failures, 1) < 50) {
        printf("%s:%d: %s = %ld (errno %d), not %s\n", strrchr(s_file, '/') ? strrchr(s_file, '/') + 1 : s_file, s_line, s_call, value, error, wanted);
        fflush(stdout);
    }
}

void expect(long value, long wanted, int error, int wanted_error)
{
    char text[60];
    if (value != wanted || (wanted_error && error != wanted_error)) {
        snprintf(text, sizeof text, wanted_error ? "%ld with errno %d" : "%ld", wanted, wanted_error);
        failed(value, error, text);
    }
}

void expect_any(long value, int error)
{
    if (value < -1 || (value == -1 && (error < 1 || error > 133))) {
        failed(value, error, "a result, or -1 with an errno");
    }
}

static void stuck(int signal)
{
    char text[300];
    int length = snprintf(text, sizeof text, "it hangs: %s:%d: %s\n", s_file, s_line, s_call);
    (void)signal;
    (void)!write(1, text, (size_t)length);
    _exit(3);
}

/* What the library has to say to whoever looks for faults in it: none of this may be. */
static void said(const char *format, ...)
{
    va_list arguments;
    char text[2000];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printf("at %s:%d: %s: the library says %s", s_file, s_line, s_call, text);
    atomic_fetch_add(&s_failures, 1);
    fflush(stdout);
}

void *guarded(const void *bytes, size_t length)
{
    static char *end;
    if (!end) {
        end = mmap(NULL, 2 * MOST_GUARDED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        end += MOST_GUARDED;
        mprotect(end, MOST_GUARDED, PROT_NONE);
    }
    if (bytes) {
        memmove(end - length, bytes, length);
    }
    return end - length;
}

uint32_t any(void)
{
    s_random = s_random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(s_random >> 32);
}

void any_bytes(void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        ((unsigned char *)bytes)[i] = (unsigned char)any();
    }
}

static int output(void *address, void *bytes, size_t length, uint8_t tos, uint8_t set_df)
{
    void *to = ends + (((char *)address - ends) ^ 1);
    (void)tos;
    (void)set_df;
    if (!s_has_threads) {
        remember_packet(bytes, length);
    }
    if (on_output) {
        on_output(address);
    }
    if (is_inline) {
        usrsctp_conninput(to, bytes, length, 0);
        return 0;
    }
    pthread_mutex_lock(&s_gate);
    if (s_end - s_first < WAITING && length <= sizeof s_waiting[0].bytes) {
        struct packet *p = &s_waiting[s_end++ % WAITING];
        p->to = to;
        p->length = length;
        memcpy(p->bytes, bytes, length);
    }
    pthread_mutex_unlock(&s_gate);
    return 0;
}

bool carry_one(void)
{
    struct packet p;
    pthread_mutex_lock(&s_gate);
    bool is_there = s_first != s_end;
    if (is_there) {
        p = s_waiting[s_first++ % WAITING];
    }
    pthread_mutex_unlock(&s_gate);
    if (is_there) {
        usrsctp_conninput(p.to, p.bytes, p.length, 0);
    }
    return is_there;
}

void pump(unsigned milliseconds)
{
    for (unsigned gone = 0; gone <= milliseconds; gone += 10) {
        while (carry_one()) {
        }
        if (s_has_threads) {
            nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        } else {
            usrsctp_handle_timers(10);
        }
    }
}

void begin(bool has_threads)
{
    s_has_threads = has_threads;
    (has_threads ? usrsctp_init : usrsctp_init_nothreads)(0, output, said);
    usrsctp_sysctl_set_sctp_debug_on(1);
    for (int i = 0; i < ENDS; i++) {
        usrsctp_register_address(ends + i);
    }
}

void finish(void)
{
    on_output = NULL;
    is_inline = false;
    for (int i = 0; i < (s_has_threads ? 600 : 4000); i++) {
        if (usrsctp_finish() == 0) {
            s_first = s_end = 0;
            return;
        }
        pump(100);
    }
    FAILS(usrsctp_finish(), EINVAL);                    /* tells that it does not end */
}

struct sockaddr_conn at(int end, uint16_t port)
{
    return (struct sockaddr_conn){ .sconn_family = AF_CONN, .sconn_port = htons(port), .sconn_addr = end < 0 ? NULL : ends + end };
}

struct socket *plain(int type, int end, uint16_t port)
{
    struct sockaddr_conn name = at(end, port);
    struct socket *s = usrsctp_socket(AF_CONN, type, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    GIVES(usrsctp_set_non_blocking(s, 1), 0);
    GIVES(usrsctp_bind(s, (void *)&name, sizeof name), 0);
    return s;
}

void subscribe(struct socket *s)
{
    for (uint16_t type = SCTP_ASSOC_CHANGE; type <= SCTP_SEND_FAILED_EVENT; type++) {
        struct sctp_event event = { .se_type = type, .se_on = 1 };
        usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event);
    }
}

void connect_pair(struct socket **a, struct socket **b, struct socket **listener)
{
    struct sockaddr_conn there = at(0, 5000);
    *listener = plain(SOCK_STREAM, 1, 5000);
    *a = plain(SOCK_STREAM, 0, 5001);
    GIVES(usrsctp_listen(*listener, 5), 0);
    FAILS(usrsctp_connect(*a, (void *)&there, sizeof there), EINPROGRESS);
    pump(50);
    *b = usrsctp_accept(*listener, NULL, NULL);
    HOLDS(*b != NULL);
}

ssize_t say(struct socket *s, const char *text, int flags)
{
    struct sctp_sndinfo info = { .snd_flags = (uint16_t)flags };
    return usrsctp_sendv(s, text, strlen(text), NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0);
}

int main(int count, char **arguments)
{
    static const struct mode *const all[] = { argument_modes, option_modes, packet_modes, callback_modes, thread_modes, socket_modes };
    s_traces = getenv("MISUSE_TRACE") != NULL;
    s_random = count > 2 ? strtoull(arguments[2], NULL, 0) : 1;
    signal(SIGALRM, stuck);
    alarm(LONGEST);
    for (size_t i = 0; i < COUNT(all); i++) {
        for (const struct mode *m = all[i]; m->name; m++) {
            if (count < 2) {
                puts(m->name);
            } else if (!strcmp(m->name, arguments[1])) {
                m->run();
                fflush(stdout);
                return atomic_load(&s_failures) != 0;
            }
        }
    }
    return count < 2 ? 0 : 2;
}
