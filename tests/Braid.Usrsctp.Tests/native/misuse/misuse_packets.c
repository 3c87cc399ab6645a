/* Packets that nobody would send, and where they would not; what is made of packets. */
#include "misuse.h"

#define PACKETS 10000

static void put32(unsigned char *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof value);
}

static void sign(unsigned char *packet, size_t length)
{
    uint32_t sum;
    memset(packet + 8, 0, 4);
    sum = usrsctp_crc32c(packet, length);
    memcpy(packet + 8, &sum, sizeof sum);
}

/* Addresses, lengths and NULL. */
static void places(void)
{
    struct socket *a, *b, *l;
    static unsigned char huge[200000];
    struct sctpstat statistics;
    begin(false);
    connect_pair(&a, &b, &l);
    void *const where[] = { NULL, ends, ends + 1, ends + ENDS, &statistics, (void *)-1, (void *)1 };
    for (size_t i = 0; i < COUNT(where); i++) {
        VOID(usrsctp_conninput(where[i], NULL, 0, 0));
        VOID(usrsctp_conninput(where[i], NULL, 100, 0));
        VOID(usrsctp_conninput(where[i], NULL, SIZE_MAX, 255));
        for (size_t length = 0; length < 64; length++) {
            any_bytes(huge, length);
            VOID(usrsctp_conninput(where[i], guarded(huge, length), length, (uint8_t)length));
        }
        VOID(usrsctp_conninput(where[i], huge, 65535, 3));
        VOID(usrsctp_conninput(where[i], huge, 65536, 3));
        VOID(usrsctp_conninput(where[i], huge, sizeof huge, 3));
        VOID(usrsctp_conninput(where[i], guarded("x", 1), SIZE_MAX, 3));
        VOID(usrsctp_register_address(where[i] == &statistics ? NULL : where[i]));
        VOID(usrsctp_register_address(where[i]));
    }
    for (int i = 0; i < 3; i++) {
        VOID(usrsctp_deregister_address(&statistics));
        VOID(usrsctp_deregister_address(NULL));
        VOID(usrsctp_deregister_address((void *)-1));
    }
    GIVES(say(a, "still there", 0), 11);
    pump(20);
    GIVES(usrsctp_recvv(b, huge, sizeof huge, NULL, NULL, NULL, NULL, NULL, NULL), 11);

    /* An address that goes and comes again under an association. */
    VOID(usrsctp_deregister_address(ends));
    VOID(usrsctp_deregister_address(ends));
    SURVIVES(say(a, "gone", 0));
    pump(2000);
    SURVIVES(usrsctp_shutdown(a, SHUT_WR));
    VOID(usrsctp_register_address(ends));
    VOID(usrsctp_register_address(ends));
    SURVIVES(say(a, "again", 0));
    SURVIVES(say(b, "again", 0));
    pump(2000);
    VOID(usrsctp_close(a));
    VOID(usrsctp_close(b));
    VOID(usrsctp_close(l));
    finish();
}

/* Text and checksums of packets. */
static void texts(void)
{
    static unsigned char huge[200000];
    begin(false);
    HOLDS(usrsctp_dumppacket(NULL, 0, 0) == NULL);
    HOLDS(usrsctp_dumppacket(NULL, 10, SCTP_DUMP_OUTBOUND) == NULL);
    HOLDS(usrsctp_dumppacket(huge, 0, SCTP_DUMP_OUTBOUND) == NULL);
    HOLDS(usrsctp_dumppacket(huge, sizeof huge, SCTP_DUMP_OUTBOUND) == NULL);
    HOLDS(usrsctp_dumppacket(guarded("x", 1), SIZE_MAX, 77) == NULL);
    for (size_t length = 1; length < 100; length++) {
        char *text = usrsctp_dumppacket(guarded(huge, length), length, -1);
        HOLDS(text && strlen(text) > 3 * length);
        VOID(usrsctp_freedumpbuffer(text));
    }
    VOID(usrsctp_freedumpbuffer(NULL));
    GIVES(usrsctp_crc32c(NULL, 0), 0);
    GIVES(usrsctp_crc32c(NULL, SIZE_MAX), 0);
    SURVIVES((int)(usrsctp_crc32c(guarded("x", 1), 1) != 0));
    GIVES(usrsctp_crc32c(guarded("x", 1), SIZE_MAX), 0);
    VOID(usrsctp_get_stat(NULL));
    VOID(usrsctp_get_stat(guarded(NULL, sizeof(struct sctpstat))));
    VOID(usrsctp_handle_timers(0));
    VOID(usrsctp_handle_timers(UINT32_MAX));
    VOID(usrsctp_handle_timers(UINT32_MAX));
    finish();
}

/* Random ones: without form, with a good checksum, with the ports and the tag of an association, with chunks of all types. */
static void garbage(void)
{
    struct socket *a, *b, *l, *many;
    unsigned char packet[1500], first[1500];
    begin(false);
    for (int offloaded = 0; offloaded < 2; offloaded++) {
        if (offloaded) {
            VOID(usrsctp_enable_crc32c_offload());
        }
        connect_pair(&a, &b, &l);
        many = plain(SOCK_SEQPACKET, 1, 5009);
        subscribe(b);
        subscribe(many);
        GIVES(usrsctp_listen(many, 5), 0);
        memset(first, 0, sizeof first);
        for (int n = 0; n < PACKETS; n++) {
            size_t length = any() % 4 ? any() % 200 : any() % sizeof packet;
            any_bytes(packet, length);
            if (any() % 8 && length >= 16) {
                const uint16_t ports[] = { htons(5001), htons(5000), htons(5009), 0 };
                size_t at = 12;
                memcpy(packet, &ports[any() % COUNT(ports)], 2);
                memcpy(packet + 2, &ports[1 + any() % 3], 2);
                if (any() % 2) {
                    put32(packet + 4, 0);
                }
                while (at + 4 <= length && any() % 16) {
                    static const unsigned char types[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 64, 128, 130, 132, 192, 193, 194 };
                    size_t size = 4 + any() % (length - at - 3);
                    packet[at] = types[any() % COUNT(types)];
                    packet[at + 2] = (unsigned char)(size >> 8);
                    packet[at + 3] = (unsigned char)size;
                    at += (size + 3) & ~(size_t)3;
                }
                sign(packet, length);
            }
            VOID(usrsctp_conninput(ends + any() % ENDS, guarded(packet, length), length, (uint8_t)any()));
            if (n % 64 == 0) {
                pump(10);
            }
        }
        pump(100);
        GIVES(say(a, "through all of it", 0), 17);
        pump(20);
        bool is_there = false;
        for (ssize_t count; (count = usrsctp_recvv(b, packet, sizeof packet, NULL, NULL, NULL, NULL, NULL, NULL)) > 0;) {
            is_there |= count == 17 && !memcmp(packet, "through all of it", 17);
        }
        HOLDS(is_there);
        for (struct socket *c; (c = usrsctp_accept(l, NULL, NULL)) != NULL;) {
            usrsctp_close(c);
        }
        VOID(usrsctp_close(a));
        VOID(usrsctp_close(b));
        VOID(usrsctp_close(l));
        VOID(usrsctp_close(many));
        pump(10000);
        if (offloaded) {
            VOID(usrsctp_disable_crc32c_offload());
        }
    }
    finish();
}

/* Good packets of an association, changed: they have its tag. */
static unsigned char s_seen[64][1500];
static size_t s_lengths[64];
static unsigned s_seen_count;

static void changed(void)
{
    struct socket *a, *b, *l;
    char text[1000];
    begin(false);
    for (int round = 0; round < 20; round++) {
        connect_pair(&a, &b, &l);
        subscribe(a);
        subscribe(b);
        for (int n = 0; n < 250; n++) {
            unsigned char packet[1500] = { 0 };
            struct sctp_sndinfo info = { .snd_sid = (uint16_t)(any() % 3) };
            memset(text, 'a' + n % 26, sizeof text);
            SURVIVES(usrsctp_sendv(n % 2 ? a : b, text, 1 + any() % sizeof text, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0));
            if (n % 4 == 0) {
                pump(10);
            }
            if (s_seen_count == 0) {
                continue;
            }
            unsigned which = any() % (s_seen_count < COUNT(s_lengths) ? s_seen_count : COUNT(s_lengths));
            size_t length = s_lengths[which];
            memcpy(packet, s_seen[which], length);
            for (unsigned i = any() % 4 + 1; i > 0; i--) {
                packet[12 + any() % (length - 12)] ^= (unsigned char)(1u << any() % 8);
            }
            length = any() % 4 ? length : 12 + any() % (length - 11);
            sign(packet, length);
            VOID(usrsctp_conninput(ends + any() % 2, guarded(packet, length), length, 0));
        }
        while (usrsctp_recvv(a, text, sizeof text, NULL, NULL, NULL, NULL, NULL, NULL) > 0 || usrsctp_recvv(b, text, sizeof text, NULL, NULL, NULL, NULL, NULL, NULL) > 0) {
        }
        for (struct socket *c; (c = usrsctp_accept(l, NULL, NULL)) != NULL;) {
            usrsctp_close(c);
        }
        VOID(usrsctp_close(a));
        VOID(usrsctp_close(b));
        VOID(usrsctp_close(l));
        pump(10000);
    }
    finish();
}

void remember_packet(const void *bytes, size_t length)
{
    if (length > 16 && length <= sizeof s_seen[0]) {
        memcpy(s_seen[s_seen_count % COUNT(s_lengths)], bytes, length);
        s_lengths[s_seen_count++ % COUNT(s_lengths)] = length;
    }
}

const struct mode packet_modes[] = { { "places", places }, { "texts", texts }, { "garbage", garbage }, { "changed", changed }, { NULL, NULL } };
