/*
 * Exponential back-off with full jitter: each delay is drawn from a window whose upper end doubles.
 * Pure; the caller owns the struct and the random source.
 */
#ifndef NABAZTAGD_BASE_BACKOFF_H
#define NABAZTAGD_BASE_BACKOFF_H

#include "base/util.h"

/* Draws from [low, high]; base/clock.h has the real one. */
typedef uint64_t (*random_source)(uint64_t low, uint64_t high, void *userdata);

struct backoff {
    uint64_t low_usec;  /* no delay is shorter */
    uint64_t high_usec; /* upper end of the first window */
    uint64_t max_usec;  /* where doubling ends */
    unsigned step;      /* how often it has doubled; 0 starts anew */
};

/* The next delay in µs. */
uint64_t backoff_next(struct backoff *backoff, random_source random, void *userdata);

#endif
