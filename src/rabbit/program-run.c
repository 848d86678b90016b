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
    STATE_CALLING,   /* a URL; due: at once when it has answered */
    STATE_STREAMING, /* the end of the dance to a stream is awaited */
    STATE_COUNT,
};

struct program_run {
    struct body *body;
    struct life *life;
    struct fetch *fetch; /* may be NULL */
    struct program_guide guide;
    struct player *player;

    struct streaming *streaming; /* goes on while another program takes the place of its own */
    uint64_t stream_end_usec;
    char *stream_name; /* as SI has it; NULL: "" */
    bool stream_leaves_ears;

    struct program *program;
    enum state state;
    uint64_t due_usec, end_usec; /* `end`: of the program at the latest */
    size_t at;                   /* the step that comes next */
    const char *id;              /* "" before its ID line */
    struct colors colors;
    bool leaves_ears; /* when it dances to a stream */
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

/* All but the dance to a stream. */
static void stop_program(struct program_run *run)
{
    run->job = fetch_cancel(run->job);
    player_stop(run->player);
    run->state = STATE_IDLE;
    free_program(run);
}

static void stop_stream(struct program_run *run)
{
    streaming_stop(run->streaming);
    strdup_to(&run->stream_name, NULL);
}

/* By itself. Who stops a dance wants its ears to stop. */
static void end_stream(struct program_run *run)
{
    if (!streaming_is_running(run->streaming))
        return;
    stop_stream(run);
    if (!run->stream_leaves_ears)
        life_restore_ears(run->life);
}

void program_run_stop(struct program_run *run)
{
    stop_program(run);
    stop_stream(run);
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
    end_stream(run);
    if (player_start(run->player, (const uint8_t *)run->loaded[i].data, run->loaded[i].size,
                     &options, now_usec) == 0)
        run->state = STATE_PLAYING;
}

static void do_stream(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    const struct streaming_options options = {
        .colors = run->colors, .leaves_ears = run->leaves_ears, .random = random_between};

    streaming_start(run->streaming, &options, now_usec);
    run->stream_end_usec = now_usec + LIMIT_STREAM_USEC;
    run->stream_leaves_ears = run->leaves_ears;
    run->state = STATE_STREAMING;
}

static void do_name(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    strdup_to(&run->stream_name, step->value);
}

/* Of a program that has come while the other's stream plays. */
static void do_end_stream(struct program_run *run, const struct program_step *step,
                          uint64_t now_usec)
{
    if (streq(run->stream_name ? run->stream_name : "", step->value))
        end_stream(run);
}

static void do_wait(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    run->due_usec = now_usec + step->number * USEC_PER_MSEC;
}

static void on_called(size_t index, char *data, size_t size, const char *error, void *userdata)
{
    if (error)
        log_debug("A program calls a URL: %s", error);
    free(data);
}

/* What is answered is nobody's. The steps wait for it, as it may be what they rest on. */
static void do_call(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    const struct fetch_listener listener = {on_called, on_done, run};
    const struct fetch_wish wish = {.url = step->value, .limit = LIMIT_CALL_BYTES};
    int r = fetch_start(&run->job, run->fetch, &wish, 1, &listener);

    if (r < 0) {
        log_debug("A program calls a URL: %s", strerror(-r));
        return;
    }
    run->state = STATE_CALLING;
    run->due_usec = USEC_NEVER;
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

static void do_mode(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    if (run->guide.on_mode)
        run->guide.on_mode(step->command, step->value, run->guide.userdata);
}

static void do_setting(struct program_run *run, const struct program_step *step, uint64_t now_usec)
{
    const char *is = after_prefix(step->value, "streaming.chor.enabled=");

    if (is)
        run->leaves_ears = streq(is, "false");
    else
        do_mode(run, step, now_usec);
}

static void (*const deeds[PROGRAM_COMMANDS])(struct program_run *run,
                                             const struct program_step *step, uint64_t now_usec) = {
    [PROGRAM_UNKNOWN] = ignore,   [PROGRAM_ID] = do_id,     [PROGRAM_PL] = do_palette,
    [PROGRAM_CL] = do_color,      [PROGRAM_MU] = do_sound,  [PROGRAM_MC] = do_sound,
    [PROGRAM_MS] = do_sound,      [PROGRAM_MW] = do_sound,  [PROGRAM_CH] = do_choreography,
    [PROGRAM_ST] = do_stream,     [PROGRAM_SP] = do_stream, [PROGRAM_SI] = do_name,
    [PROGRAM_SE] = do_end_stream, [PROGRAM_IS] = do_mode,   [PROGRAM_IE] = do_mode,
    [PROGRAM_IC] = do_setting,    [PROGRAM_WT] = do_wait,   [PROGRAM_SL] = do_sound,
    [PROGRAM_CU] = do_call,       [PROGRAM_SG] = do_sound,
};

static void step(struct program_run *run, uint64_t now_usec)
{
    size_t at = run->at;

    if (at >= run->program->count && streaming_is_running(run->streaming)) {
        run->state = STATE_STREAMING;
        return;
    }
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

static void tick_waiting(struct program_run *run, uint64_t now_usec)
{
    run->state = STATE_STEPPING;
    run->due_usec = now_usec;
}

/* The dance goes on beside whatever the steps do. */
static void tick_dance(struct program_run *run, uint64_t now_usec)
{
    if (!streaming_is_running(run->streaming))
        return;
    if (now_usec >= run->stream_end_usec)
        end_stream(run);
    else
        streaming_tick(run->streaming, now_usec);
}

static void (*const ticks[STATE_COUNT])(struct program_run *run, uint64_t now_usec) = {
    [STATE_LOADING] = tick_loading,   [STATE_STEPPING] = step,
    [STATE_PLAYING] = tick_playing,   [STATE_CALLING] = tick_waiting,
    [STATE_STREAMING] = tick_waiting,
};

/* When something other than a dance is due. */
static uint64_t steps_deadline(const struct program_run *run)
{
    if (run->state == STATE_IDLE)
        return USEC_NEVER;
    if (run->state == STATE_PLAYING)
        return player_is_running(run->player) ? player_deadline(run->player) : 0;
    if (run->state == STATE_STREAMING)
        return streaming_is_running(run->streaming) ? USEC_NEVER : 0;
    return run->due_usec;
}

uint64_t program_run_deadline(const struct program_run *run)
{
    uint64_t due = steps_deadline(run);

    if (run->state == STATE_IDLE)
        return USEC_NEVER;
    if (streaming_is_running(run->streaming))
        due = usec_earlier(due,
                           usec_earlier(streaming_deadline(run->streaming), run->stream_end_usec));
    return usec_earlier(due, run->end_usec);
}

static void end_late(struct program_run *run)
{
    log_debug("A program takes more than %lu s and ends",
              (unsigned long)(LIMIT_PROGRAM_USEC / USEC_PER_SEC));
    end_stream(run);
    program_run_stop(run);
}

static void run_steps(struct program_run *run, uint64_t now_usec)
{
    if (now_usec < steps_deadline(run))
        return;
    ticks[run->state](run, now_usec);
    for (unsigned i = 1; i < LIMIT_PROGRAM_TURN && run->state == STATE_STEPPING; i++) {
        if (now_usec < run->due_usec)
            break;
        step(run, now_usec);
    }
}

void program_run_tick(struct program_run *run, uint64_t now_usec)
{
    if (run->state == STATE_IDLE)
        return;
    tick_dance(run, now_usec);
    if (now_usec < run->end_usec)
        run_steps(run, now_usec);
    else
        end_late(run);
    if (run->state == STATE_IDLE && run->guide.on_end)
        run->guide.on_end(run->guide.userdata);
}

/* ---- the start ---- */

void program_run_start(struct program_run *run, struct program *program, uint64_t now_usec)
{
    uint32_t palette = PALETTE_COUNT; /* at random */
    int r;

    stop_program(run);
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

void program_run_set_guide(struct program_run *run, const struct program_guide *guide)
{
    run->guide = guide ? *guide : (struct program_guide){.on_mode = NULL};
}

bool program_run_is_active(const struct program_run *run)
{
    return run->state != STATE_IDLE;
}

bool program_run_is_streaming(const struct program_run *run)
{
    return streaming_is_running(run->streaming);
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
    free(run->stream_name);
    player_free(run->player);
    streaming_free(run->streaming);
    free(run);
    return NULL;
}
