/*
 * What can be asked of the rabbit on the bus: methods, most of them chat's commands in other
 * clothes. Replies come when the body rests, as in chat. Owned by struct bus, made anew for each
 * connection; main thread.
 */
#ifndef NABAZTAGD_RABBIT_BUS_CALLS_H
#define NABAZTAGD_RABBIT_BUS_CALLS_H

#include <systemd/sd-bus.h>

#include "rabbit/command.h"
#include "web/http.h"

struct bus_calls;

struct bus_orders {
    /* How the rabbit is, in one line. */
    void (*describe)(char *ret, size_t size, void *userdata);
    /* These return 0, -ENOENT (not configured), -EPERM (not allowed), -EISCONN (online already),
     * -EBUSY or -errno. */
    int (*reconnect)(void *userdata);
    int (*register_account)(void *userdata);
    /* As http_get(). */
    int (*report)(struct http_request **ret, http_handler handler, void *handler_userdata,
                  void *userdata);
};

/* What is handed over must outlive the calls; of `context` only what commands act on is taken. */
int bus_calls_new(struct bus_calls **ret, sd_bus *bus, const struct command_context *context,
                  const struct bus_orders *orders, void *userdata);
/* Whoever still waits gets no answer. Accepts NULL, returns NULL. */
struct bus_calls *bus_calls_free(struct bus_calls *calls);

/* The body rests, nothing plays: whoever waits for that gets the reply now. */
void bus_calls_on_rest(struct bus_calls *calls);

#endif
