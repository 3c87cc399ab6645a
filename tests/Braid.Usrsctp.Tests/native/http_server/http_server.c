// Answers HTTP requests, one association after the other: http_server UDP_PORT PEERS_UDP_PORT. What Debian's http_client, http_client_upcall and st_client
// talk to.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <usrsctp.h>

#define PORT 80

static const char *response[] = {
    "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n",
    "The first line of some text.\nAnd a second one, so that it is longer than eighty bytes: that is what st_client reads at once.\n",
};

// Reads until the request is there; returns false where the peer has gone before.
static int take_request(struct socket *s)
{
    char request[1024] = "";
    size_t length = 0;
    while (!strstr(request, "\r\n\r\n")) {
        struct sctp_rcvinfo info;
        socklen_t info_length = sizeof info, from_length = 0;
        unsigned int kind = 0;
        int flags = 0;
        ssize_t n = usrsctp_recvv(s, request + length, sizeof request - 1 - length, NULL, &from_length, &info, &info_length, &kind, &flags);
        if (n <= 0)
            return 0;
        length += (size_t)n;
        request[length] = 0;
        printf("%zd bytes, PPID %u\n", n, kind == SCTP_RECVV_RCVINFO ? ntohl(info.rcv_ppid) : 0);
    }
    printf("%.*s\n", (int)strcspn(request, "\r"), request);
    return 1;
}

static void answer(struct socket *s)
{
    struct sctp_sndinfo info = { .snd_ppid = htonl(63) };
    for (size_t i = 0; i < sizeof response / sizeof *response; i++) {
        if (usrsctp_sendv(s, response[i], strlen(response[i]), NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0) < 0)
            perror("usrsctp_sendv");
    }
    if (usrsctp_shutdown(s, SHUT_WR) < 0)
        perror("usrsctp_shutdown");

    char rest[64];
    ssize_t n;
    do {
        socklen_t from_length = 0, info_length = 0;
        unsigned int kind = 0;
        int flags = 0;
        n = usrsctp_recvv(s, rest, sizeof rest, NULL, &from_length, NULL, &info_length, &kind, &flags);
    } while (n > 0);
    printf("the end: %s\n", n == 0 ? "shut down" : strerror(errno));
}

int main(int argc, char *argv[])
{
    if (argc < 3)
        return EXIT_FAILURE;
    setvbuf(stdout, NULL, _IOLBF, 0);
    usrsctp_init((uint16_t)atoi(argv[1]), NULL, NULL);
    struct socket *listener = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    const int on = 1;
    struct sctp_udpencaps encapsulation = { .sue_port = htons((uint16_t)atoi(argv[2])) };
    encapsulation.sue_address.ss_family = AF_INET;
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    if (!listener
        || usrsctp_setsockopt(listener, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on)
        || usrsctp_setsockopt(listener, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encapsulation, sizeof encapsulation)
        || usrsctp_bind(listener, (struct sockaddr *)&here, sizeof here)
        || usrsctp_listen(listener, 1)) {
        perror("it does not listen");
        return EXIT_FAILURE;
    }
    for (;;) {
        struct socket *s = usrsctp_accept(listener, NULL, NULL);
        if (!s) {
            perror("usrsctp_accept");
            return EXIT_FAILURE;
        }
        if (take_request(s))
            answer(s);
        usrsctp_close(s);
    }
}
