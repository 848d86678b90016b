#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/lines.h"
#include "body/motors-off.h"
#include "helper.h"

#define BOARD                                                                              \
    "[body]\nboard = test\n[gpio]\nchip = soc\n"                                           \
    "[ear-left]\nforward = 1\nbackward = 2,active-low\nencoder = 3\n"                      \
    "[ear-right]\nbridge = phase-enable\nphase = other:4\nenable = other:5\nencoder = 6\n" \
    "[button]\nline = 7\n"

static struct {
    struct line_spec specs[LINE_COUNT];
    unsigned requests, open, most;
    const char *bad; /* lines that cannot be had: "14" */
} world;

static struct lines *fake_free(struct lines *lines)
{
    world.open--;
    free(lines);
    return NULL;
}

int __wrap_lines_gpiod_new(struct lines **ret, sd_event *event, const char *chip,
                           const struct line_want *wants, size_t count,
                           struct body_fault *ret_fault);

int __wrap_lines_gpiod_new(struct lines **ret, sd_event *event, const char *chip,
                           const struct line_want *wants, size_t count,
                           struct body_fault *ret_fault)
{
    static const struct lines_ops ops = {.free = fake_free};

    assert_null(event);
    assert_string_equal(chip, "soc");
    for (size_t i = 0; i < count; i++) {
        if (!wants[i].what)
            continue;
        assert_true(wants[i].output);
        world.specs[world.requests++] = wants[i].spec;
        if (world.bad && strstr(world.bad, wants[i].spec.line))
            return body_fault_set(ret_fault, -EALREADY, "gpio-busy", "line %s", wants[i].spec.line);
    }
    *ret = calloc(1, sizeof(**ret));
    assert_non_null(*ret);
    (*ret)->ops = &ops;
    world.most = ++world.open;
    return 0;
}

static int run(const char *text, const char *bad, struct body_fault *ret_fault)
{
    struct config *config = config_from(text);

    memset(&world, 0, sizeof(world));
    world.bad = bad;
    int r = motors_off(config, ret_fault);
    assert_int_equal(world.open, 0);
    config_free(config);
    return r;
}

/* ENABLE, which is 5, comes before PHASE, which is 4. */
static void assert_all_were_tried(void)
{
    static const char *const lines[] = {"5", "4", "2", "1"};

    assert_int_equal(world.requests, ARRAY_SIZE(lines));
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        assert_string_equal(world.specs[i].line, lines[i]);
}

static void test_all_motors(void **state)
{
    struct body_fault fault;

    assert_int_equal(run(BOARD, NULL, &fault), 0);
    assert_all_were_tried();
    assert_int_equal(world.most, 4);
    assert_true(world.specs[2].active_low);
    assert_string_equal(world.specs[1].chip, "other");
}

static void test_some_cannot_be_had(void **state)
{
    struct body_fault fault;

    assert_int_equal(run(BOARD, "14", &fault), -EALREADY);
    assert_all_were_tried();
    assert_string_equal(fault.text, "line 4");
    assert_int_equal(run(BOARD, "5", &fault), -EALREADY);
    assert_all_were_tried();
    assert_string_equal(fault.text, "line 5");
}

static void test_no_motors(void **state)
{
    struct body_fault fault;

    assert_int_equal(run("[body]\nboard = sim\n", NULL, &fault), 0);
    assert_int_equal(world.requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_motors),
        cmocka_unit_test(test_some_cannot_be_had),
        cmocka_unit_test(test_no_motors),
    };
    return cmocka_run_group_tests_name("motors-off", tests, NULL, NULL);
}
