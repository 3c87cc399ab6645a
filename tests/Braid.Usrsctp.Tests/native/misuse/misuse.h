/* Wrong use: what the modes have in common. A call that does not return what it should is told, and the program fails. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Before and after each call: which one it is, for whoever looks at a program that has crashed or hangs. */
void enter(const char *file, int line, const char *call);
void expect(long value, long wanted, int error, int wanted_error);
void expect_any(long value, int error);

#define CHECKED(call, then) do { enter(__FILE__, __LINE__, #call); errno = 0; long value_ = (long)(call); int error_ = errno; then; } while (0)

/* -1 with an error number; NULL, or 0 for an identifier, with one; a value; anything that is no crash. */
#define FAILS(call, error) CHECKED(call, expect(value_, -1, error_, error))
#define REFUSED(call, error) CHECKED(call, expect(value_, 0, error_, error))
#define GIVES(call, value) CHECKED(call, expect(value_, value, error_, 0))
#define SURVIVES(call) CHECKED(call, expect_any(value_, error_))
#define VOID(call) do { enter(__FILE__, __LINE__, #call); call; } while (0)
#define HOLDS(what) do { enter(__FILE__, __LINE__, #what); expect((what) != 0, 1, 0, 0); } while (0)

/* Bytes with a page behind them that nobody may touch. The next call has the same memory. */
#define MOST_GUARDED 4096
void *guarded(const void *bytes, size_t length);
uint32_t any(void);                                     /* a random number, from the seed */
void any_bytes(void *bytes, size_t length);

/* The link between the ends 0 and 1, 2 and 3 …; packets wait until somebody pumps, or are handed over at once. */
#define ENDS 8
extern char ends[ENDS];
extern bool is_inline;
extern void (*on_output)(void *end);                    /* called for each packet that goes out */
void begin(bool has_threads);
void finish(void);                                      /* everything is closed: it ends, at the latest when closing has taken five minutes */
void remember_packet(const void *bytes, size_t length);  /* each that went out */
void pump(unsigned milliseconds);
bool carry_one(void);
struct sockaddr_conn at(int end, uint16_t port);
struct socket *plain(int type, int end, uint16_t port); /* non-blocking and bound */
void subscribe(struct socket *s);
void connect_pair(struct socket **a, struct socket **b, struct socket **listener);
ssize_t say(struct socket *s, const char *text, int flags);

struct mode { const char *name; void (*run)(void); };
extern const struct mode argument_modes[], option_modes[], packet_modes[], callback_modes[], thread_modes[], socket_modes[];
