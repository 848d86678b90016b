/*
 * Plays choreographies on LEDs and ears, with the timing of protocol.md, section 3.6: each record
 * is due at a time counted from the start, so that what comes late makes nothing else late. All
 * LEDs are dark at the start. At the end, or when it is stopped, they stay as they are: what shows
 * from then on is the caller's. A state machine without a clock, as the trial; its owner brings
 * time. There is no sound: its records take no time. Main thread.
 */
#ifndef NABAZTAGD_DANCE_PLAYER_H
#define NABAZTAGD_DANCE_PLAYER_H

#include "base/backoff.h"
#include "body/body.h"
#include "dance/colors.h"

struct player_options {
    struct colors colors; /* what opcode 14 takes its colours from */
    /* Asked once, at the start, for the number (0 to 29) that guards are compared with. */
    random_source random;
    void *userdata;
};

struct player;

int player_new(struct player **ret, struct body *body);
/* Stops nothing: the body may be gone already. Accepts NULL, returns NULL. */
struct player *player_free(struct player *player);

/*
 * Plays from now on, after stopping what still plays; what is due at once is done at once. The
 * bytes must stay until it ends or is stopped. Ears go forward in their tai-chi direction until
 * told otherwise. Returns 0, or -E2BIG above LIMIT_CHOREOGRAPHY_BYTES.
 */
int player_start(struct player *player, const uint8_t *data, size_t size,
                 const struct player_options *options, uint64_t now_usec);

/* Ends it. When it has moved ears they stop; ears that still move when it ends by itself arrive. */
void player_stop(struct player *player);

bool player_is_running(const struct player *player);
/* The last one came to its end by itself. */
bool player_is_complete(const struct player *player);

/* Call player_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t player_deadline(const struct player *player);
/* Runs what is due, at most LIMIT_CHOREOGRAPHY_TURN records, whose LEDs show as one frame: the
 * deadline is past when there are more. */
void player_tick(struct player *player, uint64_t now_usec);

#endif
