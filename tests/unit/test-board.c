#include "helper.h"

#include "body/board.h"

/* What board_check() says about a configuration that is well written, as "LINE: text\n". */
static char *problems_of(const char *text)
{
    struct config_problems problems = {.count = 0};
    struct config *config = config_from(text);
    char *result = NULL;
    size_t size;
    FILE *out = open_memstream(&result, &size);

    assert_non_null(out);
    board_check(config, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        const char *line = after_prefix(problems.list[i].place, "test:");

        assert_non_null(line);
        assert_false(problems.list[i].note);
        fprintf(out, "%s: %s\n", line, problems.list[i].text);
    }
    fclose(out);
    config_problems_clear(&problems);
    config_free(config);
    return result;
}

#define X     "[body]\nboard = x\n"
#define CHIP  X "[gpio]\nchip = c\n"
#define EAR_L "[ear-left]\nforward = 1\nbackward = 2\nencoder = 3\n"
#define EAR_R "[ear-right]\nforward = 4\nbackward = 5\nencoder = 6\n"

static const struct {
    const char *text, *problems;
} boards[] = {
    /* Good ones */
    {"", ""},
    {"[ear-left]\nforward = 1\n", ""}, /* the simulated rabbit has no use for it */
    {CHIP EAR_L EAR_R "[button]\nline = 7,active-low,pull-up\n", ""},
    {CHIP EAR_R, ""},
    {CHIP "[button]\nline = 7\n", ""},
    {CHIP "[ear-left]\nbridge = in-in-en\nforward = 1\nbackward = 2\nenable = 3\nencoder = 4\n",
     ""},
    {CHIP "[ear-left]\nbridge = phase-enable\nphase = 1\nenable = 3\nencoder = 4\n", ""},
    {X "[ear-left]\nforward = c:1\nbackward = d:1\nencoder = /dev/gpiochip0:1\n", ""},

    /* Nothing there */
    {CHIP, "2: [body] board: expected a board with an ear, the button or LEDs\n"},
    {CHIP "[ear-left]\nbridge = phase-enable\n",
     "2: [body] board: expected a board with an ear, the button or LEDs\n"},

    /* No chip */
    {X EAR_L "[button]\nline = c:4\n",
     "4: [ear-left] forward: expected CHIP:1, because [gpio] chip is not set\n"
     "5: [ear-left] backward: expected CHIP:2, because [gpio] chip is not set\n"
     "6: [ear-left] encoder: expected CHIP:3, because [gpio] chip is not set\n"},

    /* A bridge without its line, or with one too many */
    {CHIP "[ear-left]\nforward = 1\n",
     "6: [ear-left] forward: expected `backward` as well, because of bridge = in-in\n"
     "6: [ear-left] forward: expected `encoder` as well; without it nobody knows where the ear "
     "is\n"},
    {CHIP "[ear-left]\nencoder = 1\n",
     "6: [ear-left] encoder: expected `forward` as well, because of bridge = in-in\n"
     "6: [ear-left] encoder: expected `backward` as well, because of bridge = in-in\n"},
    {CHIP EAR_L "enable = 7\n", "9: [ear-left] enable: expected none, because of bridge = in-in\n"},
    {CHIP "[ear-right]\nbridge = in-in-en\nforward = 1\nbackward = 2\nencoder = 3\n",
     "7: [ear-right] forward: expected `enable` as well, because of bridge = in-in-en\n"},
    {CHIP "[ear-right]\nbridge = phase-enable\nforward = 1\nbackward = 2\nencoder = 3\n",
     "7: [ear-right] forward: expected none, because of bridge = phase-enable\n"
     "8: [ear-right] backward: expected none, because of bridge = phase-enable\n"
     "7: [ear-right] forward: expected `phase` as well, because of bridge = phase-enable\n"
     "7: [ear-right] forward: expected `enable` as well, because of bridge = phase-enable\n"},

    /* One line for two */
    {CHIP "[ear-left]\nforward = 1\nbackward = 1\nencoder = 3\n",
     "7: [ear-left] backward: expected a line of its own, not `1`, which is the left ear's motor, "
     "forward\n"},
    {CHIP EAR_L "[ear-right]\nforward = 4\nbackward = 5\nencoder = c:3,pull-up\n"
                "[button]\nline = c:5,active-low\n",
     "12: [ear-right] encoder: expected a line of its own, not `3`, which is the left ear's "
     "encoder\n"
     "14: [button] line: expected a line of its own, not `5`, which is the right ear's motor, "
     "backward\n"},

    /* LEDs */
    {CHIP EAR_L "[leds]\ndriver = nome\n",
     "10: [leds] driver: expected a driver that there is, not `nome`; did you mean `none`?\n"},
    {CHIP "[leds]\ndriver = gpio\nnose = 1 2 3\n", ""},
    {CHIP EAR_L "[leds]\ndriver = gpio\nnose = 7 8 9\nleft = 10 11 8\nmiddle = 12 13 1\n",
     "12: [leds] left: expected a line of its own, not `8`, which is the nose LED's green\n"
     "13: [leds] middle: expected a line of its own, not `1`, which is the left ear's motor, "
     "forward\n"},
    {CHIP EAR_L "[leds]\ndriver = apa102\ndata = 4\nclock = c:2\nnose = 0\n",
     "12: [leds] clock: expected a line of its own, not `2`, which is the left ear's motor, "
     "backward\n"},
    {X "[leds]\ndriver = pwm\nnose = c:1 2 c:3\n",
     "5: [leds] nose: expected CHIP:2, because [gpio] chip is not set\n"},
    {CHIP EAR_L "[leds]\ndriver = tlc5922\nnose = 0\n",
     "10: [leds] driver: expected a line for `data` as well, because tlc5922 needs it\n"
     "10: [leds] driver: expected a line for `clock` as well, because tlc5922 needs it\n"
     "10: [leds] driver: expected a line for `mode` as well, because tlc5922 needs it\n"
     "10: [leds] driver: expected a line for `latch` as well, because tlc5922 needs it\n"},
    {CHIP EAR_L "[leds]\ndriver = neopixel\n",
     "10: [leds] driver: expected a driver that there is, not `neopixel`; see "
     "nabaztagd.conf(5)\n"},
};

static void boards_are_checked(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
        char *problems = problems_of(boards[i].text);

        assert_string_equal(problems, boards[i].problems);
        free(problems);
    }
}

static void wants_are_the_bridge_s(void **state)
{
    struct config *config = config_from(
        CHIP "[ear-left]\nbridge = phase-enable\nphase = 1,active-low\nenable = d:2\nforward = 9\n"
             "encoder = 3,pull-down\n[button]\nline = 4\n");
    struct line_want wants[LINE_COUNT];
    unsigned there = 0, outputs = 0;

    assert_int_equal(board_wants(config, wants), LINE_COUNT);
    for (enum line i = 0; i < LINE_COUNT; i++) {
        there |= (unsigned)(wants[i].what != NULL) << i;
        outputs |= (unsigned)wants[i].output << i;
    }
    assert_int_equal(there, 1U << LINE_LEFT_PHASE | 1U << LINE_LEFT_ENABLE |
                                1U << LINE_LEFT_ENCODER | 1U << LINE_BUTTON);
    assert_int_equal(outputs, 255); /* the motors' lines, whether they are there or not */
    assert_string_equal(wants[LINE_LEFT_ENCODER].what, "the left ear's encoder");
    assert_string_equal(wants[LINE_LEFT_ENABLE].spec.chip, "d");
    assert_string_equal(wants[LINE_LEFT_ENABLE].spec.line, "2");
    assert_true(wants[LINE_LEFT_PHASE].spec.active_low);
    assert_int_equal(wants[LINE_LEFT_ENCODER].spec.bias, BIAS_PULL_DOWN);
    assert_int_equal(board_bridge(config, 0), BRIDGE_PHASE_ENABLE);
    config_free(config);
}

static void the_simulated_rabbit_has_all_of_in_in(void **state)
{
    struct config *config = config_from("[ear-left]\nbridge = phase-enable\nphase = 1\n");
    struct line_want wants[LINE_COUNT];

    board_wants(config, wants);
    for (enum line i = 0; i < LINE_COUNT; i++)
        assert_int_equal(wants[i].what == NULL, i == LINE_LEFT_PHASE || i == LINE_LEFT_ENABLE ||
                                                    i == LINE_RIGHT_PHASE ||
                                                    i == LINE_RIGHT_ENABLE);
    config_free(config);
}

static void names_are_for_people(void **state)
{
    static const struct {
        const char *board, *name;
    } names[] = {
        {"sim", "simulated body"},         {"tagtagtag-2019", "tagtagtag-2019"},
        {"/etc/x/mine.conf", "mine"},      {"./mine", "mine"},
        {"boards/.conf", ".conf"},         {"mine.conf", "mine.conf"},
        {"/a.conf/b.conf.conf", "b.conf"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct config config = {.body.board = (char *)names[i].board};
        char *name = NULL;

        assert_int_equal(board_name(&config, &name), 0);
        assert_string_equal(name, names[i].name);
        free(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boards_are_checked),
        cmocka_unit_test(wants_are_the_bridge_s),
        cmocka_unit_test(the_simulated_rabbit_has_all_of_in_in),
        cmocka_unit_test(names_are_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
