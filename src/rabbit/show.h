/*
 * What the rabbit shows for its platform: ambient life, and one program at a time with its
 * downloads, choreographies and dances. A state machine without a clock but for the downloads;
 * struct events owns it and brings time and news of the ears. Main thread.
 */
#ifndef NABAZTAGD_RABBIT_SHOW_H
#define NABAZTAGD_RABBIT_SHOW_H

#include "rabbit/program-run.h"

struct show;

struct show_listener {
    /* A program has begun or ended, or a dance to a stream has within it: show_is_running() and
     * show_is_streaming() may say something else now. From within any call of the show. */
    void (*on_changed)(void *userdata);
};

/* `body` must live as long as the show does something; `listener` is copied. */
int show_new(struct show **ret, struct body *body, const struct show_listener *listener,
             void *userdata);
/* Stops nothing but downloads: the body may be gone already. Accepts NULL, returns NULL. */
struct show *show_free(struct show *show);

/* What programs may download with; borrowed, and to be changed before it is freed. NULL, as at
 * first: nothing. A download under way ends, and its program goes on without. */
void show_set_fetch(struct show *show, struct fetch *fetch);

/* Copied; NULL, as at first: nobody. */
void show_set_guide(struct show *show, const struct program_guide *guide);

/* The life of it: suspend and resume it, let it show frames, tell it of the ears. */
struct life *show_life(struct show *show);

/* Runs a program in place of the one that still runs, whose dance to a stream goes on; it is the
 * show's from now on. */
void show_run(struct show *show, struct program *program, uint64_t now_usec);

/* Ends the program, as a button does: a dance's ears stop, life goes on. */
void show_stop(struct show *show, uint64_t now_usec);

bool show_is_running(const struct show *show);   /* a program, or a tai-chi */
bool show_is_streaming(const struct show *show); /* it dances to a stream (ST, SP) */

/* The value of the running program's ID line, "" without one; NULL: no program runs. */
const char *show_event_id(const struct show *show);

/* To be called whenever the ears may have come to rest. */
void show_on_ears_settled(struct show *show, uint64_t now_usec);

/* Call show_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t show_deadline(const struct show *show);
void show_tick(struct show *show, uint64_t now_usec);

#endif
