#include "body/guard.h"

#include <errno.h>

#include "base/clock.h"
#include "base/priority.h"
#include "base/thread.h"

struct guard {
    void (*stop)(void *userdata);
    void *userdata;
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows, and held while it stops */
    pthread_cond_t earlier;
    uint64_t expected_usec;
    uint64_t missed_usec, patient_until_usec; /* what was expected in vain, and how long more */
    uint64_t asleep_until_usec;
    bool has_stopped, ends;
};

/* ---- the thread ---- */

static void sleep_until(struct guard *guard, uint64_t usec)
{
    const struct timespec until = clock_timespec(usec);

    guard->asleep_until_usec = usec;
    if (usec == USEC_NEVER)
        pthread_cond_wait(&guard->earlier, &guard->lock);
    else
        pthread_cond_timedwait(&guard->earlier, &guard->lock, &until);
}

static void stop_motors(struct guard *guard)
{
    guard->stop(guard->userdata);
    guard->has_stopped = true;
    guard->expected_usec = USEC_NEVER;
}

/* When the motors are to be stopped, as far as can be said now. */
static uint64_t look(struct guard *guard, uint64_t now_usec)
{
    if (now_usec < guard->expected_usec)
        return guard->expected_usec;
    if (guard->missed_usec != guard->expected_usec) {
        guard->missed_usec = guard->expected_usec;
        guard->patient_until_usec = now_usec + GUARD_GRACE_USEC;
    }
    return guard->patient_until_usec;
}

static void *run(void *argument)
{
    struct guard *guard = argument;

    priority_raise(PRIORITY_GUARD);
    pthread_mutex_lock(&guard->lock);
    while (!guard->ends) {
        uint64_t now_usec = clock_now_usec(), due = look(guard, now_usec);

        if (now_usec < due)
            sleep_until(guard, due);
        else
            stop_motors(guard);
    }
    pthread_mutex_unlock(&guard->lock);
    return NULL;
}

/* ---- for main ---- */

void guard_expect(struct guard *guard, uint64_t usec)
{
    if (!guard)
        return;
    pthread_mutex_lock(&guard->lock);
    guard->expected_usec = usec;
    if (usec < guard->asleep_until_usec) /* later ones it sees when it wakes */
        pthread_cond_signal(&guard->earlier);
    pthread_mutex_unlock(&guard->lock);
}

bool guard_has_stopped(struct guard *guard)
{
    bool has_stopped;

    if (!guard)
        return false;
    pthread_mutex_lock(&guard->lock);
    has_stopped = guard->has_stopped;
    guard->has_stopped = false;
    pthread_mutex_unlock(&guard->lock);
    return has_stopped;
}

/* ---- life ---- */

static void dispose(struct guard *guard)
{
    pthread_cond_destroy(&guard->earlier);
    pthread_mutex_destroy(&guard->lock);
    free(guard);
}

int guard_new(struct guard **ret, void (*stop)(void *userdata), void *userdata)
{
    struct guard *guard = calloc(1, sizeof(*guard));
    pthread_condattr_t monotonic;
    int r;

    if (!guard)
        return -ENOMEM;
    guard->stop = stop;
    guard->userdata = userdata;
    guard->expected_usec = guard->missed_usec = USEC_NEVER;
    pthread_mutex_init(&guard->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&guard->earlier, &monotonic);
    pthread_condattr_destroy(&monotonic);
    r = thread_start(&guard->thread, "guard", run, guard);
    if (r < 0) {
        dispose(guard);
        return r;
    }
    *ret = guard;
    return 0;
}

struct guard *guard_free(struct guard *guard)
{
    if (!guard)
        return NULL;
    pthread_mutex_lock(&guard->lock);
    guard->ends = true;
    pthread_cond_signal(&guard->earlier);
    pthread_mutex_unlock(&guard->lock);
    pthread_join(guard->thread, NULL);
    dispose(guard);
    return NULL;
}
