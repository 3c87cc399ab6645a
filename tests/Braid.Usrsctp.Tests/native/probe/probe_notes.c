/* Notifications and messages as text. What an implementation is free in is a '-'. */
#include <arpa/inet.h>
#include "probe.h"

static const uint16_t s_types[] = {
    SCTP_ASSOC_CHANGE, SCTP_PEER_ADDR_CHANGE, SCTP_REMOTE_ERROR, SCTP_SEND_FAILED, SCTP_SHUTDOWN_EVENT, SCTP_ADAPTATION_INDICATION,
    SCTP_PARTIAL_DELIVERY_EVENT, SCTP_AUTHENTICATION_EVENT, SCTP_STREAM_RESET_EVENT, SCTP_SENDER_DRY_EVENT, SCTP_NOTIFICATIONS_STOPPED_EVENT,
    SCTP_ASSOC_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT, SCTP_SEND_FAILED_EVENT,
};

/* Every event but the sender's dryness and the old form of failed messages, which have probes of their own. */
void subscribe(struct socket *s)
{
    for (size_t i = 0; i < sizeof s_types / sizeof *s_types; i++) {
        struct sctp_event event = { .se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = s_types[i], .se_on = 1 };
        if (event.se_type != SCTP_SENDER_DRY_EVENT && event.se_type != SCTP_SEND_FAILED)
            usrsctp_setsockopt(s, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event);
    }
}

void describe_address(char *text, size_t room, const struct sockaddr *address)
{
    char name[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_CONN) {
        const struct sockaddr_conn *conn = (const void *)address;
        long end = (char *)conn->sconn_addr - ends;
        if (end >= 0 && end < ENDS)
            snprintf(text, room, "conn#%ld:%u", end, ntohs(conn->sconn_port));
        else
            snprintf(text, room, "conn#%s:%u", conn->sconn_addr ? "?" : "null", ntohs(conn->sconn_port));
    } else if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        snprintf(text, room, "%s:%u", inet_ntop(AF_INET, &in->sin_addr, name, sizeof name), ntohs(in->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;
        snprintf(text, room, "[%s]:%u", inet_ntop(AF_INET6, &in6->sin6_addr, name, sizeof name), ntohs(in6->sin6_port));
    } else
        snprintf(text, room, "family %u", address->sa_family);
}

/* MSG_EOR is the system's, MSG_NOTIFICATION the library's. */
const char *flag_names(int flags)
{
    return names((unsigned)flags, "0x80=MSG_EOR 0x2000=MSG_NOTIFICATION");
}

static size_t bytes_of(char *text, size_t room, const unsigned char *data, size_t length)
{
    size_t used = 0;
    *text = 0;
    for (size_t i = 0; i < length && i < 40; i++)
        used += (size_t)snprintf(text + used, room - used, data[i] >= ' ' && data[i] < 127 ? "%c" : "\\%02x", data[i]);
    if (length > 40)
        used += (size_t)snprintf(text + used, room - used, "…");
    return used;
}

static void describe_notification(char *text, size_t room, const void *data, size_t length)
{
    const union sctp_notification *n = data;
    char more[200] = "";
    size_t tail = 0;
    const char *kind = "?";
    switch (n->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE: {
        static const char *states[] = { "?", "COMM_UP", "COMM_LOST", "RESTART", "SHUTDOWN_COMP", "CANT_STR_ASSOC" };
        const struct sctp_assoc_change *c = data;
        kind = "ASSOC_CHANGE";
        tail = (size_t)snprintf(more, sizeof more, "%s error %u streams out %u in %u id %u info", c->sac_state < 6 ? states[c->sac_state] : "?",
            c->sac_error, c->sac_outbound_streams, c->sac_inbound_streams, c->sac_assoc_id);
        for (size_t i = 0; sizeof *c + i < length && i < 24; i++)
            tail += (size_t)snprintf(more + tail, sizeof more - tail, " %02x", c->sac_info[i]);
        break;
    }
    case SCTP_PEER_ADDR_CHANGE: {
        static const char *states[] = { "?", "AVAILABLE", "UNREACHABLE", "REMOVED", "ADDED", "MADE_PRIM", "CONFIRMED" };
        const struct sctp_paddr_change *c = data;
        char address[80];
        describe_address(address, sizeof address, (const void *)&c->spc_aaddr);
        kind = "PEER_ADDR_CHANGE";
        snprintf(more, sizeof more, "%s %s error %u id %u", states[c->spc_state < 7 ? c->spc_state : 0], address, c->spc_error, c->spc_assoc_id);
        break;
    }
    case SCTP_REMOTE_ERROR:
        kind = "REMOTE_ERROR";
        tail = (size_t)snprintf(more, sizeof more, "error %u id %u data ", ntohs(n->sn_remote_error.sre_error), n->sn_remote_error.sre_assoc_id);
        bytes_of(more + tail, sizeof more - tail, n->sn_remote_error.sre_data, length - sizeof n->sn_remote_error);
        break;
    case SCTP_SHUTDOWN_EVENT:
        kind = "SHUTDOWN_EVENT";
        snprintf(more, sizeof more, "id %u", n->sn_shutdown_event.sse_assoc_id);
        break;
    case SCTP_ADAPTATION_INDICATION:
        kind = "ADAPTATION_INDICATION";
        snprintf(more, sizeof more, "0x%x id %u", n->sn_adaptation_event.sai_adaptation_ind, n->sn_adaptation_event.sai_assoc_id);
        break;
    case SCTP_PARTIAL_DELIVERY_EVENT: {
        const struct sctp_pdapi_event *p = data;
        kind = "PARTIAL_DELIVERY_EVENT";
        snprintf(more, sizeof more, "indication %u stream %u seq %u id %u", p->pdapi_indication, p->pdapi_stream, p->pdapi_seq, p->pdapi_assoc_id);
        break;
    }
    case SCTP_AUTHENTICATION_EVENT:
        kind = "AUTHENTICATION_EVENT";
        snprintf(more, sizeof more, "key %u indication %u id %u", n->sn_auth_event.auth_keynumber, n->sn_auth_event.auth_indication,
            n->sn_auth_event.auth_assoc_id);
        break;
    case SCTP_SENDER_DRY_EVENT:
        kind = "SENDER_DRY_EVENT";
        snprintf(more, sizeof more, "id %u", n->sn_sender_dry_event.sender_dry_assoc_id);
        break;
    case SCTP_NOTIFICATIONS_STOPPED_EVENT:
        kind = "NOTIFICATIONS_STOPPED_EVENT";
        break;
    case SCTP_STREAM_RESET_EVENT: {
        const struct sctp_stream_reset_event *r = data;
        kind = "STREAM_RESET_EVENT";
        tail = (size_t)snprintf(more, sizeof more, "%s id %u streams", names(r->strreset_flags, "1=INCOMING 2=OUTGOING 4=DENIED 8=FAILED"), r->strreset_assoc_id);
        for (size_t i = 0; sizeof *r + 2 * i < length && i < 16; i++)
            tail += (size_t)snprintf(more + tail, sizeof more - tail, " %u", r->strreset_stream_list[i]);
        break;
    }
    case SCTP_ASSOC_RESET_EVENT:
        kind = "ASSOC_RESET_EVENT";
        snprintf(more, sizeof more, "id %u tsn - -", n->sn_assocreset_event.assocreset_assoc_id);
        break;
    case SCTP_STREAM_CHANGE_EVENT:
        kind = "STREAM_CHANGE_EVENT";
        snprintf(more, sizeof more, "id %u in %u out %u", n->sn_strchange_event.strchange_assoc_id, n->sn_strchange_event.strchange_instrms,
            n->sn_strchange_event.strchange_outstrms);
        break;
    case SCTP_SEND_FAILED_EVENT: {
        const struct sctp_send_failed_event *f = data;
        kind = "SEND_FAILED_EVENT";
        tail = (size_t)snprintf(more, sizeof more, "error %u sid %u flags %s ppid %u context %u id %u/%u data ", f->ssfe_error, f->ssfe_info.snd_sid,
            names(f->ssfe_info.snd_flags, "1=LAST_FRAG 2=NOT_FRAG 256=EOF 512=ABORT 1024=UNORDERED 8192=EOR"), ntohl(f->ssfe_info.snd_ppid),
            f->ssfe_info.snd_context, f->ssfe_info.snd_assoc_id, f->ssfe_assoc_id);
        bytes_of(more + tail, sizeof more - tail, f->ssfe_data, length - sizeof *f);
        break;
    }
    }
    snprintf(text, room, "%s (type %u flags 0x%x length %u of %zu) %s", kind, n->sn_header.sn_type, n->sn_header.sn_flags, n->sn_header.sn_length, length, more);
}

void describe(char *text, size_t room, const void *data, size_t length, int flags, const struct sctp_rcvinfo *info)
{
    const char *what = flag_names(flags);
    if ((flags & MSG_NOTIFICATION) && data) {
        size_t used = (size_t)snprintf(text, room, "%s ", what);
        describe_notification(text + used, room - used, data, length);
        return;
    }
    char shown[200] = "NULL";
    if (data)
        bytes_of(shown, sizeof shown, data, length);
    size_t used = (size_t)snprintf(text, room, "%s %zu bytes %s", what, length, shown);
    if (info)
        snprintf(text + used, room - used, " sid %u ssn %u flags %s ppid %u context %u id %u", info->rcv_sid, info->rcv_ssn,
            names(info->rcv_flags, "1024=UNORDERED 8192=EOR"), ntohl(info->rcv_ppid), info->rcv_context, info->rcv_assoc_id);
}

void status(const char *name, struct socket *s)
{
    struct sctp_status status;
    socklen_t length = sizeof status;
    char text[300] = "";
    memset(&status, 0, sizeof status);
    int result = usrsctp_getsockopt(s, IPPROTO_SCTP, SCTP_STATUS, &status, &length);
    int error = errno;
    if (!result) {
        static const char *const states = "2=COOKIE_WAIT 4=COOKIE_ECHOED 8=ESTABLISHED 16=SHUTDOWN_SENT 32=SHUTDOWN_RECEIVED 64=SHUTDOWN_ACK_SENT 128=SHUTDOWN_PENDING";
        char address[80];
        describe_address(address, sizeof address, (const void *)&status.sstat_primary.spinfo_address);
        snprintf(text, sizeof text, "id %u %s rwnd - unacked %u pending %u in %u out %u fragments - primary %s id %u %s", status.sstat_assoc_id,
            names((unsigned)status.sstat_state, states), status.sstat_unackdata, status.sstat_penddata, status.sstat_instrms, status.sstat_outstrms,
            address, status.sstat_primary.spinfo_assoc_id, names((unsigned)status.sstat_primary.spinfo_state, "1=ACTIVE 2=INACTIVE 512=UNCONFIRMED"));
    }
    note("%s: status = %d %s", name, result, result ? error_name(error) : text);
}

ssize_t put(struct socket *s, const char *text, uint16_t sid, uint16_t flags, uint32_t ppid)
{
    struct sctp_sndinfo info = { .snd_sid = sid, .snd_flags = flags, .snd_ppid = htonl(ppid) };
    return usrsctp_sendv(s, text, strlen(text), NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0);
}
