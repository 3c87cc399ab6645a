/*
 * Messages that are longer than the send buffer has room for, with SCTP_EXPLICIT_EOR and threads of the library's:
 *
 *   pieces UDP_PORT threads    some threads send on one stream at once: no message is lost, and none has bytes of another
 *   pieces UDP_PORT close      the socket is closed as soon as the last byte was taken: the message arrives
 *
 * Ends with 0 when it is so, and says otherwise what has come.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <usrsctp.h>

#define MOST_THREADS 3
#define LONGEST 300000
#define PORT 7100

static struct socket *sender;
static int count, length;

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void *send_all(void *letter)
{
    struct sctp_sndinfo info = { .snd_flags = SCTP_EOR };
    char *message = malloc((size_t)length);
    memset(message, *(char *)letter, (size_t)length);
    for (int i = 0; i < count; i++)
        if (usrsctp_sendv(sender, message, (size_t)length, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0) != length)
            fail("sendv");
    free(message);
    return NULL;
}

static struct socket *opened(uint16_t udp)
{
    struct sctp_udpencaps encapsulation = { .sue_port = htons(udp) };
    struct socket *s = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    encapsulation.sue_address.ss_family = AF_INET;
    if (s == NULL || usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encapsulation, sizeof encapsulation) < 0)
        fail("socket");
    return s;
}

/* How many whole messages come, each of one letter and of the length that was sent. */
static int receive(struct socket *s, int expected)
{
    static char part[LONGEST];
    int received = 0, current = 0;
    char letter = 0;
    while (received < expected) {
        int flags = 0;
        ssize_t bytes = usrsctp_recvv(s, part, sizeof part, NULL, NULL, NULL, NULL, NULL, &flags);
        if (bytes <= 0)
            fail("recvv");
        for (ssize_t i = 0; i < bytes; i++, current++) {
            if (current == 0)
                letter = part[i];
            if (part[i] != letter) {
                fprintf(stderr, "message %d has a byte of another one, behind %d\n", received, current);
                exit(1);
            }
        }
        if (flags & MSG_EOR) {
            if (current != length) {
                fprintf(stderr, "message %d has %d bytes\n", received, current);
                exit(1);
            }
            current = 0;
            received++;
        }
    }
    return received;
}

int main(int argc, char **argv)
{
    static char letters[MOST_THREADS] = { 'a', 'b', 'c' };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    pthread_t threads[MOST_THREADS];
    int on = 1;
    if (argc != 3)
        return 2;
    bool closes = strcmp(argv[2], "close") == 0;
    int used = closes ? 1 : MOST_THREADS;
    count = closes ? 1 : 200;
    length = closes ? LONGEST : 100000;

    uint16_t udp = (uint16_t)atoi(argv[1]);
    usrsctp_init(udp, NULL, NULL);
    struct socket *listener = opened(udp);
    sender = opened(udp);
    if (usrsctp_bind(listener, (void *)&address, sizeof address) < 0 || usrsctp_listen(listener, 1) < 0)
        fail("listen");
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (usrsctp_connect(sender, (void *)&address, sizeof address) < 0)
        fail("connect");
    struct socket *receiver = usrsctp_accept(listener, NULL, NULL);
    usrsctp_setsockopt(sender, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &on, sizeof on);
    for (int i = 0; i < used; i++)
        pthread_create(&threads[i], NULL, send_all, &letters[i]);
    if (closes) {
        pthread_join(threads[0], NULL);
        usrsctp_close(sender);
    }
    int received = receive(receiver, count * used);
    struct sctpstat statistics;
    usrsctp_get_stat(&statistics);
    if ((int)statistics.sctps_recvdata < received || (int)statistics.sctps_senddata < received || statistics.sctps_inpackets == 0 || statistics.sctps_activeestab != 1) {
        fprintf(stderr, "statistics: %u DATA chunks received, %u sent\n", statistics.sctps_recvdata, statistics.sctps_senddata);
        return 1;
    }
    printf("%d messages\n", received);
    fflush(stdout);
    _exit(0);
}
