/*
 * Sleep: a lasting state, kept in the state file "sleep" until somebody changes it, and held
 * against whatever disturbs the sleeper, though not all the time. A state machine without a clock;
 * owned by struct rabbit, which brings time and carries out what the listener is told. Main thread.
 */
#ifndef NABAZTAGD_RABBIT_SLEEP_H
#define NABAZTAGD_RABBIT_SLEEP_H

#include "base/util.h"

struct sleep;

struct sleep_listener {
    /* It has fallen asleep or woken up. */
    void (*on_changed)(bool asleep, void *userdata);
    /* Asleep as before, but the ears have to be sent down again. */
    void (*on_droop)(void *userdata);
};

/*
 * As the state file in `directory` has it; what cannot be read is logged and awake. NULL: nothing
 * is kept. `directory` and `listener` must outlive the sleep. The listener is not called.
 */
int sleep_new(struct sleep **ret, const char *directory, const struct sleep_listener *listener,
              void *userdata);
struct sleep *sleep_free(struct sleep *sleep);

bool sleep_is_asleep(const struct sleep *sleep);

/* On the disk before the listener is told; what cannot be written is logged and done all the same.
 * Sleep said to a sleeper sends the ears down again. */
void sleep_set(struct sleep *sleep, bool asleep, uint64_t now_usec);

/* The ears left their place. A sleeper sends them down again: at once, or 10 s after the last
 * time. */
void sleep_disturb(struct sleep *sleep, uint64_t now_usec);

/* Call sleep_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t sleep_deadline(const struct sleep *sleep);
void sleep_tick(struct sleep *sleep, uint64_t now_usec);

#endif
