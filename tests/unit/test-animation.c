#include "violet-rig.h"
#include "violet-vectors.h"
#include "violet/ambient.h"
#include "violet/animation.h"
#include "violet/palette.h"

#define MSEC USEC_PER_MSEC

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static bool shows(unsigned service, unsigned value, uint64_t usec, const char *frame)
{
    uint32_t leds[ANIMATION_LED_COUNT];
    uint64_t left;

    assert_true(animation_show(service, value, usec, leds, &left));
    for (unsigned i = 0; i < 3; i++)
        if (leds[i] != color_vectors[digit(frame[i])])
            return false;
    return true;
}

/* Each frame at its first and its last µs, in the first round and a later one. */
static void vectors_frame_by_frame(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(animation_vectors); i++) {
        unsigned service = animation_vectors[i].service, value = animation_vectors[i].value;
        const char *frames = animation_vectors[i].frames;
        uint64_t step = animation_vectors[i].step_ms * MSEC;
        size_t count = (strlen(frames) + 1) / 4;

        assert_int_equal(animation_length(service, value), count * step);
        for (size_t round = 0; round < 2; round++)
            for (size_t at = 0; at < count; at++) {
                uint64_t usec = (round * 1000 * count + at) * step;

                assert_true(shows(service, value, usec, frames + 4 * at));
                assert_true(shows(service, value, usec + step - 1, frames + 4 * at));
            }
    }
}

/* Whoever wakes when told sees each change, and nothing but changes. */
static void vectors_change_by_change(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(animation_vectors); i++) {
        unsigned service = animation_vectors[i].service, value = animation_vectors[i].value;
        const char *frames = animation_vectors[i].frames;
        uint64_t step = animation_vectors[i].step_ms * MSEC, usec = 0, left;
        uint32_t before[ANIMATION_LED_COUNT], leds[ANIMATION_LED_COUNT];
        size_t count = (strlen(frames) + 1) / 4, changes = 0, wakes = 0;

        for (size_t at = 0; at < count; at++)
            changes += strncmp(frames + 4 * at, frames + 4 * ((at + 1) % count), 3) != 0;
        for (; usec < count * step; usec += left, wakes++) {
            animation_show(service, value, usec, before, &left);
            assert_true(left > 0 && left % step == 0);
            animation_show(service, value, usec + left - 1, leds, &(uint64_t){0});
            assert_memory_equal(before, leds, sizeof(leds));
            animation_show(service, value, usec + left, leds, &(uint64_t){0});
            assert_memory_not_equal(before, leds, sizeof(leds));
        }
        assert_true(wakes == changes || wakes == changes + 1);
    }
}

static void every_service_is_a_vector(void **state)
{
    for (unsigned service = 0; service < 300; service++)
        for (unsigned value = 0; value < 300; value++) {
            uint32_t leds[ANIMATION_LED_COUNT] = {1, 2, 3};
            uint64_t left;
            bool is_vector = false;

            for (size_t i = 0; i < ARRAY_SIZE(animation_vectors); i++)
                is_vector |=
                    animation_vectors[i].service == service && animation_vectors[i].value == value;
            assert_int_equal(animation_show(service, value, 12345, leds, &left), is_vector);
            assert_int_equal(animation_length(service, value) > 0, is_vector);
            if (!is_vector)
                assert_true(left == USEC_NEVER && leds[0] == 0 && leds[1] == 0 && leds[2] == 0);
        }
}

static void colours(void **state)
{
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(animation_color(i), color_vectors[i]);
    for (unsigned i = 0; i < PALETTE_COUNT; i++)
        for (unsigned j = 0; j < PALETTE_COLORS; j++)
            assert_int_equal(palette_color(i, j), palette_vectors[i][j]);
    assert_int_equal(palette_color(0, 0xf9), palette_vectors[0][1]);
    assert_string_equal(palette_name(3), "emotion");
    assert_string_equal(palette_name(7), "off");
}

static void check_nose(unsigned value, const char *phases)
{
    for (uint64_t ms = 0; ms < 3 * 2048; ms++) {
        unsigned phase = (unsigned)(ms >> 8 & 7);
        uint64_t left, later;
        uint32_t color = animation_nose(value, ms * MSEC, &left);

        assert_int_equal(color, phases[phase] == 'x' ? 0xff00ff : 0);
        if (left == USEC_NEVER)
            continue;
        assert_int_equal(animation_nose(value, ms * MSEC + left - 1, &later), color);
        assert_int_equal(later, 1);
        assert_int_not_equal(animation_nose(value, ms * MSEC + left, &later), color);
    }
}

static void nose(void **state)
{
    uint64_t left;

    check_nose(0, "........");
    check_nose(1, ".x......");
    check_nose(2, ".x.x....");
    check_nose(255, ".x.x....");
    animation_nose(0, 5, &left);
    assert_true(left == USEC_NEVER);
    animation_nose(1, 512 * MSEC, &left);
    assert_int_equal(left, (2048 - 512 + 256) * MSEC);
}

static void base_pulses(void **state)
{
    uint32_t last = 0, highest = 0;
    uint64_t left, later;

    assert_int_equal(animation_base(ANIMATION_BASE_VIOLET, 0, &left), 0);
    assert_int_equal(animation_base(ANIMATION_BASE_VIOLET, 1024 * MSEC, &left), 0x800080);
    assert_int_equal(animation_base(ANIMATION_BASE_VIOLET, 2048 * MSEC, &left), 0xff00ff);
    for (unsigned step = 0; step <= 256; step++) {
        uint64_t usec = step * 16 * MSEC;
        uint32_t color = animation_base(1, usec, &left);

        assert_true(color <= 255 && left >= 16 * MSEC && left % (16 * MSEC) == 0);
        assert_int_equal(color, animation_base(1, 4096 * MSEC - usec, &later)); /* symmetric */
        assert_int_equal(color, animation_base(1, usec + 15999, &later));
        assert_int_equal(color, animation_base(1, usec + left - 1, &later));
        assert_int_not_equal(color, animation_base(1, usec + left, &later));
        assert_true(step <= 128 ? color >= last && color - last <= 4 : color <= last);
        last = color;
        highest = color > highest ? color : highest;
    }
    assert_int_equal(highest, 255);
    assert_int_equal(last, 0);
}

static void base_has_eight_colours(void **state)
{
    static const uint32_t colors[] = {0x000000, 0x0000ff, 0x00ff00, 0x00ffff,
                                      0xff0000, 0xff00ff, 0xffff00, 0xffffff};
    uint64_t left;

    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(animation_base(i, 2048 * MSEC, &left), colors[i]);
    assert_int_equal(animation_base(8, 2048 * MSEC, &left), 0);
    assert_true(left == USEC_NEVER);
    animation_base(0, 0, &left);
    assert_true(left == USEC_NEVER);
}

static void taichi_pauses(void **state)
{
    assert_true(animation_taichi_delay(0, 5) == USEC_NEVER);
    assert_int_equal(animation_taichi_delay(255, 0), 20 * USEC_PER_MIN);
    assert_int_equal(animation_taichi_delay(80, 0), 40 * USEC_PER_MIN);
    assert_int_equal(animation_taichi_delay(80, 64), 80 * USEC_PER_MIN);
    assert_int_equal(animation_taichi_delay(80, 128 + 64), 80 * USEC_PER_MIN);
    assert_int_equal(animation_taichi_delay(17, 64), 80 * USEC_PER_MIN);
    assert_int_equal(animation_taichi_delay(40, 0), 255 * USEC_PER_MIN / 2);
    assert_int_equal(animation_taichi_delay(40, 127), 255 * USEC_PER_MIN * 191 / 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_frame_by_frame),
        cmocka_unit_test(vectors_change_by_change),
        cmocka_unit_test(every_service_is_a_vector),
        cmocka_unit_test(colours),
        cmocka_unit_test(nose),
        cmocka_unit_test(base_pulses),
        cmocka_unit_test(base_has_eight_colours),
        cmocka_unit_test(taichi_pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
