/* Sockets without end: nothing of them stays. */
#include <unistd.h>
#include "misuse.h"

#define PAIRS 3000
#define ALLOWED (24 * 1024)                                /* KiB that the second half may have more than the first */

static long resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        (void)!fscanf(file, "%*d %ld", &pages);
        fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Two sockets that connect, say one thing, and are closed. */
static void pair_of(int n, struct socket *listener)
{
    struct sockaddr_conn there = at(0, 5000);
    char text[8];
    struct socket *a = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    GIVES(usrsctp_set_non_blocking(a, 1), 0);
    FAILS(usrsctp_connect(a, (void *)&there, sizeof there), EINPROGRESS);
    pump(0);
    struct socket *b = usrsctp_accept(listener, NULL, NULL);
    HOLDS(b != NULL);
    GIVES(say(a, "hello", 0), 5);
    pump(0);
    GIVES(usrsctp_recvv(b, text, sizeof text, NULL, NULL, NULL, NULL, NULL, NULL), 5);
    VOID(usrsctp_close(n % 2 ? a : b));
    pump(0);
    VOID(usrsctp_close(n % 2 ? b : a));
    pump(0);
}

static void sockets(void)
{
    long after[2 * 2];
    begin(false);
    struct socket *listener = plain(SOCK_STREAM, 1, 5000);
    GIVES(usrsctp_listen(listener, 5), 0);
    for (int half = 0; half < 4; half++) {
        for (int n = 0; n < PAIRS / 2; n++) {
            pair_of(n, listener);
        }
        after[half] = resident();
    }
    VOID(usrsctp_close(listener));
    GIVES(usrsctp_finish(), 0);                          /* at once: nothing is left, neither sockets nor associations */
    printf("resident after each 1,000 sockets: %ld, %ld, %ld, %ld KiB\n", after[0], after[1], after[2], after[3]);
    HOLDS(after[3] - after[1] < ALLOWED);
}

/* The library begins and ends a hundred times. */
static void starts(void)
{
    for (int n = 0; n < 100; n++) {
        struct socket *a, *b, *l;
        begin(n % 4 == 3);
        connect_pair(&a, &b, &l);
        GIVES(say(a, "hello", 0), 5);
        VOID(usrsctp_close(a));
        VOID(usrsctp_close(b));
        VOID(usrsctp_close(l));
        finish();
    }
}

const struct mode socket_modes[] = { { "sockets", sockets }, { "starts", starts }, { NULL, NULL } };
