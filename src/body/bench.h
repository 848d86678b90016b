/*
 * The bench: a unix stream socket to see and touch the simulated rabbit with (interface.md, "The
 * simulated rabbit and its bench"). Owned by struct body, main thread. A line in is a command, a
 * line out is one JSON object.
 */
#ifndef NABAZTAGD_BODY_BENCH_H
#define NABAZTAGD_BODY_BENCH_H

#include <systemd/sd-event.h>

#include "body/leds-sim.h"
#include "body/lines-sim.h"

struct bench;

/*
 * Listens at `path` with mode 0600; `sim` and `leds` must outlive the bench. A socket that nobody
 * listens to is replaced. Returns 0, -EADDRINUSE when somebody does, -EEXIST when something else is
 * there, -ENAMETOOLONG, or -errno.
 */
int bench_new(struct bench **ret, sd_event *event, const char *path, struct lines_sim *sim,
              struct leds_sim *leds);
/* Drops the clients and removes the socket. Accepts NULL, returns NULL. */
struct bench *bench_free(struct bench *bench);

#endif
