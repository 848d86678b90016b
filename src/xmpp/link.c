#include "xmpp/link.h"

#include <assert.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "xmpp/link-thread.h"

/* Room for a deeply nested stanza, which libstrophe frees by recursion. Only what is touched costs
 * memory. */
#define STACK_SIZE (64UL * 1024 * 1024)
#define JOIN_USEC  (500 * USEC_PER_MSEC)
/* Events handled in one go before other sources of the loop get their turn. */
#define BATCH 32

struct link {
    struct link_shared shared;
    struct link_listener listener;
    void *userdata;
    struct timing timing;

    sd_event_source *events;   /* something came up */
    sd_event_source *deadline; /* of the current stage */
    uint64_t deadline_usec;    /* USEC_NEVER: none */
    enum stage stage;
    unsigned attempt; /* the one we listen to; 0: none */
    bool goes_on;     /* after a registration the same attempt logs in */
    bool online;
    bool closing;
    bool stuck; /* the thread overran a limit and gave no sign of life since */
    pthread_t thread;
};

static uint64_t stage_limit(const struct link *link, enum stage stage)
{
    const struct timing *timing = &link->timing;
    const uint64_t limits[STAGE_COUNT] = {
        [STAGE_RESOLVE] = timing->resolve_usec,
        [STAGE_TCP] = timing->tcp_usec,
        [STAGE_TLS] = timing->tls_usec,
        [STAGE_SASL] = timing->sasl_usec,
        [STAGE_BIND] = timing->bind_usec,
        [STAGE_REGISTER] = link->goes_on ? timing->violet_register_usec : timing->register_usec,
        [STAGE_ONLINE] = USEC_NEVER,
    };

    return limits[stage];
}

static void set_deadline(struct link *link, uint64_t usec)
{
    link->deadline_usec = usec;
    if (usec != USEC_NEVER)
        sd_event_source_set_time(link->deadline, usec);
    sd_event_source_set_enabled(link->deadline,
                                usec == USEC_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void forget_attempt(struct link *link)
{
    link->attempt = 0;
    link->online = false;
    set_deadline(link, USEC_NEVER);
}

/* Puts a wish into the order box and wakes the thread; cancels and cuts off the attempt under way
 * when told to. */
static void wish(struct link *link, enum link_wish wish, struct order *order, bool cancel)
{
    struct link_shared *shared = &link->shared;

    pthread_mutex_lock(&shared->lock);
    if (cancel) {
        shared->cancelled = shared->attempt;
        if (shared->socket >= 0)
            shutdown(shared->socket, SHUT_RDWR);
    }
    if (order)
        shared->attempt++;
    order_free(shared->order);
    shared->order = order;
    shared->wish = wish;
    pthread_mutex_unlock(&shared->lock);
    eventfd_write(shared->wake_fd, 1);
}

int link_connect(struct link *link, const struct order *order)
{
    struct order *copy;
    int r = order_copy(&copy, order);

    if (r < 0)
        return r;
    wish(link, WISH_CONNECT, copy, true);
    link->attempt = link->shared.attempt;
    link->goes_on = order->dialect == DIALECT_VIOLET && order->purpose == ORDER_REGISTER;
    link->online = false;
    link->stage = STAGE_RESOLVE;
    set_deadline(link, clock_now_usec() + link->timing.resolve_usec);
    return 0;
}

void link_abort(struct link *link)
{
    wish(link, WISH_ABORT, NULL, true);
    forget_attempt(link);
}

void link_close(struct link *link)
{
    bool polite = link->online;

    link->closing = true;
    forget_attempt(link);
    wish(link, WISH_CLOSE, NULL, !polite);
}

int link_send(struct link *link, const char *text, size_t size)
{
    char *copy;
    int r;

    if (!link->online)
        return -ENOTCONN;
    copy = strndup(text, size);
    if (!copy)
        return -ENOMEM;
    r = queue_push(link->shared.down, copy);
    if (r < 0)
        free(copy);
    return r;
}

/* A stage took too long: cut the attempt off and say which. */
static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct link *link = userdata;
    struct failure failure = {.submitted = link->stage == STAGE_REGISTER};
    char cause[32];

    if (link->stage == STAGE_RESOLVE) {
        failure_set(&failure, "dns", "no answer from the resolver");
    } else {
        snprintf(cause, sizeof(cause), "silent-%s", stage_name(link->stage));
        failure_set(&failure, cause, "nothing came for %u s",
                    (unsigned)(stage_limit(link, link->stage) / USEC_PER_SEC));
    }
    link_abort(link);
    link->stuck = true;
    link->listener.on_ended(&failure, link->userdata);
    return 0;
}

static void handle_stage(struct link *link, struct link_event *event)
{
    uint64_t limit = stage_limit(link, event->stage);

    link->stage = event->stage;
    set_deadline(link, limit == USEC_NEVER ? limit : clock_now_usec() + limit);
    link->listener.on_stage(event->stage, link->userdata);
}

static void handle_seen(struct link *link, struct link_event *event)
{
    if (event->sight)
        link->listener.on_seen(event->sight, link->userdata);
}

static void handle_registered(struct link *link, struct link_event *event)
{
    if (!link->goes_on)
        forget_attempt(link);
    link->listener.on_registered(link->userdata);
}

static void handle_online(struct link *link, struct link_event *event)
{
    link->online = true;
    if (event->jid)
        link->listener.on_online(event->jid, link->userdata);
}

static void handle_stanza(struct link *link, struct link_event *event)
{
    link->listener.on_stanza(event->stanza, link->userdata);
}

static void handle_ended(struct link *link, struct link_event *event)
{
    forget_attempt(link);
    link->listener.on_ended(&event->failure, link->userdata);
}

static void handle_event(struct link *link, struct link_event *event)
{
    static void (*const handlers[])(struct link *, struct link_event *) = {
        [LINK_STAGE] = handle_stage,           [LINK_SEEN] = handle_seen,
        [LINK_REGISTERED] = handle_registered, [LINK_ONLINE] = handle_online,
        [LINK_STANZA] = handle_stanza,         [LINK_ENDED] = handle_ended,
    };

    if (event->kind == LINK_CLOSED) {
        if (link->closing)
            link->listener.on_closed(link->userdata);
        link->closing = false;
    } else if (event->attempt == link->attempt) {
        handlers[event->kind](link, event);
    }
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct link *link = userdata;
    struct link_event *event;

    link->stuck = false;
    for (int i = 0; i < BATCH && (event = queue_pop(link->shared.up)); i++) {
        handle_event(link, event);
        link_event_drop(event);
    }
    return 0;
}

bool link_is_healthy(struct link *link)
{
    struct link_shared *shared = &link->shared;
    bool answered = shared->beats_given == shared->beats_asked;

    if (answered) {
        link->stuck = false;
        shared->beats_asked++;
        eventfd_write(shared->wake_fd, 1);
        return true;
    }
    return !link->stuck && link->deadline_usec != USEC_NEVER &&
           clock_now_usec() < link->deadline_usec;
}

static int start_thread(struct link *link)
{
    pthread_attr_t attributes;
    int r;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    r = pthread_create(&link->thread, &attributes, link_thread_run, &link->shared);
    pthread_attr_destroy(&attributes);
    if (r == 0)
        pthread_setname_np(link->thread, "link");
    return -r;
}

static int set_up(struct link *link, sd_event *event)
{
    struct link_shared *shared = &link->shared;
    int r = queue_new(&shared->up, LIMIT_QUEUE_UP, link_event_drop);

    if (r == 0)
        r = queue_new(&shared->down, LIMIT_QUEUE_ITEMS, free);
    if (r == 0) {
        shared->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        r = shared->wake_fd < 0 ? -errno : 0;
    }
    if (r == 0)
        r = sd_event_add_io(event, &link->events, queue_fd(shared->up), EPOLLIN, on_events, link);
    if (r >= 0)
        r = sd_event_add_time(event, &link->deadline, CLOCK_MONOTONIC, USEC_NEVER,
                              USEC_PER_MSEC * 10, on_deadline, link);
    return r < 0 ? r : 0;
}

static void tear_down(struct link *link)
{
    sd_event_source_disable_unref(link->events);
    sd_event_source_disable_unref(link->deadline);
    queue_free(link->shared.up);
    queue_free(link->shared.down);
    if (link->shared.wake_fd >= 0)
        close(link->shared.wake_fd);
    order_free(link->shared.order);
    pthread_mutex_destroy(&link->shared.lock);
    free(link);
}

int link_new(struct link **ret, sd_event *event, const struct timing *timing,
             const struct link_listener *listener, void *userdata)
{
    struct link *link = calloc(1, sizeof(*link));
    int r;

    if (!link)
        return -ENOMEM;
    link->shared.socket = link->shared.wake_fd = -1;
    pthread_mutex_init(&link->shared.lock, NULL);
    link->listener = *listener;
    link->userdata = userdata;
    link->timing = *timing;
    link->deadline_usec = USEC_NEVER;
    r = set_up(link, event);
    if (r == 0) {
        sd_event_source_set_enabled(link->deadline, SD_EVENT_OFF);
        r = start_thread(link);
    }
    if (r < 0) {
        tear_down(link);
        return r;
    }
    *ret = link;
    return 0;
}

bool link_free(struct link *link)
{
    const struct timespec until = clock_timespec(clock_now_usec() + JOIN_USEC);

    if (!link)
        return true;
    sd_event_source_set_enabled(link->events, SD_EVENT_OFF);
    sd_event_source_set_enabled(link->deadline, SD_EVENT_OFF);
    pthread_mutex_lock(&link->shared.lock);
    link->shared.stop = true;
    pthread_mutex_unlock(&link->shared.lock);
    queue_close(link->shared.up);
    wish(link, WISH_ABORT, NULL, true);
    if (pthread_clockjoin_np(link->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
        return false;
    tear_down(link);
    return true;
}
