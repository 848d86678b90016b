/*
 * The dance to a stream (ST, SP): without end until it is stopped. Source: protocol.md, section
 * 3.6, last paragraph, for everything but the frames: the four dances are our own, made in the
 * manner of the original's. A sequence is one of them, 3 to 20 times, at 160 to 249 ms a frame, in
 * three colours of a palette. Frames are counted from when the last one was shown. All LEDs are
 * dark at the start; when it is stopped they stay as they are: what shows from then on is the
 * caller's. A state machine without a clock, as the trial. Main thread.
 */
#ifndef NABAZTAGD_DANCE_STREAMING_H
#define NABAZTAGD_DANCE_STREAMING_H

#include "base/backoff.h"
#include "body/body.h"
#include "dance/colors.h"

struct streaming_options {
    struct colors colors; /* random mode: a palette of its own for each sequence */
    bool leaves_ears;     /* IC streaming.chor.enabled=false: the ears take no part */
    random_source random; /* asked for each sequence */
    void *userdata;
};

struct streaming;

int streaming_new(struct streaming **ret, struct body *body);
/* Stops nothing: the body may be gone already. Accepts NULL, returns NULL. */
struct streaming *streaming_free(struct streaming *streaming);

/* One that still runs is stopped first. */
void streaming_start(struct streaming *streaming, const struct streaming_options *options,
                     uint64_t now_usec);
/* When it has moved ears they stop; life_restore_ears() sends them where they belong. */
void streaming_stop(struct streaming *streaming);

bool streaming_is_running(const struct streaming *streaming);

/* Call streaming_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t streaming_deadline(const struct streaming *streaming);
void streaming_tick(struct streaming *streaming, uint64_t now_usec);

#endif
