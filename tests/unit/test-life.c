/* Ambient life on the simulated body, in virtual time. */
#include "dance-rig.h"

#include "dance/life.h"
#include "dance/pose.h"
#include "dance/taichi.h"
#include "violet-rig.h"
#include "violet-vectors.h"
#include "violet/animation.h"
#include "violet/choreography.h"

#define SEC    USEC_PER_SEC
#define VIOLET 0xff00ff

struct stage {
    struct rig *rig;
    struct life *life;
    struct ambient frame;
};

static uint64_t deadline(const void *dancer)
{
    return life_deadline(dancer);
}

static void tick(void *dancer, uint64_t now_usec)
{
    life_tick(dancer, now_usec);
}

static void on_settled(void *dancer, uint64_t now_usec)
{
    life_on_ears_settled(dancer);
}

/* Awake, with a platform, at a whole second, and with no base. */
static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    stage->rig = rig_new();
    assert_int_equal(life_new(&stage->life, stage->rig->body, rig_random, stage->rig), 0);
    stage->rig->dancer = stage->life;
    stage->rig->deadline = deadline;
    stage->rig->tick = tick;
    stage->rig->on_settled = on_settled;
    loop.now_usec += SEC - loop.now_usec % SEC;
    ambient_init(&stage->frame);
    stage->frame.base = 0;
    life_apply(stage->life, &stage->frame, loop.now_usec);
    life_resume(stage->life, LIFE_AWAY, loop.now_usec);
    ambient_init(&stage->frame);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    assert_null(life_free(stage->life));
    assert_null(life_free(NULL));
    rig_free(stage->rig);
    free(stage);
    return 0;
}

/* Sends the frame that was made in the stage. */
static void apply(struct stage *stage)
{
    life_apply(stage->life, &stage->frame, loop.now_usec);
    ambient_init(&stage->frame);
}

static void show(struct stage *stage, unsigned service, unsigned value)
{
    assert_true(ambient_show(&stage->frame, service, value));
    apply(stage);
}

static void send_ears(struct stage *stage, unsigned left, unsigned right)
{
    stage->frame.ears[EAR_LEFT] = (int)left;
    stage->frame.ears[EAR_RIGHT] = (int)right;
    apply(stage);
}

static void begin_record(struct stage *stage)
{
    rig_begin_record();
    stage->rig->ticks = 0;
}

/* ---- services ---- */

static uint32_t color_of(char digit)
{
    return color_vectors[digit <= '9' ? digit - '0' : digit - 'a' + 10];
}

static void expect_frame(const char *frame)
{
    for (unsigned i = 0; i < ANIMATION_LED_COUNT; i++)
        assert_int_equal(leds_sim_shown(rig_leds, LED_LEFT + i), color_of(frame[i]));
}

/* Every value for two loops: each frame from its first to its last millisecond, and as many
 * wake-ups as there are changes. */
static void animations(void **state)
{
    struct stage *stage = *state;

    for (size_t i = 0; i < ARRAY_SIZE(animation_vectors); i++) {
        const char *frames = animation_vectors[i].frames;
        uint64_t step = animation_vectors[i].step_ms * MSEC;
        size_t count = (strlen(frames) + 1) / 4;
        unsigned changes = 0;

        assert_true(ambient_remove(&stage->frame, animation_vectors[i].service));
        apply(stage);
        expect_frame("000");
        begin_record(stage);
        show(stage, animation_vectors[i].service, animation_vectors[i].value);
        for (size_t at = 0; at < 2 * count; at++) {
            const char *frame = frames + 4 * (at % count);

            expect_frame(frame);
            rig_run(stage->rig, step - 1 * MSEC);
            expect_frame(frame);
            rig_run(stage->rig, 1 * MSEC);
            changes += strncmp(frame, frames + 4 * ((at + 1) % count), 3) != 0;
        }
        assert_int_equal(stage->rig->ticks, changes);
        assert_true(ambient_remove(&stage->frame, animation_vectors[i].service));
        apply(stage);
        assert_int_equal(life_deadline(stage->life), USEC_NEVER);
    }
}

static void a_value_of_no_table_is_dark(void **state)
{
    struct stage *stage = *state;

    show(stage, AMBIENT_WEATHER, 2);
    rig_expect_leds(0, 0x0000ff, 0x0000ff, 0x0000ff, 0);
    show(stage, AMBIENT_WEATHER, 6);
    rig_expect_leds(0, 0, 0, 0, 0);
    assert_int_equal(life_deadline(stage->life), USEC_NEVER);
}

/* What the LEDs look like at the first frame of each of these. */
static void expect_service(unsigned service)
{
    static const char *const firsts[AMBIENT_SERVICE_END] = {
        [AMBIENT_WEATHER] = "444", [AMBIENT_TRAFFIC] = "101", [AMBIENT_AIR] = "666"};

    expect_frame(firsts[service]);
}

static void rotation(void **state)
{
    struct stage *stage = *state;
    uint64_t began;

    rig_run(stage->rig, 300 * MSEC);
    began = loop.now_usec - 300 * MSEC;
    show(stage, AMBIENT_WEATHER, 2);
    expect_service(AMBIENT_WEATHER);
    rig_run(stage->rig, 5 * SEC);
    show(stage, AMBIENT_TRAFFIC, 0); /* new: at once */
    expect_service(AMBIENT_TRAFFIC);
    rig_run(stage->rig, 700 * MSEC);
    show(stage, AMBIENT_AIR, 0);
    expect_service(AMBIENT_AIR);
    show(stage, AMBIENT_TRAFFIC, 0); /* not new */
    expect_service(AMBIENT_AIR);

    /* Shown since second 6, so until second 22: more than 15 of a clock of whole seconds. */
    rig_run(stage->rig, began + 22 * SEC - 1 * MSEC - loop.now_usec);
    assert_int_equal(life_deadline(stage->life) - began, 22 * SEC);
    rig_run(stage->rig, 1 * MSEC);
    expect_service(AMBIENT_WEATHER);
    rig_run(stage->rig, 16 * SEC);
    expect_service(AMBIENT_TRAFFIC);
    rig_run(stage->rig, 16 * SEC);
    expect_service(AMBIENT_AIR);
    rig_run(stage->rig, 16 * SEC);
    expect_service(AMBIENT_WEATHER);
}

/* One service has nothing to change with: its animation goes on. */
static void no_rotation_of_one(void **state)
{
    struct stage *stage = *state;

    show(stage, AMBIENT_MAIL, 0); /* 2.8 s a loop */
    begin_record(stage);
    rig_run(stage->rig, 28 * SEC);
    assert_int_equal(stage->rig->ticks, 40);
    expect_frame("500");
}

static void values_change(void **state)
{
    struct stage *stage = *state;

    show(stage, AMBIENT_MAIL, 1);
    rig_run(stage->rig, 560 * MSEC);
    expect_frame("000");
    show(stage, AMBIENT_MAIL, 1); /* as it is */
    expect_frame("000");
    show(stage, AMBIENT_MAIL, 3); /* seen at once, from its beginning */
    expect_frame("555");
    rig_run(stage->rig, 559 * MSEC);
    expect_frame("555");
    show(stage, AMBIENT_TRAFFIC, 0);
    show(stage, AMBIENT_MAIL, 2);
    expect_service(AMBIENT_TRAFFIC);
}

static void removal(void **state)
{
    struct stage *stage = *state;

    show(stage, AMBIENT_WEATHER, 2);
    show(stage, AMBIENT_AIR, 0);
    show(stage, AMBIENT_TRAFFIC, 0);
    assert_true(ambient_remove(&stage->frame, AMBIENT_WEATHER)); /* another one */
    apply(stage);
    expect_service(AMBIENT_TRAFFIC);
    assert_true(ambient_remove(&stage->frame, AMBIENT_TRAFFIC)); /* the one that is shown */
    apply(stage);
    expect_service(AMBIENT_AIR);
    assert_true(ambient_remove(&stage->frame, AMBIENT_STOCK)); /* none */
    apply(stage);
    expect_service(AMBIENT_AIR);
    assert_true(ambient_remove(&stage->frame, AMBIENT_AIR));
    apply(stage);
    expect_frame("000");
    assert_int_equal(life_deadline(stage->life), USEC_NEVER);
}

static void the_whole_state(void **state)
{
    struct stage *stage = *state;

    show(stage, AMBIENT_WEATHER, 2);
    show(stage, AMBIENT_AIR, 0);
    stage->frame.is_full = true;
    assert_true(ambient_show(&stage->frame, AMBIENT_WEATHER, 2));
    apply(stage);
    expect_service(AMBIENT_WEATHER);
    stage->frame.is_full = true;
    show(stage, AMBIENT_TRAFFIC, 0);
    expect_service(AMBIENT_TRAFFIC);
    rig_run(stage->rig, 16 * SEC);
    rig_run(stage->rig, 8 * SEC); /* four loops: there is no other */
    expect_service(AMBIENT_TRAFFIC);
    stage->frame.is_full = true;
    apply(stage);
    expect_frame("000");
}

/* ---- nose and base ---- */

static void noses(void **state)
{
    static const char *const phases[] = {"........", ".x......", ".x.x....", ".x.x...."};
    static const unsigned changes[] = {0, 2, 4, 4};
    struct stage *stage = *state;

    for (unsigned value = 0; value < ARRAY_SIZE(phases); value++) {
        loop.now_usec += 2048 * MSEC - loop.now_usec % (2048 * MSEC);
        stage->frame.nose = (int)value;
        apply(stage);
        begin_record(stage);
        for (unsigned phase = 0; phase < 16; phase++) {
            rig_expect_leds(phases[value][phase % 8] == 'x' ? VIOLET : 0, 0, 0, 0, 0);
            rig_run(stage->rig, 255 * MSEC);
            rig_expect_leds(phases[value][phase % 8] == 'x' ? VIOLET : 0, 0, 0, 0, 0);
            rig_run(stage->rig, 1 * MSEC);
        }
        assert_int_equal(stage->rig->ticks, 2 * changes[value]);
    }
}

/* Two pulses of each colour: up, down, and one wake-up for each of its shades. */
static void bases(void **state)
{
    static const uint32_t colors[] = {0x000000, 0x0000ff, 0x00ff00, 0x00ffff,
                                      0xff0000, 0xff00ff, 0xffff00, 0xffffff};
    struct stage *stage = *state;

    for (unsigned base = 0; base < ARRAY_SIZE(colors); base++) {
        unsigned changes = 0;

        loop.now_usec += 4096 * MSEC - loop.now_usec % (4096 * MSEC);
        stage->frame.base = (int)base;
        apply(stage);
        begin_record(stage);
        for (unsigned i = 0; i < 512; i++) {
            uint32_t before = leds_sim_shown(rig_leds, LED_BOTTOM);

            assert_int_equal(before & ~colors[base], 0);
            if (i % 256 == 0)
                assert_int_equal(before, 0);
            if (i % 256 == 128)
                assert_int_equal(before, colors[base]);
            rig_run(stage->rig, 15 * MSEC);
            assert_int_equal(leds_sim_shown(rig_leds, LED_BOTTOM), before);
            rig_run(stage->rig, 1 * MSEC);
            changes += leds_sim_shown(rig_leds, LED_BOTTOM) != before;
        }
        assert_int_equal(stage->rig->ticks, changes);
        assert_int_equal(rig_record.count, changes);
        assert_true(base == 0 ? changes == 0 : changes > 300);
    }
}

static void violet_unless_told_otherwise(void **state)
{
    struct stage *stage = *state;
    struct life *life;

    assert_int_equal(life_new(&life, stage->rig->body, rig_random, stage->rig), 0);
    loop.now_usec += 4096 * MSEC - loop.now_usec % (4096 * MSEC) + 2048 * MSEC;
    life_resume(life, LIFE_AWAY, loop.now_usec);
    rig_expect_leds(0, 0, 0, 0, VIOLET);
    life_free(life);
}

/* ---- pauses ---- */

static void nothing_is_shown_while_suspended(void **state)
{
    static const enum life_pause pauses[] = {LIFE_ASLEEP, LIFE_PLAYING, LIFE_DETECTING};
    struct stage *stage = *state;

    stage->frame.nose = 2;
    stage->frame.base = 4;
    stage->frame.taichi = TAICHI_OFTEN;
    show(stage, AMBIENT_WEATHER, 2);
    for (size_t i = 0; i < ARRAY_SIZE(pauses); i++) {
        life_suspend(stage->life, pauses[i]);
        life_suspend(stage->life, pauses[i]);
        begin_record(stage);
        assert_int_equal(life_deadline(stage->life), USEC_NEVER);
        life_tick(stage->life, loop.now_usec);
        show(stage, AMBIENT_AIR, (unsigned)i);
        stage->frame.nose = 1;
        apply(stage);
        rig_run(stage->rig, 600 * SEC);
        assert_int_equal(rig_record.count, 0);
        assert_int_equal(stage->rig->ticks, 0);

        for (enum led_index led = 0; led < LED_COUNT; led++)
            body_led_set(stage->rig->body, led, 0x123456);
        life_resume(stage->life, pauses[i], loop.now_usec);
        expect_service(AMBIENT_AIR);
        assert_int_equal(leds_sim_shown(rig_leds, LED_NOSE) & ~(uint32_t)VIOLET, 0);
        assert_int_equal(leds_sim_shown(rig_leds, LED_BOTTOM) & 0xffff, 0);
        life_resume(stage->life, pauses[i], loop.now_usec);
    }
}

static void fall_asleep(struct stage *stage)
{
    life_suspend(stage->life, LIFE_ASLEEP);
    pose_sleep(stage->rig->body, 0);
    rig_settle(stage->rig);
    rig_run(stage->rig, USEC_PER_MIN);
}

static void wake(struct stage *stage)
{
    pose_wake(stage->rig->body);
    life_resume(stage->life, LIFE_ASLEEP, loop.now_usec);
}

static void a_sleeper_is_dark(void **state)
{
    struct stage *stage = *state;

    stage->frame.base = 7;
    show(stage, AMBIENT_WEATHER, 2);
    fall_asleep(stage);
    for (unsigned i = 0; i < 100; i++) {
        stage->frame.nose = 2;
        show(stage, AMBIENT_AIR, i % 11);
        rig_expect_leds(0, 0, 0, 0, 0);
        rig_run(stage->rig, 100 * MSEC);
        rig_expect_leds(0, 0, 0, 0, 0);
    }
    wake(stage);
    rig_run(stage->rig, 4200 * MSEC); /* ten steps after it began anew */
    assert_int_equal(leds_sim_shown(rig_leds, LED_MIDDLE), 0x00ffff);
}

static void all_pauses_have_to_end(void **state)
{
    struct stage *stage = *state;

    show(stage, AMBIENT_WEATHER, 2);
    life_suspend(stage->life, LIFE_PLAYING);
    life_suspend(stage->life, LIFE_ASLEEP);
    begin_record(stage);
    life_resume(stage->life, LIFE_PLAYING, loop.now_usec);
    rig_run(stage->rig, 20 * SEC);
    assert_int_equal(rig_record.count, 0);
    life_resume(stage->life, LIFE_ASLEEP, loop.now_usec);
    expect_service(AMBIENT_WEATHER);
}

static void the_platform_goes(void **state)
{
    struct stage *stage = *state;

    stage->frame.base = 1;
    stage->frame.nose = 1;
    show(stage, AMBIENT_WEATHER, 2);
    body_led_set(stage->rig->body, LED_BOTTOM, 0x00ff00);
    body_led_set(stage->rig->body, LED_NOSE, VIOLET);
    life_suspend(stage->life, LIFE_AWAY);
    rig_expect_leds(0, 0, 0, 0, 0x00ff00);
    assert_int_equal(life_deadline(stage->life), USEC_NEVER);
    life_resume(stage->life, LIFE_AWAY, loop.now_usec);
    expect_service(AMBIENT_WEATHER);
}

/* LEDs that somebody else sets stay until they change. */
static void only_what_changes_is_set(void **state)
{
    struct stage *stage = *state;

    show(stage, AMBIENT_MAIL, 1);
    body_led_set(stage->rig->body, LED_LEFT, 0x123456);
    begin_record(stage);
    rig_run(stage->rig, 560 * MSEC);
    assert_int_equal(rig_record.count, 1);
    assert_string_equal(rig_record.list[0].text, "led middle 000000");
    rig_expect_leds(0, 0x123456, 0, 0, 0);
}

/* ---- ears ---- */

static void expect_ears(const struct stage *stage, int left, int right)
{
    assert_int_equal(body_ear_position(stage->rig->body, EAR_LEFT), left);
    assert_int_equal(body_ear_position(stage->rig->body, EAR_RIGHT), right);
}

static void ears_follow(void **state)
{
    struct stage *stage = *state;

    begin_record(stage);
    send_ears(stage, 10, 5);
    assert_int_equal(rig_record.ear_orders, 2);
    assert_string_equal(rig_record.list[0].text, "ear 0 to 10 forward");
    assert_string_equal(rig_record.list[1].text, "ear 1 to 5 forward");
    assert_int_equal(lines_sim_motor(rig_lines, EAR_LEFT), 1);
    rig_settle(stage->rig);
    expect_ears(stage, 10, 5);
    rig_run(stage->rig, SEC);
    send_ears(stage, 10, 5); /* they are there */
    rig_expect_still(stage->rig);
    send_ears(stage, 255, 16); /* any byte */
    assert_int_equal(rig_record.refused, 0);
    rig_settle(stage->rig);
    expect_ears(stage, 0, 16);
    stage->frame.nose = 1;
    begin_record(stage);
    apply(stage); /* says nothing of ears */
    assert_int_equal(rig_record.ear_orders, 0);
}

/* Whoever turns the ears by hand has them left alone when the platform repeats what it was told. */
static void a_hand_is_remembered(void **state)
{
    struct stage *stage = *state;

    begin_record(stage);
    life_on_ears_moved(stage->life, 3, 4);
    send_ears(stage, 3, 4);
    assert_int_equal(rig_record.ear_orders, 0);
    send_ears(stage, 4, 3);
    assert_int_equal(rig_record.ear_orders, 2);
}

static void ears_wait_for_the_morning(void **state)
{
    struct stage *stage = *state;

    fall_asleep(stage);
    begin_record(stage);
    send_ears(stage, 7, 8);
    send_ears(stage, 7, 9);
    rig_run(stage->rig, 30 * SEC);
    assert_int_equal(rig_record.ear_orders, 0);
    expect_ears(stage, 10, 10);
    wake(stage);
    assert_int_equal(rig_record.ear_orders, 0); /* homing first */
    rig_settle(stage->rig);
    rig_run(stage->rig, USEC_PER_MIN);
    assert_int_equal(rig_record.ear_orders, 2);
    expect_ears(stage, 7, 9);

    /* Used once: the next morning they stay up. */
    fall_asleep(stage);
    wake(stage);
    rig_settle(stage->rig);
    rig_run(stage->rig, USEC_PER_MIN);
    expect_ears(stage, 0, 0);
}

static void a_hand_is_remembered_for_the_morning(void **state)
{
    struct stage *stage = *state;

    life_on_ears_moved(stage->life, 2, 3);
    fall_asleep(stage);
    life_on_ears_moved(stage->life, 5, 5); /* in its sleep: of no account */
    wake(stage);
    rig_settle(stage->rig);
    rig_run(stage->rig, USEC_PER_MIN);
    expect_ears(stage, 2, 3);
}

static void ears_wait_for_the_end_of_homing(void **state)
{
    struct stage *stage = *state;

    body_home(stage->rig->body);
    begin_record(stage);
    send_ears(stage, 7, 8);
    assert_int_equal(rig_record.ear_orders, 0);
    life_on_ears_moved(stage->life, 1, 1); /* the platform's wish stands above it */
    rig_settle(stage->rig);
    rig_run(stage->rig, 30 * SEC);
    assert_int_equal(rig_record.ear_orders, 2);
    expect_ears(stage, 7, 8);
    begin_record(stage);
    body_home(stage->rig->body);
    rig_settle(stage->rig);
    rig_run(stage->rig, SEC);
    assert_int_equal(rig_record.ear_orders, 0);
    expect_ears(stage, 0, 0);
}

static void restored(void **state)
{
    struct stage *stage = *state;

    life_on_ears_moved(stage->life, 4, 5);
    begin_record(stage);
    life_restore_ears(stage->life);
    assert_string_equal(rig_record.list[0].text, "ear 0 to 4 forward");
    assert_string_equal(rig_record.list[1].text, "ear 1 to 5 forward");
    rig_settle(stage->rig);
    begin_record(stage);
    life_restore_ears(stage->life);
    assert_string_equal(rig_record.list[0].text, "ear 0 to 0 forward");
    assert_string_equal(rig_record.list[1].text, "ear 1 to 0 forward");
}

/* Without a platform ears are nobody's business here. */
static void nothing_is_remembered_without_a_platform(void **state)
{
    struct stage *stage = *state;

    life_suspend(stage->life, LIFE_AWAY);
    life_on_ears_moved(stage->life, 4, 5);
    fall_asleep(stage);
    wake(stage);
    begin_record(stage);
    rig_settle(stage->rig);
    rig_run(stage->rig, SEC);
    assert_int_equal(rig_record.ear_orders, 0);
}

/* ---- tai-chi ---- */

static void set_taichi(struct stage *stage, int often)
{
    stage->frame.taichi = often;
    apply(stage);
}

static void run_taichi(struct stage *stage)
{
    for (unsigned i = 0; life_is_playing(stage->life); i++) {
        assert_true(i < 10000);
        assert_true(rig_turn(stage->rig, USEC_NEVER - 1));
    }
}

static void taichi_now_and_then(void **state)
{
    struct stage *stage = *state;
    uint64_t began = loop.now_usec;

    show(stage, AMBIENT_WEATHER, 7); /* dark: nothing else wakes it */
    stage->rig->fixed = 64;
    set_taichi(stage, 80);
    assert_int_equal(stage->rig->random_high, 127);
    assert_int_equal(life_deadline(stage->life), began + 80 * USEC_PER_MIN);
    set_taichi(stage, TAICHI_OFTEN); /* the pause that has begun stays */
    assert_int_equal(life_deadline(stage->life), began + 80 * USEC_PER_MIN);
    begin_record(stage);
    rig_run(stage->rig, 80 * USEC_PER_MIN - 1);
    assert_int_equal(stage->rig->ticks, 0);
    rig_run(stage->rig, 1);
    assert_true(life_is_playing(stage->life));
    run_taichi(stage);
    assert_true(loop.now_usec - began < 81 * USEC_PER_MIN);
    assert_true(rig_record.ear_orders > 0);
    assert_int_equal(life_deadline(stage->life), began + 120 * USEC_PER_MIN);
    set_taichi(stage, 0);
    assert_int_equal(life_deadline(stage->life), USEC_NEVER);
}

/* Whatever it begins with and wherever the ears are: they end there, and no move is a turn. */
static void taichi_is_gentle(void **state)
{
    struct stage *stage = *state;

    for (unsigned position = 0; position < EAR_POSITIONS; position++) {
        uint64_t began;

        send_ears(stage, position, EAR_POSITIONS - 1 - position);
        rig_settle(stage->rig);
        rig_run(stage->rig, USEC_PER_MIN);
        stage->rig->fixed = position % 2;
        set_taichi(stage, 80);
        loop.now_usec = began = life_deadline(stage->life);
        begin_record(stage);
        life_tick(stage->life, loop.now_usec);
        assert_true(life_is_playing(stage->life));
        run_taichi(stage);
        assert_true(loop.now_usec - began < 30 * SEC);
        assert_int_equal(rig_record.ear_orders, 8);
        for (size_t i = 0; i < rig_record.count; i++) {
            unsigned ear, to;

            if (sscanf(rig_record.list[i].text, "ear %u to %u", &ear, &to) == 2)
                assert_true(to < EAR_POSITIONS);
        }
        assert_true(body_ears_settled(stage->rig->body));
        expect_ears(stage, (int)position, EAR_POSITIONS - 1 - (int)position);
        rig_expect_leds(0, 0, 0, 0, 0);
        set_taichi(stage, 0);
    }
}

static void begin_taichi(struct stage *stage)
{
    set_taichi(stage, 0);
    set_taichi(stage, 80);
    rig_run(stage->rig, 120 * USEC_PER_MIN);
    while (!life_is_playing(stage->life))
        assert_true(rig_turn(stage->rig, USEC_NEVER - 1));
    rig_run(stage->rig, 500 * MSEC);
    assert_true(life_is_playing(stage->life));
    assert_false(body_ears_settled(stage->rig->body));
}

static void taichi_hides_what_is_shown(void **state)
{
    struct stage *stage = *state;
    uint32_t shade;

    stage->frame.base = 4;
    show(stage, AMBIENT_WEATHER, 2);
    begin_taichi(stage);
    shade = leds_sim_shown(rig_leds, LED_NOSE);
    rig_expect_leds(shade, shade, shade, shade, shade);
    show(stage, AMBIENT_AIR, 0);
    rig_expect_leds(shade, shade, shade, shade, shade);
    run_taichi(stage);
    expect_service(AMBIENT_AIR);
}

static void taichi_is_stopped(void **state)
{
    static const enum life_pause pauses[] = {LIFE_ASLEEP, LIFE_PLAYING, LIFE_DETECTING, LIFE_AWAY};
    struct stage *stage = *state;

    for (size_t i = 0; i < ARRAY_SIZE(pauses); i++) {
        begin_taichi(stage);
        life_suspend(stage->life, pauses[i]);
        assert_false(life_is_playing(stage->life));
        rig_expect_still(stage->rig);
        rig_run(stage->rig, USEC_PER_MIN);
        rig_expect_still(stage->rig);
        life_resume(stage->life, pauses[i], loop.now_usec);
        assert_false(life_is_playing(stage->life));
    }
    show(stage, AMBIENT_AIR, 0);
    begin_taichi(stage);
    life_interrupt(stage->life, loop.now_usec);
    assert_false(life_is_playing(stage->life));
    rig_expect_still(stage->rig);
    expect_service(AMBIENT_AIR);
    life_interrupt(stage->life, loop.now_usec);
    rig_run(stage->rig, USEC_PER_MIN);
    rig_expect_still(stage->rig);
}

/* What was due while something played begins when that is over; what was due in sleep does not. */
static void taichi_that_was_due(void **state)
{
    struct stage *stage = *state;

    set_taichi(stage, 80);
    life_suspend(stage->life, LIFE_PLAYING);
    rig_run(stage->rig, 200 * USEC_PER_MIN);
    assert_false(life_is_playing(stage->life));
    life_resume(stage->life, LIFE_PLAYING, loop.now_usec);
    rig_run(stage->rig, 0);
    assert_true(life_is_playing(stage->life));
    run_taichi(stage);

    life_suspend(stage->life, LIFE_ASLEEP);
    rig_run(stage->rig, 200 * USEC_PER_MIN);
    life_resume(stage->life, LIFE_ASLEEP, loop.now_usec);
    assert_int_equal(life_deadline(stage->life), loop.now_usec + 40 * USEC_PER_MIN);
}

/* Frames of a stranger: every order is one that the body takes, and no LED is left alone. */
static void frames_of_a_stranger(void **state)
{
    static const uint8_t ids[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 20, 77};
    struct stage *stage = *state;
    uint64_t seed = 3;

    stage->rig->seed = 4;
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t payload[40] = {0x7f, 0xff, 0xff, i % 4 ? 0xfe : 0xff};

        for (size_t at = 4; at + 1 < sizeof(payload); at += 2) {
            payload[at] = ids[dice_of(&seed, sizeof(ids))];
            payload[at + 1] = (uint8_t)(dice_of(&seed, 2) ? dice(&seed) : dice_of(&seed, 12));
        }
        if (ambient_decode(&stage->frame, payload, 4 + dice_of(&seed, 37)) < 0)
            ambient_init(&stage->frame); /* too short */
        rig_begin_record();
        apply(stage);
        assert_int_equal(rig_record.refused, 0);
        rig_run(stage->rig, dice_of(&seed, 3000) * MSEC);
        if (!life_is_playing(stage->life))
            for (enum led_index led = 0; led < LED_COUNT; led++)
                assert_int_equal(leds_sim_shown(rig_leds, led), rig_record.told[led]);
    }
}

int main(void)
{
#define on_stage(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        on_stage(animations),
        on_stage(a_value_of_no_table_is_dark),
        on_stage(rotation),
        on_stage(no_rotation_of_one),
        on_stage(values_change),
        on_stage(removal),
        on_stage(the_whole_state),
        on_stage(noses),
        on_stage(bases),
        on_stage(violet_unless_told_otherwise),
        on_stage(nothing_is_shown_while_suspended),
        on_stage(a_sleeper_is_dark),
        on_stage(all_pauses_have_to_end),
        on_stage(the_platform_goes),
        on_stage(only_what_changes_is_set),
        on_stage(ears_follow),
        on_stage(a_hand_is_remembered),
        on_stage(ears_wait_for_the_morning),
        on_stage(a_hand_is_remembered_for_the_morning),
        on_stage(ears_wait_for_the_end_of_homing),
        on_stage(restored),
        on_stage(nothing_is_remembered_without_a_platform),
        on_stage(taichi_now_and_then),
        on_stage(taichi_is_gentle),
        on_stage(taichi_hides_what_is_shown),
        on_stage(taichi_is_stopped),
        on_stage(taichi_that_was_due),
        on_stage(frames_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
