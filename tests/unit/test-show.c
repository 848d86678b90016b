/*
 * Programs and ambient life on the simulated body, in virtual time. Downloads are made up here:
 * test-events.c has a real one.
 */
#include "dance-rig.h"

#include <errno.h>

#include "base/limits.h"
#include "rabbit/show.h"
#include "violet-rig.h"
#include "violet/palette.h"

#define SEC    USEC_PER_SEC
#define VIOLET 0xff00ff

/* The nose is red for a second. */
#define RED_SECOND "01010101000164000704ff00000000010a04"
/* The nose has colour 2 of the palette, for ever: it is not changed any more. */
#define PALETTE_2 "01010101000e0402"
/* The left ear goes to 10, and it ends when that has come to rest. */
#define EAR_DOWN "010101010001010008000a000113"
/* The nose is on for more than an hour, in records of 650 s. */
#define LONG "010101010001ff000704ff00000000ff13ff13ff13ff13ff13ff13"

/* ---- downloads ---- */

struct fetch_job {
    struct fetch_listener listener;
    size_t count;
    char urls[LIMIT_PROGRAM_STEPS][32];
    size_t limits[LIMIT_PROGRAM_STEPS];
};

static struct {
    struct fetch_job *job; /* under way */
    unsigned started, cancelled;
    int result; /* of fetch_start() */
} fetching;

#define FETCH ((struct fetch *)&fetching)

int __wrap_fetch_start(struct fetch_job **ret, struct fetch *fetch, const struct fetch_wish *wishes,
                       size_t count, const struct fetch_listener *listener);
struct fetch_job *__wrap_fetch_cancel(struct fetch_job *job);

int __wrap_fetch_start(struct fetch_job **ret, struct fetch *fetch, const struct fetch_wish *wishes,
                       size_t count, const struct fetch_listener *listener)
{
    struct fetch_job *job;

    if (!fetch)
        return -ENETDOWN;
    job = calloc(1, sizeof(*job));
    assert_non_null(job);
    assert_ptr_equal(fetch, FETCH);
    assert_null(fetching.job);
    if (fetching.result < 0) {
        free(job);
        return fetching.result;
    }
    job->listener = *listener;
    job->count = count;
    for (size_t i = 0; i < count; i++) {
        snprintf(job->urls[i], sizeof(job->urls[i]), "%s", wishes[i].url);
        job->limits[i] = wishes[i].limit;
    }
    fetching.job = *ret = job;
    fetching.started++;
    return 0;
}

struct fetch_job *__wrap_fetch_cancel(struct fetch_job *job)
{
    if (!job)
        return NULL;
    assert_ptr_equal(job, fetching.job);
    fetching.job = NULL;
    fetching.cancelled++;
    free(job);
    return NULL;
}

/* Answers to the next wish; NULL: it fails. */
static void load(size_t index, const char *hex)
{
    struct fetch_job *job = fetching.job;
    struct bytes bytes = bytes_of_hex(hex ? hex : "");
    char *data = hex ? calloc(1, bytes.size + 1) : NULL;

    assert_non_null(job);
    assert_true(index < job->count);
    if (data)
        memcpy(data, bytes.data, bytes.size);
    job->listener.on_loaded(index, data, hex ? bytes.size : 0, hex ? NULL : "it is not there",
                            job->listener.userdata);
}

static void load_all(const char *hex)
{
    struct fetch_job *job = fetching.job;
    struct fetch_listener listener = job->listener;

    for (size_t i = 0; i < job->count; i++)
        load(i, hex);
    fetching.job = NULL;
    free(job);
    listener.on_done(listener.userdata);
}

/* ---- the stage ---- */

struct stage {
    struct rig *rig;
    struct show *show;
    unsigned changes;
    bool is_running, is_streaming; /* as at the last change */
    const char *next;              /* the program to run when one has ended */
};

static void run(struct stage *stage, const char *text)
{
    struct program *program = calloc(1, sizeof(*program));

    assert_non_null(program);
    assert_int_equal(program_parse(program, text, strlen(text)), 0);
    show_run(stage->show, program, loop.now_usec);
}

static void on_changed(void *userdata)
{
    struct stage *stage = userdata;
    const char *next = stage->next;

    stage->changes++;
    stage->is_running = show_is_running(stage->show);
    stage->is_streaming = show_is_streaming(stage->show);
    if (!next || stage->is_running)
        return;
    stage->next = NULL;
    run(stage, next);
}

static uint64_t deadline(const void *dancer)
{
    return show_deadline(dancer);
}

static void tick(void *dancer, uint64_t now_usec)
{
    show_tick(dancer, now_usec);
}

static void on_settled(void *dancer, uint64_t now_usec)
{
    show_on_ears_settled(dancer, now_usec);
}

/* With a platform that says that there is much mail: a violet belly. */
static int set_up(void **state)
{
    static const struct show_listener listener = {on_changed};
    struct stage *stage = calloc(1, sizeof(*stage));
    struct ambient frame;

    assert_non_null(stage);
    memset(&fetching, 0, sizeof(fetching));
    stage->rig = rig_new();
    assert_int_equal(show_new(&stage->show, stage->rig->body, &listener, stage), 0);
    show_set_fetch(stage->show, FETCH);
    stage->rig->dancer = stage->show;
    stage->rig->deadline = deadline;
    stage->rig->tick = tick;
    stage->rig->on_settled = on_settled;
    ambient_init(&frame);
    frame.base = 0;
    assert_true(ambient_show(&frame, 6, 3));
    life_apply(show_life(stage->show), &frame, loop.now_usec);
    life_resume(show_life(stage->show), LIFE_AWAY, loop.now_usec);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    assert_null(show_free(stage->show));
    assert_null(show_free(NULL));
    assert_null(fetching.job);
    rig_free(stage->rig);
    free(stage);
    return 0;
}

/* What is due now. */
static void run_now(struct stage *stage)
{
    rig_run(stage->rig, 0);
}

static void expect_running(struct stage *stage, const char *id)
{
    assert_true(show_is_running(stage->show));
    assert_true(life_is_suspended(show_life(stage->show), LIFE_PLAYING));
    assert_string_equal(show_event_id(stage->show), id);
}

/* Life has just begun anew. */
static void expect_life(struct stage *stage)
{
    assert_false(show_is_running(stage->show));
    assert_false(show_is_streaming(stage->show));
    assert_null(show_event_id(stage->show));
    assert_false(life_is_suspended(show_life(stage->show), LIFE_PLAYING));
    rig_expect_leds(0, VIOLET, VIOLET, VIOLET, 0);
    assert_false(stage->is_running);
    assert_false(stage->is_streaming);
}

static void expect_nose(uint32_t color)
{
    assert_int_equal(rig_record.told[LED_NOSE], color);
}

/* ---- programs ---- */

static void empty(void **state)
{
    struct stage *stage = *state;

    rig_run(stage->rig, 700 * MSEC);
    rig_expect_leds(0, 0, 0, 0, 0);
    run(stage, "");
    expect_running(stage, ""); /* till the next tick */
    assert_int_equal(stage->changes, 1);
    assert_true(stage->is_running);
    assert_int_equal(show_deadline(stage->show), loop.now_usec);
    run_now(stage);
    expect_life(stage);
    assert_int_equal(stage->changes, 2);
    assert_int_equal(fetching.started, 0);
}

static void choreography(void **state)
{
    struct stage *stage = *state;

    run(stage, "MU sound\nCH one\nMC other\nCH two\nMS third\nMW\nCH\n");
    assert_int_equal(fetching.job->count, 2);
    assert_string_equal(fetching.job->urls[0], "one");
    assert_string_equal(fetching.job->urls[1], "two");
    assert_int_equal(fetching.job->limits[1], LIMIT_CHOREOGRAPHY_BYTES);
    rig_run(stage->rig, 10 * SEC);
    expect_running(stage, "");
    load_all(RED_SECOND);
    run_now(stage);
    rig_expect_leds(0xff0000, 0, 0, 0, 0);
    rig_run(stage->rig, SEC - 1);
    expect_nose(0xff0000);
    rig_run(stage->rig, SEC); /* the second one */
    expect_nose(0xff0000);
    expect_running(stage, "");
    rig_run(stage->rig, 1);
    expect_life(stage);
    assert_int_equal(stage->changes, 2);
}

static void nose_blinks(void **state)
{
    struct stage *stage = *state;

    rig_begin_record();
    run(stage, "CH one\nWT 1000");
    expect_nose(0xff0000);
    rig_run(stage->rig, 256 * MSEC - 1);
    expect_nose(0xff0000);
    rig_run(stage->rig, 1);
    expect_nose(0);
    rig_run(stage->rig, 256 * MSEC);
    expect_nose(0xff0000);
    load_all(NULL);
    run_now(stage);
    expect_nose(0);
    rig_run(stage->rig, 500 * MSEC);
    expect_nose(0);
    assert_int_equal(rig_record.count, 4);
    expect_running(stage, "");
}

static void download_fails(void **state)
{
    struct stage *stage = *state;

    run(stage, "CH one\nID 7\nWT 1000");
    load_all(NULL);
    run_now(stage);
    expect_running(stage, "7");
    rig_run(stage->rig, SEC);
    expect_life(stage);
}

static void no_fetch(void **state)
{
    struct stage *stage = *state;

    show_set_fetch(stage->show, NULL);
    run(stage, "CH one\nID 7\nWT 1000");
    run_now(stage);
    expect_running(stage, "7");
    rig_run(stage->rig, SEC);
    expect_life(stage);
    assert_int_equal(fetching.started, 0);

    show_set_fetch(stage->show, FETCH);
    fetching.result = -EBUSY;
    run(stage, "CH one\nID 8\nWT 1000");
    run_now(stage);
    expect_running(stage, "8");
}

/* What was loaded before stays. */
static void fetch_goes(void **state)
{
    struct stage *stage = *state;

    run(stage, "CH one\nCH two\nID 7\nWT 1000");
    run_now(stage);
    load(0, RED_SECOND);
    show_set_fetch(stage->show, NULL);
    assert_int_equal(fetching.cancelled, 1);
    assert_int_equal(show_deadline(stage->show), 0);
    run_now(stage);
    rig_expect_leds(0xff0000, 0, 0, 0, 0);
    rig_run(stage->rig, SEC);
    expect_running(stage, "7");
}

static void palettes(void **state)
{
    static const struct {
        const char *text;
        unsigned palette;
    } list[] = {
        {"CH one\nWT 1\n\nPL 3\nPL 5", 3}, /* the first counts from the start */
        {"PL 3\nPL 5\nCH one\nWT 1", 5},
        {"CH one\nWT 1", 0}, /* at random, which choreographies are not */
        {"PL 4\nPL 9\nCH one\nWT 1", 0},
        {"PL 4\nPL x\nCH one\nWT 1", 4},
    };
    struct stage *stage = *state;

    for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
        run(stage, list[i].text);
        load_all(PALETTE_2);
        run_now(stage);
        run_now(stage);
        expect_nose(palette_color(list[i].palette, 2));
        rig_run(stage->rig, MSEC);
        expect_life(stage);
    }
}

static void colors(void **state)
{
    struct stage *stage = *state;

    run(stage, "PL 3\nCL 34746454\nCH one\nWT 1000"); /* 2 << 24 | 0x123056 */
    load_all(PALETTE_2);
    run_now(stage);
    expect_nose(34746454 & 0xffffff);
    rig_run(stage->rig, SEC);
    run(stage, "PL 3\nCH one\nWT 1000"); /* forgotten */
    load_all(PALETTE_2);
    run_now(stage);
    expect_nose(palette_color(3, 2));
}

static void wait_skips(void **state)
{
    struct stage *stage = *state;

    run(stage, "WT 1000\nID 1\nWT 1000\nID 2\nID 3\nWT 500\n");
    run_now(stage);
    expect_running(stage, "");
    rig_run(stage->rig, 2 * SEC - 1);
    expect_running(stage, "");
    rig_run(stage->rig, 1);
    expect_running(stage, "3");
    rig_run(stage->rig, 500 * MSEC - 1);
    expect_running(stage, "3");
    rig_run(stage->rig, 1);
    expect_life(stage);
}

static void what_does_nothing(void **state)
{
    struct stage *stage = *state;

    run(stage, "SL fr\nSG t\nIS a\nIE\nIC cookie=1\nSI n\nSE n\nXX\n\nMU a\nMW\nMS b\nID 4\n"
               "WT 1000");
    run_now(stage);
    expect_running(stage, "4");
    assert_int_equal(fetching.started, 0);
}

/* The steps wait for the answer, whatever it is. */
static void calls(void **state)
{
    struct stage *stage = *state;

    for (unsigned i = 0; i < 2; i++) {
        run(stage, "CU broadcast/a\nID 4\nWT 1000");
        run_now(stage);
        assert_string_equal(fetching.job->urls[0], "broadcast/a");
        assert_int_equal(fetching.job->limits[0], LIMIT_CALL_BYTES);
        rig_run(stage->rig, 10 * SEC);
        expect_running(stage, "");
        load_all(i == 0 ? "00ff" : NULL);
        run_now(stage);
        expect_running(stage, "4");
        rig_run(stage->rig, SEC);
        expect_life(stage);
    }

    run(stage, "CU a\nID 4\nWT 1000");
    run_now(stage);
    show_set_fetch(stage->show, NULL);
    run_now(stage);
    expect_running(stage, "4");
    run(stage, "CU a\nID 5\nWT 1000");
    run_now(stage);
    expect_running(stage, "5");
}

static void many_steps(void **state)
{
    struct stage *stage = *state;
    char text[LIMIT_PROGRAM_STEPS * 8];
    size_t used = 0;
    uint64_t now = loop.now_usec;

    for (unsigned i = 1; i <= LIMIT_PROGRAM_STEPS; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "ID %u\n", i);
    run(stage, text);
    show_tick(stage->show, now);
    expect_running(stage, "63"); /* with the start it is 64 */
    assert_true(show_deadline(stage->show) <= now);
    for (unsigned i = 1; i < 4; i++)
        show_tick(stage->show, now);
    expect_running(stage, "255");
    show_tick(stage->show, now);
    expect_life(stage);
}

static void wait_for_ever(void **state)
{
    struct stage *stage = *state;

    run(stage, "WT 2000000\n\nWT 1000000\n\nWT 3600000\n\nWT 3600000\n");
    rig_run(stage->rig, LIMIT_PROGRAM_USEC - 1);
    expect_running(stage, "");
    rig_run(stage->rig, 1);
    expect_life(stage);
}

/* Cut off in the middle of a choreography. */
static void choreography_for_ever(void **state)
{
    struct stage *stage = *state;

    run(stage, "WT 1000\n\nCH one\n");
    load_all(LONG);
    rig_run(stage->rig, LIMIT_PROGRAM_USEC - 1);
    expect_running(stage, "");
    expect_nose(0xff0000);
    rig_run(stage->rig, 1);
    expect_life(stage);
}

/* ---- what ends them ---- */

static void stop(void **state)
{
    struct stage *stage = *state;

    run(stage, "CH one\nID 7\nWT 1000");
    show_stop(stage->show, loop.now_usec); /* while it loads */
    expect_life(stage);
    assert_int_equal(fetching.cancelled, 1);
    assert_int_equal(stage->changes, 2);

    run(stage, "CH one\nWT 1000");
    load_all(EAR_DOWN);
    rig_run(stage->rig, 500 * MSEC);
    assert_false(body_ears_settled(stage->rig->body));
    show_stop(stage->show, loop.now_usec);
    rig_expect_still(stage->rig);
    expect_life(stage);

    show_stop(stage->show, loop.now_usec); /* nothing */
    assert_int_equal(stage->changes, 4);
    rig_run(stage->rig, 10 * SEC);
    rig_expect_still(stage->rig);
}

static void waits_for_ears(void **state)
{
    struct stage *stage = *state;

    run(stage, "CH one\nID 7\nWT 100");
    load_all(EAR_DOWN);
    run_now(stage);
    rig_settle(stage->rig);
    expect_running(stage, "");
    rig_run(stage->rig, 20 * MSEC);
    expect_running(stage, "7");
    assert_int_equal(body_ear_position(stage->rig->body, EAR_LEFT), 10);
    assert_int_equal(body_ear_position(stage->rig->body, EAR_RIGHT), 0);
}

static void another(void **state)
{
    struct stage *stage = *state;

    run(stage, "CH one\nID 1\nWT 1000");
    run(stage, "ID 2\nWT 2000");
    assert_int_equal(fetching.cancelled, 1);
    run_now(stage);
    expect_running(stage, "2");
    rig_run(stage->rig, 1999 * MSEC);
    expect_running(stage, "2");
    assert_int_equal(stage->changes, 2);
    rig_run(stage->rig, MSEC);
    expect_life(stage);
}

/* The listener runs the next one, as it does with packets that waited. */
static void one_after_the_other(void **state)
{
    struct stage *stage = *state;

    stage->next = "ID 2\nWT 1000";
    run(stage, "ID 1\nWT 1000");
    rig_run(stage->rig, SEC);
    expect_running(stage, "2");
    assert_int_equal(stage->changes, 3);
    stage->next = "ID 3\nWT 1000";
    show_stop(stage->show, loop.now_usec);
    run_now(stage);
    expect_running(stage, "3");
    rig_run(stage->rig, SEC);
    expect_life(stage);
}

/* The platform goes while a choreography plays: it ends, and nothing but the bottom shines. */
static void away(void **state)
{
    struct stage *stage = *state;

    run(stage, "CH one\nWT 1000");
    load_all("010101010009ff0000");
    run_now(stage);
    run_now(stage);
    life_suspend(show_life(stage->show), LIFE_AWAY);
    rig_expect_leds(0xff0000, 0xff0000, 0xff0000, 0xff0000, 0xff0000);
    rig_run(stage->rig, SEC);
    assert_false(show_is_running(stage->show));
    rig_expect_leds(0, 0, 0, 0, 0xff0000);
}

/* ---- the dance ---- */

static void dance(void **state)
{
    struct stage *stage = *state;

    rig_begin_record();
    run(stage, "ST stream\nPL 3\nID 7\nWT 1000");
    assert_false(show_is_streaming(stage->show));
    run_now(stage);
    expect_running(stage, "");
    assert_true(show_is_streaming(stage->show));
    assert_true(stage->is_streaming);
    assert_int_equal(rig_record.ear_orders, 2);
    life_on_ears_moved(show_life(stage->show), 3, 7);
    rig_run(stage->rig, LIMIT_STREAM_USEC - 1);
    assert_true(show_is_streaming(stage->show));
    rig_run(stage->rig, 1);
    assert_false(show_is_streaming(stage->show));
    assert_false(stage->is_streaming);
    expect_running(stage, "7");
    rig_run(stage->rig, SEC);
    expect_life(stage);
    assert_int_equal(stage->changes, 4);
    rig_settle(stage->rig);
    assert_int_equal(body_ear_position(stage->rig->body, EAR_LEFT), 3);
    assert_int_equal(body_ear_position(stage->rig->body, EAR_RIGHT), 7);
}

static void dance_without_ears(void **state)
{
    struct stage *stage = *state;

    rig_begin_record();
    run(stage, "IC streaming.chor.enabled=false\nSI name\nSP stream\nWT 1000");
    rig_run(stage->rig, LIMIT_STREAM_USEC - 1);
    assert_true(show_is_streaming(stage->show));
    rig_run(stage->rig, SEC + 1);
    expect_life(stage);
    assert_int_equal(rig_record.ear_orders, 0);
    run(stage, "ST stream\n"); /* another program */
    run_now(stage);
    assert_int_equal(rig_record.ear_orders, 2);
}

static void dance_is_stopped(void **state)
{
    struct stage *stage = *state;

    rig_begin_record();
    run(stage, "ST stream\nSE stream\n");
    rig_run(stage->rig, 200 * MSEC);
    assert_true(show_is_streaming(stage->show));
    assert_int_equal(rig_record.ear_orders, 2);
    show_stop(stage->show, loop.now_usec);
    rig_expect_still(stage->rig);
    expect_life(stage);
    rig_run(stage->rig, 500 * MSEC);
    rig_expect_still(stage->rig);
    assert_int_equal(rig_record.ear_orders, 2);
}

static void dance_is_ended_by_name(void **state)
{
    struct stage *stage = *state;

    run(stage, "SI radio\nST stream\nID 1\n");
    rig_run(stage->rig, 200 * MSEC);
    run(stage, "SE\nSE other\nID 2\nWT 1000\n\nSE radio\nID 3\nWT 1000");
    rig_run(stage->rig, SEC - MSEC);
    assert_true(show_is_streaming(stage->show));
    expect_running(stage, "2");
    rig_run(stage->rig, MSEC);
    assert_false(show_is_streaming(stage->show));
    assert_false(stage->is_streaming);
    expect_running(stage, "3");
    rig_run(stage->rig, SEC);
    expect_life(stage);

    run(stage, "ST stream\n"); /* its name is forgotten */
    run_now(stage);
    run(stage, "SE radio\nID 4\nWT 1000");
    run_now(stage);
    assert_true(show_is_streaming(stage->show));
    run(stage, "SE\nID 5\nWT 1000");
    run_now(stage);
    assert_false(show_is_streaming(stage->show));
    expect_running(stage, "5");
}

/* Another program takes the place of the dance's own, and ends with it at the latest. */
static void dance_goes_on(void **state)
{
    struct stage *stage = *state;

    run(stage, "ST stream\nID 1\nWT 1000");
    rig_run(stage->rig, 10 * SEC);
    run(stage, "ID 2\n");
    rig_run(stage->rig, LIMIT_STREAM_USEC - 10 * SEC - 1);
    expect_running(stage, "2");
    assert_true(show_is_streaming(stage->show));
    rig_run(stage->rig, 1);
    expect_life(stage);

    run(stage, "ST stream\n");
    run_now(stage);
    run(stage, "CH one\nWT 1000"); /* it has the LEDs now */
    load_all(RED_SECOND);
    run_now(stage);
    assert_false(show_is_streaming(stage->show));
    rig_expect_leds(0xff0000, 0, 0, 0, 0);
}

/* ---- interactive mode ---- */

static struct {
    char words[200];
    unsigned ends;
} guided;

static void on_mode(enum program_command command, const char *value, void *userdata)
{
    size_t used = strlen(guided.words);

    snprintf(guided.words + used, sizeof(guided.words) - used, "%s(%s) ",
             program_command_name(command), value);
}

static void on_end(void *userdata)
{
    guided.ends++;
}

static void guide(void **state)
{
    static const struct program_guide ours = {.on_mode = on_mode, .on_end = on_end};
    struct stage *stage = *state;

    memset(&guided, 0, sizeof(guided));
    show_set_guide(stage->show, &ours);
    run(stage, "IS quiz\nIC cookie=1\nIC streaming.chor.enabled=false\nIC x\nIE\nWT 1000");
    run_now(stage);
    assert_string_equal(guided.words, "IS(quiz) IC(cookie=1) IC(x) IE() ");
    assert_int_equal(guided.ends, 0);
    rig_run(stage->rig, SEC);
    assert_int_equal(guided.ends, 1);
    run(stage, "WT 1000");
    run(stage, "WT 1000"); /* the first one does not come to its end, nor does this */
    run_now(stage);
    show_stop(stage->show, loop.now_usec);
    assert_int_equal(guided.ends, 1);
    show_set_guide(stage->show, NULL);
    run(stage, "IE\n");
    run_now(stage);
    assert_int_equal(guided.ends, 1);
}

/* An application has the LEDs: they are dark when nothing plays. */
static void dark_between_programs(void **state)
{
    struct stage *stage = *state;

    run(stage, "CH one\nWT 1000");
    life_suspend(show_life(stage->show), LIFE_INTERACTIVE);
    load_all(RED_SECOND);
    run_now(stage);
    rig_expect_leds(0xff0000, 0, 0, 0, 0);
    rig_run(stage->rig, 3 * SEC);
    assert_false(show_is_running(stage->show));
    rig_expect_leds(0, 0, 0, 0, 0);
    life_resume(show_life(stage->show), LIFE_INTERACTIVE, loop.now_usec);
    expect_life(stage);
}

/* ---- tai-chi ---- */

static void begin_taichi(struct stage *stage)
{
    struct ambient frame;

    ambient_init(&frame);
    frame.taichi = 255;
    life_apply(show_life(stage->show), &frame, loop.now_usec);
    for (unsigned i = 0; !life_is_playing(show_life(stage->show)); i++) {
        assert_true(i < 1000000);
        assert_true(rig_turn(stage->rig, USEC_NEVER - 1));
    }
    assert_true(show_is_running(stage->show));
    assert_true(stage->is_running);
    assert_null(show_event_id(stage->show));
}

static void taichi(void **state)
{
    struct stage *stage = *state;

    begin_taichi(stage);
    assert_int_equal(stage->changes, 1);
    show_stop(stage->show, loop.now_usec);
    expect_life(stage);
    rig_expect_still(stage->rig);
    assert_int_equal(stage->changes, 2);

    begin_taichi(stage);
    rig_run(stage->rig, 2 * SEC);
    run(stage, "ID 1\nWT 1000");
    assert_false(life_is_playing(show_life(stage->show)));
    run_now(stage);
    expect_running(stage, "1");
    rig_run(stage->rig, SEC);
    expect_life(stage);
}

int main(void)
{
#define on_stage(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        on_stage(empty),
        on_stage(choreography),
        on_stage(nose_blinks),
        on_stage(download_fails),
        on_stage(no_fetch),
        on_stage(fetch_goes),
        on_stage(palettes),
        on_stage(colors),
        on_stage(wait_skips),
        on_stage(what_does_nothing),
        on_stage(calls),
        on_stage(many_steps),
        on_stage(wait_for_ever),
        on_stage(choreography_for_ever),
        on_stage(stop),
        on_stage(waits_for_ears),
        on_stage(another),
        on_stage(one_after_the_other),
        on_stage(away),
        on_stage(dance),
        on_stage(dance_without_ears),
        on_stage(dance_is_stopped),
        on_stage(dance_is_ended_by_name),
        on_stage(dance_goes_on),
        on_stage(guide),
        on_stage(dark_between_programs),
        on_stage(taichi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
