/*
 * Stops the motors when the main thread should have and does not come: it may be held in the kernel
 * by a disk that does not answer, where no signal and no watchdog reaches it. A thread of its own,
 * asleep as long as no motor runs. Owned by struct hardware; the functions are for the main thread.
 */
#ifndef NABAZTAGD_BODY_GUARD_H
#define NABAZTAGD_BODY_GUARD_H

#include "base/util.h"

struct guard;

/* So long the guard waits when it finds that main is late: where the whole machine was held up,
 * main comes now. */
#define GUARD_GRACE_USEC (300 * USEC_PER_MSEC)

/* `stop` is called from the thread. Returns 0 or -errno. */
int guard_new(struct guard **ret, void (*stop)(void *userdata), void *userdata);

/* Accepts NULL, returns NULL. */
struct guard *guard_free(struct guard *guard);

/* When the main thread will come at the latest, or (USEC_NEVER) that it need not. `stop` does not
 * run when this has returned. Accepts NULL. */
void guard_expect(struct guard *guard, uint64_t usec);

/* Whether it has stopped them since this was asked last. Accepts NULL. */
bool guard_has_stopped(struct guard *guard);

#endif
