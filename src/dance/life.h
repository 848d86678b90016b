/*
 * Ambient life: what the rabbit shows and does by itself (protocol.md, section 3.3). Keeps what
 * ambient frames have said, and shows it while nothing suspends it: services in turn on the body's
 * LEDs, the nose, the pulse of the base; ears that follow the platform; a tai-chi now and then. It
 * sets an LED only when its colour changes, and its deadline is exactly the next change. A state
 * machine without a clock, as the trial. Main thread.
 */
#ifndef NABAZTAGD_DANCE_LIFE_H
#define NABAZTAGD_DANCE_LIFE_H

#include "base/backoff.h"
#include "body/body.h"
#include "violet/ambient.h"

/* Why nothing is shown. Several may hold at once. */
enum life_pause {
    LIFE_AWAY = 1 << 0,        /* there is no platform; so it is at first */
    LIFE_ASLEEP = 1 << 1,      /* the rabbit sleeps */
    LIFE_PLAYING = 1 << 2,     /* a program, a choreography, the trial */
    LIFE_DETECTING = 1 << 3,   /* the ears are being found out about after a hand moved them */
    LIFE_INTERACTIVE = 1 << 4, /* an application of the platform says what is shown */
    LIFE_ANY = (1 << 5) - 1,
};

struct life;

/* `random` is asked for tai-chis. */
int life_new(struct life **ret, struct body *body, random_source random, void *userdata);
/* Stops nothing: the body may be gone already. Accepts NULL, returns NULL. */
struct life *life_free(struct life *life);

/*
 * Takes in an ambient frame, at any time. A service that is new is shown at once. When the ears are
 * to go elsewhere than is remembered they go at once, forward; asleep, or while an ear is homing,
 * the pair is remembered and they go when that is over.
 */
void life_apply(struct life *life, const struct ambient *ambient, uint64_t now_usec);

/*
 * Suspending stops a tai-chi, and leaves LEDs as they are: they are somebody else's now. Only when
 * the platform goes and nothing else suspends it, nose and body become dark; the bottom is the
 * story's. When nothing suspends it any more all LEDs are set, and the service that is shown begins
 * anew. Both may be called when it is so already.
 */
void life_suspend(struct life *life, enum life_pause why);
/* LIFE_ASLEEP: after pose_wake(), so that ears wait for the end of homing. */
void life_resume(struct life *life, enum life_pause why, uint64_t now_usec);

/* By any of these. */
bool life_is_suspended(const struct life *life, unsigned whys);

/* A tai-chi is going on. The original takes no packets meanwhile. */
bool life_is_playing(const struct life *life);
/* Stops it, as a button does; its motors rest. */
void life_interrupt(struct life *life, uint64_t now_usec);

/* The ears go to the pair that is remembered, which is then forgotten, or else up: after a
 * streaming dance. */
void life_restore_ears(struct life *life);

/* A hand moved them: remembered for the end of sleep. Before life_on_ears_settled(). */
void life_on_ears_moved(struct life *life, unsigned left, unsigned right);
/* To be called whenever the ears may have come to rest. */
void life_on_ears_settled(struct life *life);

/* Call life_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t life_deadline(const struct life *life);
void life_tick(struct life *life, uint64_t now_usec);

#endif
