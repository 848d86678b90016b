/*
 * The monotonic clock and randomness, in the units the daemon uses. No state, any thread.
 */
#ifndef NABAZTAGD_BASE_CLOCK_H
#define NABAZTAGD_BASE_CLOCK_H

#include <time.h>

#include "base/util.h"

/* CLOCK_MONOTONIC in µs. Never cached: sd-event's own cached time is not precise enough for
 * absolute timers. */
uint64_t clock_now_usec(void);

/* Any of the kernel's clocks in µs. */
uint64_t clock_usec(clockid_t clock);

/* CLOCK_REALTIME in µs: for people, not for waiting. */
uint64_t clock_real_usec(void);

/* The kernel's form of a time or a span, and back. */
static inline struct timespec clock_timespec(uint64_t usec)
{
    return (struct timespec){.tv_sec = (time_t)(usec / USEC_PER_SEC),
                             .tv_nsec = (long)(usec % USEC_PER_SEC * 1000)};
}

static inline uint64_t clock_timespec_usec(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * USEC_PER_SEC + (uint64_t)time->tv_nsec / 1000;
}

/* A uniformly distributed number in [low, high]; signature of struct session's random source. */
uint64_t random_between(uint64_t low, uint64_t high, void *userdata);

/* Fills `size` bytes from the kernel's random source. Returns 0 or -errno. */
int random_bytes(void *bytes, size_t size);

#endif
