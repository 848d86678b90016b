/*
 * The hardware of a body: its lines and the bank of its LEDs, simulated or on GPIO chips; requested
 * at the start, given up when something fails, and requested again every 2 s until all of it works.
 * Owned by struct body, main thread.
 *
 * A motor that cannot be stopped is the worst case: its lines are given back and requested anew at
 * once, since a request starts with all outputs inactive.
 */
#ifndef NABAZTAGD_BODY_HARDWARE_H
#define NABAZTAGD_BODY_HARDWARE_H

#include "body/leds.h"
#include "body/lines.h"
#include "body/motor.h"

struct hardware;

/* All are called from the event loop, never from within an order. */
struct hardware_listener {
    void (*on_edge)(enum line line, bool level, uint64_t usec, void *userdata);
    /* The body's lines are gone; orders are ignored. */
    void (*on_down)(void *userdata);
    /* They are back: motors are off, and any level may be another. */
    void (*on_up)(void *userdata);
    /* Something (also the LEDs alone) failed, or (NULL) all of it works again; told once each. */
    void (*on_fault)(const struct body_fault *fault, void *userdata);
};

/*
 * Requests the lines, motors off as the first act, and gives `leds`, which must outlive it, a bank.
 * Holds `config`. Returns 0, or 1 with *ret_fault filled in when the hardware is not there yet, or
 * somebody else's: it is tried again until it works, which is told. Or -errno with *ret_fault
 * filled in: what will not get better by itself.
 */
int hardware_new(struct hardware **ret, sd_event *event, const struct config *config,
                 struct leds *leds, const struct hardware_listener *listener, void *userdata,
                 struct body_fault *ret_fault);

/* Motors off, even if that takes another request. Accepts NULL, returns NULL. */
struct hardware *hardware_free(struct hardware *hardware);

/* Whether the board has such a line at all. */
bool hardware_has(const struct hardware *hardware, enum line line);

/* When the lines last were taken from whoever had them, with motors off. */
uint64_t hardware_taken_usec(const struct hardware *hardware);

/* Whether the lines can be used now. */
bool hardware_is_up(const struct hardware *hardware);

/* Brings an ear's motor into a state. */
void hardware_drive(struct hardware *hardware, enum ear_index ear, enum motor_state state);

/* Sets all lines of all motors to 0. */
void hardware_motors_off(struct hardware *hardware);

/* Motors may run until then; if the main thread has not come by that time, a thread stops them
 * (guard.h), and hardware_was_stopped() says so, once. USEC_NEVER: none runs. */
void hardware_expect(struct hardware *hardware, uint64_t usec);
bool hardware_was_stopped(struct hardware *hardware);

/* The level of an input; false also when it cannot be read. */
bool hardware_level(struct hardware *hardware, enum line line);

/* `leds` could not be shown (-errno): their bank is given up and opened anew. */
void hardware_leds_failed(struct hardware *hardware, int error);

/* For handlers of deadly signals: one attempt to stop the motors of the one body there is on real
 * lines. Takes no lock, no memory and no library call but the back end's own set. */
void hardware_panic(void);

#endif
