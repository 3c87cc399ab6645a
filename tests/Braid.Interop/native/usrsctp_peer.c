/*
 * A peer for Braid's interoperability tests and benchmarks, on top of Debian's libusrsctp: SCTP over UDP, on 127.0.0.1 where nothing else is said.
 *
 *   usrsctp_peer client|server LOCAL_UDP REMOTE_UDP SCTP_PORT ACTION [ARGUMENTS]
 *
 *   echo                                    send every message back on its stream, with its PPID and order
 *   talk COUNT SIZE STREAMS ORDERED CLOSE   send COUNT messages, check what comes; CLOSE is shutdown, wait or abort
 *   bench-send SIZE SECONDS                 send messages of SIZE for SECONDS, then shut down
 *   bench-recv                              count what comes until the peer shuts down
 *   bench-ping SIZE ROUNDS                  so many round trips with a peer that echoes, then shut down
 *   control                                 do what each line of stdin says, and tell of each message and each reset:
 *                                           send STREAM SIZE | reset out|in STREAM | add OUT IN | shutdown
 *                                           key ID SECRET | activate ID | deactivate ID | delete ID
 *                                           paths | primary ADDRESS | quiet ADDRESS | local add|remove ADDRESS | peer-primary ADDRESS
 *
 * LOCAL_SCTP_PORT in the environment is the SCTP port of a client (else any); STALL makes it read nothing before there is a
 * line on stdin; SHORT_RTO keeps its retransmission time-outs between 0.3 and 1 second; INTERLEAVE
 * turns on I-DATA and a round-robin scheduler; BENCH_MTU is the path MTU of the bench actions (else 1400). PR_POLICY (1 for a lifetime in ms, 2 for a
 * priority, 3 for a number of retransmissions) and PR_VALUE say when it gives a message up (RFC 7496).
 *
 * AUTH_CHUNKS lists chunk types, by number, that it takes only when they are authenticated (RFC 4895); AUTH_HMAC the algorithms that it asks for;
 * AUTH_KEY=ID:SECRET is its shared key, and the active one.
 *
 * LOCAL=ADDRESS[,ADDRESS] are its own addresses (else 127.0.0.1), REMOTE=ADDRESS[,ADDRESS] those of the peer of a client. RAW has it speak SCTP over
 * IP itself, which takes a raw socket; UDP ports mean nothing then. PATHS has it tell what happens to the peer's addresses, look after them ten
 * times a second and give one up after the third failure in a row; it says how many milliseconds a retransmission time-out takes at least.
 *
 * What it does is said on stdout, one word first on each line:
 *   ready | up | sent N | received COUNT BYTES BAD | closed | aborted | bench BYTES SECONDS CPU
 *   ping P50 P99 P999 (in microseconds)
 *   key ok|refused
 *   local ok|refused
 *   address ADDRESS available|unreachable|removed|added|primary|confirmed
 *   paths ADDRESS=active|inactive|unconfirmed[,primary] ...
 *   message STREAM SSN LENGTH | reset out|in ok|denied|failed STREAM | streams OUT IN ok|denied|failed | refused
 */
#define _GNU_SOURCE                                      /* strsep */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <usrsctp.h>

/* The library has it; the header of 0.9.5 has not. */
#ifndef SCTP_INTERLEAVING_SUPPORTED
#define SCTP_INTERLEAVING_SUPPORTED 0x00001206
#endif

enum { ADDRESSES = 4, LARGEST = 4 << 20, BUFFERS = 4 << 20, STREAMS = 64, BENCH_MTU = 1400, PING_WARM_UP = 5000 };

static struct socket *sock;
static pthread_mutex_t done_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done_signal = PTHREAD_COND_INITIALIZER;
static int done;
static int was_aborted;
static int must_echo;
static int is_bench;
static int is_controlled;
static long received_count;
static long long received_bytes;
static long received_bad;
static double first_byte_at;
static double last_byte_at;

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

static void die(const char *what)
{
    fprintf(stderr, "usrsctp_peer: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Both sides can compute what a message must contain from its stream and its length. */
static unsigned char pattern(unsigned stream, size_t length, size_t index)
{
    return (unsigned char)((stream * 7 + length * 13 + index) % 251);
}

static void option(int level, int name, const void *value, socklen_t length, const char *what)
{
    if (usrsctp_setsockopt(sock, level, name, value, length) < 0)
    {
        die(what);
    }
}

static void send_message(const void *bytes, size_t length, unsigned stream, uint32_t ppid, int is_unordered, int is_abort)
{
    struct sctp_sendv_spa how;
    memset(&how, 0, sizeof how);
    how.sendv_flags = SCTP_SEND_SNDINFO_VALID;
    how.sendv_sndinfo.snd_sid = (uint16_t)stream;
    how.sendv_sndinfo.snd_ppid = htonl(ppid);
    how.sendv_sndinfo.snd_flags = (uint16_t)((is_unordered ? SCTP_UNORDERED : 0) | (is_abort ? SCTP_ABORT : 0));
    if (getenv("PR_POLICY"))
    {
        how.sendv_flags |= SCTP_SEND_PRINFO_VALID;
        how.sendv_prinfo.pr_policy = (uint16_t)atoi(getenv("PR_POLICY"));
        how.sendv_prinfo.pr_value = (uint32_t)atoi(getenv("PR_VALUE"));
    }

    if (usrsctp_sendv(sock, bytes, length, NULL, 0, &how, sizeof how, SCTP_SENDV_SPA, 0) < 0 && !is_abort && !is_bench)
    {
        die("send");
    }
}

static void on_message(const unsigned char *bytes, size_t length, const struct sctp_rcvinfo *info)
{
    received_count++;
    received_bytes += (long long)length;
    if (is_bench)
    {
        last_byte_at = now();
        if (received_count == 1)
        {
            first_byte_at = last_byte_at;
        }

        return;
    }

    if (is_controlled)
    {
        say("message %u %u %zu", info->rcv_sid, info->rcv_ssn, length);
    }

    if (must_echo)
    {
        send_message(bytes, length, info->rcv_sid, ntohl(info->rcv_ppid), (info->rcv_flags & SCTP_UNORDERED) != 0, 0);
        return;
    }

    for (size_t i = 0; i < length; i++)
    {
        if (bytes[i] != pattern(info->rcv_sid, length, i))
        {
            received_bad++;
            return;
        }
    }
}

static const char *outcome(uint16_t flags, int denied, int failed)
{
    return flags & denied ? "denied" : flags & failed ? "failed" : "ok";
}

static void on_reset(const union sctp_notification *event)
{
    if (event->sn_header.sn_type == SCTP_STREAM_RESET_EVENT)
    {
        const struct sctp_stream_reset_event *reset = &event->sn_strreset_event;
        say("reset %s %s %d", reset->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN ? "in" : "out",
            outcome(reset->strreset_flags, SCTP_STREAM_RESET_DENIED, SCTP_STREAM_RESET_FAILED),
            reset->strreset_length > sizeof *reset ? reset->strreset_stream_list[0] : -1);
    }
    else if (event->sn_header.sn_type == SCTP_STREAM_CHANGE_EVENT)
    {
        const struct sctp_stream_change_event *change = &event->sn_strchange_event;
        say("streams %u %u %s", change->strchange_outstrms, change->strchange_instrms,
            outcome(change->strchange_flags, SCTP_STREAM_CHANGE_DENIED, SCTP_STREAM_CHANGE_FAILED));
    }
}

/* Good until the next call. */
static const char *address_text(const struct sockaddr_storage *address)
{
    static char text[INET6_ADDRSTRLEN];
    const void *bytes = address->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                                                       : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    return inet_ntop(address->ss_family, bytes, text, sizeof text) == NULL ? "?" : text;
}

static void on_address(const struct sctp_paddr_change *change)
{
    static const char *const names[] = {"?", "available", "unreachable", "removed", "added", "primary", "confirmed"};
    say("address %s %s", address_text(&change->spc_aaddr), names[change->spc_state < sizeof names / sizeof *names ? change->spc_state : 0]);
}

static void *receive(void *unused)
{
    (void)unused;
    unsigned char *part = malloc(LARGEST);
    unsigned char *messages[STREAMS] = {0};
    size_t lengths[STREAMS] = {0};
    if (getenv("STALL"))
    {
        while (getchar() != '\n' && !feof(stdin))
        {
        }
    }

    for (;;)
    {
        struct sctp_rcvinfo info;
        socklen_t info_length = sizeof info;
        unsigned info_type = 0;
        int flags = 0;
        struct sockaddr_in from;
        socklen_t from_length = sizeof from;
        ssize_t got = usrsctp_recvv(sock, part, LARGEST, (struct sockaddr *)&from, &from_length,
                                    &info, &info_length, &info_type, &flags);
        if (got <= 0)
        {
            was_aborted |= got < 0;
            break;
        }

        if (flags & MSG_NOTIFICATION)
        {
            const union sctp_notification *event = (const union sctp_notification *)part;
            if (event->sn_header.sn_type == SCTP_ASSOC_CHANGE && event->sn_assoc_change.sac_state == SCTP_COMM_LOST)
            {
                was_aborted = 1;
                break;
            }

            if (event->sn_header.sn_type == SCTP_PEER_ADDR_CHANGE)
            {
                on_address(&event->sn_paddr_change);
            }

            on_reset(event);
            continue;
        }

        /* Parts of messages on different streams may come mixed; of one stream they do not. */
        unsigned stream = info.rcv_sid;
        if (stream >= STREAMS || lengths[stream] + (size_t)got > LARGEST)
        {
            received_bad++;
            continue;
        }

        if (messages[stream] == NULL)
        {
            messages[stream] = malloc(LARGEST);
        }

        memcpy(messages[stream] + lengths[stream], part, (size_t)got);
        lengths[stream] += (size_t)got;
        if (flags & MSG_EOR)
        {
            on_message(messages[stream], lengths[stream], &info);
            lengths[stream] = 0;
        }
    }

    for (int i = 0; i < STREAMS; i++)
    {
        free(messages[i]);
    }

    free(part);
    pthread_mutex_lock(&done_lock);
    done = 1;
    pthread_cond_signal(&done_signal);
    pthread_mutex_unlock(&done_lock);
    return NULL;
}

static void set_address(struct sockaddr_storage *address, const char *text)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    address->ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(address->ss_family, text, address->ss_family == AF_INET6 ? (void *)&six->sin6_addr : (void *)&four->sin_addr) != 1)
    {
        die(text);
    }
}

static socklen_t address_length(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

/* The port lies in the same place in both. */
static void set_port(struct sockaddr_storage *address, int port)
{
    ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
}

/* A list of addresses from the environment, one behind the other as usrsctp_bindx and usrsctp_connectx want them; returns how many there are. */
static int addresses(const char *name, int port, void *list, struct sockaddr_storage *first)
{
    char text[256];
    char *rest = text;
    char *end = list;
    int count = 0;
    snprintf(text, sizeof text, "%s", getenv(name) ? getenv(name) : "127.0.0.1");
    for (char *one = strsep(&rest, ","); one != NULL && count < ADDRESSES; one = strsep(&rest, ","))
    {
        struct sockaddr_storage address;
        set_address(&address, one);
        set_port(&address, port);
        memcpy(end, &address, address_length(&address));
        end += address_length(&address);
        if (count++ == 0)
        {
            *first = address;
        }
    }

    return count;
}

static int set_key(unsigned id, const char *secret)
{
    char room[sizeof(struct sctp_authkey) + 256];
    struct sctp_authkey *key = (struct sctp_authkey *)room;
    size_t length = strlen(secret) < 255 ? strlen(secret) : 255;
    memset(room, 0, sizeof room);
    key->sca_keynumber = (uint16_t)id;
    key->sca_keylength = (uint16_t)length;
    memcpy(key->sca_key, secret, length);
    return usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_AUTH_KEY, key, (socklen_t)(sizeof *key + length));
}

static int use_key(int what, unsigned id)
{
    struct sctp_authkeyid key;
    memset(&key, 0, sizeof key);
    key.scact_keynumber = (uint16_t)id;
    return usrsctp_setsockopt(sock, IPPROTO_SCTP, what, &key, sizeof key);
}

static void set_authentication(void)
{
    const char *chunks = getenv("AUTH_CHUNKS");
    while (chunks != NULL && *chunks != 0)
    {
        char *end;
        struct sctp_authchunk chunk;
        chunk.sauth_chunk = (uint8_t)strtol(chunks, &end, 10);
        option(IPPROTO_SCTP, SCTP_AUTH_CHUNK, &chunk, sizeof chunk, "SCTP_AUTH_CHUNK");
        chunks = *end == ',' ? end + 1 : end;
    }

    const char *algorithms = getenv("AUTH_HMAC");
    if (algorithms != NULL)
    {
        char room[sizeof(struct sctp_hmacalgo) + 4 * sizeof(uint16_t)];
        struct sctp_hmacalgo *list = (struct sctp_hmacalgo *)room;
        memset(room, 0, sizeof room);
        while (*algorithms != 0 && list->shmac_number_of_idents < 4)
        {
            char *end;
            list->shmac_idents[list->shmac_number_of_idents++] = (uint16_t)strtol(algorithms, &end, 10);
            algorithms = *end == ',' ? end + 1 : end;
        }

        option(IPPROTO_SCTP, SCTP_HMAC_IDENT, list, (socklen_t)(sizeof *list + list->shmac_number_of_idents * sizeof(uint16_t)), "SCTP_HMAC_IDENT");
    }

    const char *key = getenv("AUTH_KEY");
    if (key != NULL)
    {
        const char *secret = strchr(key, ':');
        if (secret == NULL || set_key((unsigned)atoi(key), secret + 1) < 0 || use_key(SCTP_AUTH_ACTIVE_KEY, (unsigned)atoi(key)) < 0)
        {
            die("AUTH_KEY");
        }
    }
}

static void set_up(int is_server, int remote_udp, int port)
{
    struct sockaddr_storage locals[ADDRESSES];
    struct sockaddr_storage remotes[ADDRESSES];
    struct sockaddr_storage local;
    struct sockaddr_storage remote;
    const char *local_port = getenv("LOCAL_SCTP_PORT");
    int local_count = addresses("LOCAL", is_server ? port : local_port ? atoi(local_port) : 0, locals, &local);
    int remote_count = addresses("REMOTE", port, remotes, &remote);
    sock = usrsctp_socket(local.ss_family, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    if (sock == NULL)
    {
        die("socket");
    }

    int on = 1;
    int buffer = BUFFERS;
    struct sctp_initmsg init;
    memset(&init, 0, sizeof init);
    init.sinit_num_ostreams = STREAMS;
    init.sinit_max_instreams = STREAMS;
    struct sctp_event event;
    memset(&event, 0, sizeof event);
    event.se_assoc_id = SCTP_FUTURE_ASSOC;
    event.se_type = SCTP_ASSOC_CHANGE;
    event.se_on = 1;
    struct sctp_udpencaps encapsulation;
    memset(&encapsulation, 0, sizeof encapsulation);
    encapsulation.sue_address.ss_family = AF_INET;
    encapsulation.sue_port = htons((uint16_t)remote_udp);
    option(SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer, "SO_RCVBUF");
    option(SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer, "SO_SNDBUF");
    option(IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on, "SCTP_RECVRCVINFO");
    option(IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on, "SCTP_NODELAY");
    option(IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init, "SCTP_INITMSG");
    option(IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event, "SCTP_EVENT");
    if (getenv("INTERLEAVE"))
    {
        uint32_t level = 2;
        struct sctp_assoc_value value;
        memset(&value, 0, sizeof value);
        value.assoc_id = SCTP_FUTURE_ASSOC;
        value.assoc_value = 1;
        option(IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, &level, sizeof level, "SCTP_FRAGMENT_INTERLEAVE");
        option(IPPROTO_SCTP, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof value, "SCTP_INTERLEAVING_SUPPORTED");
        value.assoc_value = SCTP_SS_ROUND_ROBIN;
        option(IPPROTO_SCTP, SCTP_PLUGGABLE_SS, &value, sizeof value, "SCTP_PLUGGABLE_SS");
    }

    if (getenv("SHORT_RTO"))
    {
        struct sctp_rtoinfo rto;
        memset(&rto, 0, sizeof rto);
        rto.srto_initial = 300;
        rto.srto_min = 300;
        rto.srto_max = 1000;
        option(IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof rto, "SCTP_RTOINFO");
    }

    if (getenv("PATHS"))
    {
        struct sctp_rtoinfo rto;
        struct sctp_paddrparams path;
        struct sctp_assocparams association;
        memset(&association, 0, sizeof association);
        association.sasoc_asocmaxrxt = 100;                  /* it is not given up because of a few heartbeats */
        option(IPPROTO_SCTP, SCTP_ASSOCINFO, &association, sizeof association, "SCTP_ASSOCINFO");
        memset(&rto, 0, sizeof rto);
        rto.srto_min = (uint32_t)atoi(getenv("PATHS"));
        rto.srto_initial = 2 * rto.srto_min;
        rto.srto_max = 4 * rto.srto_min;
        option(IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof rto, "SCTP_RTOINFO");
        memset(&path, 0, sizeof path);
        path.spp_address.ss_family = local.ss_family;
        path.spp_hbinterval = 100;
        path.spp_pathmaxrxt = 2;
        path.spp_flags = SPP_HB_ENABLE;
        option(IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path, "SCTP_PEER_ADDR_PARAMS");
        event.se_type = SCTP_PEER_ADDR_CHANGE;
        option(IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event, "SCTP_PEER_ADDR_CHANGE");
    }

    set_authentication();
    if (is_controlled)
    {
        struct sctp_assoc_value allowed;
        memset(&allowed, 0, sizeof allowed);
        allowed.assoc_id = SCTP_FUTURE_ASSOC;
        allowed.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_RESET_ASSOC_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ;
        option(IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &allowed, sizeof allowed, "SCTP_ENABLE_STREAM_RESET");
        event.se_type = SCTP_STREAM_RESET_EVENT;
        option(IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event, "SCTP_STREAM_RESET_EVENT");
        event.se_type = SCTP_STREAM_CHANGE_EVENT;
        option(IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event, "SCTP_STREAM_CHANGE_EVENT");
    }

    if (!getenv("RAW"))
    {
        option(IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encapsulation, sizeof encapsulation, "SCTP_REMOTE_UDP_ENCAPS_PORT");
    }

    if (is_bench)
    {
        struct sctp_paddrparams path;
        memset(&path, 0, sizeof path);
        path.spp_address.ss_family = local.ss_family;
        path.spp_pathmtu = getenv("BENCH_MTU") ? (uint32_t)atoi(getenv("BENCH_MTU")) : BENCH_MTU;
        path.spp_flags = SPP_PMTUD_DISABLE;
        option(IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path, "SCTP_PEER_ADDR_PARAMS");
    }

    if (local_count > 1 ? usrsctp_bindx(sock, (struct sockaddr *)locals, local_count, SCTP_BINDX_ADD_ADDR) < 0
                        : usrsctp_bind(sock, (struct sockaddr *)&local, address_length(&local)) < 0)
    {
        die("bind");
    }

    if (is_server)
    {
        if (usrsctp_listen(sock, 1) < 0)
        {
            die("listen");
        }

        say("ready");
        struct socket *accepted = usrsctp_accept(sock, NULL, NULL);
        if (accepted == NULL)
        {
            die("accept");
        }

        usrsctp_close(sock);
        sock = accepted;
    }
    else
    {
        if (remote_count > 1 ? usrsctp_connectx(sock, (struct sockaddr *)remotes, remote_count, NULL) < 0
                             : usrsctp_connect(sock, (struct sockaddr *)&remote, address_length(&remote)) < 0)
        {
            die("connect");
        }
    }

    say("up");
}

static void talk(int argc, char **argv)
{
    if (argc < 5)
    {
        fprintf(stderr, "usrsctp_peer: talk COUNT SIZE STREAMS ORDERED CLOSE\n");
        exit(2);
    }

    long count = atol(argv[0]);
    size_t size = (size_t)atol(argv[1]);
    unsigned streams = (unsigned)atoi(argv[2]);
    int is_unordered = !atoi(argv[3]);
    unsigned char *message = malloc(size + 1);
    for (long i = 0; i < count; i++)
    {
        unsigned stream = (unsigned)(i % streams);
        for (size_t j = 0; j < size; j++)
        {
            message[j] = pattern(stream, size, j);
        }

        send_message(message, size, stream, 1000 + stream, is_unordered, 0);
    }

    free(message);
    say("sent %ld", count);
    if (strcmp(argv[4], "shutdown") == 0)
    {
        usrsctp_shutdown(sock, SHUT_WR);
    }
    else if (strcmp(argv[4], "abort") == 0)
    {
        send_message("enough", 6, 0, 0, 0, 1);
    }
}

static void reset_stream(int is_incoming, unsigned stream)
{
    char room[sizeof(struct sctp_reset_streams) + sizeof(uint16_t)];
    struct sctp_reset_streams *reset = (struct sctp_reset_streams *)room;
    memset(room, 0, sizeof room);
    reset->srs_flags = is_incoming ? SCTP_STREAM_RESET_INCOMING : SCTP_STREAM_RESET_OUTGOING;
    reset->srs_number_streams = 1;
    reset->srs_stream_list[0] = (uint16_t)stream;
    if (usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_RESET_STREAMS, reset, sizeof room) < 0)
    {
        say("refused");
    }
}

static void tell_paths(void)
{
    struct sctp_status status;
    socklen_t length = sizeof status;
    struct sockaddr *addresses;
    char text[ADDRESSES * 80] = "";
    size_t used = 0;
    memset(&status, 0, sizeof status);
    int count = usrsctp_getpaddrs(sock, 0, &addresses);
    if (count < 0 || usrsctp_getsockopt(sock, IPPROTO_SCTP, SCTP_STATUS, &status, &length) < 0)
    {
        die("paths");
    }

    char *next = (char *)addresses;
    for (int i = 0; i < count && used < sizeof text - 80; i++)
    {
        struct sctp_paddrinfo info;
        memset(&info, 0, sizeof info);
        memcpy(&info.spinfo_address, next, address_length((struct sockaddr_storage *)next));
        next += address_length((struct sockaddr_storage *)next);
        length = sizeof info;
        if (usrsctp_getsockopt(sock, IPPROTO_SCTP, SCTP_GET_PEER_ADDR_INFO, &info, &length) < 0)
        {
            die("SCTP_GET_PEER_ADDR_INFO");
        }

        char name[INET6_ADDRSTRLEN];
        snprintf(name, sizeof name, "%s", address_text(&info.spinfo_address));
        used += (size_t)snprintf(text + used, sizeof text - used, " %s=%s%s", name,
                                 info.spinfo_state & SCTP_UNCONFIRMED ? "unconfirmed" : info.spinfo_state & SCTP_ACTIVE ? "active" : "inactive",
                                 strcmp(name, address_text(&status.sstat_primary.spinfo_address)) == 0 ? ",primary" : "");
    }

    if (count > 0)
    {
        usrsctp_freepaddrs(addresses);
    }

    say("paths%s", text);
}

static void set_primary(const char *text)
{
    struct sctp_setprim primary;
    memset(&primary, 0, sizeof primary);
    set_address(&primary.ssp_addr, text);
    if (usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_PRIMARY_ADDR, &primary, sizeof primary) < 0)
    {
        say("refused");
    }
}

/* Sends no more heartbeats there. */
static void be_quiet(const char *text)
{
    struct sctp_paddrparams path;
    memset(&path, 0, sizeof path);
    set_address(&path.spp_address, text);
    path.spp_flags = SPP_HB_DISABLE;
    if (usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path) < 0)
    {
        say("refused");
    }
}

/* Changes the addresses of a live association, or asks the peer to send to one of them (RFC 5061). */
static int change_local(const char *what, const char *text)
{
    struct sockaddr_storage address;
    set_address(&address, text);
    if (strcmp(what, "primary") == 0)
    {
        struct sctp_setpeerprim primary;
        memset(&primary, 0, sizeof primary);
        primary.sspp_addr = address;
        return usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_SET_PEER_PRIMARY_ADDR, &primary, sizeof primary);
    }

    return usrsctp_bindx(sock, (struct sockaddr *)&address, 1, strcmp(what, "add") == 0 ? SCTP_BINDX_ADD_ADDR : SCTP_BINDX_REM_ADDR);
}

static void control(void)
{
    char line[200];
    while (fgets(line, sizeof line, stdin) != NULL)
    {
        unsigned first;
        unsigned second;
        char direction[10];
        char secret[100];
        if (sscanf(line, "send %u %u", &first, &second) == 2)
        {
            unsigned char *message = malloc(second);
            for (size_t i = 0; i < second; i++)
            {
                message[i] = pattern(first, second, i);
            }

            send_message(message, second, first, 0, 0, 0);
            free(message);
        }
        else if (sscanf(line, "reset %9s %u", direction, &first) == 2)
        {
            reset_stream(strcmp(direction, "in") == 0, first);
        }
        else if (sscanf(line, "add %u %u", &first, &second) == 2)
        {
            struct sctp_add_streams add;
            memset(&add, 0, sizeof add);
            add.sas_outstrms = (uint16_t)first;
            add.sas_instrms = (uint16_t)second;
            if (usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_ADD_STREAMS, &add, sizeof add) < 0)
            {
                say("refused");
            }
        }
        else if (sscanf(line, "key %u %99s", &first, secret) == 2)
        {
            say("key %s", set_key(first, secret) < 0 ? "refused" : "ok");
        }
        else if (sscanf(line, "activate %u", &first) == 1)
        {
            say("key %s", use_key(SCTP_AUTH_ACTIVE_KEY, first) < 0 ? "refused" : "ok");
        }
        else if (sscanf(line, "deactivate %u", &first) == 1)
        {
            say("key %s", use_key(SCTP_AUTH_DEACTIVATE_KEY, first) < 0 ? "refused" : "ok");
        }
        else if (sscanf(line, "delete %u", &first) == 1)
        {
            say("key %s", use_key(SCTP_AUTH_DELETE_KEY, first) < 0 ? "refused" : "ok");
        }
        else if (strncmp(line, "paths", 5) == 0)
        {
            tell_paths();
        }
        else if (sscanf(line, "quiet %99s", secret) == 1)
        {
            be_quiet(secret);
        }
        else if (sscanf(line, "local %9s %99s", direction, secret) == 2)
        {
            say("local %s", change_local(direction, secret) < 0 ? "refused" : "ok");
        }
        else if (sscanf(line, "peer-primary %99s", secret) == 1)
        {
            say("local %s", change_local("primary", secret) < 0 ? "refused" : "ok");
        }
        else if (sscanf(line, "primary %99s", secret) == 1)
        {
            set_primary(secret);
        }
        else if (strncmp(line, "shutdown", 8) == 0)
        {
            usrsctp_shutdown(sock, SHUT_WR);
        }
    }
}

static void bench_send(size_t size, double seconds)
{
    unsigned char *message = calloc(1, size);
    double end = now() + seconds;
    while (now() < end)
    {
        for (int i = 0; i < 16; i++)
        {
            send_message(message, size, 0, 0, 0, 0);
        }
    }

    free(message);
    usrsctp_shutdown(sock, SHUT_WR);
}

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

/* The caller's thread receives: nothing is handed over. */
static void bench_ping(size_t size, long rounds)
{
    unsigned char *message = calloc(1, size);
    double *trips = calloc((size_t)rounds, sizeof *trips);
    double begin = now();
    for (long i = -PING_WARM_UP; i < rounds; i++)
    {
        send_message(message, size, 0, 0, 0, 0);
        for (size_t got = 0; got < size;)
        {
            struct sctp_rcvinfo info;
            socklen_t info_length = sizeof info;
            unsigned info_type = 0;
            int flags = 0;
            struct sockaddr_in from;
            socklen_t from_length = sizeof from;
            ssize_t more = usrsctp_recvv(sock, message, size, (struct sockaddr *)&from, &from_length,
                                         &info, &info_length, &info_type, &flags);
            if (more <= 0)
            {
                die("ping");
            }

            got += flags & MSG_NOTIFICATION ? 0 : (size_t)more;
        }

        double end = now();
        if (i >= 0)
        {
            trips[i] = (end - begin) * 1e6;
        }

        begin = end;
    }

    qsort(trips, (size_t)rounds, sizeof *trips, compare);
    say("ping %.3f %.3f %.3f", trips[(long)((rounds - 1) * 0.5)], trips[(long)((rounds - 1) * 0.99)], trips[(long)((rounds - 1) * 0.999)]);
    free(trips);
    free(message);
    usrsctp_shutdown(sock, SHUT_WR);
}

int main(int argc, char **argv)
{
    if (argc < 6)
    {
        fprintf(stderr, "usrsctp_peer: client|server LOCAL_UDP REMOTE_UDP SCTP_PORT ACTION [ARGUMENTS]\n");
        return 2;
    }

    const char *action = argv[5];
    is_bench = strncmp(action, "bench", 5) == 0;
    must_echo = strcmp(action, "echo") == 0;
    is_controlled = strcmp(action, "control") == 0;
    usrsctp_init(getenv("RAW") ? 0 : (uint16_t)atoi(argv[2]), NULL, NULL);
    usrsctp_sysctl_set_sctp_blackhole(0);
    usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    if (getenv("NRSACK"))
    {
        usrsctp_sysctl_set_sctp_nrsack_enable(1);
        usrsctp_sysctl_set_sctp_do_drain((uint32_t)atoi(getenv("NRSACK")));     /* 0: it keeps all that it has */
    }

    set_up(strcmp(argv[1], "server") == 0, atoi(argv[3]), atoi(argv[4]));

    if (strcmp(action, "bench-ping") == 0)
    {
        bench_ping((size_t)atol(argv[6]), atol(argv[7]));
    }

    pthread_t receiver;
    if (pthread_create(&receiver, NULL, receive, NULL) != 0)
    {
        die("thread");
    }

    if (strcmp(action, "talk") == 0)
    {
        talk(argc - 6, argv + 6);
    }
    else if (is_controlled)
    {
        control();
    }
    else if (strcmp(action, "bench-send") == 0)
    {
        bench_send((size_t)atol(argv[6]), atof(argv[7]));
    }

    pthread_mutex_lock(&done_lock);
    while (!done)
    {
        pthread_cond_wait(&done_signal, &done_lock);
    }

    pthread_mutex_unlock(&done_lock);
    pthread_join(receiver, NULL);
    if (is_bench)
    {
        say("bench %lld %.6f %.6f", received_bytes, last_byte_at - first_byte_at, cpu());
    }
    else
    {
        say("received %ld %lld %ld", received_count, received_bytes, received_bad);
    }

    say(was_aborted ? "aborted" : "closed");
    usrsctp_close(sock);
    for (int i = 0; i < 50 && usrsctp_finish() != 0; i++)
    {
        usleep(20 * 1000);
    }

    return 0;
}
