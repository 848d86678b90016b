/*
 * The link thread: waits for orders and for the socket, and pumps libstrophe. The only caller of
 * xmpp_run_once().
 */
#include "xmpp/link-thread.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h> /* knows more than netinet/tcp.h */
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "xmpp/parser-guard.h"
#include "xmpp/route.h"

/* How long libstrophe may sleep between two looks at its own timers, which it does not show. */
#define TICK_LOGIN_MSEC 250
#define TICK_HEARD_MSEC 5 /* stream headers wait inside uncounted when the last run made them */
#define TICK_SENT_MSEC  1000
#define CLOSE_USEC      (1 * USEC_PER_SEC)
#define UNREAD_USEC     (20 * USEC_PER_SEC) /* so long half the backlog or more waits unsent */

struct pump {
    struct link_shared *shared;
    xmpp_ctx_t *ctx;
    int64_t memory; /* bytes libstrophe holds, as far as this thread allocated them */

    /* The attempt under way; NULL between attempts. */
    struct order *order;
    struct route *route; /* the addresses not tried yet */
    xmpp_conn_t *conn;
    struct stream *stream;
    unsigned attempt;
    enum stage stage;
    bool closing;      /* main wants a polite end … */
    bool closed;       /* … and our </stream:stream> is on its way */
    bool sent;         /* something may still be waiting inside libstrophe */
    bool heard;        /* so inside OpenSSL */
    uint64_t received; /* bytes that have come, after the last run of the library */
    bool garbage;      /* libstrophe could not parse what came */
    uint64_t close_by_usec;
    uint64_t busy_usec;       /* online: processor time since the last stanza was complete */
    uint64_t full_since_usec; /* the backlog is at least half full; 0: it is not */
};

/* libstrophe's socket callback has no userdata: the pump of this thread. */
static _Thread_local struct pump *this_pump;

void link_event_drop(void *item)
{
    struct link_event *event = item;

    if (event->stanza)
        xmpp_stanza_release(event->stanza);
    free(event->sight);
    free(event->jid);
    free(event);
}

/* Memory: counted, so that one stanza cannot eat the board's. Only this thread's share: copies are
 * main's. */

static bool is_mine(const struct pump *pump)
{
    return this_pump == pump;
}

static void *count_alloc(size_t size, void *userdata)
{
    struct pump *pump = userdata;
    void *block = malloc(size);

    if (block && is_mine(pump))
        pump->memory += (int64_t)malloc_usable_size(block);
    return block;
}

static void count_free(void *block, void *userdata)
{
    struct pump *pump = userdata;

    if (block && is_mine(pump))
        pump->memory -= (int64_t)malloc_usable_size(block);
    free(block);
}

static void *count_realloc(void *block, size_t size, void *userdata)
{
    struct pump *pump = userdata;
    int64_t before = block ? (int64_t)malloc_usable_size(block) : 0;
    void *after = realloc(block, size);

    if (after && is_mine(pump))
        pump->memory += (int64_t)malloc_usable_size(after) - before;
    return after;
}

/* libstrophe's own messages may hold whole stanzas, passwords included: only their occurrence is of
 * interest. */
static void on_library_log(void *userdata, xmpp_log_level_t level, const char *area,
                           const char *message)
{
    struct pump *pump = userdata;

    if (streq(area, "xmpp") && after_prefix(message, "parse error"))
        pump->garbage = true;
    else if (level >= XMPP_LEVEL_WARN)
        log_debug("libstrophe: a warning from its %s part", area);
}

/* Upward */

static void post(struct pump *pump, struct link_event *event)
{
    if (!event)
        return;
    event->attempt = pump->attempt;
    if (queue_push_wait(pump->shared->up, event) < 0)
        link_event_drop(event);
}

static struct link_event *new_event(enum link_event_kind kind)
{
    struct link_event *event = calloc(1, sizeof(*event));

    if (event)
        event->kind = kind;
    return event;
}

static void on_stage(enum stage stage, void *userdata)
{
    struct pump *pump = userdata;
    struct link_event *event = new_event(LINK_STAGE);

    pump->stage = stage;
    if (event)
        event->stage = stage;
    post(pump, event);
}

static void on_seen(const struct sight *sight, void *userdata)
{
    struct link_event *event = new_event(LINK_SEEN);

    if (!event)
        return;
    event->sight = malloc(sizeof(*sight));
    if (event->sight) {
        *event->sight = *sight;
        offer_copy(&event->sight->offer, &sight->offer);
    }
    post(userdata, event);
}

static void on_registered(void *userdata)
{
    post(userdata, new_event(LINK_REGISTERED));
}

static void on_online(const char *jid, void *userdata)
{
    struct link_event *event = new_event(LINK_ONLINE);

    if (event)
        event->jid = strdup(jid);
    post(userdata, event);
}

static void on_stanza(xmpp_stanza_t *stanza, void *userdata)
{
    struct pump *pump = userdata;
    struct link_event *event = new_event(LINK_STANZA);
    int64_t before = pump->memory;

    pump->busy_usec = 0;
    if (!event)
        return;
    event->stanza = xmpp_stanza_copy(stanza);
    pump->memory = before; /* the copy is main's from now on */
    if (event->stanza)
        post(pump, event);
    else
        link_event_drop(event);
}

/* The socket */

static void forget_socket(struct link_shared *shared)
{
    pthread_mutex_lock(&shared->lock);
    if (shared->socket >= 0)
        close(shared->socket);
    shared->socket = -1;
    pthread_mutex_unlock(&shared->lock);
}

/* Keeps a duplicate for main's shutdown(): libstrophe closes its own number early, and a recycled
 * one is not ours. */
static void remember_socket(struct pump *pump, int fd)
{
    struct link_shared *shared = pump->shared;

    forget_socket(shared);
    pthread_mutex_lock(&shared->lock);
    shared->socket = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (shared->stop || shared->cancelled >= pump->attempt)
        shutdown(fd, SHUT_RDWR);
    pthread_mutex_unlock(&shared->lock);
}

static void set_option(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof(value));
}

/* Before connect(), once per address tried. */
static int on_socket(xmpp_conn_t *conn, void *sock)
{
    int fd = *(int *)sock;

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 20);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 120000); /* of what we sent; no probes then */
    remember_socket(this_pump, fd);
    stream_on_socket(this_pump->stream);
    return fd < FD_SETSIZE ? 0 : -1; /* libstrophe uses select() */
}

static int current_socket(struct link_shared *shared)
{
    int fd;

    pthread_mutex_lock(&shared->lock);
    fd = shared->socket;
    pthread_mutex_unlock(&shared->lock);
    return fd;
}

/* Attempts */

static void drop_queued(struct queue *down)
{
    void *text;

    while ((text = queue_pop(down)))
        free(text);
}

static void drop_connection(struct pump *pump)
{
    xmpp_conn_release(pump->conn); /* calls the stream's handler once more */
    pump->conn = NULL;
    pump->stream = stream_free(pump->stream);
    pump->memory = 0;
    forget_socket(pump->shared);
}

/* Frees everything of the attempt. Its last bytes (</stream:stream>) get one chance to leave. */
static void end_attempt(struct pump *pump)
{
    if (pump->conn && !pump->closed) {
        xmpp_disconnect(pump->conn);
        xmpp_run_once(pump->ctx, 0);
    }
    if (pump->conn)
        drop_connection(pump);
    pump->route = route_free(pump->route);
    pump->order = order_free(pump->order);
    pump->closing = pump->closed = false;
    drop_queued(pump->shared->down);
}

static void post_failure(struct pump *pump, const struct failure *failure)
{
    struct link_event *event = new_event(LINK_ENDED);

    if (event)
        event->failure = *failure;
    post(pump, event);
}

static const struct failure no_memory = {FAILURE_NETWORK, "too-large", "out of memory", false};

static bool is_connecting(const struct pump *pump)
{
    return pump->stage <= STAGE_TCP;
}

static int prepare_connection(struct pump *pump)
{
    static const struct stream_listener listener = {
        .on_stage = on_stage,
        .on_seen = on_seen,
        .on_registered = on_registered,
        .on_online = on_online,
        .on_stanza = on_stanza,
    };

    pump->conn = xmpp_conn_new(pump->ctx);
    if (!pump->conn)
        return -ENOMEM;
    xmpp_conn_set_sockopt_callback(pump->conn, on_socket);
    return stream_new(&pump->stream, pump->conn, pump->order, &listener, pump);
}

/* Goes on to the next address of the server. False: there is none, or one was reached already;
 * *failure then tells of the last one tried. */
static bool try_next(struct pump *pump, struct failure *failure)
{
    const char *address;
    uint16_t port;

    while (is_connecting(pump) && route_next(pump->route, &address, &port)) {
        if (pump->conn)
            drop_connection(pump);
        if (prepare_connection(pump) < 0) {
            *failure = no_memory;
            return false;
        }
        stream_connect(pump->stream, address, port);
        if (!stream_failure(pump->stream))
            return true;
        *failure = *stream_failure(pump->stream);
    }
    return false;
}

/* Has the attempt come to its end? Then main is told, unless it was main who wanted that. */
static void check_end(struct pump *pump)
{
    const struct failure *failure;
    struct failure copy;

    if (!pump->conn)
        return;
    failure = stream_failure(pump->stream);
    if (failure)
        copy = *failure;
    if (pump->closing && (failure || clock_now_usec() >= pump->close_by_usec)) {
        post(pump, new_event(LINK_CLOSED));
        end_attempt(pump);
    } else if (failure) {
        if (try_next(pump, &copy))
            return;
        post_failure(pump, &copy);
        end_attempt(pump);
    } else if (stream_is_done(pump->stream)) {
        end_attempt(pump);
    }
}

static void begin_attempt(struct pump *pump, struct order *order, unsigned attempt)
{
    struct failure failure;

    end_attempt(pump);
    pump->order = order;
    pump->attempt = attempt;
    pump->garbage = false;
    pump->busy_usec = pump->full_since_usec = 0;
    on_stage(STAGE_RESOLVE, pump);
    failure_set(&failure, "dns", "%s", order->host ? order->host : order->domain);
    if (route_find(&pump->route, order) < 0)
        failure = no_memory;
    else if (try_next(pump, &failure))
        return;
    post_failure(pump, &failure);
    end_attempt(pump);
}

static void begin_close(struct pump *pump)
{
    if (!pump->conn || pump->stage != STAGE_ONLINE) {
        post(pump, new_event(LINK_CLOSED));
        end_attempt(pump);
        return;
    }
    pump->closing = true;
    pump->close_by_usec = clock_now_usec() + CLOSE_USEC;
}

/* Pumping */

static void send_queued(struct pump *pump)
{
    bool all = false;
    char *text;

    if (pump->stage != STAGE_ONLINE)
        return;
    while (xmpp_conn_send_queue_len(pump->conn) < LIMIT_SEND_BACKLOG) {
        text = queue_pop(pump->shared->down);
        if (!text) {
            all = true;
            break;
        }
        xmpp_send_raw(pump->conn, text, strlen(text));
        free(text);
        pump->sent = true;
    }
    if (pump->closing && !pump->closed && all) {
        xmpp_disconnect(pump->conn);
        pump->closed = pump->sent = true;
    }
}

/* One run of the library. What expat and libstrophe do with a long stanza grows with the square of
 * its length; a login may be busy with better things. */
static void run_library_once(struct pump *pump)
{
    bool online = pump->stage == STAGE_ONLINE;
    uint64_t before = clock_usec(CLOCK_THREAD_CPUTIME_ID);

    xmpp_run_once(pump->ctx, 0);
    if (online)
        pump->busy_usec += clock_usec(CLOCK_THREAD_CPUTIME_ID) - before;
}

/*
 * One run reads at most 4096 bytes while a TLS record is 16 KiB, of which the rest would wait
 * inside OpenSSL where poll() cannot see it; and what handlers send leaves on the next run.
 */
static void run_library(struct pump *pump)
{
    int runs = xmpp_conn_is_secured(pump->conn) ? 5 : 2;

    for (int i = 0; i < runs && !stream_is_done(pump->stream); i++) {
        run_library_once(pump);
        if (pump->memory > LIMIT_STANZA_MEMORY)
            stream_fail(pump->stream, "too-large", "one stanza");
        if (pump->busy_usec > LIMIT_STANZA_USEC)
            stream_fail(pump->stream, "too-large", "one stanza keeps the processor busy");
        if (pump->garbage)
            stream_fail(pump->stream, "protocol", "it sent something that is not XML");
    }
}

/* Only what has run with nothing in the socket all the time has emptied OpenSSL. */
static void note_arrivals(struct pump *pump)
{
    struct tcp_info info = {.tcpi_state = 0};
    socklen_t size = sizeof(info);

    if (pump->stage != STAGE_ONLINE || !xmpp_conn_is_secured(pump->conn))
        return;
    getsockopt(current_socket(pump->shared), IPPROTO_TCP, TCP_INFO, &info, &size);
    if (info.tcpi_bytes_received != pump->received)
        pump->heard = true;
    pump->received = info.tcpi_bytes_received;
}

/* A server that sends and never reads would keep us busy with answers it does not take. */
static void check_backlog(struct pump *pump)
{
    if (xmpp_conn_send_queue_len(pump->conn) < LIMIT_SEND_BACKLOG / 2)
        pump->full_since_usec = 0;
    else if (!pump->full_since_usec)
        pump->full_since_usec = clock_now_usec();
    else if (clock_now_usec() - pump->full_since_usec >= UNREAD_USEC)
        stream_fail(pump->stream, "silent-online", "it reads nothing any more");
}

static int poll_timeout(struct pump *pump)
{
    bool sent = pump->sent, heard = pump->heard;

    pump->sent = pump->heard = false;
    if (!pump->conn)
        return -1;
    if (heard)
        return 0;
    if (pump->stage != STAGE_ONLINE || pump->closing)
        return sent ? TICK_HEARD_MSEC : TICK_LOGIN_MSEC;
    return sent || pump->full_since_usec ? TICK_SENT_MSEC : -1;
}

/* Sleeps until an order, something to send, the socket, or libstrophe's own timers want attention.
 */
static void wait_for_work(struct pump *pump)
{
    struct pollfd fds[3] = {
        {.fd = pump->shared->wake_fd, .events = POLLIN}, {.fd = -1}, {.fd = -1}};
    eventfd_t ignored;

    if (pump->conn) {
        bool blocked = xmpp_conn_send_queue_len(pump->conn) > 0;

        fds[1].fd = current_socket(pump->shared);
        fds[1].events = (short)((is_connecting(pump) ? 0 : POLLIN) |
                                (blocked || is_connecting(pump) ? POLLOUT : 0));
        if (pump->stage == STAGE_ONLINE && !blocked)
            fds[2] = (struct pollfd){.fd = queue_fd(pump->shared->down), .events = POLLIN};
    }
    if (poll(fds, ARRAY_SIZE(fds), poll_timeout(pump)) <= 0)
        return;
    if (fds[0].revents)
        eventfd_read(pump->shared->wake_fd, &ignored);
    if (fds[1].revents && pump->stage != STAGE_ONLINE)
        pump->sent = true;
    else if (fds[1].revents)
        pump->heard = xmpp_conn_is_secured(pump->conn);
}

/* Takes the latest wish out of the order box and carries it out. False: the thread shall end. */
static bool obey(struct pump *pump)
{
    struct link_shared *shared = pump->shared;
    enum link_wish wish;
    struct order *order;
    unsigned attempt;
    bool stop;

    shared->beats_given = shared->beats_asked;
    pthread_mutex_lock(&shared->lock);
    wish = shared->wish;
    order = shared->order;
    attempt = shared->attempt;
    stop = shared->stop;
    shared->wish = WISH_NOTHING;
    shared->order = NULL;
    pthread_mutex_unlock(&shared->lock);
    if (stop) {
        order_free(order);
        return false;
    }
    if (wish == WISH_CONNECT)
        begin_attempt(pump, order, attempt);
    else if (wish == WISH_CLOSE)
        begin_close(pump);
    else if (wish == WISH_ABORT)
        end_attempt(pump);
    return true;
}

/* Stanzas that main did not take belong to our context and must go before it does. */
static void drop_events(struct pump *pump)
{
    void *event;

    while ((event = queue_pop(pump->shared->up)))
        link_event_drop(event);
}

static void run(struct pump *pump)
{
    while (obey(pump)) {
        if (pump->conn) {
            send_queued(pump);
            run_library(pump);
            note_arrivals(pump);
            check_backlog(pump);
            check_end(pump);
        }
        wait_for_work(pump);
    }
    end_attempt(pump);
}

void *link_thread_run(void *argument)
{
    struct pump pump = {.shared = argument};
    const xmpp_mem_t memory = {count_alloc, count_free, count_realloc, &pump};
    const xmpp_log_t log = {on_library_log, &pump};

    parser_guard_use();
    pump.ctx = xmpp_ctx_new(&memory, &log);
    if (!pump.ctx)
        return NULL;
    this_pump = &pump;
    run(&pump);
    drop_events(&pump);
    xmpp_ctx_free(pump.ctx);
    this_pump = NULL;
    return NULL;
}
