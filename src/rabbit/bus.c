#include "rabbit/bus.h"

#include <errno.h>

#include "base/backoff.h"
#include "base/bus-name.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

/* The bus is looked after when all else is done, and sees the rabbit as it is then. */
#define PRIORITY_LOOK  (SD_EVENT_PRIORITY_NORMAL + 10)
#define PRIORITY_CALLS (SD_EVENT_PRIORITY_NORMAL + 20)

/* So often, half a minute in all, a policy that forbids our name may be an old one: while the
 * package is being installed the bus reads it twice, the first time when there is no such user. */
#define PATIENT_TRIES 30

struct bus {
    sd_event *event;
    char *which;
    char name[BUS_NAME_SIZE];
    struct command_context context;
    const struct bus_listener *listener;
    void *userdata;

    struct bus_view view; /* as told last */
    sd_event_source *look, *retry;
    struct backoff backoff;
    unsigned forbidden; /* how often, one after the other */
    int trouble;        /* told last; 0: none */

    sd_bus *connection; /* NULL: there is none */
    struct bus_calls *calls;
};

/* ---- signals ---- */

/* Each name of an argument ends with a NUL. */
static const sd_bus_vtable signals[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_SIGNAL_WITH_NAMES("Button", "s", "what\0", 0),
    SD_BUS_SIGNAL_WITH_NAMES("EarsMoved", "uu", "left\0right\0", 0),
    SD_BUS_SIGNAL_WITH_NAMES("Failure", "ss", "cause\0text\0", 0),
    SD_BUS_VTABLE_END,
};

/* There is a bus, and it reads what it is told. */
static bool is_heard(const struct bus *bus)
{
    uint64_t waiting;

    return bus && bus->connection && sd_bus_get_n_queued_write(bus->connection, &waiting) >= 0 &&
           waiting < LIMIT_BUS_BACKLOG;
}

void bus_tell_button(struct bus *bus, const char *what)
{
    if (is_heard(bus))
        sd_bus_emit_signal(bus->connection, BUS_PATH, BUS_INTERFACE, "Button", "s", what);
}

void bus_tell_ears(struct bus *bus, unsigned left, unsigned right)
{
    if (is_heard(bus))
        sd_bus_emit_signal(bus->connection, BUS_PATH, BUS_INTERFACE, "EarsMoved", "uu", left,
                           right);
}

void bus_on_rest(struct bus *bus)
{
    if (bus && bus->calls)
        bus_calls_on_rest(bus->calls);
}

static void tell_failure(struct bus *bus, const struct bus_trouble *failure)
{
    sd_bus_emit_signal(bus->connection, BUS_PATH, BUS_INTERFACE, "Failure", "ss", failure->cause,
                       failure->text);
}

/* ---- what has changed ---- */

/* A bus that falls behind is told later, all at once. */
static int on_look(sd_event_source *source, void *userdata)
{
    struct bus *bus = userdata;
    struct bus_view old = bus->view;
    const char *names[BUS_PROPERTIES_MAX];

    if (bus->connection && !is_heard(bus))
        return 0;
    memset(&bus->view, 0, sizeof(bus->view));
    bus->listener->look(&bus->view, bus->userdata);
    if (!bus->connection || bus_view_compare(&old, &bus->view, names) == 0)
        return 0;
    sd_bus_emit_properties_changed_strv(bus->connection, BUS_PATH, BUS_INTERFACE, (char **)names);
    if (bus->view.last_failure.usec != old.last_failure.usec)
        tell_failure(bus, &bus->view.last_failure);
    return 0;
}

/* ---- coming and going ---- */

static void leave(struct bus *bus)
{
    bus->calls = bus_calls_free(bus->calls);
    bus->connection = sd_bus_close_unref(bus->connection);
}

static void try_again_in(struct bus *bus, uint64_t delay_usec)
{
    sd_event_source_set_time(bus->retry, clock_now_usec() + delay_usec);
    sd_event_source_set_enabled(bus->retry, SD_EVENT_ONESHOT);
}

static void try_again_later(struct bus *bus)
{
    try_again_in(bus, backoff_next(&bus->backoff, random_between, NULL));
}

/* No bus is nothing to worry about. */
static void on_trouble(struct bus *bus, int error)
{
    if (error != bus->trouble)
        log_debug("No bus (%s): %s", bus->which, strerror(-error));
    bus->trouble = error;
    try_again_later(bus);
}

/* A bus that does not want us is, once. */
static void warn_once(struct bus *bus, int error, const char *remedy)
{
    if (error != bus->trouble)
        log_warning("The bus does not give us the name %s (%s); %s", bus->name, strerror(-error),
                    remedy);
    bus->trouble = error;
}

static void on_refusal(struct bus *bus, int error)
{
    if (error == -EACCES && bus->forbidden++ < PATIENT_TRIES) {
        try_again_in(bus, USEC_PER_SEC);
        return;
    }
    warn_once(bus, error, "see its policy for nabaztagd");
    try_again_later(bus);
}

/* The reply to RequestName(). */
static int on_name(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    uint32_t result = 0;
    int r = sd_bus_message_is_method_error(reply, NULL) ? -sd_bus_message_get_errno(reply)
                                                        : sd_bus_message_read(reply, "u", &result);

    if (r < 0)
        on_refusal(userdata, r);
    else if (result == 2) /* DBUS_REQUEST_NAME_REPLY_IN_QUEUE: it comes when its owner goes */
        warn_once(userdata, -EEXIST, "is another nabaztagd running?");
    return 0;
}

static int on_name_acquired(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    struct bus *bus = userdata;

    log_debug("On the bus (%s) as %s", bus->which, bus->name);
    bus->backoff.step = 0;
    bus->forbidden = 0;
    bus->trouble = 0;
    return 0;
}

static int on_disconnected(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    on_trouble(userdata, -ECONNRESET);
    return 0;
}

static int request_name(struct bus *bus)
{
    char match[sizeof(bus->name) + 128];
    int r;

    snprintf(match, sizeof(match),
             "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
             "member='NameAcquired',arg0='%s'",
             bus->name);
    r = sd_bus_add_match_async(bus->connection, NULL, match, on_name_acquired, NULL, bus);
    if (r >= 0)
        r = sd_bus_request_name_async(bus->connection, NULL, bus->name, SD_BUS_NAME_QUEUE, on_name,
                                      bus);
    return r;
}

static int set_up(struct bus *bus)
{
    int r = bus_view_publish(&bus->view, bus->connection);

    if (r == 0)
        r = bus_calls_new(&bus->calls, bus->connection, &bus->context, &bus->listener->orders,
                          bus->userdata);
    if (r >= 0)
        r = sd_bus_add_object_vtable(bus->connection, NULL, BUS_PATH, BUS_INTERFACE, signals, bus);
    if (r >= 0)
        r = sd_bus_add_match(bus->connection, NULL,
                             "type='signal',path='/org/freedesktop/DBus/Local',"
                             "interface='org.freedesktop.DBus.Local',member='Disconnected'",
                             on_disconnected, bus);
    if (r >= 0)
        r = request_name(bus);
    return r < 0 ? r : sd_bus_attach_event(bus->connection, bus->event, PRIORITY_CALLS);
}

static void join(struct bus *bus)
{
    int r = bus_open(&bus->connection, bus->which);

    if (r == 0)
        r = set_up(bus);
    if (r < 0) {
        leave(bus);
        on_trouble(bus, r);
    }
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    leave(userdata);
    join(userdata);
    return 0;
}

/* ---- life ---- */

static int add_sources(struct bus *bus)
{
    int r = sd_event_add_time(bus->event, &bus->retry, CLOCK_MONOTONIC, USEC_NEVER, USEC_PER_SEC,
                              on_retry, bus);

    if (r >= 0)
        r = sd_event_add_post(bus->event, &bus->look, on_look, bus);
    if (r >= 0)
        r = sd_event_source_set_priority(bus->look, PRIORITY_LOOK);
    return r < 0 ? r : 0;
}

int bus_new(struct bus **ret, sd_event *event, const char *which, const char *instance,
            const struct command_context *context, const struct bus_listener *listener,
            void *userdata)
{
    struct bus *bus = calloc(1, sizeof(*bus));
    int r;

    if (!bus)
        return -ENOMEM;
    bus->event = sd_event_ref(event);
    bus->context = *context;
    bus->listener = listener;
    bus->userdata = userdata;
    bus->backoff = (struct backoff){
        .low_usec = USEC_PER_SEC / 2, .high_usec = USEC_PER_SEC, .max_usec = USEC_PER_MIN};
    bus_name(instance, bus->name);
    r = strdup_to(&bus->which, which);
    if (r == 0)
        r = add_sources(bus);
    if (r < 0) {
        bus_free(bus);
        return r;
    }
    listener->look(&bus->view, userdata);
    join(bus);
    *ret = bus;
    return 0;
}

struct bus *bus_free(struct bus *bus)
{
    if (!bus)
        return NULL;
    leave(bus);
    sd_event_source_disable_unref(bus->look);
    sd_event_source_disable_unref(bus->retry);
    sd_event_unref(bus->event);
    free(bus->which);
    free(bus);
    return NULL;
}
