#include "helper.h"

#include "body/light.h"

static void every_value_survives(void **state)
{
    for (unsigned i = 0; i <= 255; i++)
        assert_int_equal(light_encode(light_decode((uint8_t)i)), i);
    assert_int_equal(light_decode(0), 0);
    assert_int_equal(light_decode(255), LIGHT_FULL);
}

static void more_is_more(void **state)
{
    for (unsigned i = 1; i <= 255; i++)
        assert_true(light_decode((uint8_t)i) > light_decode((uint8_t)(i - 1)));
    for (unsigned light = 1; light <= LIGHT_FULL; light++) {
        uint8_t value = light_encode((uint16_t)light), before = light_encode((uint16_t)(light - 1));

        assert_true(value > 0);
        assert_true(value == before || value == before + 1);
    }
}

/* (n / 255) to the power of 2.2: its fifth power is that to the power of 11. Rounded up by less
 * than one. */
static void gamma_is_2_2(void **state)
{
    for (unsigned i = 1; i <= 255; i++) {
        long double want = 1, low = 1, high = 1;

        for (unsigned n = 0; n < 11; n++)
            want *= i / 255.0L;
        for (unsigned n = 0; n < 5; n++) {
            low *= (light_decode((uint8_t)i) - 1) / (long double)LIGHT_FULL;
            high *= light_decode((uint8_t)i) / (long double)LIGHT_FULL;
        }
        assert_true(low <= want && want <= high);
    }
}

static void colours_are_dimmed_as_seen(void **state)
{
    struct led_light light = light_from_color(0xff8001, 100);

    assert_int_equal(light.red, light_decode(0xff));
    assert_int_equal(light.green, light_decode(0x80));
    assert_int_equal(light.blue, light_decode(0x01));
    light = light_from_color(0xff8001, 50);
    assert_int_equal(light.red, light_decode(0x80));
    assert_int_equal(light.green, light_decode(0x40));
    assert_int_equal(light.blue, light_decode(0x01));
    light = light_from_color(0xffffff, 0);
    assert_int_equal(light.red | light.green | light.blue, 0);
}

static void steps_lose_no_light(void **state)
{
    static const unsigned scales[] = {1, 2, 64, 127, 255, LIGHT_FULL};

    for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
        unsigned before = 0;

        assert_int_equal(light_to_steps(0, scales[i]), 0);
        for (unsigned light = 1; light <= LIGHT_FULL; light++) {
            unsigned step = light_to_steps((uint16_t)light, scales[i]);
            int64_t miss = (int64_t)step * LIGHT_FULL - (int64_t)light * scales[i];

            assert_true(step > 0 && step >= before && step <= scales[i]);
            assert_true(step == 1 || 2 * (miss < 0 ? -miss : miss) <= LIGHT_FULL);
            before = step;
        }
        assert_int_equal(before, scales[i]);
    }
    assert_int_equal(light_to_steps(LIGHT_FULL, INT32_MAX), INT32_MAX);
    assert_int_equal(light_to_steps(light_decode(28), 64), 1);
    assert_int_equal(light_to_steps(light_decode(128), 64), 14);
}

static void hue_is_kept(void **state)
{
    static const struct {
        struct led_light light;
        unsigned lit;
    } rows[] = {
        {{0, 0, 0}, 0},
        {{1, 0, 0}, 1},
        {{0, 1, 0}, 2},
        {{0, 0, 1}, 4},
        {{LIGHT_FULL, LIGHT_FULL, LIGHT_FULL}, 7},
        {{1, 1, 1}, 7},
        {{1000, 500, 499}, 3},
        {{499, 1000, 500}, 6},
        {{500, 499, 1000}, 5},
        {{LIGHT_FULL, 32768, 32767}, 3},
        {{1, 2, 0}, 3},
        {{1, 3, 0}, 2},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(light_to_hue(&rows[i].light), rows[i].lit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_survives), cmocka_unit_test(more_is_more),
        cmocka_unit_test(gamma_is_2_2),         cmocka_unit_test(colours_are_dimmed_as_seen),
        cmocka_unit_test(steps_lose_no_light),  cmocka_unit_test(hue_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
