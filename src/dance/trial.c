#include "dance/trial.h"

#include <errno.h>

#define LIT_USEC (500 * USEC_PER_MSEC) /* each colour: two changes a second, far from flashing */

static const struct {
    enum ear_index ear;
    enum ear_way way;
} turns[] = {
    {EAR_LEFT, EAR_FORWARD},
    {EAR_LEFT, EAR_BACKWARD},
    {EAR_RIGHT, EAR_FORWARD},
    {EAR_RIGHT, EAR_BACKWARD},
};

static const uint32_t colors[] = {0xff0000, 0x00ff00, 0x0000ff};

#define LED_STEPS (LED_COUNT * ARRAY_SIZE(colors))

struct trial {
    struct body *body;
    unsigned parts; /* that are not done yet; 0: nothing runs */
    unsigned step;  /* of the first of them: so many were begun */
    bool complete;
    uint64_t until_usec; /* when the LED that is lit now has been seen */
    uint32_t before;     /* its colour outside the trial */
};

/* ---- ears ---- */

static bool need_homing(const struct body *body)
{
    return body_ear_state(body, EAR_LEFT) != EAR_RESTING ||
           body_ear_state(body, EAR_RIGHT) != EAR_RESTING;
}

/* A whole turn that ends where it began. */
static bool begin_turn(struct trial *trial, unsigned turn)
{
    int position = body_ear_position(trial->body, turns[turn].ear);

    return body_ear_go(trial->body, turns[turn].ear,
                       (unsigned)(position < 0 ? 0 : position) + EAR_POSITIONS,
                       turns[turn].way) == 0;
}

/* False: all of them are done. An ear that cannot turn is passed over. */
static bool begin_ear_step(struct trial *trial)
{
    while (trial->step <= ARRAY_SIZE(turns)) {
        unsigned step = trial->step++;

        if (step > 0 && begin_turn(trial, step - 1))
            return true;
        if (step == 0 && need_homing(trial->body)) {
            body_home(trial->body);
            return !body_ears_settled(trial->body);
        }
    }
    return false;
}

/* ---- LEDs ---- */

static enum led_index led_of(unsigned step)
{
    return (enum led_index)(step / ARRAY_SIZE(colors));
}

static uint32_t color_of(unsigned step)
{
    return colors[step % ARRAY_SIZE(colors)];
}

/* The colour of the LED of this step outside the trial. Somebody may have set it in between. */
static void note_foreign_color(struct trial *trial, unsigned step)
{
    uint32_t color = body_led_get(trial->body, led_of(step));

    if (color != color_of(step))
        trial->before = color;
}

static void restore_led(struct trial *trial, unsigned step)
{
    note_foreign_color(trial, step);
    body_led_set(trial->body, led_of(step), trial->before);
}

/* False: all of them are done. */
static bool begin_led_step(struct trial *trial, uint64_t now_usec)
{
    unsigned step = trial->step;
    bool is_first = step % ARRAY_SIZE(colors) == 0;

    if (is_first && step > 0)
        restore_led(trial, step - 1);
    if (step >= LED_STEPS)
        return false;
    if (is_first)
        trial->before = body_led_get(trial->body, led_of(step));
    else
        note_foreign_color(trial, step - 1);
    body_led_set(trial->body, led_of(step), color_of(step));
    trial->step++;
    trial->until_usec = now_usec + LIT_USEC;
    return true;
}

/* ---- the whole ---- */

static void proceed(struct trial *trial, uint64_t now_usec)
{
    trial->until_usec = USEC_NEVER;
    if (trial->parts & TRIAL_EARS) {
        if (begin_ear_step(trial))
            return;
        trial->parts &= ~(unsigned)TRIAL_EARS;
        trial->step = 0;
    }
    if (trial->parts & TRIAL_LEDS) {
        if (begin_led_step(trial, now_usec))
            return;
        trial->parts &= ~(unsigned)TRIAL_LEDS;
    }
    trial->complete = true;
}

void trial_start(struct trial *trial, unsigned parts, uint64_t now_usec)
{
    trial_stop(trial);
    trial->parts = parts;
    trial->step = 0;
    trial->complete = false;
    proceed(trial, now_usec);
}

void trial_stop(struct trial *trial)
{
    if (!trial_is_running(trial))
        return;
    if (trial->parts & TRIAL_EARS)
        body_stop(trial->body);
    else
        restore_led(trial, trial->step - 1);
    trial->parts = 0;
    trial->until_usec = USEC_NEVER;
}

bool trial_is_running(const struct trial *trial)
{
    return trial->parts != 0;
}

bool trial_is_complete(const struct trial *trial)
{
    return trial->complete;
}

void trial_on_ears_settled(struct trial *trial, uint64_t now_usec)
{
    if (trial->parts & TRIAL_EARS && body_ears_settled(trial->body))
        proceed(trial, now_usec);
}

uint64_t trial_deadline(const struct trial *trial)
{
    return trial->until_usec;
}

void trial_tick(struct trial *trial, uint64_t now_usec)
{
    if (now_usec >= trial->until_usec)
        proceed(trial, now_usec);
}

int trial_new(struct trial **ret, struct body *body)
{
    struct trial *trial = calloc(1, sizeof(*trial));

    if (!trial)
        return -ENOMEM;
    trial->body = body;
    trial->until_usec = USEC_NEVER;
    *ret = trial;
    return 0;
}

struct trial *trial_free(struct trial *trial)
{
    free(trial);
    return NULL;
}
