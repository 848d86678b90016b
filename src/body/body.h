/*
 * The rabbit's body as the upper floors see it: two ears, five LEDs, one button. Owned by struct
 * rabbit; main thread. Everything returns at once; what takes time is told through the listener.
 */
#ifndef NABAZTAGD_BODY_BODY_H
#define NABAZTAGD_BODY_BODY_H

#include <systemd/sd-event.h>

#include "base/config.h"
#include "base/util.h"
#include "body/fault.h"

/* Wire index order; left and right as seen from the front. */
enum ear_index { EAR_LEFT, EAR_RIGHT, EAR_COUNT };
enum led_index { LED_NOSE, LED_LEFT, LED_MIDDLE, LED_RIGHT, LED_BOTTOM, LED_COUNT };

#define EAR_POSITIONS 17 /* 0 up, 10 drooping */

enum ear_state {
    EAR_UNKNOWN, /* not homed, or moved by hand */
    EAR_HOMING,
    EAR_MOVING,
    EAR_RESTING,
    EAR_BROKEN, /* stalled, encoder dead: left alone until body_home() */
};

enum ear_way { EAR_FORWARD, EAR_BACKWARD, EAR_SHORTEST };

/* Down and up are told at once, the others when they are decided. A long press is told while the
 * button is still held. */
enum button_event { BUTTON_DOWN, BUTTON_UP, BUTTON_CLICK, BUTTON_DOUBLE_CLICK, BUTTON_LONG_PRESS };

struct body;

struct body_listener {
    void (*on_button)(enum button_event event, void *userdata);
    /* Both ears are at rest again after homing or moving, or broken. */
    void (*on_ears_settled)(void *userdata);
    /* A hand moved ears and let go; their positions are known again. */
    void (*on_ears_moved)(unsigned left, unsigned right, void *userdata);
    /* An ear at rest left its place a little, by itself: too little for a hand. Or the ears are at
     * 0 because the hardware was away. */
    void (*on_ears_strayed)(void *userdata);
    /* Something is wrong with the hardware (`fault`), or (NULL) all of it works again. */
    void (*on_fault)(const struct body_fault *fault, void *userdata);
};

/*
 * Builds the body that `config->body.board` names; all motor lines are set to 0 as the first act
 * and the ears start homing. Returns 0; 1 with *ret_fault filled in when the hardware is away or
 * somebody else's; or -errno with *ret_fault filled in. Hardware that is away, now or later, comes
 * back by itself.
 */
int body_new(struct body **ret, sd_event *event, const struct config *config,
             const struct body_listener *listener, void *userdata, struct body_fault *ret_fault);

/* Motors off, LEDs dark, everything freed. Not from within the listener. Accepts NULL, returns
 * NULL.
 */
struct body *body_free(struct body *body);

/*
 * For handlers of deadly signals: stops the motors of the one body there is, once, with nothing but
 * a system call on its lines. Whatever state the process is in, nothing else is touched.
 */
void body_panic(void);

/* Takes brightness and button times from a new configuration. */
void body_reconfigure(struct body *body, const struct config *config);

/* "simulated body", "tagtagtag-2019"; for people. */
const char *body_description(const struct body *body);

/*
 * Sends an ear to `position` (0–16; 17 × n more is n extra turns). An unknown ear is homed first, a
 * homing one goes there afterwards. Returns 0, -ERANGE, -EIO when the ear is broken, or -ENODEV
 * while the hardware is away, or when the board has no such ear.
 */
int body_ear_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way);

/* Finds the position of both ears anew and forgets that one was broken. They end at 0; that they
 * are settled is told also where there are none. */
void body_home(struct body *body);

/* Stops both motors at once. */
void body_stop(struct body *body);

enum ear_state body_ear_state(const struct body *body, enum ear_index ear);

/* 0–16, or -1 while unknown, also without the hardware. While moving: the hole last passed. */
int body_ear_position(const struct body *body, enum ear_index ear);

/* No ear is homing or moving. */
bool body_ears_settled(const struct body *body);

/* A hand turns an ear, or its position is read after one has. */
bool body_in_hand(const struct body *body);

/* Colours are 0xrrggbb. */
void body_led_set(struct body *body, enum led_index led, uint32_t color);
/* The same in the course of `usec`. */
void body_led_fade(struct body *body, enum led_index led, uint32_t color, uint64_t usec);
/* Dark whatever the LEDs are set to, until taken back. */
void body_set_dark(struct body *body, bool dark);
/* The same in the course of `usec`. */
void body_fade_dark(struct body *body, bool dark, uint64_t usec);
/* What LEDs are ordered between the two shows at once, as one frame. They may be nested. */
void body_leds_hold(struct body *body);
void body_leds_release(struct body *body);
uint32_t body_led_get(const struct body *body, enum led_index led);

/* "left", "right"; "nose" … "bottom". */
const char *ear_name(enum ear_index ear);
const char *led_name(enum led_index led);

#endif
