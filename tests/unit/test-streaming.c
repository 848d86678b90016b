/* The dance to a stream on the simulated body, in virtual time. */
#include "dance-rig.h"

#include "dance/streaming.h"

struct stage {
    struct rig *rig;
    struct streaming *streaming;
    struct streaming_options options;
};

static uint64_t deadline(const void *dancer)
{
    return streaming_deadline(dancer);
}

static void tick(void *dancer, uint64_t now_usec)
{
    streaming_tick(dancer, now_usec);
}

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    stage->rig = rig_new();
    assert_int_equal(streaming_new(&stage->streaming, stage->rig->body), 0);
    assert_int_equal(streaming_deadline(stage->streaming), USEC_NEVER);
    stage->rig->dancer = stage->streaming;
    stage->rig->deadline = deadline;
    stage->rig->tick = tick;
    colors_choose(&stage->options.colors, 3);
    stage->options.random = rig_random;
    stage->options.userdata = stage->rig;
    stage->rig->seed = 1;
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    assert_null(streaming_free(stage->streaming));
    assert_null(streaming_free(NULL));
    rig_free(stage->rig);
    free(stage);
    return 0;
}

static void start(struct stage *stage)
{
    rig_begin_record();
    stage->rig->ticks = stage->rig->draws = 0;
    streaming_start(stage->streaming, &stage->options, loop.now_usec);
}

/* One frame later. */
static void next(struct stage *stage)
{
    unsigned ticks = stage->rig->ticks;

    while (stage->rig->ticks == ticks)
        assert_true(rig_turn(stage->rig, USEC_NEVER - 1));
}

/* ---- sequences ---- */

/* A sequence is when something is drawn: how many frames come between two, and how long they last.
 */
struct sequence {
    unsigned frames;
    uint64_t tempo_usec;
    unsigned ears; /* orders at its beginning */
};

static struct sequence run_sequence(struct stage *stage)
{
    struct sequence sequence = {.frames = 1, .ears = rig_record.ear_orders};
    unsigned draws = stage->rig->draws;

    sequence.tempo_usec = streaming_deadline(stage->streaming) - loop.now_usec;
    rig_begin_record();
    for (;;) {
        uint64_t due = streaming_deadline(stage->streaming), began = loop.now_usec;

        assert_int_equal(due - began, sequence.tempo_usec);
        next(stage);
        assert_int_equal(loop.now_usec, due);
        if (stage->rig->draws != draws)
            return sequence;
        assert_int_equal(rig_record.ear_orders, 0);
        sequence.frames++;
    }
}

static void sequences(void **state)
{
    static const unsigned lengths[] = {48, 56, 44, 64};
    struct stage *stage = *state;
    unsigned seen = 0, with_ears = 0;
    uint64_t shortest = USEC_NEVER, longest = 0;

    start(stage);
    for (unsigned i = 0; i < 300; i++) {
        struct sequence sequence = run_sequence(stage);
        bool is_whole = false;

        assert_true(sequence.tempo_usec >= 160 * MSEC && sequence.tempo_usec <= 249 * MSEC);
        assert_int_equal(sequence.tempo_usec % MSEC, 0);
        shortest = usec_earlier(shortest, sequence.tempo_usec);
        longest = usec_later(longest, sequence.tempo_usec);
        for (unsigned j = 0; j < ARRAY_SIZE(lengths); j++) {
            unsigned loops = sequence.frames / lengths[j];

            if (sequence.frames % lengths[j] || loops < 3 || loops > 20)
                continue;
            is_whole = true;
            seen |= 1U << j;
        }
        assert_true(is_whole);
        assert_true(sequence.ears == 0 || sequence.ears == 2);
        with_ears += sequence.ears > 0;
    }
    assert_int_equal(seen, 0xf);
    assert_true(shortest < 165 * MSEC && longest > 244 * MSEC);
    /* Once in 1, 1, 2, 3, 4: 5 moves in 11 sequences. */
    assert_true(with_ears > 300 * 4 / 11 && with_ears < 300 * 6 / 11);
    assert_int_equal(rig_record.refused, 0);
}

static void fixed_dice(void **state)
{
    struct stage *stage = *state;

    stage->rig->seed = 0;
    start(stage);
    assert_int_equal(streaming_deadline(stage->streaming), loop.now_usec + 160 * MSEC);
    assert_string_equal(rig_record.list[0].text, "led nose 000000");
    assert_string_equal(rig_record.list[4].text, "led bottom 000000");
    assert_string_equal(rig_record.list[5].text, "ear 0 to 10 forward");
    assert_string_equal(rig_record.list[6].text, "ear 1 to 0 forward");
    assert_string_equal(rig_record.list[7].text, "led left fe8002");
    assert_int_equal(rig_record.count, 8);
    for (unsigned i = 0; i < 3 * 48; i++) {
        assert_int_equal(rig_record.ear_orders, 2);
        next(stage);
    }
    assert_int_equal(rig_record.ear_orders, 4); /* surely: both to the first of the places */
    assert_int_equal(loop.now_usec - rig_record.since_usec, 3 * 48 * 160 * MSEC);

    stage->rig->fixed = USEC_NEVER;
    start(stage);
    assert_int_equal(streaming_deadline(stage->streaming), loop.now_usec + 249 * MSEC);
    assert_string_equal(rig_record.list[5].text, "ear 0 to 0 forward");
    assert_string_equal(rig_record.list[6].text, "ear 1 to 10 forward");
}

/* Each frame shows something else, in at most three colours of the palette. */
static void frames(void **state)
{
    struct stage *stage = *state;
    uint32_t before[LED_COUNT];

    start(stage);
    for (unsigned i = 0; i < 20000; i++) {
        bool has_changed = false;

        memcpy(before, rig_record.told, sizeof(before));
        next(stage);
        for (enum led_index led = 0; led < LED_COUNT; led++) {
            uint32_t color = rig_record.told[led];
            bool is_ours = color == 0;

            for (unsigned j = 0; j < PALETTE_COLORS; j++)
                is_ours = is_ours || color == palette_color(3, j);
            assert_true(is_ours);
            assert_int_equal(leds_sim_shown(rig_leds, led), color);
            has_changed = has_changed || color != before[led];
        }
        assert_true(has_changed);
    }
}

static unsigned palettes_of_shown(void)
{
    unsigned ret = 0;

    for (unsigned palette = 0; palette < PALETTE_COUNT; palette++)
        for (unsigned i = 0; i < PALETTE_COLORS - 1; i++)
            for (enum led_index led = 0; led < LED_COUNT; led++)
                if (rig_record.told[led] && palette_color(palette, i) == rig_record.told[led])
                    ret |= 1U << palette;
    return ret;
}

static void palettes_at_random(void **state)
{
    struct stage *stage = *state;
    unsigned seen = 0;

    colors_choose(&stage->options.colors, 8);
    start(stage);
    for (unsigned i = 0; i < 50; i++) {
        run_sequence(stage);
        seen |= palettes_of_shown();
    }
    assert_int_equal(seen, 0x7f);
}

static void a_chosen_palette_stays(void **state)
{
    struct stage *stage = *state;

    colors_choose(&stage->options.colors, 1);
    for (unsigned i = 0; i < 7; i++)
        colors_change(&stage->options.colors, i, 0x102030);
    start(stage);
    for (unsigned i = 0; i < 2000; i++) {
        next(stage);
        for (enum led_index led = 0; led < LED_COUNT; led++)
            assert_true(rig_record.told[led] == 0 || rig_record.told[led] == 0x102030);
    }
}

static void without_ears(void **state)
{
    struct stage *stage = *state;

    start(stage); /* this one moves them */
    streaming_stop(stage->streaming);
    rig_settle(stage->rig);
    stage->options.leaves_ears = true;
    start(stage);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(run_sequence(stage).ears, 0);
    body_ear_go(stage->rig->body, EAR_LEFT, 10, EAR_FORWARD);
    streaming_stop(stage->streaming);
    assert_int_equal(lines_sim_motor(rig_lines, EAR_LEFT), 1); /* somebody else's */
}

/* ---- time ---- */

static void late_frames_make_the_next_ones_late(void **state)
{
    struct stage *stage = *state;
    uint64_t tempo, due;

    start(stage);
    due = streaming_deadline(stage->streaming);
    tempo = due - loop.now_usec;
    streaming_tick(stage->streaming, due - 1);
    assert_int_equal(streaming_deadline(stage->streaming), due);
    streaming_tick(stage->streaming, due + 3 * USEC_PER_SEC);
    assert_int_equal(streaming_deadline(stage->streaming), due + 3 * USEC_PER_SEC + tempo);
}

static void stopped_at_any_time(void **state)
{
    struct stage *stage = *state;

    for (unsigned i = 0; i < 60; i++) {
        start(stage);
        assert_true(streaming_is_running(stage->streaming));
        rig_run(stage->rig, i * 70 * MSEC);
        if (i % 2)
            start(stage);
        streaming_stop(stage->streaming);
        assert_false(streaming_is_running(stage->streaming));
        assert_int_equal(streaming_deadline(stage->streaming), USEC_NEVER);
        rig_expect_still(stage->rig);
        rig_begin_record();
        streaming_stop(stage->streaming);
        rig_run(stage->rig, USEC_PER_MIN);
        rig_expect_still(stage->rig);
        assert_int_equal(rig_record.count, 0);
    }
}

int main(void)
{
#define on_stage(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        on_stage(sequences),
        on_stage(fixed_dice),
        on_stage(frames),
        on_stage(palettes_at_random),
        on_stage(a_chosen_palette_stays),
        on_stage(without_ears),
        on_stage(late_frames_make_the_next_ones_late),
        on_stage(stopped_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
