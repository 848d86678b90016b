/* Probes of the way to the server and to the hook: locate.jsp, DNS and TCP. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/timing.h"
#include "rabbit/doctor-probes.h"
#include "web/http.h"
#include "xmpp/route.h"

void doctor_describe_place(char ret[DOCTOR_PLACE_MAX], const char *address, uint16_t port)
{
    snprintf(ret, DOCTOR_PLACE_MAX, strchr(address, ':') ? "[%s]:%u" : "%s:%u", address, port);
}

static int wait_connected(int fd, uint64_t limit_usec)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    int error = 0, n = poll(&poll_fd, 1, (int)(limit_usec / USEC_PER_MSEC));
    socklen_t size = sizeof(error);

    if (n < 0)
        return -errno;
    if (n == 0)
        return -ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return -error;
}

static int connect_to(int fd, const struct addrinfo *info, uint64_t limit_usec)
{
    if (connect(fd, info->ai_addr, info->ai_addrlen) == 0)
        return 0;
    return errno == EINPROGRESS ? wait_connected(fd, limit_usec) : -errno;
}

static int make_blocking(int fd, uint64_t limit_usec)
{
    const struct timeval limit = {.tv_sec = (time_t)(limit_usec / USEC_PER_SEC)};

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
        fcntl(fd, F_SETFL, 0) < 0)
        return -errno;
    return 0;
}

/* Returns what getaddrinfo() does; `port` is part of the answers. */
static int resolve(struct addrinfo **ret, const char *host, uint16_t port, int flags)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_protocol = IPPROTO_TCP,
                                   .ai_flags = flags};
    char service[8];

    snprintf(service, sizeof(service), "%u", port);
    return getaddrinfo(host, service, &hints, ret);
}

int doctor_connect(const char *address, uint16_t port, uint64_t limit_usec)
{
    struct addrinfo *info;
    int r, fd;

    if (resolve(&info, address, port, AI_NUMERICHOST | AI_NUMERICSERV) != 0)
        return -EINVAL;
    fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    r = fd < 0 ? -errno : connect_to(fd, info, limit_usec);
    freeaddrinfo(info);
    if (r == 0)
        r = make_blocking(fd, limit_usec);
    if (r == 0)
        return fd;
    closep(&fd);
    return r;
}

/* ---- what is asked by HTTP ---- */

struct question {
    struct doctor *doctor;
    sd_event *event;
    bool good; /* to be set with the answer */
};

/* `begin` asks, and whoever is answered ends the loop. Returns 0 or -errno. */
static int ask(struct question *question,
               int (*begin)(struct question *question, struct http *http))
{
    struct http *http = NULL;
    int r = sd_event_new(&question->event);

    if (r >= 0)
        r = http_new(&http, question->event);
    if (r >= 0)
        r = begin(question, http);
    if (r >= 0)
        r = sd_event_loop(question->event);
    http_free(http);
    sd_event_unref(question->event);
    return r;
}

/* ---- where the platform's servers are ---- */

static void on_located(const char *error, void *userdata)
{
    struct question *question = userdata;
    struct doctor *doctor = question->doctor;
    const struct locate_answer *known = servers_known(doctor->servers);
    char port[sizeof(":65535")] = "";

    question->good = known != NULL;
    if (!known) {
        doctor_tell(doctor, VERDICT_FAILED, "unreachable",
                    "check [rabbit] locate and that the platform runs; it says where the server is",
                    "%s: %s", doctor->config->rabbit.locate, error);
    } else {
        if (known->port)
            snprintf(port, sizeof(port), ":%u", known->port);
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "the server is %s%s, %s%s", known->domain, port,
                    *known->ping ? "the hook is at " : "there is no hook", known->ping);
    }
    sd_event_exit(question->event, 0);
}

static int ask_locate(struct question *question, struct http *http)
{
    struct doctor *doctor = question->doctor;
    int r = servers_new(&doctor->servers, http, on_located, question);

    if (r < 0)
        return r;
    return servers_find(doctor->servers, doctor->config, doctor->serial);
}

bool doctor_probe_locate(struct doctor *doctor)
{
    struct question question = {.doctor = doctor};
    const struct locate_answer *known;
    int r;

    if (!config_is_violet(doctor->config) || !doctor->config->rabbit.locate) {
        doctor_tell(doctor, VERDICT_SKIPPED, NULL, NULL, "%s",
                    config_is_violet(doctor->config) ? "[rabbit] locate is not set"
                                                     : "the violet dialect alone asks for it");
        return true;
    }
    r = ask(&question, ask_locate);
    if (r < 0)
        doctor_tell(doctor, VERDICT_FAILED, "unreachable", "check [rabbit] locate",
                    "cannot ask it: %s", strerror(-r));
    known = question.good ? servers_known(doctor->servers) : NULL;
    if (known)
        doctor->order.domain = (char *)known->domain;
    if (known && !doctor->host)
        doctor->order.port = known->port;
    return known != NULL;
}

/* ---- the server ---- */

static void tell_records(struct doctor *doctor)
{
    struct srv records[LIMIT_SRV_RECORDS];
    int n = route_records(records, ARRAY_SIZE(records), &doctor->order);

    if (n <= 0)
        doctor_tell(doctor, VERDICT_OK, NULL, NULL,
                    "no SRV records of %s were found: the server is looked for at that name",
                    doctor->order.domain);
    for (int i = 0; i < n; i++) {
        bool none = !*records[i].target;

        doctor_tell(doctor, none ? VERDICT_WARNING : VERDICT_OK, none ? "dns" : NULL,
                    none ? "check [account] jid, or set [account] server" : NULL,
                    "SRV of %s, priority %u, weight %u: %s, port %u", doctor->order.domain,
                    records[i].priority, records[i].weight,
                    none ? "it has no XMPP service" : records[i].target, records[i].port);
    }
}

/* The route knows that there is no address, not why. */
static void tell_no_address(struct doctor *doctor)
{
    const char *host = doctor->order.host ? doctor->order.host : doctor->order.domain;
    struct addrinfo *info = NULL;
    int r = resolve(&info, host, 0, AI_ADDRCONFIG);
    struct failure failure;

    if (r == 0)
        freeaddrinfo(info);
    failure_set(&failure, "dns", "%s: %s", host,
                r == 0 ? "its SRV records lead nowhere" : gai_strerror(r));
    doctor_tell_failure(doctor, VERDICT_FAILED, &failure, "");
}

bool doctor_probe_dns(struct doctor *doctor)
{
    const char *host = doctor->order.host ? doctor->order.host : doctor->order.domain;
    char places[LIMIT_ADDRESSES * DOCTOR_PLACE_MAX] = "", place[DOCTOR_PLACE_MAX];
    struct route *route;
    const char *address;
    size_t used = 0;
    uint16_t port;

    if (!doctor->order.host)
        tell_records(doctor);
    if (route_find(&route, &doctor->order) < 0)
        return false;
    while (route_next(route, &address, &port)) {
        doctor_describe_place(place, address, port);
        used +=
            (size_t)snprintf(places + used, sizeof(places) - used, "%s%s", used ? ", " : "", place);
    }
    route_free(route);
    if (used == 0)
        tell_no_address(doctor);
    else
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%s is at %s", host, places);
    return used > 0;
}

/* The words of the daemon for a connection that could not be made. */
static void fill_in_failure(struct failure *ret, int error, const char *place)
{
    const char *cause = error == -ECONNREFUSED ? "refused"
                        : error == -ETIMEDOUT  ? "silent-tcp"
                                               : "unreachable";

    failure_set(ret, cause, "%s: %s", place, strerror(-error));
}

static void keep_place(struct doctor *doctor, const char *address, uint16_t port)
{
    snprintf(doctor->address, sizeof(doctor->address), "%s", address);
    doctor->port = port;
}

/* One address that answers is enough: what is wrong with the others is told when that is known. */
bool doctor_probe_tcp(struct doctor *doctor)
{
    struct failure failures[LIMIT_ADDRESSES];
    char place[DOCTOR_PLACE_MAX];
    unsigned reached = 0, failed = 0;
    struct route *route;
    const char *address;
    uint16_t port;

    if (route_find(&route, &doctor->order) < 0)
        return false;
    while (failed < LIMIT_ADDRESSES && route_next(route, &address, &port)) {
        _cleanup_(closep) int fd = doctor_connect(address, port, timing_default().tcp_usec);

        doctor_describe_place(place, address, port);
        if (fd < 0) {
            fill_in_failure(&failures[failed++], fd, place);
            continue;
        }
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%s answers", place);
        if (reached++ == 0)
            keep_place(doctor, address, port);
    }
    route_free(route);
    for (unsigned i = 0; i < failed; i++)
        doctor_tell_failure(doctor, reached > 0 ? VERDICT_WARNING : VERDICT_FAILED, &failures[i],
                            "");
    return reached > 0;
}

/* ---- the hook ---- */

/* A hook that asks for what we left out is there all the same. */
static void on_answer(const struct http_answer *answer, void *userdata)
{
    struct question *question = userdata;

    question->good = !answer->error || answer->status == 400;
    if (question->good)
        doctor_tell(question->doctor, VERDICT_OK, NULL, NULL,
                    "it answers %ld to a request that reports nothing", answer->status);
    else
        doctor_tell(question->doctor, VERDICT_FAILED, "hook-failed",
                    "check [report] url and that the platform runs; the login does without it",
                    "%s", answer->error);
    sd_event_exit(question->event, 0);
}

static int ask_hook(struct question *question, struct http *http)
{
    const struct doctor *doctor = question->doctor;
    const struct config *config = doctor->config;
    bool may_be_near;
    const char *url = servers_hook(doctor->servers, config, &may_be_near);
    const struct http_options options = {.far_only = !may_be_near};
    struct http_request *request;

    return http_get(&request, http, url, config->report.timeout_usec, &options, on_answer,
                    question);
}

/* Without the parameters of a report: platforms act on those. */
bool doctor_probe_hook(struct doctor *doctor)
{
    struct question question = {.doctor = doctor};
    bool may_be_near;
    int r;

    if (!servers_hook(doctor->servers, doctor->config, &may_be_near)) {
        doctor_tell(doctor, VERDICT_SKIPPED, NULL, NULL, "[report] url is not set");
        return true;
    }
    r = ask(&question, ask_hook);
    if (r < 0)
        doctor_tell(doctor, VERDICT_FAILED, "hook-failed", "check [report] url",
                    "cannot ask it: %s", strerror(-r));
    return question.good;
}
