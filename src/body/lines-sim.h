/*
 * The simulated rabbit: a lines back end whose motors turn two ear models and whose button is
 * pressed from the bench. Owned by struct body, main thread. Edges come from the event loop with
 * the exact time at which they happened, never from within a call; while nothing moves there are no
 * wake-ups.
 */
#ifndef NABAZTAGD_BODY_LINES_SIM_H
#define NABAZTAGD_BODY_LINES_SIM_H

#include <systemd/sd-event.h>

#include "body/body.h"
#include "body/ear-model.h"
#include "body/lines.h"

struct lines_sim;

/* The truth as it changes, for the bench. All may be called from within lines_ops.set. */
struct lines_sim_watcher {
    void (*on_motor)(enum ear_index ear, int direction, uint64_t usec, void *userdata);
    void (*on_hole)(enum ear_index ear, unsigned hole, uint64_t usec, void *userdata);
    void (*on_button)(bool pressed, uint64_t usec, void *userdata);
};

/* `seed` decides at which angles the ears are. */
int lines_sim_new(struct lines_sim **ret, sd_event *event, uint64_t seed);
struct lines *lines_sim_lines(struct lines_sim *sim);

/* One watcher; NULL for none. */
void lines_sim_watch(struct lines_sim *sim, const struct lines_sim_watcher *watcher,
                     void *userdata);

/* What a person does to the rabbit. */
void lines_sim_press(struct lines_sim *sim, bool pressed);
void lines_sim_turn(struct lines_sim *sim, enum ear_index ear, int holes);
void lines_sim_set_fault(struct lines_sim *sim, enum ear_index ear, enum ear_fault fault);

/* Whether its bridge lets a motor that is off roll out instead of braking it. */
void lines_sim_set_coasting(struct lines_sim *sim, enum ear_index ear, bool coasts);

/* The truth. The model is advanced to the present. */
const struct ear_model *lines_sim_ear(struct lines_sim *sim, enum ear_index ear);
int lines_sim_motor(const struct lines_sim *sim, enum ear_index ear);
bool lines_sim_pressed(const struct lines_sim *sim);

#endif
