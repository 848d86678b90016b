#include "body/button.h"

#include <errno.h>

enum phase {
    PHASE_IDLE,
    PHASE_DOWN,
    PHASE_UP,      /* released: is there another click to come? */
    PHASE_HELD,    /* for long: the release means nothing more */
    PHASE_IGNORED, /* held since before we were there */
};

struct button {
    struct button_times times;
    button_handler on_event;
    void *userdata;

    /* The contact: `raw` as it was last seen, bounce included; `pressed` as we believe it. */
    bool raw, pressed;
    bool bouncing;
    uint64_t raw_usec;

    enum phase phase;
    unsigned presses;
    uint64_t changed_usec; /* the last press or release */
};

static uint64_t contact_deadline(const struct button *button)
{
    return button->bouncing ? button->raw_usec + button->times.debounce_usec : USEC_NEVER;
}

static uint64_t click_deadline(const struct button *button)
{
    if (button->phase == PHASE_DOWN)
        return button->changed_usec + button->times.long_usec;
    if (button->phase == PHASE_UP)
        return button->changed_usec + button->times.double_usec;
    return USEC_NEVER;
}

/* A click is not decided while the contact bounces. */
uint64_t button_deadline(const struct button *button)
{
    return button->bouncing ? contact_deadline(button) : click_deadline(button);
}

static void tell(struct button *button, enum button_event event)
{
    button->on_event(event, button->userdata);
}

/* Nothing that comes now can change what the presses so far were. */
static void decide(struct button *button)
{
    bool held = button->phase == PHASE_DOWN;
    unsigned presses = button->presses;

    button->presses = 0;
    button->phase = held ? PHASE_HELD : PHASE_IDLE;
    tell(button, held ? BUTTON_LONG_PRESS : presses > 1 ? BUTTON_DOUBLE_CLICK : BUTTON_CLICK);
}

static void press(struct button *button)
{
    button->presses++;
    button->phase = PHASE_DOWN;
    tell(button, BUTTON_DOWN);
}

static void release(struct button *button)
{
    bool told = button->phase != PHASE_IGNORED;

    button->phase = button->phase == PHASE_DOWN ? PHASE_UP : PHASE_IDLE;
    if (told)
        tell(button, BUTTON_UP);
}

/* A press or release that we believe. */
static void change(struct button *button, bool pressed, uint64_t usec)
{
    if (usec >= click_deadline(button))
        decide(button);

    button->pressed = pressed;
    button->changed_usec = usec;
    if (pressed)
        press(button);
    else
        release(button);
}

/* Lets time pass up to `usec`: a contact that came to rest otherwise than we believe it changed at
 * its last edge. */
static void advance(struct button *button, uint64_t usec)
{
    if (usec >= contact_deadline(button)) {
        button->bouncing = false;
        if (button->raw != button->pressed)
            change(button, button->raw, button->raw_usec);
    }
    if (!button->bouncing && usec >= click_deadline(button))
        decide(button);
}

void button_edge(struct button *button, bool pressed, uint64_t usec)
{
    advance(button, usec);
    button->raw = pressed;
    button->raw_usec = usec;
    if (!button->bouncing && pressed != button->pressed)
        change(button, pressed, usec);
    button->bouncing = true;
}

/* Only the release of a press can go missing for long: nobody holds the button, so it was no hold.
 */
void button_tick(struct button *button, bool pressed, uint64_t now_usec)
{
    if (button->bouncing)
        button->raw = pressed;
    else if (button->phase == PHASE_DOWN && !pressed)
        button_edge(button, false, click_deadline(button) - 1);
    advance(button, now_usec);
}

void button_set_times(struct button *button, struct button_times times)
{
    button->times = times;
}

int button_new(struct button **ret, struct button_times times, bool pressed,
               button_handler on_event, void *userdata)
{
    struct button *button = calloc(1, sizeof(*button));
    if (!button)
        return -ENOMEM;

    *button = (struct button){.times = times,
                              .on_event = on_event,
                              .userdata = userdata,
                              .raw = pressed,
                              .pressed = pressed,
                              .phase = pressed ? PHASE_IGNORED : PHASE_IDLE};
    *ret = button;
    return 0;
}

struct button *button_free(struct button *button)
{
    free(button);
    return NULL;
}
