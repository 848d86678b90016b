/*
 * One rabbit: the root of the ownership tree. Puts the body, the login, the people and the commands
 * together and says how it is. Owned by main; main thread.
 */
#ifndef NABAZTAGD_RABBIT_RABBIT_H
#define NABAZTAGD_RABBIT_RABBIT_H

#include <systemd/sd-event.h>

#include "base/config.h"
#include "base/timing.h"

struct rabbit;

struct rabbit_listener {
    /* The one line that says how the rabbit is has changed. */
    void (*on_status)(const char *status, void *userdata);
    /* rabbit_stop() is done. */
    void (*on_stopped)(void *userdata);
};

/*
 * Builds the body and the rest; nothing is connected yet. `config` must outlive the rabbit or be
 * replaced by rabbit_reload(); `config_path` is named to people. Logs what goes wrong. Returns 0 or
 * -errno.
 */
int rabbit_new(struct rabbit **ret, sd_event *event, const struct config *config,
               const char *config_path, const struct timing *timing,
               const struct rabbit_listener *listener, void *userdata);

/* Motors off, LEDs dark, everything freed. False: a thread was left behind, the process should
 * _exit(). */
bool rabbit_free(struct rabbit *rabbit);

/* Makes it part of the bus `which`, as in bus_open(), under the name of `instance`. Returns 0 or
 * -errno; 0 also when there is no bus. */
int rabbit_serve(struct rabbit *rabbit, const char *which, const char *instance);

/* Begins to log in. Returns 0 or -errno (logged). */
int rabbit_start(struct rabbit *rabbit);

/* Takes a new configuration and does anew what it changes; the old one is not used any more. Or
 * returns -ENOMEM, and the old one stays. */
int rabbit_reload(struct rabbit *rabbit, const struct config *config);

/* Motors off, LEDs dark, goodbye to the server; on_stopped() follows unless the network hangs. */
void rabbit_stop(struct rabbit *rabbit);

/* For the watchdog. */
bool rabbit_is_healthy(struct rabbit *rabbit);

#endif
