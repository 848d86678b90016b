/*
 * The rabbit's body as the upper floors see it: two ears, five LEDs, one button. Owned by struct
 * rabbit; main thread. Everything returns at once; what takes time is told through the listener.
 */
#ifndef NABAZTAGD_BODY_BODY_H
#define NABAZTAGD_BODY_BODY_H

#include <systemd/sd-event.h>

#include "base/config.h"
#include "base/util.h"

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

struct body;

struct body_listener {
    /* One click or (2) a double click was completed. */
    void (*on_button)(unsigned clicks, void *userdata);
    /* Both ears are at rest again after homing or moving, or broken. */
    void (*on_ears_settled)(void *userdata);
    /* A hand moved ears and let go; their positions are known again. */
    void (*on_ears_moved)(unsigned left, unsigned right, void *userdata);
};

/*
 * Builds the body that `config->body.board` names; all motor lines are set to 0 as the first act
 * and the ears start homing. `config` must outlive the body. Returns 0, -ENOENT for an unknown
 * board, or -errno.
 */
int body_new(struct body **ret, sd_event *event, const struct config *config,
             const struct body_listener *listener, void *userdata);

/* Motors off, LEDs dark, everything freed. Accepts NULL, returns NULL. */
struct body *body_free(struct body *body);

/* Takes brightness and button times from a new configuration, which must outlive the body. */
void body_reconfigure(struct body *body, const struct config *config);

/* "simulated body", for people. */
const char *body_description(const struct body *body);

/*
 * Sends an ear to `position` (0–16; 17 × n more is n extra turns). An unknown ear is homed first, a
 * homing one goes there afterwards. Returns 0, -ERANGE, or -EIO when the ear is broken.
 */
int body_ear_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way);

/* Finds the position of both ears anew and forgets that one was broken. They end at 0. */
void body_home(struct body *body);

/* Stops both motors at once. */
void body_stop(struct body *body);

enum ear_state body_ear_state(const struct body *body, enum ear_index ear);

/* 0–16, or -1 while unknown. While moving: the hole last passed. */
int body_ear_position(const struct body *body, enum ear_index ear);

/* No ear is homing or moving. */
bool body_ears_settled(const struct body *body);

/* Colours are 0xrrggbb. */
void body_led_set(struct body *body, enum led_index led, uint32_t color);
uint32_t body_led_get(const struct body *body, enum led_index led);

/* "left", "right"; "nose" … "bottom". */
const char *ear_name(enum ear_index ear);
const char *led_name(enum led_index led);

#endif
