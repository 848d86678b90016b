/*
 * An event loop on a virtual clock, for modules whose only event sources are timers: their time
 * passes as fast as it can be computed. A test that includes this is linked with --wrap for the
 * functions below (see meson.build), so the sources are real ones, but their event never runs.
 */
#ifndef NABAZTAGD_TESTS_UNIT_VIRTUAL_LOOP_H
#define NABAZTAGD_TESTS_UNIT_VIRTUAL_LOOP_H

#include <systemd/sd-event.h>

#include "helper.h"

#define LOOP_SOURCES_MAX 16

static struct {
    uint64_t now_usec;
    unsigned wakeups;
    struct loop_source {
        sd_event_source *source; /* NULL: free */
        sd_event_time_handler_t handler;
        void *userdata;
    } sources[LOOP_SOURCES_MAX];
} loop = {.now_usec = 1000 * USEC_PER_SEC};

uint64_t __wrap_clock_now_usec(void);
int __real_sd_event_add_time(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
                             uint64_t accuracy, sd_event_time_handler_t handler, void *userdata);
int __wrap_sd_event_add_time(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
                             uint64_t accuracy, sd_event_time_handler_t handler, void *userdata);
sd_event_source *__real_sd_event_source_disable_unref(sd_event_source *source);
sd_event_source *__wrap_sd_event_source_disable_unref(sd_event_source *source);

uint64_t __wrap_clock_now_usec(void)
{
    return loop.now_usec;
}

static inline struct loop_source *loop_find(sd_event_source *source)
{
    for (size_t i = 0; i < LOOP_SOURCES_MAX; i++)
        if (loop.sources[i].source == source)
            return &loop.sources[i];
    fail_msg("no such source, or no room for one");
    return NULL;
}

int __wrap_sd_event_add_time(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
                             uint64_t accuracy, sd_event_time_handler_t handler, void *userdata)
{
    int r = __real_sd_event_add_time(event, ret, clock, usec, accuracy, handler, userdata);

    assert_int_equal(clock, CLOCK_MONOTONIC);
    assert_true(r >= 0);
    *loop_find(NULL) =
        (struct loop_source){.source = *ret, .handler = handler, .userdata = userdata};
    return r;
}

sd_event_source *__wrap_sd_event_source_disable_unref(sd_event_source *source)
{
    if (source)
        loop_find(source)->source = NULL;
    return __real_sd_event_source_disable_unref(source);
}

/* When the source is due; USEC_NEVER: never. */
static inline uint64_t loop_due(const struct loop_source *entry)
{
    uint64_t usec = USEC_NEVER;
    int enabled;

    if (!entry->source)
        return USEC_NEVER;
    assert_true(sd_event_source_get_enabled(entry->source, &enabled) >= 0);
    if (enabled == SD_EVENT_OFF)
        return USEC_NEVER;
    assert_true(sd_event_source_get_time(entry->source, &usec) >= 0);
    return usec > loop.now_usec ? usec : loop.now_usec;
}

/* What is due first, the most urgent of them; NULL: nothing ever. */
static inline struct loop_source *loop_next(uint64_t *ret_usec)
{
    struct loop_source *next = NULL;
    int64_t next_priority = 0, priority;

    *ret_usec = USEC_NEVER;
    for (size_t i = 0; i < LOOP_SOURCES_MAX; i++) {
        uint64_t due = loop_due(&loop.sources[i]);

        if (due == USEC_NEVER || due > *ret_usec)
            continue;
        assert_true(sd_event_source_get_priority(loop.sources[i].source, &priority) >= 0);
        if (next && due == *ret_usec && priority >= next_priority)
            continue;
        next = &loop.sources[i];
        next_priority = priority;
        *ret_usec = due;
    }
    return next;
}

/* Dispatches what is due next, if that is not after `until_usec`. */
static inline bool loop_turn(uint64_t until_usec)
{
    uint64_t due;
    struct loop_source *next = loop_next(&due);
    int enabled;

    if (!next || due > until_usec)
        return false;
    loop.now_usec = due;
    loop.wakeups++;
    assert_true(sd_event_source_get_enabled(next->source, &enabled) >= 0);
    if (enabled == SD_EVENT_ONESHOT)
        sd_event_source_set_enabled(next->source, SD_EVENT_OFF);
    assert_true(next->handler(next->source, due, next->userdata) >= 0);
    return true;
}

/* Lets time pass. */
static inline void loop_run(uint64_t usec)
{
    uint64_t until = loop.now_usec + usec;

    while (loop_turn(until))
        ;
    loop.now_usec = until;
}

#endif
