#include "rabbit/program-run.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "dance/player.h"
#include "dance/streaming.h"

#define BLINK_USEC  (256 * USEC_PER_MSEC) /* the nose while something is downloaded */
#define BLINK_COLOR 0xff0000

enum state {
    STATE_IDLE,      /* there is no program */
    STATE_LOADING,   /* due: the next blink, or at once when the last download is over */
    STATE_STEPPING,  /* due: the next step */
    STATE_PLAYING,   /* a choreography */
    STATE_STREAMING, /* the dance to a stream; due: its end */
    STATE_COUNT,
};

struct program_run {
    struct body *body;
    struct life *life;
    struct fetch *fetch; /* may be NULL */
    struct player *player;
    struct streaming *streaming;

    struct program *program;
    enum state state;
    uint64_t due_usec, end_usec; /* `end`: of the program at the latest */
    size_t at;                   /* the step that comes next */
    const char *id;              /* "" before its ID line */
    struct colors colors;
    bool leaves_ears; /* while it dances to a stream */
    bool has_told_sound, has_told_ignored;

    struct fetch_job *job; /* NULL: none under way */
    bool is_lit;           /* the nose */
    size_t wishes;
    size_t wished[LIMIT_PROGRAM_STEPS]; /* the step that each wish is for */
    struct {
        char *data; /* NULL: not loaded */
        size_t size;
    } loaded[LIMIT_PROGRAM_STEPS]; /* by step */
};

/* ---- the end ---- */

static void free_program(struct program_run *run)
{
    for (size_t i = 0; i < run->wishes; i++) {
        free(run->loaded[run->wished[i]].data);
        run->loaded[run->wished[i]].data = NULL;
    }
    run->wishes = 0;
    free(run->program);
    run->program = NULL;
}

void program_run_stop(struct program_run *run)
{
    if (run->state == STATE_IDLE)
        return;
    run->job = fetch_cancel(run->job);
    player_stop(run->player);
    streaming_stop(run->streaming);
    run->state = STATE_IDLE;
    free_program(run);
}

/* ---- downloads ---- */

/* From the event loop: what follows has a time, so it waits for the next tick. */
static void end_loading(struct program_run *run)
{
    run->job = NULL;
    run->due_usec = 0;
}

static void on_loaded(size_t index, char *data, size_t size, const char *error, void *userdata)
{
    struct program_run *run = userdata;
    size_t step = run->wished[index];

    run->loaded[step].data = data;
    run->loaded[step].size = size;
    if (error)
        log_debug("A choreography is left out: %s", error);
}

static void on_done(void *userdata)
{
    end_loading(userdata);
}

/* Choreographies alone: sounds would never be heard. */
static void collect_wishes(struct program_run *run, struct fetch_wish wishes[LIMIT_PROGRAM_STEPS])
{
    for (size_t i = 0; i < run->program->count; i++) {
        const struct program_step *step = &run->program->steps[i];

        if (step->command != PROGRAM_CH || *step->value == '\0')
            continue;
        wishes[run->wishes] =
            (struct fetch_wish){.url = step->value, .limit = LIMIT_CHOREOGRAPHY_BYTES};
        run->wished[run->wishes++] = i;
    }
}

static int begin_loading(struct program_run *run)
{
    const struct fetch_listener listener = {on_loaded, on_done, run};
    struct fetch_wish wishes[LIMIT_PROGRAM_STEPS];

    collect_wishes(run, wishes);
    if (run->wishes == 0)
        return 0;
    if (!run->fetch)
        return -ENETDOWN;
    return fetch_start(&run->job, run->fetch, wishes, run->wishes, &listener);
}

static void blink(struct program_run *run, uint64_t now_usec)
{
    run->is_lit = !run->is_lit;
    body_led_set(run->body, LED_NOSE, run->is_lit ? BLINK_COLOR : 0);
    run->due_usec = now_usec + BLINK_USEC;
}

void program_run_set_fetch(struct program_run *run, struct fetch *fetch)
{
    if (run->job) {
        fetch_cancel(run->job);
        end_loading(run);
    }
    run->fetch = fetch;
}

/* ---- the steps ---- */

/* By itself. Who stops a dance wants its ears to stop. */
static void end_stream(struct program_run *run)
{
    streaming_stop(run->streaming);
    if (!run->leaves_ears)
        life_restore_ears(run->life);
}

static void do_id(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    run->id = step->value;
}

static void do_palette(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    if (step->has_number)
        colors_choose(&run->colors, step->number);
}

static void do_color(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    unsigned index;
    uint32_t color;

    if (program_color(step, &index, &color))
        colors_change(&run->colors, index, color);
}

/* A file that is too short is a choreography without records. */
static void do_choreography(struct program_run *run, const struct program_step *step,
                            uint64_t now_usec)
{
    const struct player_options options = {.colors = run->colors, .random = random_between};
    size_t i = (size_t)(step - run->program->steps);

    if (!run->loaded[i].data)
        return;
    if (player_start(run->player, (const uint8_t *)run->loaded[i].data, run->loaded[i].size,
                     &options, now_usec) == 0)
        run->state = STATE_PLAYING;
}

static void do_stream(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    const struct streaming_options options = {
        .colors = run->colors, .leaves_ears = run->leaves_ears, .random = random_between};

    streaming_start(run->streaming, &options, now_usec);
    run->state = STATE_STREAMING;
    run->due_usec = now_usec + LIMIT_STREAM_USEC;
}

static void do_wait(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    run->due_usec = now_usec + step->number * USEC_PER_MSEC;
}

static void do_sound(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    if (!run->has_told_sound)
        log_debug("A program plays sounds, and there is no loudspeaker");
    run->has_told_sound = true;
}

static void ignore(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    char key[LIMIT_FOREIGN_TEXT];

    program_text(key, sizeof(key), step->key);
    if (!run->has_told_ignored)
        log_debug("A program has the command \"%s\", which does nothing here", key);
    run->has_told_ignored = true;
}

static void do_setting(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    const char *is = after_prefix(step->value, "streaming.chor.enabled=");

    if (is)
        run->leaves_ears = streq(is, "false");
    else
        ignore(run, step, now_usec);
}

/* A stream's name is for SE, which can never come: the steps wait for the end of the dance, and
 * another program takes the place of this one. */
static void (*const deeds[PROGRAM_COMMANDS])(struct program_run *run,
                                             const struct program_step *step, uint64_t now_usec) = {
    [PROGRAM_UNKNOWN] = ignore, [PROGRAM_ID] = do_id,     [PROGRAM_PL] = do_palette,
    [PROGRAM_CL] = do_color,    [PROGRAM_MU] = do_sound,  [PROGRAM_MC] = do_sound,
    [PROGRAM_MS] = do_sound,    [PROGRAM_MW] = do_sound,  [PROGRAM_CH] = do_choreography,
    [PROGRAM_ST] = do_stream,   [PROGRAM_SP] = do_stream, [PROGRAM_SI] = ignore,
    [PROGRAM_SE] = ignore,      [PROGRAM_IS] = ignore,    [PROGRAM_IE] = ignore,
    [PROGRAM_IC] = do_setting,  [PROGRAM_WT] = do_wait,   [PROGRAM_SL] = ignore,
    [PROGRAM_CU] = ignore,      [PROGRAM_SG] = ignore,
};

static void step(struct program_run *run, uint64_t now_usec)
{
    size_t at = run->at;

    if (at >= run->program->count) {
        program_run_stop(run);
        return;
    }
    run->at = program_after(run->program, at, NULL);
    deeds[run->program->steps[at].command](run, &run->program->steps[at], now_usec);
}

/* ---- time ---- */

static void tick_loading(struct program_run *run, uint64_t now_usec)
{
    if (run->job) {
        blink(run, now_usec);
        return;
    }
    if (run->is_lit)
        body_led_set(run->body, LED_NOSE, 0);
    run->state = STATE_STEPPING;
    run->due_usec = now_usec;
}

static void tick_playing(struct program_run *run, uint64_t now_usec)
{
    player_tick(run->player, now_usec);
    if (player_is_running(run->player))
        return;
    run->state = STATE_STEPPING;
    run->due_usec = now_usec;
}

static void tick_streaming(struct program_run *run, uint64_t now_usec)
{
    if (now_usec < run->due_usec) {
        streaming_tick(run->streaming, now_usec);
        return;
    }
    end_stream(run);
    run->state = STATE_STEPPING;
}

static void (*const ticks[STATE_COUNT])(struct program_run *run, uint64_t now_usec) = {
    [STATE_LOADING] = tick_loading,
    [STATE_STEPPING] = step,
    [STATE_PLAYING] = tick_playing,
    [STATE_STREAMING] = tick_streaming,
};

uint64_t program_run_deadline(const struct program_run *run)
{
    const uint64_t due[STATE_COUNT] = {
        [STATE_IDLE] = USEC_NEVER,
        [STATE_LOADING] = run->due_usec,
        [STATE_STEPPING] = run->due_usec,
        [STATE_PLAYING] = player_is_running(run->player) ? player_deadline(run->player) : 0,
        [STATE_STREAMING] = usec_earlier(streaming_deadline(run->streaming), run->due_usec),
    };

    return run->state == STATE_IDLE ? USEC_NEVER : usec_earlier(due[run->state], run->end_usec);
}

static void end_late(struct program_run *run)
{
    log_debug("A program takes more than %lu s and ends",
              (unsigned long)(LIMIT_PROGRAM_USEC / USEC_PER_SEC));
    if (run->state == STATE_STREAMING)
        end_stream(run);
    program_run_stop(run);
}

void program_run_tick(struct program_run *run, uint64_t now_usec)
{
    if (run->state != STATE_IDLE && now_usec >= run->end_usec)
        end_late(run);
    if (run->state == STATE_IDLE || now_usec < program_run_deadline(run))
        return;
    ticks[run->state](run, now_usec);
    for (unsigned i = 1; i < LIMIT_PROGRAM_TURN && run->state == STATE_STEPPING; i++) {
        if (now_usec < run->due_usec)
            break;
        step(run, now_usec);
    }
}

/* ---- the start ---- */

void program_run_start(struct program_run *run, struct program *program, uint64_t now_usec)
{
    uint32_t palette = PALETTE_COUNT; /* at random */
    int r;

    program_run_stop(run);
    run->program = program;
    run->at = 0;
    run->id = "";
    run->leaves_ears = run->has_told_sound = run->has_told_ignored = run->is_lit = false;
    program_palette(program, &palette);
    colors_choose(&run->colors, palette);
    run->state = STATE_LOADING;
    run->due_usec = now_usec;
    run->end_usec = now_usec + LIMIT_PROGRAM_USEC;
    r = begin_loading(run);
    if (r < 0)
        log_debug("The choreographies of a program are left out: %s", strerror(-r));
    if (run->job)
        blink(run, now_usec);
}

bool program_run_is_active(const struct program_run *run)
{
    return run->state != STATE_IDLE;
}

bool program_run_is_streaming(const struct program_run *run)
{
    return run->state == STATE_STREAMING;
}

const char *program_run_event_id(const struct program_run *run)
{
    return program_run_is_active(run) ? run->id : NULL;
}

/* ---- life ---- */

int program_run_new(struct program_run **ret, struct body *body, struct life *life)
{
    struct program_run *run = calloc(1, sizeof(*run));
    int r = run ? player_new(&run->player, body) : -ENOMEM;

    if (r == 0)
        r = streaming_new(&run->streaming, body);
    if (r < 0) {
        program_run_free(run);
        return r;
    }
    run->body = body;
    run->life = life;
    *ret = run;
    return 0;
}

struct program_run *program_run_free(struct program_run *run)
{
    if (!run)
        return NULL;
    fetch_cancel(run->job);
    free_program(run);
    player_free(run->player);
    streaming_free(run->streaming);
    free(run);
    return NULL;
}
