/*
 * The rabbit's body with what is going on in it, and what comes of its events: what each says and
 * to whom, what it stops, whom it wakes. Owns the body, the sleep and the trial; owned by struct
 * rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_EVENTS_H
#define NABAZTAGD_RABBIT_EVENTS_H

#include <systemd/sd-event.h>

#include "base/config.h"
#include "dance/story.h"
#include "rabbit/command.h"
#include "rabbit/owners.h"

struct events;

struct events_listener {
    /* What events_describe() tells has changed. */
    void (*on_status)(void *userdata);
    /* It has fallen asleep or woken up. */
    void (*on_sleep)(void *userdata);
    /* The ears rest and nothing plays; told after whatever happened, also when it was so before. */
    void (*on_rest)(void *userdata);
    /* What a person did to the body, asleep or not: "click", "double-click" or "long-press"; turned
     * the ears by hand. */
    void (*on_press)(const char *what, void *userdata);
    void (*on_turn)(unsigned left, unsigned right, void *userdata);

    /* For the platform; each may be NULL. One click or two on a rabbit that is awake. A program ran
     * when the button went down (which has ended it), and its ID line said `program_id`: "" without
     * one, and when it is too long to be one. */
    void (*on_clicks)(unsigned clicks, bool in_program, const char *program_id, void *userdata);
    /* As show_listener.on_changed, but when all else is done. */
    void (*on_show)(void *userdata);
};

/* Builds the body, asleep if it was when the daemon ended. `config` must outlive the events or the
 * next events_reconfigure(), `listener` the events. Logs what goes wrong. Returns 0 or -errno. */
int events_new(struct events **ret, sd_event *event, const struct config *config,
               const struct events_listener *listener, void *userdata);

/* Motors off, LEDs dark. Accepts NULL, returns NULL. */
struct events *events_free(struct events *events);

/* Whom to tell; to be called anew whenever they change. */
void events_set_owners(struct events *events, struct owners *owners, struct router *router);

void events_reconfigure(struct events *events, const struct config *config);

/* What commands act on. */
struct command_context events_context(const struct events *events);

/* What is wrong with the body; its cause is NULL when nothing is. */
const struct body_fault *events_fault(const struct events *events);

bool events_is_asleep(const struct events *events);

/* What the rabbit shows for its platform. Programs end when a button is pressed, with commands that
 * show something themselves, and with sleep, which suspends its life. */
struct show *events_show(const struct events *events);

/* The login story, for the LED that life has not got: online it is hidden while life is shown. */
void events_show_story(struct events *events, enum story story);

/* "asleep, ears 10/10, simulated body" and what is wrong with it. */
void events_describe(const struct events *events, char *ret, size_t size);

#endif
