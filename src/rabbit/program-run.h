/*
 * Runs one program at a time, step by step (protocol.md, section 3.5): first what it names is
 * downloaded, while the nose blinks, then its steps follow each other, some of which take time. We
 * have no loudspeaker: steps that play sounds take none, and a stream's dance ends by itself, or
 * when a later program ends the stream by its name. A state machine without a clock, as the trial;
 * the part of the show that runs programs, owned by it. Main thread.
 */
#ifndef NABAZTAGD_RABBIT_PROGRAM_RUN_H
#define NABAZTAGD_RABBIT_PROGRAM_RUN_H

#include "dance/life.h"
#include "violet/program.h"
#include "web/fetch.h"

struct program_run;

/* Who knows about interactive mode. */
struct program_guide {
    /* A program begins it (IS; `value` is the application), ends it (IE) or sets something of it
     * (IC). From within show_tick(): not to run or stop anything now. May be NULL. */
    void (*on_mode)(enum program_command command, const char *value, void *userdata);
    /* A program has come to its end by itself; may be NULL. From within show_tick() as well. */
    void (*on_end)(void *userdata);
    void *userdata;
};

/* `life` knows where ears go after a dance to a stream; both must live as long as it runs. */
int program_run_new(struct program_run **ret, struct body *body, struct life *life);
/* Stops nothing but downloads: the body may be gone already. Accepts NULL, returns NULL. */
struct program_run *program_run_free(struct program_run *run);

/* To be called before a fetch is freed: as show_set_fetch(). */
void program_run_set_fetch(struct program_run *run, struct fetch *fetch);

/* Copied; NULL, as at first: nobody. */
void program_run_set_guide(struct program_run *run, const struct program_guide *guide);

/* In place of the one that still runs, whose dance to a stream goes on; it is ours from now on. Its
 * first step comes with the next
 * program_run_tick(), which is due at once when there is nothing to download. */
void program_run_start(struct program_run *run, struct program *program, uint64_t now_usec);
/* Ears that it has moved stop. */
void program_run_stop(struct program_run *run);

bool program_run_is_active(const struct program_run *run);
bool program_run_is_streaming(const struct program_run *run);
/* As show_event_id(). */
const char *program_run_event_id(const struct program_run *run);

/* Call program_run_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t program_run_deadline(const struct program_run *run);
/* Runs what is due, at most LIMIT_PROGRAM_TURN steps: the deadline is past when there are more. */
void program_run_tick(struct program_run *run, uint64_t now_usec);

#endif
