#include "fake-lines.h"

#include "body/leds-apa102.h"
#include "body/leds-tlc5922.h"
#include "body/leds.h"
#include "body/light.h"

static const struct led_driver *driver_of(const struct config *config)
{
    const struct led_driver *driver = led_driver_find(config->leds.driver);

    assert_non_null(driver);
    return driver;
}

/* What a driver wants of a good configuration. */
static int wants_of(const struct config *config, struct line_want wants[LINES_MAX])
{
    struct config_problems problems = {.count = 0};
    int r = driver_of(config)->wants(config, wants, &problems);

    assert_int_equal(problems.count, 0);
    assert_true(r >= 0);
    return r;
}

static struct led_bank *open_bank(const struct config *config, struct fake_lines *fake)
{
    struct body_fault fault = {.cause = NULL};
    struct led_bank *bank = NULL;

    assert_int_equal(driver_of(config)->open(&bank, config, &fake->lines, &fault), 0);
    assert_non_null(bank);
    assert_null(fault.cause);
    return bank;
}

static int show(struct led_bank *bank, enum led_index led, uint32_t color)
{
    struct led_light lights[LED_COUNT] = {{0}};

    lights[led] = light_from_color(color, 100);
    return bank->ops->show(bank, lights);
}

/* ---- bad keys ---- */

/* "LINE: text\n" of each problem. */
static char *problems_of(const char *text)
{
    struct config_problems problems = {.count = 0};
    struct config *config = config_from(text);
    struct line_want wants[LINES_MAX];
    char *told = NULL;
    size_t size;
    FILE *out = open_memstream(&told, &size);

    assert_non_null(out);
    assert_int_equal(driver_of(config)->wants(config, wants, &problems), -EINVAL);
    assert_int_equal(driver_of(config)->wants(config, wants, NULL), -EINVAL);
    for (size_t i = 0; i < problems.count; i++) {
        assert_false(problems.list[i].note);
        assert_non_null(after_prefix(problems.list[i].place, "test:"));
        fprintf(out, "%s: %s\n", problems.list[i].place + 5, problems.list[i].text);
    }
    fclose(out);
    config_problems_clear(&problems);
    config_free(config);
    return told;
}

#define LEDS(driver, keys) "[leds]\ndriver = " driver "\n" keys

static void bad_keys_are_told_with_their_line(void **state)
{
    static const struct {
        const char *text, *told;
    } rows[] = {
        {LEDS("gpio", ""),
         "2: [leds] driver: expected none, or one LED at least: nose, left, middle, right or "
         "bottom\n"},
        {LEDS("gpio", "nose = 1 2\nleft = 1 2 3 4\nbottom = 5 6 7\n"),
         "3: [leds] nose: expected three lines: red, green and blue\n"
         "4: [leds] left: expected three lines: red, green and blue\n"},
        {LEDS("gpio", "nose = 1 2,active-high 3,\n"),
         "3: [leds] nose: expected a line such as GPIO17 or 17,active-low, not `2,active-high`\n"
         "3: [leds] nose: expected a line such as GPIO17 or 17,active-low, not `3,`\n"},
        {LEDS("pwm", "nose = 1\nclock = 4\nlatch = 5\n"),
         "4: [leds] clock: expected none, because of driver = pwm\n"
         "5: [leds] latch: expected none, because of driver = pwm\n"
         "3: [leds] nose: expected three lines: red, green and blue\n"},
        {LEDS("class", "data = 3\nmode = 4\n"),
         "2: [leds] driver: expected none, or one LED at least: nose, left, middle, right or "
         "bottom\n"
         "3: [leds] data: expected none, because of driver = class\n"
         "4: [leds] mode: expected none, because of driver = class\n"},
        {LEDS("class", "nose = a b\nleft = ../x\nright = a . ..\nbottom = r g b w\n"),
         "3: [leds] nose: expected one multicolor LED, or three LEDs: red, green and blue\n"
         "4: [leds] left: expected the name of a LED below /sys/class/leds, not `../x`\n"
         "5: [leds] right: expected a LED of its own; nose has `a`\n"
         "5: [leds] right: expected the name of a LED below /sys/class/leds, not `.`\n"
         "5: [leds] right: expected the name of a LED below /sys/class/leds, not `..`\n"
         "6: [leds] bottom: expected a LED of its own; nose has `b`\n"
         "6: [leds] bottom: expected one multicolor LED, or three LEDs: red, green and blue\n"},
        {LEDS("tlc5922", "nose = 14\nleft = 0\nmiddle = 2\nright = x\nbottom = 3 6\n"
                         "data = 1\nclock = 2\n"),
         "2: [leds] driver: expected a line for `mode` as well, because tlc5922 needs it\n"
         "2: [leds] driver: expected a line for `latch` as well, because tlc5922 needs it\n"
         "3: [leds] nose: expected the first of its three channels, from 0 to 13\n"
         "5: [leds] middle: expected the first of its three channels to be of no other LED; left "
         "is at 0\n"
         "6: [leds] right: expected the first of its three channels, from 0 to 13\n"
         "7: [leds] bottom: expected the first of its three channels, from 0 to 13\n"},
        {LEDS("apa102", "nose = 16\nleft = -1\nmiddle = 4\nright = 4\nbottom = 3 6\n"
                        "data = 1\nmode = 2\n"),
         "2: [leds] driver: expected a line for `clock` as well, because apa102 needs it\n"
         "9: [leds] mode: expected none, because of driver = apa102\n"
         "3: [leds] nose: expected its place in the chain, from 0 to 15\n"
         "4: [leds] left: expected its place in the chain, from 0 to 15\n"
         "6: [leds] right: expected its place in the chain to be of no other LED; middle is at 4\n"
         "7: [leds] bottom: expected its place in the chain, from 0 to 15\n"},
        {LEDS("apa102", "data = 1\nclock = 2\n"),
         "2: [leds] driver: expected none, or one LED at least: nose, left, middle, right or "
         "bottom\n"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *told = problems_of(rows[i].text);

        assert_string_equal(told, rows[i].told);
        free(told);
    }
}

static void unknown_driver_is_none(void **state)
{
    assert_null(led_driver_find("ws2812"));
    assert_null(led_driver_find(""));
    assert_string_equal(led_driver_find("none")->name, "none");
}

/* ---- none ---- */

static void none_wants_and_does_nothing(void **state)
{
    struct config *config = config_from(LEDS("none", "nose = 1 2 3\nclock = 1\n"));
    struct line_want wants[LINES_MAX];
    struct led_bank *bank = NULL;

    assert_int_equal(wants_of(config, wants), 0);
    assert_int_equal(driver_of(config)->open(&bank, config, NULL, NULL), 0);
    assert_int_equal(show(bank, LED_NOSE, 0xffffff), 0);
    assert_null(bank->ops->free(bank));
    config_free(config);
}

/* ---- gpio ---- */

static void lines_follow_the_order(void **state)
{
    struct config *config =
        config_from(LEDS("gpio", "nose = 1 2 3\nbottom = chip:a b,active-low c,pull-up\n"
                                 "order = rgb rgb  rgb\trgb brg\n"));
    static const struct {
        const char *chip, *line, *what;
    } rows[LINES_MAX] = {
        [0] = {"", "1", "the nose LED's red"},      [1] = {"", "2", "the nose LED's green"},
        [2] = {"", "3", "the nose LED's blue"},     [12] = {"", "b", "the bottom LED's red"},
        [13] = {"", "c", "the bottom LED's green"}, [14] = {"chip", "a", "the bottom LED's blue"},
    };
    struct line_want wants[LINES_MAX];

    assert_int_equal(wants_of(config, wants), 15);
    for (size_t i = 0; i < 15; i++) {
        if (!rows[i].what) {
            assert_null(wants[i].what);
            continue;
        }
        assert_true(wants[i].output);
        assert_string_equal(wants[i].what, rows[i].what);
        assert_string_equal(wants[i].spec.chip, rows[i].chip);
        assert_string_equal(wants[i].spec.line, rows[i].line);
    }
    assert_true(wants[12].spec.active_low);
    assert_false(wants[13].spec.active_low);
    config_free(config);
}

static void gpio_keeps_the_hue(void **state)
{
    static const struct {
        uint32_t color;
        unsigned lit; /* blue, green, red */
    } rows[] = {
        {0x000000, 0}, {0xffffff, 7}, {0x010101, 7}, {0xff0000, 1}, {0x00ff00, 2}, {0x0000ff, 4},
        {0xffff00, 3}, {0xff8000, 1}, {0xffbb00, 3}, {0xffba00, 1}, {0x010000, 1}, {0x102010, 2},
        {0x8000ff, 4}, {0xc000ff, 5}, {0x00ffff, 6}, {0x1e1f20, 7},
    };
    struct config *config = config_from(LEDS("gpio", "left = 1 2 3\nright = 4 5 6\n"));
    struct fake_lines fake = FAKE_LINES;
    struct led_bank *bank = open_bank(config, &fake);
    const unsigned mask = 7U << 3 | 7U << 9;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(show(bank, LED_RIGHT, rows[i].color), 0);
        assert_int_equal(fake.state, rows[i].lit << 9);
    }
    for (size_t i = 0; i < fake.count; i++)
        assert_int_equal(fake.sets[i].mask, mask);
    assert_int_equal(show(bank, LED_LEFT, 0xff00ff), 0);
    assert_int_equal(fake.state, 5U << 3);
    assert_int_equal(show(bank, LED_NOSE, 0xffffff), 0); /* which there is not */
    assert_int_equal(fake.state, 0);
    assert_null(bank->ops->free(bank));
    assert_int_equal(fake.frees, 1);
    config_free(config);
}

static void gpio_sets_changes_alone_and_tries_again(void **state)
{
    struct config *config = config_from(LEDS("gpio", "nose = 1 2 3\n"));
    struct fake_lines fake = FAKE_LINES;
    struct led_bank *bank = open_bank(config, &fake);

    assert_int_equal(show(bank, LED_NOSE, 0), 0); /* nobody knows what it was before */
    assert_int_equal(fake.count, 1);
    assert_int_equal(show(bank, LED_NOSE, 0xff0000), 0);
    assert_int_equal(show(bank, LED_NOSE, 0x400000), 0);
    assert_int_equal(fake.count, 2);
    assert_int_equal(show(bank, LED_NOSE, 0), 0);
    assert_int_equal(show(bank, LED_LEFT, 0xffffff), 0); /* which there is not */
    assert_int_equal(fake.count, 3);
    fake.fails_after = 0;
    assert_int_equal(show(bank, LED_NOSE, 0x00ff00), -EIO);
    assert_int_equal(show(bank, LED_NOSE, 0x00ff00), -EIO);
    fake.fails_after = -1;
    assert_int_equal(show(bank, LED_NOSE, 0x00ff00), 0);
    assert_int_equal(fake.count, 6);
    assert_int_equal(fake.state, 2);
    bank->ops->free(bank);
    config_free(config);
}

/* ---- what a chip makes of its lines: bits at a rising clock ---- */

static struct {
    uint8_t bits[1024];
    size_t count;
    /* of a TLC5922 */
    uint8_t correction[TLC5922_BYTES], on[2];
    unsigned corrections, ons;
    bool disturbed; /* something else changed together with a rising clock or latch */
} chip;

/* The last `size` bytes that were shifted in. */
static void take_last(uint8_t *ret, size_t size)
{
    assert_true(chip.count >= 8 * size);
    memset(ret, 0, size);
    for (size_t i = 0; i < 8 * size; i++)
        ret[i / 8] |= (uint8_t)(chip.bits[chip.count - 8 * size + i] << (7 - i % 8));
}

static void on_chip_set(struct fake_lines *fake, unsigned before, unsigned after)
{
    enum { DATA = 1, CLOCK = 2, MODE = 4, LATCH = 8 };
    unsigned rising = after & ~before, changed = before ^ after;

    if (rising & (CLOCK | LATCH) && changed & (changed - 1))
        chip.disturbed = true;
    if (rising & LATCH && after & CLOCK)
        chip.disturbed = true;
    if (rising & CLOCK) {
        assert_true(chip.count < sizeof(chip.bits));
        chip.bits[chip.count++] = after & DATA;
    }
    if (!(rising & LATCH))
        return;
    if (after & MODE) {
        take_last(chip.correction, sizeof(chip.correction));
        chip.corrections++;
    } else {
        take_last(chip.on, sizeof(chip.on));
        chip.ons++;
    }
    chip.count = 0;
}

/* ---- tlc5922 ---- */

static void tlc5922_bits_are_exact(void **state)
{
    static const struct {
        uint8_t levels[TLC5922_CHANNELS], bytes[TLC5922_BYTES];
    } rows[] = {
        {{0}, {0}},
        {{[15] = 0x7f}, {0xfe}},
        {{[0] = 0x7f}, {[13] = 0x7f}},
        {{[0] = 0x40}, {[13] = 0x40}},
        {{[15] = 0x01, [14] = 0x40}, {0x03}},
        {{[14] = 0x7f}, {0x01, 0xfc}},
        {{[8] = 0x2a}, {[6] = 0x2a}},
        {{[7] = 0x2a}, {[7] = 0x54}},
        {{0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
          0x55},
         {0xab, 0x56, 0xad, 0x5a, 0xb5, 0x6a, 0xd5, 0xab, 0x56, 0xad, 0x5a, 0xb5, 0x6a, 0xd5}},
        {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
         {0x1e, 0x38, 0x68, 0xc1, 0x62, 0x84, 0x88, 0x0e, 0x18, 0x28, 0x40, 0x60, 0x80, 0x80}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t bytes[TLC5922_BYTES];

        tlc5922_frame(rows[i].levels, bytes);
        assert_memory_equal(bytes, rows[i].bytes, sizeof(bytes));
    }
}

#define TLC5922                                                            \
    LEDS("tlc5922", "nose = 13\nbottom = 3\norder = rgb rgb rgb rgb gbr\n" \
                    "data = 1\nclock = 2\nmode = 3\nlatch = 4\n")

static void tlc5922_shows(void **state)
{
    struct config *config = config_from(TLC5922);
    struct line_want wants[LINES_MAX];
    struct fake_lines fake = FAKE_LINES;
    uint8_t expected[TLC5922_BYTES], levels[TLC5922_CHANNELS] = {0};

    assert_int_equal(wants_of(config, wants), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(wants[i].output && wants[i].what);
        assert_int_equal(wants[i].spec.line[0], '1' + i);
    }

    /* No current, then all channels on; 36 and 228 calls. */
    memset(&chip, 0, sizeof(chip));
    fake.on_set = on_chip_set;
    struct led_bank *bank = open_bank(config, &fake);
    tlc5922_frame(levels, expected);
    assert_int_equal(chip.corrections, 1);
    assert_memory_equal(chip.correction, expected, sizeof(expected));
    assert_int_equal(chip.ons, 1);
    assert_int_equal(chip.on[0] & chip.on[1], 0xff);
    assert_int_equal(fake.count, 228 + 36);

    assert_int_equal(show(bank, LED_NOSE, 0xff8001), 0);
    levels[13] = 127;
    levels[14] = 28; /* 127 × (128 / 255) to the power of 2.2 = 27.9 */
    levels[15] = 1;
    tlc5922_frame(levels, expected);
    assert_memory_equal(chip.correction, expected, sizeof(expected));
    assert_int_equal(fake.count, 228 + 36 + 228);
    assert_false(fake.state & 8); /* the latch rests */

    /* The first place of gbr is green. */
    assert_int_equal(show(bank, LED_BOTTOM, 0xff8001), 0);
    memset(levels, 0, sizeof(levels));
    levels[3] = 28;
    levels[4] = 1;
    levels[5] = 127;
    tlc5922_frame(levels, expected);
    assert_memory_equal(chip.correction, expected, sizeof(expected));

    /* What looks the same is not sent again, but what failed is. */
    size_t before = fake.count;
    assert_int_equal(show(bank, LED_BOTTOM, 0xff8002), 0);
    assert_int_equal(show(bank, LED_LEFT, 0xffffff), 0); /* which there is not */
    assert_int_equal(fake.count, before + 228);
    fake.fails_after = 100;
    assert_int_equal(show(bank, LED_NOSE, 0xff8001), -EIO);
    fake.fails_after = -1;
    assert_int_equal(show(bank, LED_NOSE, 0xff8001), 0);
    memset(levels, 0, sizeof(levels));
    levels[13] = 127;
    levels[14] = 28;
    levels[15] = 1;
    tlc5922_frame(levels, expected);
    assert_memory_equal(chip.correction, expected, sizeof(expected));
    assert_int_equal(chip.ons, 1);
    assert_false(chip.disturbed);
    bank->ops->free(bank);
    assert_int_equal(fake.frees, 1);
    config_free(config);
}

/* It fails wherever its lines do, and leaves them to the caller. */
static void tlc5922_does_not_open_on_dead_lines(void **state)
{
    struct config *config = config_from(TLC5922);

    for (int good = 0; good < 228 + 36; good += 7) {
        struct fake_lines fake = FAKE_LINES;
        struct body_fault fault = {.cause = NULL};
        struct led_bank *bank = NULL;

        fake.fails_after = good;
        assert_int_equal(driver_of(config)->open(&bank, config, &fake.lines, &fault), -EIO);
        assert_null(bank);
        assert_string_equal(fault.cause, "gpio-failed");
        assert_int_equal(fake.count, good + 1);
        assert_int_equal(fake.frees, 0);
    }
    config_free(config);
}

/* ---- apa102 ---- */

static void apa102_bits_are_exact(void **state)
{
    static const uint8_t colors[][3] = {{0xff, 0x80, 0x01}, {0, 0, 0}, {1, 2, 3}};
    static const uint8_t two[] = {0,    0,    0,    0, 0xff, 0x01, 0x80, 0xff, 0xff,
                                  0x00, 0x00, 0x00, 0, 0,    0,    0,    0};
    static const uint8_t three[] = {0,    0,    0,    0,    0xff, 0x01, 0x80,
                                    0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0x03,
                                    0x02, 0x01, 0,    0,    0,    0,    0};
    uint8_t frame[APA102_FRAME_MAX];

    memset(frame, 0xaa, sizeof(frame));
    assert_int_equal(apa102_frame(colors, 2, frame), sizeof(two));
    assert_memory_equal(frame, two, sizeof(two));
    assert_int_equal(apa102_frame(colors, 3, frame), sizeof(three));
    assert_memory_equal(frame, three, sizeof(three));

    static const uint8_t long_one[APA102_CHAIN_MAX][3] = {{0}};
    assert_int_equal(apa102_frame(long_one, APA102_CHAIN_MAX, frame), APA102_FRAME_MAX);
    for (size_t i = 0; i < APA102_CHAIN_MAX; i++)
        assert_int_equal(frame[4 + 4 * i], 0xff);
    for (size_t i = 4 + 4 * APA102_CHAIN_MAX; i < APA102_FRAME_MAX; i++)
        assert_int_equal(frame[i], 0);
}

static void apa102_shows(void **state)
{
    struct config *config = config_from(
        LEDS("apa102", "nose = 2\nright = 0\norder = rgb rgb rgb grb rgb\ndata = 7\nclock = 8\n"));
    static const uint8_t nose[21] = {[4] = 0xff, [8] = 0xff, [12] = 0xff, 0x01, 0x38, 0xff};
    static const uint8_t right[21] = {[4] = 0xff, 0x01, 0xff, 0x38, 0xff, [12] = 0xff};
    struct line_want wants[LINES_MAX];
    struct fake_lines fake = FAKE_LINES;
    uint8_t bytes[21];

    assert_int_equal(wants_of(config, wants), 2);
    assert_string_equal(wants[0].spec.line, "7");
    assert_string_equal(wants[1].spec.line, "8");
    assert_true(wants[0].output && wants[1].output);

    memset(&chip, 0, sizeof(chip));
    fake.on_set = on_chip_set;
    struct led_bank *bank = open_bank(config, &fake);
    assert_int_equal(fake.count, 0);
    assert_int_equal(show(bank, LED_NOSE, 0xff8001), 0); /* 255 × (128 / 255) ^ 2.2 = 56 */
    assert_int_equal(chip.count, 8 * sizeof(nose));
    assert_int_equal(fake.count, 2 * chip.count);
    take_last(bytes, sizeof(bytes));
    assert_memory_equal(bytes, nose, sizeof(nose));

    chip.count = 0;
    fake.fails_after = 31;
    assert_int_equal(show(bank, LED_RIGHT, 0xff8001), -EIO);
    fake.fails_after = -1;
    chip.count = 0;
    assert_int_equal(show(bank, LED_RIGHT, 0xff8001), 0);
    assert_int_equal(chip.count, 8 * sizeof(right));
    take_last(bytes, sizeof(bytes));
    assert_memory_equal(bytes, right, sizeof(right));
    assert_false(chip.disturbed);

    /* What looks the same is not sent again. */
    size_t before = fake.count;
    assert_int_equal(show(bank, LED_RIGHT, 0xff8001), 0);
    assert_int_equal(show(bank, LED_RIGHT, 0xff8002), 0);
    assert_int_equal(fake.count, before);
    chip.count = 0;
    assert_int_equal(show(bank, LED_LEFT, 0xffffff), 0); /* which there is not */
    assert_int_equal(chip.count, 8 * sizeof(right));
    bank->ops->free(bank);
    assert_int_equal(fake.frees, 1);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_keys_are_told_with_their_line),
        cmocka_unit_test(unknown_driver_is_none),
        cmocka_unit_test(none_wants_and_does_nothing),
        cmocka_unit_test(lines_follow_the_order),
        cmocka_unit_test(gpio_keeps_the_hue),
        cmocka_unit_test(gpio_sets_changes_alone_and_tries_again),
        cmocka_unit_test(tlc5922_bits_are_exact),
        cmocka_unit_test(tlc5922_shows),
        cmocka_unit_test(tlc5922_does_not_open_on_dead_lines),
        cmocka_unit_test(apa102_bits_are_exact),
        cmocka_unit_test(apa102_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
