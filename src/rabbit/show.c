#include "rabbit/show.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "dance/player.h"
#include "dance/streaming.h"

#define BLINK_USEC (256 * USEC_PER_MSEC) /* of the nose, while programs load */
#define RED        0xff0000

struct loaded {
    size_t step;
    char *data;
    size_t size;
};

/* The program that runs. */
struct run {
    struct program *program; /* NULL: none */
    size_t next;             /* step to be taken */
    struct colors colors;
    const char *id, *stream;
    uint64_t end_usec;  /* at the latest */
    uint64_t wait_usec; /* of WT or a dance to a stream; USEC_NEVER: none */
    uint64_t blink_usec;
    bool blinks;
    bool leaves_ears;
    bool told_of_sound;

    struct fetch_job *job; /* its choreographies are on their way */
    struct loaded loaded[LIMIT_FETCHES];
    size_t count;
};

struct show {
    struct body *body;
    struct show_listener listener;
    void *userdata;
    struct life *life;
    struct player *player;
    struct streaming *streaming;
    struct fetch *fetch;
    struct run run;
};

static void tell(struct show *show)
{
    if (show->listener.on_changed)
        show->listener.on_changed(show->userdata);
}

struct life *show_life(struct show *show)
{
    return show->life;
}

bool show_is_streaming(const struct show *show)
{
    return streaming_is_running(show->streaming);
}

bool show_is_running(const struct show *show)
{
    return show->run.program || life_is_playing(show->life);
}

const char *show_event_id(const struct show *show)
{
    return show->run.program ? show->run.id : NULL;
}

/* ---- the end ---- */

static void clear_run(struct run *run)
{
    run->job = fetch_cancel(run->job);
    for (size_t i = 0; i < run->count; i++)
        free(run->loaded[i].data);
    free(run->program);
    *run = (struct run){.id = "", .wait_usec = USEC_NEVER, .blink_usec = USEC_NEVER};
}

static void end_stream(struct show *show)
{
    if (!streaming_is_running(show->streaming))
        return;
    streaming_stop(show->streaming);
    life_restore_ears(show->life);
    tell(show);
}

static void end_program(struct show *show, uint64_t now_usec)
{
    if (!show->run.program)
        return;
    end_stream(show);
    clear_run(&show->run);
    life_resume(show->life, LIFE_PLAYING, now_usec);
    tell(show);
}

void show_stop(struct show *show, uint64_t now_usec)
{
    if (life_is_playing(show->life))
        life_interrupt(show->life, now_usec);
    if (!show->run.program)
        return;
    player_stop(show->player);
    end_program(show, now_usec);
}

/* ---- commands: true when the next one may follow at once ---- */

typedef bool step_handler(struct show *show, const struct program_step *step, uint64_t now_usec);

static bool do_nothing(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    log_debug("The program's %s is passed over", program_command_name(step->command));
    return true;
}

/* There is no loudspeaker. */
static bool do_sound(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    if (!show->run.told_of_sound)
        log_debug("The program has sound, and this rabbit has no loudspeaker: passed over");
    show->run.told_of_sound = true;
    return true;
}

static bool do_id(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    show->run.id = step->value;
    return true;
}

static bool do_palette(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    if (step->has_number)
        colors_choose(&show->run.colors, step->number);
    return true;
}

static bool do_color(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    unsigned index;
    uint32_t color;

    if (step->has_number && program_color(step, &index, &color))
        colors_change(&show->run.colors, index, color);
    return true;
}

static struct loaded *find_loaded(struct run *run, size_t step)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->loaded[i].step == step && run->loaded[i].data)
            return &run->loaded[i];
    return NULL;
}

static bool do_choreography(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    const struct player_options options = {.colors = show->run.colors, .random = random_between};
    struct loaded *loaded = find_loaded(&show->run, (size_t)(step - show->run.program->steps));

    if (!loaded || player_start(show->player, (const uint8_t *)loaded->data, loaded->size, &options,
                                now_usec) < 0)
        return true;
    return !player_is_running(show->player);
}

static bool do_stream(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    const struct streaming_options options = {
        .colors = show->run.colors,
        .leaves_ears = show->run.leaves_ears,
        .random = random_between,
    };

    streaming_start(show->streaming, &options, now_usec);
    show->run.wait_usec = now_usec + LIMIT_STREAM_USEC;
    tell(show);
    return false;
}

static bool do_setting(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    if (streq(step->value, "streaming.chor.enabled=false"))
        show->run.leaves_ears = true;
    else if (streq(step->value, "streaming.chor.enabled=true"))
        show->run.leaves_ears = false;
    return true;
}

static bool do_wait(struct show *show, const struct program_step *step, uint64_t now_usec)
{
    if (!step->has_number || step->number == 0)
        return true;
    show->run.wait_usec = now_usec + step->number * USEC_PER_MSEC;
    return false;
}

static step_handler *const handlers[PROGRAM_COMMANDS] = {
    [PROGRAM_UNKNOWN] = do_nothing, [PROGRAM_ID] = do_id,      [PROGRAM_PL] = do_palette,
    [PROGRAM_CL] = do_color,        [PROGRAM_MU] = do_sound,   [PROGRAM_MC] = do_sound,
    [PROGRAM_MS] = do_sound,        [PROGRAM_MW] = do_sound,   [PROGRAM_CH] = do_choreography,
    [PROGRAM_ST] = do_stream,       [PROGRAM_SP] = do_stream,  [PROGRAM_SI] = do_nothing,
    [PROGRAM_SE] = do_nothing,      [PROGRAM_IS] = do_nothing, [PROGRAM_IE] = do_nothing,
    [PROGRAM_IC] = do_setting,      [PROGRAM_WT] = do_wait,    [PROGRAM_SL] = do_nothing,
    [PROGRAM_CU] = do_nothing,      [PROGRAM_SG] = do_nothing,
};

/* Takes steps until one takes time, or the program is over. */
static void go_on(struct show *show, uint64_t now_usec)
{
    struct run *run = &show->run;

    while (run->program && run->next < run->program->count) {
        const struct program_step *step = &run->program->steps[run->next];

        run->next = program_after(run->program, run->next, NULL);
        if (!handlers[step->command](show, step, now_usec))
            return;
    }
    end_program(show, now_usec);
}

/* ---- the beginning ---- */

static void on_loaded(size_t index, char *data, size_t size, const char *error, void *userdata)
{
    struct show *show = userdata;

    if (error)
        log_debug("A choreography is left out: %s", error);
    show->run.loaded[index].data = data;
    show->run.loaded[index].size = size;
}

static void begin(struct show *show, uint64_t now_usec)
{
    if (show->run.blinks)
        body_led_set(show->body, LED_NOSE, 0);
    show->run.blink_usec = USEC_NEVER;
    go_on(show, now_usec);
}

static void on_all_loaded(void *userdata)
{
    struct show *show = userdata;

    show->run.job = NULL;
    begin(show, clock_now_usec());
}

/* False: there is nothing to load, or nothing to load it with. */
static bool load(struct show *show, uint64_t now_usec)
{
    const struct fetch_listener listener = {
        .on_loaded = on_loaded, .on_done = on_all_loaded, .userdata = show};
    struct fetch_wish wishes[LIMIT_FETCHES];
    struct run *run = &show->run;

    for (size_t i = 0; i < run->program->count && run->count < LIMIT_FETCHES; i++) {
        const struct program_step *step = &run->program->steps[i];

        if (step->command != PROGRAM_CH || !*step->value)
            continue;
        wishes[run->count] = (struct fetch_wish){step->value, LIMIT_CHOREOGRAPHY_BYTES};
        run->loaded[run->count++].step = i;
    }
    if (run->count == 0 || !show->fetch ||
        fetch_start(&run->job, show->fetch, wishes, run->count, &listener) < 0)
        return false;
    run->blink_usec = now_usec;
    return true;
}

int show_run(struct show *show, struct program *program, uint64_t now_usec)
{
    uint32_t palette = PALETTE_COUNT;

    show_stop(show, now_usec);
    clear_run(&show->run);
    show->run.program = program;
    show->run.end_usec = now_usec + LIMIT_PROGRAM_USEC;
    life_suspend(show->life, LIFE_PLAYING);
    program_palette(program, &palette);
    colors_choose(&show->run.colors, palette);
    tell(show);
    if (!load(show, now_usec))
        begin(show, now_usec);
    return 0;
}

void show_set_fetch(struct show *show, struct fetch *fetch)
{
    struct fetch_job *job = show->run.job;

    show->fetch = fetch;
    if (!job)
        return;
    show->run.job = fetch_cancel(job);
    begin(show, clock_now_usec());
}

/* ---- time ---- */

void show_on_ears_settled(struct show *show, uint64_t now_usec)
{
    life_on_ears_settled(show->life);
}

uint64_t show_deadline(const struct show *show)
{
    uint64_t due = usec_earlier(life_deadline(show->life), player_deadline(show->player));

    due = usec_earlier(due, streaming_deadline(show->streaming));
    if (!show->run.program)
        return due;
    due = usec_earlier(due, show->run.wait_usec);
    due = usec_earlier(due, show->run.blink_usec);
    return usec_earlier(due, show->run.end_usec);
}

static void blink(struct show *show, uint64_t now_usec)
{
    if (now_usec < show->run.blink_usec)
        return;
    show->run.blinks = !show->run.blinks;
    show->run.blink_usec = now_usec + BLINK_USEC;
    body_led_set(show->body, LED_NOSE, show->run.blinks ? RED : 0);
}

static void tick_program(struct show *show, uint64_t now_usec)
{
    bool was_playing = player_is_running(show->player);

    player_tick(show->player, now_usec);
    blink(show, now_usec);
    if (now_usec >= show->run.end_usec) {
        log_debug("A program took longer than an hour and was ended");
        show_stop(show, now_usec);
    } else if (now_usec >= show->run.wait_usec) {
        show->run.wait_usec = USEC_NEVER;
        end_stream(show);
        go_on(show, now_usec);
    } else if (was_playing && !player_is_running(show->player)) {
        go_on(show, now_usec);
    }
}

void show_tick(struct show *show, uint64_t now_usec)
{
    life_tick(show->life, now_usec);
    streaming_tick(show->streaming, now_usec);
    if (show->run.program)
        tick_program(show, now_usec);
}

/* ---- life ---- */

int show_new(struct show **ret, struct body *body, const struct show_listener *listener,
             void *userdata)
{
    struct show *show = calloc(1, sizeof(*show));
    int r;

    if (!show)
        return -ENOMEM;
    show->body = body;
    show->listener = *listener;
    show->userdata = userdata;
    clear_run(&show->run);
    r = life_new(&show->life, body, random_between, NULL);
    if (r == 0)
        r = player_new(&show->player, body);
    if (r == 0)
        r = streaming_new(&show->streaming, body);
    if (r < 0) {
        show_free(show);
        return r;
    }
    *ret = show;
    return 0;
}

struct show *show_free(struct show *show)
{
    if (!show)
        return NULL;
    clear_run(&show->run);
    streaming_free(show->streaming);
    player_free(show->player);
    life_free(show->life);
    free(show);
    return NULL;
}
