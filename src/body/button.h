/*
 * The button: edges with their time in, events out (gpio.md, section 6; protocol.md, section 6). A
 * deterministic state machine without I/O or clock: struct body owns it and brings edges and time.
 * Main thread.
 *
 * All is decided by the time of the edges, never by when they are handled: a busy loop does not
 * turn two clicks into one. The first edge of a contact that was quiet is believed at once, what
 * follows it within the debounce time only when that is over, with the level read then. A press
 * ends up as part of one click, double click or long press; clicks right before a long press are
 * forgotten.
 */
#ifndef NABAZTAGD_BODY_BUTTON_H
#define NABAZTAGD_BODY_BUTTON_H

#include "body/body.h"

struct button_times {
    uint64_t debounce_usec; /* the contact is trusted again after so long without an edge */
    uint64_t double_usec;   /* a second press within this after the release makes a double click */
    uint64_t long_usec;     /* a press this long is told as such, still held */
};

struct button;

/* More than two clicks in a row are a double click as well. */
typedef void (*button_handler)(enum button_event event, void *userdata);

/* A button that is pressed from the start on is ignored up to and with its release. */
int button_new(struct button **ret, struct button_times times, bool pressed,
               button_handler on_event, void *userdata);
struct button *button_free(struct button *button);

/* An edge at `usec`; edges come in order. */
void button_edge(struct button *button, bool pressed, uint64_t usec);

/* Call button_tick() at this time, or (USEC_NEVER) not at all. */
uint64_t button_deadline(const struct button *button);
/* `pressed` is the level read just now: an edge may have been lost. */
void button_tick(struct button *button, bool pressed, uint64_t now_usec);

void button_set_times(struct button *button, struct button_times times);

#endif
