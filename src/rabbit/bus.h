/*
 * The rabbit on D-Bus: name, object, properties with their changes, methods, signals. Comes and
 * goes with the bus, which a rabbit can do without. Owned by struct rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_BUS_H
#define NABAZTAGD_RABBIT_BUS_H

#include <systemd/sd-event.h>

#include "rabbit/bus-calls.h"
#include "rabbit/bus-view.h"

struct bus;

struct bus_listener {
    /* Fills in a view that is all zero. */
    void (*look)(struct bus_view *ret, void *userdata);
    struct bus_orders orders;
};

/*
 * Connects to the bus `which`, as in bus_open(), and goes on trying. Looks at the rabbit after
 * whatever happened and tells the bus what is different. `listener` must outlive the bus. Returns 0
 * or -errno; 0 also when there is no bus.
 */
int bus_new(struct bus **ret, sd_event *event, const char *which, const char *instance,
            const struct command_context *context, const struct bus_listener *listener,
            void *userdata);
/* Accepts NULL, returns NULL. */
struct bus *bus_free(struct bus *bus);

/* These accept NULL. */

/* The body rests, nothing plays. */
void bus_on_rest(struct bus *bus);

/* Signals: "click", "double-click", "long-press"; a hand turned the ears. */
void bus_tell_button(struct bus *bus, const char *what);
void bus_tell_ears(struct bus *bus, unsigned left, unsigned right);

#endif
