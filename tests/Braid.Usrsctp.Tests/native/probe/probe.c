#include <stdarg.h>
#include "probe.h"

bool threads;

const char *error_name(int error)
{
    static char other[16];
    switch (error) {
#define NAME(x) case x: return #x;
    NAME(EPERM) NAME(ENOENT) NAME(EINTR) NAME(EIO) NAME(EBADF) NAME(EAGAIN) NAME(ENOMEM) NAME(EACCES) NAME(EFAULT) NAME(EBUSY) NAME(EEXIST)
    NAME(EINVAL) NAME(EPIPE) NAME(EDOM) NAME(EMSGSIZE) NAME(EPROTOTYPE) NAME(ENOPROTOOPT) NAME(EPROTONOSUPPORT) NAME(EPFNOSUPPORT)
    NAME(ESOCKTNOSUPPORT) NAME(EOPNOTSUPP) NAME(EAFNOSUPPORT) NAME(EADDRINUSE) NAME(EADDRNOTAVAIL) NAME(ENETDOWN) NAME(ENETUNREACH)
    NAME(ECONNABORTED) NAME(ECONNRESET) NAME(ENOBUFS) NAME(EISCONN) NAME(ENOTCONN) NAME(ESHUTDOWN) NAME(ETIMEDOUT) NAME(ECONNREFUSED)
    NAME(EHOSTUNREACH) NAME(EALREADY) NAME(EINPROGRESS) NAME(ENOTSOCK) NAME(EDESTADDRREQ) NAME(EPROTO)
#undef NAME
    default: snprintf(other, sizeof other, "errno %d", error); return other;
    }
}

/* A pointer is only told as being there or not: opened sockets are printed where they are opened. */
void result(long value, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    if (value > 0xffffffffL || value < -0x80000000L)
        printf(" = ok\n");
    else if (value < 0)
        printf(" = %ld %s\n", value, error_name(error));
    else
        printf(" = %ld\n", value);
    fflush(stdout);
}

void note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

/* list: "1=READ 2=WRITE …" in decimal. */
const char *names(unsigned bits, const char *list)
{
    static char texts[4][160];
    static int next;
    char *text = texts[next++ & 3];
    size_t used = 0;
    *text = 0;
    for (const char *at = list; at && *at; at = strchr(at, ' ')) {
        at += *at == ' ';
        unsigned bit = (unsigned)strtoul(at, NULL, 0);
        const char *name = strchr(at, '=') + 1;
        if (bits & bit) {
            used += (size_t)snprintf(text + used, 160 - used, "%s%.*s", used ? "|" : "", (int)strcspn(name, " "), name);
            bits &= ~bit;
        }
    }
    if (bits || !used)
        snprintf(text + used, 160 - used, "%s0x%x", used ? "|" : "", bits);
    return text;
}

void decode(char *text, size_t room, const char *fields, const void *bytes, size_t length)
{
    const unsigned char *at = bytes, *end = at + length;
    size_t used = 0;
    *text = 0;
    for (; *fields; fields++) {
        size_t size = strchr("IiXC", *fields) ? 4 : strchr("HhY,", *fields) ? 2 : *fields == 'Q' ? 8 : *fields == 'S' ? sizeof(struct sockaddr_storage) : 1;
        if (at + size > end)
            break;
        uint64_t value = 0;
        memcpy(&value, at, size < 8 ? size : 8);
        const char *space = used ? " " : "";
        switch (*fields) {
        case '_': case ',': break;
        case 'i': case 'h': used += (size_t)snprintf(text + used, room - used, "%s-", space); break;
        case 'X': case 'Y': used += (size_t)snprintf(text + used, room - used, "%s0x%llx", space, (unsigned long long)value); break;
        case 'C': used += (size_t)snprintf(text + used, room - used, "%s%d", space, (int32_t)value); break;
        case 'S': {
            char address[80];
            describe_address(address, sizeof address, (const void *)at);
            used += (size_t)snprintf(text + used, room - used, "%s%s", space, address);
            break;
        }
        default: used += (size_t)snprintf(text + used, room - used, "%s%llu", space, (unsigned long long)value); break;
        }
        at += size;
    }
}

int main(int count, char **arguments)
{
    const struct probe *all[] = { socket_probes, option_probes, error_probes, talk_probes, end_probes, callback_probes, many_probes, misc_probes };
    if (count > 1 && !strcmp(arguments[1], "-t")) {
        threads = true;
        arguments++;
        count--;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (const struct probe *p = all[i]; p->name; p++) {
            if (count < 2) {
                if (p->modes != 2)
                    puts(p->name);
                if (p->modes != 1)
                    printf("-t %s\n", p->name);
            }
            else if (!strcmp(p->name, arguments[1])) {
                p->run();
                fflush(stdout);
                return 0;
            }
        }
    if (count < 2)
        return 0;
    fprintf(stderr, "probe: no %s\n", arguments[1]);
    return 2;
}
