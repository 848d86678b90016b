#include <errno.h>

#include "base/base64.h"
#include "base/limits.h"
#include "violet-rig.h"
#include "violet-vectors.h"
#include "violet/choreography.h"

#define MSEC USEC_PER_MSEC

static const char *const leds[] = {"nose", "left", "middle", "right", "bottom"};
static const char *const ways[] = {"forward", "backward"};

static unsigned draw(void *userdata)
{
    return *(unsigned *)userdata;
}

static unsigned roll(void *userdata)
{
    return dice_of(userdata, 30);
}

/* One line of a timeline, but for its time. */
static void tell(const struct choreography_action *action, char *ret, size_t size)
{
    const char *led = leds[action->led], *way = ways[action->is_backward];
    unsigned ear = action->ear, number = action->number;

    switch (action->what) {
    case CHOREOGRAPHY_FRAME:
        snprintf(ret, size, "frame %u", number * 10);
        return;
    case CHOREOGRAPHY_LED:
        snprintf(ret, size, "led %s %06x", led, action->color);
        return;
    case CHOREOGRAPHY_LEDS:
        snprintf(ret, size, "leds %06x", action->color);
        return;
    case CHOREOGRAPHY_OFF:
        snprintf(ret, size, "led %s off", led);
        return;
    case CHOREOGRAPHY_PALETTE:
        snprintf(ret, size, "led %s palette %u", led, number);
        return;
    case CHOREOGRAPHY_EAR:
        snprintf(ret, size, "ear %u to %u %s", ear, number, way);
        return;
    case CHOREOGRAPHY_TUNE:
        snprintf(ret, size, "tune");
        return;
    case CHOREOGRAPHY_ADVANCE:
        snprintf(ret, size, "ear %u by %u", ear, number);
        return;
    case CHOREOGRAPHY_DIRECTION:
        snprintf(ret, size, "ear %u turns %s", ear, way);
        return;
    case CHOREOGRAPHY_WAIT:
        snprintf(ret, size, "wait");
        return;
    case CHOREOGRAPHY_GUARD:
        break;
    }
    fail_msg("a guard is no action");
}

static void timeline(const uint8_t *data, size_t size, unsigned drawn, char *ret, size_t room)
{
    struct choreography choreography;
    struct choreography_action action;
    size_t used = 0;

    assert_int_equal(choreography_start(&choreography, data, size), 0);
    *ret = '\0';
    while (choreography_next(&choreography, draw, &drawn, &action)) {
        char what[64];

        tell(&action, what, sizeof(what));
        assert_int_equal(action.usec % MSEC, 0);
        used += (size_t)snprintf(ret + used, room - used, "%llu: %s\n",
                                 (unsigned long long)(action.usec / MSEC), what);
        assert_true(used < room);
    }
    assert_false(choreography_next(&choreography, draw, &drawn, &action));
}

static void check_timeline(const char *hex, unsigned drawn, const char *expected)
{
    struct bytes bytes = bytes_of_hex(hex);
    char lines[1024];

    timeline(bytes.data, bytes.size, drawn, lines, sizeof(lines));
    assert_string_equal(lines, expected);
}

/* ---- vectors ---- */

static void vectors_as_timelines(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(choreography_vectors); i++)
        check_timeline(choreography_vectors[i].hex, choreography_vectors[i].random,
                       choreography_vectors[i].timeline);
}

/* Writes what is read; returns how far that was. */
static size_t remake(const uint8_t *data, size_t size, uint8_t *ret, size_t room)
{
    struct choreography_action action;
    struct choreography_writer writer;
    size_t at = 4;

    if (choreography_begin(&writer, ret, room) < 0)
        return 0;
    while (choreography_read(data, size, &at, &action) == 0)
        assert_int_equal(choreography_add(&writer, &action), 0);
    assert_int_equal(writer.used, at);
    return at;
}

static void vectors_both_ways(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(choreography_vectors); i++) {
        struct bytes bytes = bytes_of_hex(choreography_vectors[i].hex);
        const char *base64 = choreography_vectors[i].base64;
        uint8_t again[HEX_MAX];
        char text[BASE64_TEXT_SIZE(HEX_MAX)];
        size_t n = remake(bytes.data, bytes.size, again, sizeof(again));
        bool is_servers = streq(choreography_vectors[i].name, "ojn_style");

        base64_encode(text, bytes.data, bytes.size, BASE64_STANDARD);
        assert_string_equal(text, base64);
        if (is_servers) {
            struct choreography_writer writer = {again, sizeof(again), n};

            assert_int_equal(choreography_end(&writer), 0);
            n = writer.used;
        }
        if (!streq(choreography_vectors[i].name, "bad_opcode"))
            assert_int_equal(n, bytes.size);
        assert_memory_equal(again, bytes.data, n);
        assert_int_equal(base64_decode(again, sizeof(again), &n, base64, strlen(base64)), 0);
        assert_true(n == bytes.size && memcmp(again, bytes.data, n) == 0);
    }
}

/* ---- time ---- */

static void the_first_wait_does_not_count(void **state)
{
    check_timeline("01010101"
                   "ff0164"
                   "010a00",
                   0, "0: frame 1000\n1000: led bottom off\n");
    check_timeline("01010101"
                   "ff0a00"
                   "ff0a01",
                   0, "0: led bottom off\n0: led right off\n");
}

/* A wait counts in the frames that are in force before its record. */
static void frames_change(void **state)
{
    check_timeline("00000000"
                   "00010a"
                   "020105"
                   "020a04"
                   "0101ff"
                   "ff0a00"
                   "000100"
                   "ff0a04",
                   0,
                   "0: frame 100\n200: frame 50\n300: led nose off\n350: frame 2550\n"
                   "650600: led bottom off\n650600: frame 0\n650600: led nose off\n");
}

static void what_ends_it(void **state)
{
    static const char *const hexes[] = {"",
                                        "01",
                                        "010101",
                                        "01010101",
                                        "0101010100",
                                        "0101010100ff",
                                        "010101010006",
                                        "01010101000f",
                                        "010101010002",
                                        "0101010100070300ff00",
                                        "010101010007030000ff00",
                                        "01010101000a",
                                        "010101010014",
                                        "01010101001400",
                                        "0101010100120000"};

    for (size_t i = 0; i < ARRAY_SIZE(hexes); i++)
        check_timeline(hexes[i], 0, "");
    /* A zero byte is no opcode that does nothing. */
    check_timeline("01010101"
                   "0001010000"
                   "010a00",
                   0, "0: frame 10\n");
}

static void what_does_not_exist_is_passed_over(void **state)
{
    check_timeline("01010101"
                   "00010a"
                   "010a05"
                   "0107ffffffff0000"
                   "0108020500"
                   "0111ff05"
                   "01140200"
                   "010e0500"
                   "010a00",
                   0, "0: frame 100\n700: led bottom off\n");
}

static void numbers_as_they_come(void **state)
{
    check_timeline("01010101"
                   "00010a"
                   "010801ffff"
                   "011101ff"
                   "0114017f"
                   "010e00f7"
                   "010e04ff",
                   0,
                   "0: frame 100\n100: ear 1 to 255 backward\n200: ear 1 by 255\n"
                   "300: ear 1 turns backward\n400: led bottom palette 7\n"
                   "500: led nose palette 7\n");
}

/* ---- guards ---- */

static void guards(void **state)
{
    /* Two in a row, of which one is taken. */
    static const char hex[] = "01010101"
                              "000101"
                              "0012010003"
                              "010a00"
                              "0012020003"
                              "010a01"
                              "010a04";

    check_timeline(hex, 1, "0: frame 10\n10: led bottom off\n20: led nose off\n");
    check_timeline(hex, 2, "0: frame 10\n10: led right off\n20: led nose off\n");
    check_timeline(hex, 3, "0: frame 10\n10: led nose off\n");

    /* Its own wait counts, and it may skip to beyond the end. */
    check_timeline("01010101"
                   "000101"
                   "05120100ff"
                   "010a00",
                   3, "0: frame 10\n");
    check_timeline("01010101"
                   "000101"
                   "051201ffff"
                   "010a00",
                   3, "0: frame 10\n");
    check_timeline("01010101"
                   "000101"
                   "05120100ff"
                   "010a00",
                   1, "0: frame 10\n60: led bottom off\n");
}

/* ---- waiting ---- */

static void wait_is_asked_again(void **state)
{
    struct bytes bytes = bytes_of_hex("01010101"
                                      "00010a"
                                      "0313"
                                      "020a00");
    struct choreography choreography;
    struct choreography_action action;
    unsigned none = 0;

    choreography_start(&choreography, bytes.data, bytes.size);
    assert_true(choreography_next(&choreography, draw, &none, &action));
    for (unsigned i = 1; i <= 4; i++) {
        assert_true(choreography_next(&choreography, draw, &none, &action));
        assert_int_equal(action.what, CHOREOGRAPHY_WAIT);
        assert_int_equal(action.usec, i * 300 * MSEC);
        if (i < 4)
            choreography_again(&choreography);
    }
    assert_true(choreography_next(&choreography, draw, &none, &action));
    assert_int_equal(action.what, CHOREOGRAPHY_OFF);
    assert_int_equal(action.usec, 1400 * MSEC);
    assert_false(choreography_next(&choreography, draw, &none, &action));
}

static void asking_takes_time(void **state)
{
    struct bytes bytes = bytes_of_hex("01010101"
                                      "ff13"
                                      "000a00");
    struct choreography choreography;
    struct choreography_action action;
    unsigned none = 0;

    choreography_start(&choreography, bytes.data, bytes.size);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(choreography_next(&choreography, draw, &none, &action));
        assert_int_equal(action.what, CHOREOGRAPHY_WAIT);
        assert_int_equal(action.usec, i * LIMIT_CHOREOGRAPHY_POLL_USEC);
        choreography_again(&choreography);
    }
}

static void when_it_ends(void **state)
{
    static const struct {
        const char *hex;
        uint64_t msec;
    } cases[] = {
        {"", 0},
        {"01010101", 0},
        {"01010101ff06", 0}, /* the first wait does not count */
        {"0101010100010a010a00", 100},
        {"0101010100010a010a0003", 100}, /* not even an opcode */
        {"0101010100010a010a00030601", 400},
        {"0101010100010a010a0000000000", 100},
    };
    struct choreography_action action;
    unsigned none = 0;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct bytes bytes = bytes_of_hex(cases[i].hex);
        struct choreography choreography;

        choreography_start(&choreography, bytes.data, bytes.size);
        while (choreography_next(&choreography, draw, &none, &action))
            ;
        assert_int_equal(choreography_end_usec(&choreography), cases[i].msec * MSEC);
    }
}

/* ---- limits, and writing ---- */

static void limits(void **state)
{
    struct choreography choreography;
    uint8_t *data = calloc(1, LIMIT_CHOREOGRAPHY_BYTES + 1);

    assert_non_null(data);
    assert_int_equal(choreography_start(&choreography, data, LIMIT_CHOREOGRAPHY_BYTES), 0);
    assert_int_equal(choreography_start(&choreography, data, LIMIT_CHOREOGRAPHY_BYTES + 1), -E2BIG);
    free(data);
}

static void the_writer_keeps_within_its_room(void **state)
{
    struct choreography_action led = {.what = CHOREOGRAPHY_LED, .led = 2, .color = 0x123456};
    struct choreography_writer writer;
    uint8_t data[17];

    assert_int_equal(choreography_begin(&writer, data, 3), -ENOSPC);
    assert_int_equal(choreography_begin(&writer, data, 11), 0);
    assert_int_equal(choreography_add(&writer, &led), -ENOSPC);
    assert_int_equal(choreography_begin(&writer, data, 15), 0);
    assert_int_equal(choreography_add(&writer, &led), 0);
    assert_int_equal(choreography_end(&writer), -ENOSPC);
    assert_int_equal(writer.used, 12);
    writer.size = 16;
    assert_int_equal(choreography_end(&writer), 0);
    assert_memory_equal(data, "\0\0\0\x08\0\x07\x02\x12\x34\x56\0\0\0\0\0\0", 16);

    writer = (struct choreography_writer){data, sizeof(data), 4};
    led.led = 256;
    assert_int_equal(choreography_add(&writer, &led), -EINVAL);
    led = (struct choreography_action){.what = CHOREOGRAPHY_LEDS, .color = 0x1000000};
    assert_int_equal(choreography_add(&writer, &led), -EINVAL);
    led = (struct choreography_action){.what = CHOREOGRAPHY_GUARD, .skip = 65536};
    assert_int_equal(choreography_add(&writer, &led), -EINVAL);
}

/* ---- random ones ---- */

static struct choreography_action random_action(uint64_t *seed)
{
    struct choreography_action action = {.what = dice_of(seed, CHOREOGRAPHY_GUARD + 1),
                                         .wait = (uint8_t)dice(seed),
                                         .number = dice_of(seed, 256)};

    if (action.what == CHOREOGRAPHY_LED || action.what == CHOREOGRAPHY_OFF ||
        action.what == CHOREOGRAPHY_PALETTE)
        action.led = dice_of(seed, 256);
    if (action.what == CHOREOGRAPHY_EAR || action.what == CHOREOGRAPHY_ADVANCE ||
        action.what == CHOREOGRAPHY_DIRECTION)
        action.ear = dice_of(seed, 256);
    if (action.what == CHOREOGRAPHY_EAR || action.what == CHOREOGRAPHY_DIRECTION)
        action.is_backward = dice_of(seed, 2);
    if (action.what == CHOREOGRAPHY_LED || action.what == CHOREOGRAPHY_LEDS)
        action.color = dice(seed) & 0xffffff;
    if (action.what == CHOREOGRAPHY_GUARD)
        action.skip = dice_of(seed, 65536);
    if (action.what == CHOREOGRAPHY_PALETTE)
        action.number &= 7;
    return action;
}

static bool has_number(enum choreography_what what)
{
    return what == CHOREOGRAPHY_FRAME || what == CHOREOGRAPHY_PALETTE || what == CHOREOGRAPHY_EAR ||
           what == CHOREOGRAPHY_ADVANCE || what == CHOREOGRAPHY_GUARD;
}

static void random_ones_both_ways(void **state)
{
    uint64_t seed = 1;

    for (unsigned i = 0; i < 2000; i++) {
        struct choreography_action actions[100], action;
        struct choreography_writer writer;
        uint8_t data[1024];
        size_t count = dice_of(&seed, ARRAY_SIZE(actions)), at = 4;

        assert_int_equal(choreography_begin(&writer, data, sizeof(data)), 0);
        for (size_t j = 0; j < count; j++) {
            actions[j] = random_action(&seed);
            assert_int_equal(choreography_add(&writer, &actions[j]), 0);
        }
        assert_int_equal(choreography_end(&writer), 0);
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(choreography_read(data, writer.used, &at, &action), 0);
            assert_int_equal(action.what, actions[j].what);
            assert_int_equal(action.wait, actions[j].wait);
            assert_int_equal(action.number, has_number(action.what) ? actions[j].number : 0);
            assert_int_equal(action.led, actions[j].led);
            assert_int_equal(action.ear, actions[j].ear);
            assert_int_equal(action.is_backward, actions[j].is_backward);
            assert_int_equal(action.color, actions[j].color);
            assert_int_equal(action.skip, actions[j].skip);
        }
        assert_int_equal(choreography_read(data, writer.used, &at, &action), -ENODATA);
        assert_int_equal(at, writer.used - 4);
    }
}

/* Time never goes back, and only real LEDs and ears are named. */
static void check_any(const uint8_t *data, size_t size)
{
    struct choreography choreography;
    struct choreography_action action;
    uint64_t seed = 19, usec = 0;
    unsigned asked = 0;

    assert_int_equal(choreography_start(&choreography, data, size), 0);
    while (choreography_next(&choreography, roll, &seed, &action)) {
        assert_true(action.usec >= usec && choreography_is_possible(&action));
        usec = action.usec;
        if (action.what == CHOREOGRAPHY_WAIT && asked++ % 3)
            choreography_again(&choreography);
    }
    assert_true(size < 4 || choreography.at <= size);
}

static void choreographies_of_a_stranger(void **state)
{
    uint64_t seed = 18;

    for (size_t i = 0; i < ARRAY_SIZE(choreography_vectors); i++) {
        struct bytes bytes = bytes_of_hex(choreography_vectors[i].hex);

        for_each_truncation(bytes.data, bytes.size, check_any);
        for_mutations(&seed, bytes.data, bytes.size, 30000, check_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_as_timelines),
        cmocka_unit_test(vectors_both_ways),
        cmocka_unit_test(the_first_wait_does_not_count),
        cmocka_unit_test(frames_change),
        cmocka_unit_test(what_ends_it),
        cmocka_unit_test(what_does_not_exist_is_passed_over),
        cmocka_unit_test(numbers_as_they_come),
        cmocka_unit_test(guards),
        cmocka_unit_test(wait_is_asked_again),
        cmocka_unit_test(asking_takes_time),
        cmocka_unit_test(when_it_ends),
        cmocka_unit_test(limits),
        cmocka_unit_test(the_writer_keeps_within_its_room),
        cmocka_unit_test(random_ones_both_ways),
        cmocka_unit_test(choreographies_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
