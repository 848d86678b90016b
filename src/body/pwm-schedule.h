/*
 * Software PWM as a sorted list of edges: every frame begins with all lamps on that are to be lit,
 * and goes through the moments at which some go out. And the player that follows it, late as its
 * wake-ups may be. Pure, any thread; the clock is the caller's.
 */
#ifndef NABAZTAGD_BODY_PWM_SCHEDULE_H
#define NABAZTAGD_BODY_PWM_SCHEDULE_H

#include "base/util.h"

#define PWM_CHANNELS    15
#define PWM_LEVELS      64
#define PWM_PERIOD_USEC UINT64_C(10000)
#define PWM_LATE_USEC   UINT64_C(5000)

/* What is lit from this moment of the frame on, one bit a channel. */
struct pwm_edge {
    unsigned usec, lit;
};

struct pwm_schedule {
    unsigned average; /* channels lit for more than half of a frame */
    size_t count;     /* 0: nothing to do, every channel is all on or all off, as `average` says */
    struct pwm_edge edges[PWM_CHANNELS + 1];
};

/* `duties` are 0 (dark) to PWM_LEVELS (always on). */
void pwm_schedule_make(struct pwm_schedule *ret, const uint8_t duties[PWM_CHANNELS]);

/* Zero is a player with nothing to do. */
struct pwm_player {
    struct pwm_schedule schedule;
    uint64_t frame_usec; /* when the present frame began, or the next one is to begin */
    size_t next;
    unsigned lit;
};

/* To be called between frames alone: a new schedule goes on in the beat of the one before. */
void pwm_player_take(struct pwm_player *player, const struct pwm_schedule *schedule,
                     uint64_t now_usec);

/* Between two frames, or with nothing to do? */
bool pwm_player_is_between(const struct pwm_player *player);

/*
 * Returns what is to be lit from now on, and when to ask again (USEC_NEVER: not before another
 * schedule is taken). A frame begins when it can, and its pulses count from there: lateness makes
 * frames fewer, not pulses shorter, and nothing is ever made up for. A wake-up that comes more than
 * PWM_LATE_USEC late gives up the frame and shows the average instead.
 */
unsigned pwm_player_step(struct pwm_player *player, uint64_t now_usec, uint64_t *ret_wake_usec);

#endif
