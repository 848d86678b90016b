/* Choreographies on the simulated body, in virtual time. */
#include "dance-rig.h"

#include <errno.h>

#include "base/limits.h"
#include "dance/ears.h"
#include "dance/player.h"
#include "dance/taichi.h"
#include "violet-rig.h"
#include "violet-vectors.h"
#include "violet/choreography.h"

#define RECORD_SIZE 16384

struct stage {
    struct rig *rig;
    struct player *player;
    struct player_options options;
};

static uint64_t deadline(const void *dancer)
{
    return player_deadline(dancer);
}

static void tick(void *dancer, uint64_t now_usec)
{
    player_tick(dancer, now_usec);
}

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    stage->rig = rig_new();
    assert_int_equal(player_new(&stage->player, stage->rig->body), 0);
    stage->rig->dancer = stage->player;
    stage->rig->deadline = deadline;
    stage->rig->tick = tick;
    colors_choose(&stage->options.colors, 8);
    stage->options.random = rig_random;
    stage->options.userdata = stage->rig;
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    assert_null(player_free(stage->player));
    assert_null(player_free(NULL));
    rig_free(stage->rig);
    free(stage);
    return 0;
}

static int start(struct stage *stage, const uint8_t *data, size_t size)
{
    rig_begin_record();
    stage->rig->ticks = stage->rig->draws = 0;
    return player_start(stage->player, data, size, &stage->options, loop.now_usec);
}

static void run_to_end(struct stage *stage)
{
    for (unsigned i = 0; player_is_running(stage->player); i++) {
        assert_true(i < 1000000);
        assert_true(rig_turn(stage->rig, USEC_NEVER - 1));
    }
}

/* The bytes must stay: one choreography at a time. */
static const uint8_t *play(struct stage *stage, const char *hex)
{
    static struct bytes bytes;

    bytes = bytes_of_hex(hex);
    assert_int_equal(start(stage, bytes.data, bytes.size), 0);
    return bytes.data;
}

/* ---- what was seen ---- */

static void put_record(char *ret, size_t room, size_t *used, uint64_t usec, const char *text)
{
    assert_int_equal(usec % MSEC, 0);
    *used += (size_t)snprintf(ret + *used, room - *used, "%llu: %s\n",
                              (unsigned long long)(usec / MSEC), text);
    assert_true(*used < room);
}

static void put_all(char *ret, size_t room, size_t *used, uint64_t usec, uint32_t color)
{
    for (enum led_index i = 0; i < LED_COUNT; i++) {
        char text[RECORD_CHARS];

        snprintf(text, sizeof(text), "led %s %06x", led_name(i), color);
        put_record(ret, room, used, usec, text);
    }
}

static void expect_record(const char *expected)
{
    char seen[RECORD_SIZE] = "";
    size_t used = 0;

    for (size_t i = 0; i < rig_record.count; i++)
        put_record(seen, sizeof(seen), &used, rig_record.list[i].usec, rig_record.list[i].text);
    assert_string_equal(seen, expected);
}

/* What the body is to be told for a line of a vector's timeline, without its time; "": nothing. */
static void translate(const char *line, char ret[RECORD_CHARS])
{
    unsigned number;
    char led[16];

    snprintf(ret, RECORD_CHARS, "%s", line);
    if (sscanf(line, "led %15s palette %u", led, &number) == 2)
        snprintf(ret, RECORD_CHARS, "led %s %06x", led, palette_color(0, number));
    else if (sscanf(line, "led %15s", led) == 1 && ends_with(line, " off"))
        snprintf(ret, RECORD_CHARS, "led %s 000000", led);
    else if (streq(line, "ear 0 by 4"))
        snprintf(ret, RECORD_CHARS, "ear 0 to 13 backward"); /* from 0, as it was told before */
    else if (after_prefix(line, "frame") || streq(line, "tune") || streq(line, "wait") ||
             strstr(line, " turns "))
        *ret = '\0';
}

/* The timeline of a vector as the body is to see it; what comes after a wait is `late_usec` late.
 */
static void expected_record(const char *timeline, uint64_t late_usec, char *ret, size_t room)
{
    char *copy = strdup(timeline), *rest = copy, *line;
    uint64_t late = 0;
    size_t used = 0;

    assert_non_null(copy);
    put_all(ret, room, &used, 0, 0);
    while ((line = strsep(&rest, "\n")) && *line) {
        uint64_t usec = strtoull(line, &line, 10) * MSEC + late;
        char text[RECORD_CHARS];
        uint32_t color;

        line += strlen(": ");
        translate(line, text);
        if (streq(line, "wait"))
            late = late_usec;
        if (sscanf(line, "leds %x", &color) == 1)
            put_all(ret, room, &used, usec, color);
        else if (*text)
            put_record(ret, room, &used, usec, text);
    }
    free(copy);
}

static void vectors(void **state)
{
    struct stage *stage = *state;

    for (size_t i = 0; i < ARRAY_SIZE(choreography_vectors); i++) {
        const struct choreography_vector *vector = &choreography_vectors[i];
        uint64_t late = 0;
        char expected[RECORD_SIZE];

        stage->rig->fixed = vector->random;
        play(stage, vector->hex);
        run_to_end(stage);
        assert_true(player_is_complete(stage->player));
        assert_int_equal(stage->rig->draws, 1);
        assert_int_equal(rig_record.refused, 0);
        if (strstr(vector->timeline, "wait")) {
            /* It asks every 50 ms from 250 on; the ears are found at rest as soon as they are. */
            uint64_t rest = stage->rig->settled_usec - rig_record.since_usec;

            assert_true(rest > 250 * MSEC);
            late = (rest - 250 * MSEC + 50 * MSEC - 1) / (50 * MSEC) * 50 * MSEC;
        }
        expected_record(vector->timeline, late, expected, sizeof(expected));
        expect_record(expected);
        for (enum led_index led = 0; led < LED_COUNT; led++)
            assert_int_equal(leds_sim_shown(rig_leds, led), rig_record.told[led]);
        rig_settle(stage->rig);
        rig_run(stage->rig, USEC_PER_SEC);
        body_home(stage->rig->body);
        rig_settle(stage->rig);
        rig_run(stage->rig, USEC_PER_MIN); /* motors have their rest */
    }
}

/* The built-in tai-chi: six moves of four holes, each 3.4 s, in which the LEDs breathe once. The
 * ears are there before its LEDs are: it waits for none. */
static void tai_chi(void **state)
{
    static const char *const moves[][2] = {
        {"ear 0 to 4 forward", NULL},
        {"ear 1 to 4 forward", NULL},
        {"ear 0 to 0 backward", NULL},
        {"ear 1 to 0 backward", NULL},
        {"ear 0 to 4 forward", "ear 1 to 4 forward"},
        {"ear 0 to 0 backward", "ear 1 to 0 backward"},
    };
    struct stage *stage = *state;
    static uint8_t data[TAICHI_SIZE];
    size_t size = taichi_write(data, EAR_LEFT, (const unsigned[]){0, 0});
    char expected[RECORD_SIZE];
    size_t used = 0;

    assert_int_equal(start(stage, data, size), 0);
    run_to_end(stage);
    put_all(expected, sizeof(expected), &used, 0, 0);
    for (uint64_t i = 0, usec = 0; i < ARRAY_SIZE(moves); i++, usec += 200 * MSEC) {
        for (size_t ear = 0; ear < 2 && moves[i][ear]; ear++)
            put_record(expected, sizeof(expected), &used, usec, moves[i][ear]);
        for (unsigned breath = 1; breath <= 16; breath++) {
            uint32_t depth = breath <= 8 ? breath : 16 - breath;

            usec += 200 * MSEC;
            put_all(expected, sizeof(expected), &used, usec, depth * 0x040a07);
        }
    }
    expect_record(expected);
}

/* The wheel of OpenJabNab's example turns when it is told to, as far as it is told to. */
static void ears_arrive(void **state)
{
    struct stage *stage = *state;

    play(stage, choreography_vectors[0].hex);
    rig_run(stage->rig, 400 * MSEC);
    rig_expect_still(stage->rig);
    rig_run(stage->rig, 100 * MSEC);
    assert_int_equal(lines_sim_motor(rig_lines, EAR_LEFT), 1);
    rig_run(stage->rig, 299 * MSEC);
    assert_int_equal(lines_sim_motor(rig_lines, EAR_RIGHT), 0);
    rig_run(stage->rig, 1 * MSEC);
    assert_int_equal(lines_sim_motor(rig_lines, EAR_RIGHT), -1);
    run_to_end(stage);
    rig_settle(stage->rig); /* the end stops no ear */
    assert_int_equal(body_ear_position(stage->rig->body, EAR_LEFT), 10);
    assert_int_equal(body_ear_position(stage->rig->body, EAR_RIGHT), 5);
    rig_expect_still(stage->rig);
}

static void late_ticks_make_nothing_else_late(void **state)
{
    struct stage *stage = *state;
    uint64_t began;

    play(stage, "01010101"
                "00010a"
                "0009112233"
                "0109445566"
                "0109778899"
                "010a00");
    began = loop.now_usec;
    assert_int_equal(player_deadline(stage->player), began + 100 * MSEC);
    player_tick(stage->player, began + 99 * MSEC);
    assert_int_equal(player_deadline(stage->player), began + 100 * MSEC);
    player_tick(stage->player, began + 250 * MSEC); /* two at once */
    assert_int_equal(rig_record.told[LED_NOSE], 0x778899);
    assert_int_equal(player_deadline(stage->player), began + 300 * MSEC);
    player_tick(stage->player, began + 300 * MSEC);
    assert_false(player_is_running(stage->player));
    assert_true(player_is_complete(stage->player));
    assert_int_equal(player_deadline(stage->player), USEC_NEVER);
}

/* ---- the end ---- */

static void an_unknown_opcode_ends_it_in_its_time(void **state)
{
    struct stage *stage = *state;
    uint64_t began;

    play(stage, "01010101"
                "00010a"
                "0509ff0000"
                "030600");
    began = loop.now_usec;
    run_to_end(stage);
    assert_int_equal(loop.now_usec, began + 800 * MSEC);
    rig_expect_leds(0xff0000, 0xff0000, 0xff0000, 0xff0000, 0xff0000); /* as they were */
    assert_int_equal(stage->rig->ticks, 2);
}

static void nothing_ends_at_once(void **state)
{
    static const char *const hex[] = {"", "01", "01010101", "0101010100", "01010101ff00"};
    struct stage *stage = *state;

    for (size_t i = 0; i < ARRAY_SIZE(hex); i++) {
        for (enum led_index led = 0; led < LED_COUNT; led++)
            body_led_set(stage->rig->body, led, 0x123456);
        play(stage, hex[i]);
        assert_false(player_is_running(stage->player));
        assert_true(player_is_complete(stage->player));
        rig_expect_leds(0, 0, 0, 0, 0);
    }
}

static void too_large(void **state)
{
    struct stage *stage = *state;
    uint8_t *data = calloc(1, LIMIT_CHOREOGRAPHY_BYTES + 1);

    assert_non_null(data);
    assert_int_equal(start(stage, data, LIMIT_CHOREOGRAPHY_BYTES + 1), -E2BIG);
    assert_false(player_is_running(stage->player));
    assert_false(player_is_complete(stage->player));
    assert_int_equal(player_deadline(stage->player), USEC_NEVER);
    free(data);
}

/* ---- colours ---- */

static void palettes(void **state)
{
    struct stage *stage = *state;

    for (unsigned palette = 0; palette < PALETTE_COUNT + 2; palette++) {
        colors_choose(&stage->options.colors, palette);
        assert_int_equal(stage->options.colors.is_random, palette >= PALETTE_COUNT);
        play(stage, "01010101"
                    "000e00f0"
                    "000e0101"
                    "000e0205"
                    "000e0306"
                    "000e0407");
        unsigned shown = palette < PALETTE_COUNT ? palette : 0;
        assert_int_equal(rig_record.told[LED_BOTTOM], palette_color(shown, 0));
        assert_int_equal(rig_record.told[LED_RIGHT], palette_color(shown, 1));
        assert_int_equal(rig_record.told[LED_MIDDLE], palette_color(shown, 5));
        assert_int_equal(rig_record.told[LED_LEFT], palette_color(shown, 6));
        assert_int_equal(rig_record.told[LED_NOSE], 0);
    }
}

static void a_colour_is_changed(void **state)
{
    struct stage *stage = *state;

    colors_choose(&stage->options.colors, 2);
    colors_change(&stage->options.colors, 3, 0x010203);
    play(stage, "01010101"
                "000e0003"
                "000e0102");
    assert_int_equal(rig_record.told[LED_BOTTOM], 0x010203);
    assert_int_equal(rig_record.told[LED_RIGHT], 0xffffff);
    colors_choose(&stage->options.colors, 2); /* forgets it */
    assert_int_equal(stage->options.colors.list[3], 0xffffff);
}

/* ---- ears ---- */

static void expect_ear_order(const char *text)
{
    assert_int_equal(rig_record.count, LED_COUNT + 1);
    assert_string_equal(rig_record.list[LED_COUNT].text, text);
}

static void positions_as_bytes(void **state)
{
    static const struct {
        const char *hex, *order;
    } cases[] = {
        {"0008000a00", "ear 0 to 10 forward"}, {"0008011001", "ear 1 to 16 backward"},
        {"0008001100", "ear 0 to 17 forward"}, {"00080013ff", "ear 0 to 19 backward"},
        {"0008003200", "ear 0 to 50 forward"}, {"0008003300", "ear 0 to 34 forward"},
        {"000800ff00", "ear 0 to 34 forward"}, {"000801fe01", "ear 1 to 50 backward"},
    };
    struct stage *stage = *state;
    char hex[40];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        snprintf(hex, sizeof(hex), "01010101%s", cases[i].hex);
        play(stage, hex);
        expect_ear_order(cases[i].order);
        assert_int_equal(rig_record.refused, 0);
        body_stop(stage->rig->body);
    }
    play(stage, "01010101"
                "0008020a00"
                "0008ff0a00"
                "001105ff"
                "0014ff01"
                "000709ff0000"
                "0000");
    assert_int_equal(rig_record.ear_orders, 0);
}

/* Advancing counts from where the ear was sent, not from where it is by now. */
static void advances(void **state)
{
    struct stage *stage = *state;

    play(stage, "01010101"
                "00110004"
                "00110104"
                "00140101"
                "00110102"
                "00110105"
                "0011000d"
                "001101ff");
    expect_record("0: led nose 000000\n0: led left 000000\n0: led middle 000000\n"
                  "0: led right 000000\n0: led bottom 000000\n"
                  "0: ear 0 to 4 forward\n0: ear 1 to 4 forward\n0: ear 1 to 2 backward\n"
                  "0: ear 1 to 14 backward\n0: ear 0 to 17 forward\n0: ear 1 to 48 backward\n");
    player_stop(stage->player);
    body_stop(stage->rig->body);
}

static void advance_backward_as_the_firmware_does(void **state)
{
    static const struct {
        unsigned from, by, to;
        const char *order;
    } cases[] = {
        {0, 5, 12, "ear 0 to 12 backward"},    {3, 20, 0, "ear 0 to 0 backward"},
        {3, 3, 0, "ear 0 to 0 backward"},      {3, 21, 16, "ear 0 to 33 backward"},
        {0, 17, 0, "ear 0 to 17 backward"},    {4, 17, 4, "ear 0 to 21 backward"},
        {16, 255, 16, "ear 0 to 50 backward"},
    };
    struct stage *stage = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        rig_begin_record();
        assert_int_equal(ears_advance(stage->rig->body, EAR_LEFT, cases[i].from, cases[i].by, true),
                         cases[i].to);
        assert_int_equal(rig_record.count, 1);
        assert_string_equal(rig_record.list[0].text, cases[i].order);
        body_stop(stage->rig->body);
    }
}

/* ---- stopping ---- */

static void stopped_at_any_time(void **state)
{
    struct stage *stage = *state;

    for (unsigned turns = 0; turns < 40; turns++) {
        play(stage, "01010101"
                    "00010a"
                    "0008000a00"
                    "0009ff0000"
                    "0108010a01"
                    "0113"
                    "0009000000"
                    "0008001101"
                    "ff0a00");
        for (unsigned i = 0; i < turns; i++)
            rig_turn(stage->rig, USEC_NEVER - 1);
        player_stop(stage->player);
        assert_false(player_is_running(stage->player));
        assert_false(player_is_complete(stage->player));
        assert_int_equal(player_deadline(stage->player), USEC_NEVER);
        rig_expect_still(stage->rig);
        player_stop(stage->player);
        rig_run(stage->rig, USEC_PER_MIN);
        rig_expect_still(stage->rig);
    }
}

static void started_while_it_runs(void **state)
{
    struct stage *stage = *state;

    play(stage, "01010101"
                "00010a"
                "0008000a00"
                "ff09ff0000");
    rig_run(stage->rig, 300 * MSEC);
    assert_int_equal(lines_sim_motor(rig_lines, EAR_LEFT), 1);
    play(stage, "01010101"
                "00010a"
                "0109000100");
    rig_expect_still(stage->rig);
    run_to_end(stage);
    rig_expect_leds(0x000100, 0x000100, 0x000100, 0x000100, 0x000100);
}

/* Ears that it did not move are somebody else's. */
static void foreign_ears_are_left_alone(void **state)
{
    struct stage *stage = *state;

    body_ear_go(stage->rig->body, EAR_LEFT, 10, EAR_FORWARD);
    play(stage, "01010101"
                "00010a"
                "ff09ff0000");
    player_stop(stage->player);
    assert_int_equal(lines_sim_motor(rig_lines, EAR_LEFT), 1);
    rig_settle(stage->rig);
    assert_int_equal(body_ear_position(stage->rig->body, EAR_LEFT), 10);
}

/* ---- strangers ---- */

static void endless_waits(void **state)
{
    struct stage *stage = *state;
    uint64_t began = loop.now_usec;

    /* The first asks at once, as often as it may; the ear takes its two turns and more. */
    play(stage, "01010101"
                "000800ff00"
                "0013"
                "0009010203");
    run_to_end(stage);
    assert_int_equal(loop.now_usec - began,
                     (stage->rig->settled_usec - began + LIMIT_CHOREOGRAPHY_POLL_USEC - 1) /
                         LIMIT_CHOREOGRAPHY_POLL_USEC * LIMIT_CHOREOGRAPHY_POLL_USEC);
    assert_true(stage->rig->ticks <= (loop.now_usec - began) / LIMIT_CHOREOGRAPHY_POLL_USEC + 1);
    rig_expect_leds(0x010203, 0x010203, 0x010203, 0x010203, 0x010203);
}

static void an_ear_that_never_arrives(void **state)
{
    struct stage *stage = *state;
    uint64_t began = loop.now_usec;

    lines_sim_set_fault(rig_lines, EAR_LEFT, EAR_FAULT_STALL);
    play(stage, "01010101"
                "00010a"
                "0008000a00"
                "0113"
                "0009010203");
    run_to_end(stage);
    assert_true(loop.now_usec - began < USEC_PER_MIN);
    assert_int_equal(body_ear_state(stage->rig->body, EAR_LEFT), EAR_BROKEN);
    rig_expect_still(stage->rig);
}

static void absurd_waits(void **state)
{
    struct stage *stage = *state;
    uint8_t *data = malloc(LIMIT_CHOREOGRAPHY_BYTES);
    uint64_t began = loop.now_usec;

    assert_non_null(data);
    memcpy(data, "\1\1\1\1\0\1\xff", 7);
    for (size_t i = 7; i < LIMIT_CHOREOGRAPHY_BYTES; i++)
        data[i] = i % 2 ? 0xff : 16; /* 11 minutes, and no sound */
    assert_int_equal(start(stage, data, LIMIT_CHOREOGRAPHY_BYTES), 0);
    run_to_end(stage);
    assert_int_equal(loop.now_usec - began, LIMIT_CHOREOGRAPHY_USEC);
    assert_true(player_is_complete(stage->player));
    assert_true(stage->rig->ticks <= 7);
    free(data);
}

/* 100,000 records that take no time: so many a turn, and no more. */
static void records_without_time(void **state)
{
    struct stage *stage = *state;
    size_t size = 4 + 100000 * 3;
    uint8_t *data = malloc(size);
    unsigned turns = 0;

    assert_non_null(data);
    memcpy(data, "\1\1\1\1", 4);
    for (size_t i = 4; i < size; i += 3)
        memcpy(data + i, "\0\12\2", 3);
    size = LIMIT_CHOREOGRAPHY_BYTES;
    assert_int_equal(start(stage, data, size), 0);
    for (; player_is_running(stage->player); turns++) {
        size_t before = rig_record.count + rig_record.dropped;

        assert_true(player_deadline(stage->player) <= loop.now_usec);
        player_tick(stage->player, loop.now_usec);
        assert_true(rig_record.count + rig_record.dropped - before <= LIMIT_CHOREOGRAPHY_TURN);
    }
    assert_true(turns >= (size - 4) / 3 / LIMIT_CHOREOGRAPHY_TURN - 1);
    assert_int_equal(rig_record.count + rig_record.dropped, LED_COUNT + (size - 4) / 3);
    free(data);
}

static const struct led_bank_ops *true_ops;
static unsigned frames;

static int count_frame(struct led_bank *bank, const struct led_light lights[LED_COUNT])
{
    frames++;
    return true_ops->show(bank, lights);
}

/* However many records light LEDs in one turn, they are shown once. */
static void a_turn_is_one_frame(void **state)
{
    static const uint8_t record[2][5] = {{0, 9, 0xff, 0, 0}, {0, 9, 0, 0xff, 0}};
    struct stage *stage = *state;
    uint8_t data[4 + 1001 * 5] = {1, 1, 1, 1};
    struct led_bank *bank = leds_sim_bank(rig_leds);
    struct led_bank_ops counting = {.show = count_frame, .free = bank->ops->free};

    for (size_t i = 0; i < 1001; i++)
        memcpy(data + 4 + i * 5, record[i % 2], sizeof(record[0]));
    true_ops = bank->ops;
    bank->ops = &counting;
    frames = 0;
    assert_int_equal(start(stage, data, sizeof(data)), 0);
    assert_int_equal(frames, 1);
    while (player_is_running(stage->player)) {
        unsigned before = frames;

        player_tick(stage->player, loop.now_usec);
        assert_in_range(frames, before, before + 1);
    }
    rig_expect_leds(0xff0000, 0xff0000, 0xff0000, 0xff0000, 0xff0000);
    bank->ops = true_ops;
}

/* Whatever it says: it ends, motors rest then, and the body takes every order. */
static void choreographies_of_a_stranger(void **state)
{
    struct stage *stage = *state;
    uint64_t seed = 6;

    stage->rig->seed = 7;
    for (unsigned i = 0; i < 300; i++) {
        uint8_t data[200];
        size_t size = 4;

        while (size + 8 < sizeof(data)) {
            static const uint8_t known[] = {1, 7, 8, 9, 10, 14, 16, 17, 18, 19, 20};

            data[size++] = (uint8_t)dice_of(&seed, 4);
            data[size++] = known[dice_of(&seed, sizeof(known))];
            for (unsigned n = dice_of(&seed, 7); n > 0; n--)
                data[size++] = (uint8_t)dice(&seed);
        }
        assert_int_equal(start(stage, data, size), 0);
        if (i % 3)
            run_to_end(stage);
        else
            rig_run(stage->rig, dice_of(&seed, 5000) * MSEC);
        assert_int_equal(rig_record.refused, 0);
        player_stop(stage->player);
        if (i % 3 == 0)
            rig_expect_still(stage->rig);
        rig_settle(stage->rig);
        rig_expect_still(stage->rig);
    }
}

int main(void)
{
#define on_stage(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        on_stage(vectors),
        on_stage(tai_chi),
        on_stage(ears_arrive),
        on_stage(late_ticks_make_nothing_else_late),
        on_stage(an_unknown_opcode_ends_it_in_its_time),
        on_stage(nothing_ends_at_once),
        on_stage(too_large),
        on_stage(palettes),
        on_stage(a_colour_is_changed),
        on_stage(positions_as_bytes),
        on_stage(advances),
        on_stage(advance_backward_as_the_firmware_does),
        on_stage(stopped_at_any_time),
        on_stage(started_while_it_runs),
        on_stage(foreign_ears_are_left_alone),
        on_stage(endless_waits),
        on_stage(an_ear_that_never_arrives),
        on_stage(absurd_waits),
        on_stage(records_without_time),
        on_stage(a_turn_is_one_frame),
        on_stage(choreographies_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
