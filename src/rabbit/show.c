#include "rabbit/show.h"

#include <errno.h>

#include "base/clock.h"

struct show {
    struct body *body;
    struct show_listener listener;
    void *userdata;
    struct life *life;
    struct program_run *run;
    bool has_program;                /* since it began; life is suspended */
    bool was_running, was_streaming; /* as told last */
};

/* ---- what changes ---- */

/* Nobody else will have the LEDs now; the bottom is the story's. */
static void darken(struct show *show)
{
    for (enum led_index i = 0; i < LED_COUNT; i++)
        if (i != LED_BOTTOM)
            body_led_set(show->body, i, 0);
}

/* Life goes on when the program has ended. */
static void go_on(struct show *show, uint64_t now_usec)
{
    if (!show->has_program || program_run_is_active(show->run))
        return;
    show->has_program = false;
    if (life_is_suspended(show->life, LIFE_AWAY | LIFE_INTERACTIVE))
        darken(show);
    life_resume(show->life, LIFE_PLAYING, now_usec);
}

/* Comes last: the listener may call us again. */
static void tell(struct show *show, bool is_new)
{
    bool is_running = show_is_running(show), is_streaming = show_is_streaming(show);

    if (!is_new && is_running == show->was_running && is_streaming == show->was_streaming)
        return;
    show->was_running = is_running;
    show->was_streaming = is_streaming;
    show->listener.on_changed(show->userdata);
}

/* ---- programs ---- */

void show_set_fetch(struct show *show, struct fetch *fetch)
{
    program_run_set_fetch(show->run, fetch);
}

void show_set_guide(struct show *show, const struct program_guide *guide)
{
    program_run_set_guide(show->run, guide);
}

void show_run(struct show *show, struct program *program, uint64_t now_usec)
{
    life_interrupt(show->life, now_usec);
    life_suspend(show->life, LIFE_PLAYING);
    program_run_start(show->run, program, now_usec);
    show->has_program = true;
    tell(show, true);
}

void show_stop(struct show *show, uint64_t now_usec)
{
    program_run_stop(show->run);
    life_interrupt(show->life, now_usec);
    go_on(show, now_usec);
    tell(show, false);
}

bool show_is_running(const struct show *show)
{
    return program_run_is_active(show->run) || life_is_playing(show->life);
}

bool show_is_streaming(const struct show *show)
{
    return program_run_is_streaming(show->run);
}

const char *show_event_id(const struct show *show)
{
    return program_run_event_id(show->run);
}

/* ---- life and time ---- */

struct life *show_life(struct show *show)
{
    return show->life;
}

void show_on_ears_settled(struct show *show, uint64_t now_usec)
{
    life_on_ears_settled(show->life);
}

uint64_t show_deadline(const struct show *show)
{
    return usec_earlier(life_deadline(show->life), program_run_deadline(show->run));
}

void show_tick(struct show *show, uint64_t now_usec)
{
    program_run_tick(show->run, now_usec);
    life_tick(show->life, now_usec);
    go_on(show, now_usec);
    tell(show, false);
}

/* ---- the show itself ---- */

int show_new(struct show **ret, struct body *body, const struct show_listener *listener,
             void *userdata)
{
    struct show *show = calloc(1, sizeof(*show));
    int r = show ? life_new(&show->life, body, random_between, NULL) : -ENOMEM;

    if (r == 0)
        r = program_run_new(&show->run, body, show->life);
    if (r < 0) {
        show_free(show);
        return r;
    }
    show->body = body;
    show->listener = *listener;
    show->userdata = userdata;
    *ret = show;
    return 0;
}

struct show *show_free(struct show *show)
{
    if (!show)
        return NULL;
    program_run_free(show->run);
    life_free(show->life);
    free(show);
    return NULL;
}
