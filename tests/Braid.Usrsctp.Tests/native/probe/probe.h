/* What the probes have in common: a line for each call, a link between the two ends of AF_CONN, what sockets have to read. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

/* -t: the library has threads of its own, and packets are carried by one more; else the caller moves packets and time. */
extern bool threads;

/* probe.c */
void result(long value, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *error_name(int error);
const char *names(unsigned bits, const char *list);

/* One letter a field: I H B C Q numbers of 4, 2, 1, 8 bytes in decimal (C: a signed one of 4), X Y hexadecimal ones of 4 and 2;
 * i h: values that may differ from one implementation to another; S an address; '_' a byte, ',' two bytes between fields. */
void decode(char *text, size_t room, const char *fields, const void *bytes, size_t length);

#define TRY(call) do { errno = 0; long tried = (long)(call); result(tried, errno, "%s", #call); } while (0)
#define TRYF(call, ...) do { errno = 0; long tried = (long)(call); result(tried, errno, __VA_ARGS__); } while (0)

/* probe_link.c */
#define ENDS 8
extern char ends[ENDS];                 /* the addresses: 0 and 1 are the ends of a link, 2 and 3 of the next … */
extern bool quiet, cut;                 /* nobody reads in settle(); packets are lost */
extern bool tell_resets;                /* a line for each RE-CONFIG and callback, at once */
void begin(void);
void finish(void);
struct sockaddr_conn at(int end, uint16_t port);
struct socket *opened(const char *name, int type, int end, uint16_t port);
struct socket *keep(const char *name, struct socket *s);
void connecting(struct socket *s, int end, uint16_t port);
struct socket *closed(struct socket *s);
void settle(const char *what);
void pass(unsigned milliseconds);
void drain(struct socket *s);
void say(struct socket *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pair(struct socket **a, struct socket **b);
const char *thread_name(void);

/* probe_notes.c */
void subscribe(struct socket *s);
void describe(char *text, size_t room, const void *data, size_t length, int flags, const struct sctp_rcvinfo *info);
const char *flag_names(int flags);
void describe_address(char *text, size_t room, const struct sockaddr *address);
void status(const char *name, struct socket *s);
ssize_t put(struct socket *s, const char *text, uint16_t sid, uint16_t flags, uint32_t ppid);

/* modes: 1 without threads only, 2 with threads only, 0 both. */
struct probe { const char *name; void (*run)(void); int modes; };
extern const struct probe socket_probes[], option_probes[], error_probes[], talk_probes[], end_probes[], callback_probes[], many_probes[], misc_probes[];
