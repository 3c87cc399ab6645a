/*
 * The exported names of libusrsctp: each hands its arguments to a function of the same name written in C# (Exports). Those
 * return what the C function returns, or minus an error number, which becomes errno here: on the way back from .NET it would not survive.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <usrsctp.h>

#include "host.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LARGEST_ERROR 4095

typedef int (*packet_output)(void *, void *, size_t, uint8_t, uint8_t);
typedef void (*debug_output)(const char *, ...);
typedef int (*receive_callback)(struct socket *, union sctp_sockstore, void *, size_t, struct sctp_rcvinfo, int, void *);
typedef int (*send_callback)(struct socket *, uint32_t, void *);
typedef void (*upcall_function)(struct socket *, void *, int);

/* name, result, parameters of the function in C# */
#define FUNCTIONS(X) \
	X(Init, int, (uint16_t, packet_output, debug_output, void (*)(debug_output, const char *), int)) \
	X(Finish, int, (void)) \
	X(Socket, intptr_t, (int, int, int, receive_callback, send_callback, uint32_t, void *)) \
	X(Close, int, (struct socket *)) \
	X(Bind, int, (struct socket *, struct sockaddr *, socklen_t)) \
	X(BindX, int, (struct socket *, struct sockaddr *, int, int)) \
	X(Listen, int, (struct socket *, int)) \
	X(Accept, intptr_t, (struct socket *, struct sockaddr *, socklen_t *)) \
	X(PeelOff, intptr_t, (struct socket *, sctp_assoc_t)) \
	X(Connect, int, (struct socket *, struct sockaddr *, socklen_t)) \
	X(ConnectX, int, (struct socket *, const struct sockaddr *, int, sctp_assoc_t *)) \
	X(Shutdown, int, (struct socket *, int)) \
	X(SendV, ssize_t, (struct socket *, const void *, size_t, struct sockaddr *, int, void *, socklen_t, unsigned int, int)) \
	X(ReceiveV, ssize_t, (struct socket *, void *, size_t, struct sockaddr *, socklen_t *, void *, socklen_t *, unsigned int *, int *)) \
	X(GetOption, int, (struct socket *, int, int, void *, socklen_t *)) \
	X(SetOption, int, (struct socket *, int, int, const void *, socklen_t)) \
	X(OptionInfo, int, (struct socket *, sctp_assoc_t, int, void *, socklen_t *)) \
	X(GetPeerAddresses, int, (struct socket *, sctp_assoc_t, struct sockaddr **)) \
	X(GetLocalAddresses, int, (struct socket *, sctp_assoc_t, struct sockaddr **)) \
	X(GetAssociationId, int64_t, (struct socket *, struct sockaddr *)) \
	X(SetNonBlocking, int, (struct socket *, int)) \
	X(GetNonBlocking, int, (struct socket *)) \
	X(SetUlpInfo, int, (struct socket *, void *)) \
	X(GetUlpInfo, int, (struct socket *, void **)) \
	X(SetUpcall, int, (struct socket *, upcall_function, void *)) \
	X(GetEvents, int, (struct socket *)) \
	X(RegisterAddress, int, (void *)) \
	X(DeregisterAddress, int, (void *)) \
	X(ConnInput, int, (void *, const void *, size_t, uint8_t)) \
	X(HandleTimers, int, (uint32_t)) \
	X(DumpPacket, intptr_t, (const void *, size_t, int)) \
	X(SetChecksumOffload, int, (int)) \
	X(Checksum, uint32_t, (void *, size_t)) \
	X(SetSystemControl, int, (const char *, uint32_t)) \
	X(GetSystemControl, uint32_t, (const char *)) \
	X(SetTunable, int, (const char *, uint32_t)) \
	X(GetStatistics, int, (struct sctpstat *))

#ifdef BRAID_AOT

/* They are compiled into this library. */
#define DECLARE(name, result, parameters) extern result braid_##name parameters; static result (*const managed_##name) parameters = braid_##name;
FUNCTIONS(DECLARE)

static int is_ready(void)
{
	return 1;
}

#else

#define DECLARE(name, result, parameters) static result (*managed_##name) parameters;
FUNCTIONS(DECLARE)

#define ENTRY(name, result, parameters) { #name, (void **)&managed_##name },
static const struct braid_function functions[] = { FUNCTIONS(ENTRY) };

static int is_ready(void)
{
	return braid_start(functions, COUNT(functions)) == 0;
}

#endif

static int not_ready(void)
{
	errno = ENOSYS;
	return -1;
}

/* What C# returned, as POSIX has it. */
static ssize_t result(ssize_t value)
{
	if (value < 0) {
		errno = (int)-value;
		return -1;
	}
	return value;
}

static void *pointer(intptr_t value)
{
	if (value < 0 && value >= -LARGEST_ERROR) {
		errno = (int)-value;
		return NULL;
	}
	return (void *)value;
}

/* C# cannot call a function with a variable number of arguments. */
static void print(debug_output output, const char *text)
{
	output("%s", text);
}

#define CALL(name, ...) (is_ready() ? (int)result(managed_##name(__VA_ARGS__)) : not_ready())
#define CALL_FOR_POINTER(name, ...) (is_ready() ? pointer(managed_##name(__VA_ARGS__)) : (not_ready(), NULL))

void usrsctp_init(uint16_t port, packet_output output, debug_output debug)
{
	(void)CALL(Init, port, output, debug, print, 1);
}

void usrsctp_init_nothreads(uint16_t port, packet_output output, debug_output debug)
{
	(void)CALL(Init, port, output, debug, print, 0);
}

int usrsctp_finish(void)
{
	return CALL(Finish);
}

struct socket *usrsctp_socket(int domain, int type, int protocol, receive_callback receive, send_callback send, uint32_t threshold, void *info)
{
	return CALL_FOR_POINTER(Socket, domain, type, protocol, receive, send, threshold, info);
}

void usrsctp_close(struct socket *so)
{
	(void)CALL(Close, so);
}

int usrsctp_bind(struct socket *so, struct sockaddr *name, socklen_t length)
{
	return CALL(Bind, so, name, length);
}

int usrsctp_bindx(struct socket *so, struct sockaddr *addresses, int count, int flags)
{
	return CALL(BindX, so, addresses, count, flags);
}

int usrsctp_listen(struct socket *so, int backlog)
{
	return CALL(Listen, so, backlog);
}

struct socket *usrsctp_accept(struct socket *so, struct sockaddr *name, socklen_t *length)
{
	return CALL_FOR_POINTER(Accept, so, name, length);
}

struct socket *usrsctp_peeloff(struct socket *so, sctp_assoc_t id)
{
	return CALL_FOR_POINTER(PeelOff, so, id);
}

int usrsctp_connect(struct socket *so, struct sockaddr *name, socklen_t length)
{
	return CALL(Connect, so, name, length);
}

int usrsctp_connectx(struct socket *so, const struct sockaddr *addresses, int count, sctp_assoc_t *id)
{
	return CALL(ConnectX, so, addresses, count, id);
}

int usrsctp_shutdown(struct socket *so, int how)
{
	return CALL(Shutdown, so, how);
}

ssize_t usrsctp_sendv(struct socket *so, const void *data, size_t length, struct sockaddr *to, int count,
                      void *info, socklen_t info_length, unsigned int info_type, int flags)
{
	if (!is_ready()) {
		return not_ready();
	}
	return result(managed_SendV(so, data, length, to, count, info, info_length, info_type, flags));
}

ssize_t usrsctp_recvv(struct socket *so, void *data, size_t length, struct sockaddr *from, socklen_t *from_length,
                      void *info, socklen_t *info_length, unsigned int *info_type, int *flags)
{
	if (!is_ready()) {
		return not_ready();
	}
	return result(managed_ReceiveV(so, data, length, from, from_length, info, info_length, info_type, flags));
}

int usrsctp_getsockopt(struct socket *so, int level, int name, void *value, socklen_t *length)
{
	return CALL(GetOption, so, level, name, value, length);
}

int usrsctp_setsockopt(struct socket *so, int level, int name, const void *value, socklen_t length)
{
	return CALL(SetOption, so, level, name, value, length);
}

int usrsctp_opt_info(struct socket *so, sctp_assoc_t id, int name, void *value, socklen_t *length)
{
	return CALL(OptionInfo, so, id, name, value, length);
}

int usrsctp_getpaddrs(struct socket *so, sctp_assoc_t id, struct sockaddr **addresses)
{
	return CALL(GetPeerAddresses, so, id, addresses);
}

int usrsctp_getladdrs(struct socket *so, sctp_assoc_t id, struct sockaddr **addresses)
{
	return CALL(GetLocalAddresses, so, id, addresses);
}

void usrsctp_freepaddrs(struct sockaddr *addresses)
{
	free(addresses);
}

void usrsctp_freeladdrs(struct sockaddr *addresses)
{
	free(addresses);
}

sctp_assoc_t usrsctp_getassocid(struct socket *so, struct sockaddr *address)
{
	int64_t id = is_ready() ? managed_GetAssociationId(so, address) : -ENOSYS;

	if (id < 0) {
		errno = (int)-id;
		return 0;
	}
	return (sctp_assoc_t)id;
}

int usrsctp_set_non_blocking(struct socket *so, int on)
{
	return CALL(SetNonBlocking, so, on);
}

int usrsctp_get_non_blocking(struct socket *so)
{
	return CALL(GetNonBlocking, so);
}

int usrsctp_set_ulpinfo(struct socket *so, void *info)
{
	return CALL(SetUlpInfo, so, info);
}

int usrsctp_get_ulpinfo(struct socket *so, void **info)
{
	return CALL(GetUlpInfo, so, info);
}

int usrsctp_set_upcall(struct socket *so, upcall_function upcall, void *argument)
{
	return CALL(SetUpcall, so, upcall, argument);
}

int usrsctp_get_events(struct socket *so)
{
	return CALL(GetEvents, so);
}

void usrsctp_register_address(void *address)
{
	(void)CALL(RegisterAddress, address);
}

void usrsctp_deregister_address(void *address)
{
	(void)CALL(DeregisterAddress, address);
}

void usrsctp_conninput(void *address, const void *packet, size_t length, uint8_t ecn)
{
	(void)CALL(ConnInput, address, packet, length, ecn);
}

void usrsctp_handle_timers(uint32_t elapsed)
{
	(void)CALL(HandleTimers, elapsed);
}

char *usrsctp_dumppacket(const void *packet, size_t length, int direction)
{
	return CALL_FOR_POINTER(DumpPacket, packet, length, direction);
}

void usrsctp_freedumpbuffer(char *buffer)
{
	free(buffer);
}

void usrsctp_enable_crc32c_offload(void)
{
	(void)CALL(SetChecksumOffload, 1);
}

void usrsctp_disable_crc32c_offload(void)
{
	(void)CALL(SetChecksumOffload, 0);
}

uint32_t usrsctp_crc32c(void *buffer, size_t length)
{
	return is_ready() ? managed_Checksum(buffer, length) : 0;
}

void usrsctp_get_stat(struct sctpstat *statistics)
{
	(void)CALL(GetStatistics, statistics);
}

/* One pair for each name in the header, which the build has taken from there. */
#define SYSCTL(name) \
	int usrsctp_sysctl_set_##name(uint32_t value) { return CALL(SetSystemControl, #name, value); } \
	uint32_t usrsctp_sysctl_get_##name(void) { return is_ready() ? managed_GetSystemControl(#name) : 0; }
#define TUNABLE(name) \
	int usrsctp_tunable_set_##name(uint32_t value) { return CALL(SetTunable, #name, value); } \
	uint32_t usrsctp_sysctl_get_##name(void) { return is_ready() ? managed_GetSystemControl(#name) : 0; }
/* The header has it only for whoever asks for it; Debian's library has it. */
int usrsctp_sysctl_set_sctp_debug_on(uint32_t value);
uint32_t usrsctp_sysctl_get_sctp_debug_on(void);
SYSCTL(sctp_debug_on)
#include "names.inc"
