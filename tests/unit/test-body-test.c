/* The dialogue of --test-body with somebody who sees the simulated rabbit, in virtual time. */
#include "helper.h"
#include "virtual-loop.h"

#include <errno.h>

#include "body/leds-sim.h"
#include "body/lines-sim.h"
#include "rabbit/body-test.h"

/* The rabbit that the person sees. */
static struct lines_sim *sim;
static struct leds_sim *leds;
static int motors[EAR_COUNT];

static void on_motor(enum ear_index ear, int direction, uint64_t usec, void *userdata)
{
    motors[ear] = direction;
}

static void on_hole(enum ear_index ear, unsigned hole, uint64_t usec, void *userdata)
{
}

static void on_press(bool pressed, uint64_t usec, void *userdata)
{
}

int __real_lines_sim_new(struct lines_sim **ret, sd_event *event, uint64_t seed);
int __wrap_lines_sim_new(struct lines_sim **ret, sd_event *event, uint64_t seed);
int __real_leds_sim_new(struct leds_sim **ret);
int __wrap_leds_sim_new(struct leds_sim **ret);

int __wrap_lines_sim_new(struct lines_sim **ret, sd_event *event, uint64_t seed)
{
    static const struct lines_sim_watcher watcher = {
        .on_motor = on_motor, .on_hole = on_hole, .on_button = on_press};
    int r = __real_lines_sim_new(ret, event, 1);

    sim = *ret;
    lines_sim_watch(sim, &watcher, NULL);
    return r;
}

int __wrap_leds_sim_new(struct leds_sim **ret)
{
    int r = __real_leds_sim_new(ret);

    leds = *ret;
    return r;
}

/* Lines of a board, on which nothing happens by itself. */
static struct lines *board_lines;
static bool board_missing;

static int lines_good(struct lines *lines, unsigned mask, unsigned levels)
{
    return 0;
}

static int lines_low(struct lines *lines, unsigned line)
{
    return 0;
}

static struct lines *board_lines_free(struct lines *lines)
{
    free(lines);
    board_lines = NULL;
    return NULL;
}

int __wrap_lines_gpiod_new(struct lines **ret, sd_event *event, const char *chip,
                           const struct line_want *wants, size_t count,
                           struct body_fault *ret_fault);

int __wrap_lines_gpiod_new(struct lines **ret, sd_event *event, const char *chip,
                           const struct line_want *wants, size_t count,
                           struct body_fault *ret_fault)
{
    static const struct lines_ops ops = {
        .set = lines_good, .get = lines_low, .free = board_lines_free};

    if (board_missing)
        return body_fault_set(ret_fault, -ENOENT, "gpio-missing", "there is no chip c");
    board_lines = calloc(1, sizeof(*board_lines));
    assert_non_null(board_lines);
    board_lines->ops = &ops;
    *ret = board_lines;
    return 0;
}

/* ---- the rig ---- */

struct rig {
    sd_event *event;
    struct config *config;
    struct body_test *test;
    FILE *out;
    char *text;
    size_t size;
    unsigned done;
    bool good;
};

static void on_done(bool good, void *userdata)
{
    struct rig *rig = userdata;

    rig->done++;
    rig->good = good;
}

static int start(struct rig *rig, const char *config)
{
    *rig = (struct rig){.config = config_from(config)};
    rig->out = open_memstream(&rig->text, &rig->size);
    assert_non_null(rig->out);
    assert_true(sd_event_new(&rig->event) >= 0);
    return body_test_new(&rig->test, rig->event, rig->config, rig->out, on_done, rig);
}

static void end(struct rig *rig)
{
    body_test_free(rig->test);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        assert_int_equal(motors[i], 0);
    fclose(rig->out);
    free(rig->text);
    config_free(rig->config);
    sd_event_unref(rig->event);
}

/* Waits for the next question, or the end. */
static void wait_for_question(struct rig *rig)
{
    for (unsigned i = 0; !rig->done && !body_test_asks(rig->test); i++) {
        assert_true(i < 10000);
        assert_true(loop_turn(USEC_NEVER - 1));
    }
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        assert_int_equal(motors[i], 0); /* people take their time */
}

/* What is the matter now: "The nose LED is red." */
static const char *topic(const struct rig *rig)
{
    const char *last = NULL;

    for (const char *at = rig->text; (at = strstr(at, "/21   ")); at++)
        last = at + 6;
    assert_non_null(last);
    return last;
}

/* Whether what the text says is to be seen. */
static bool is_true(const struct rig *rig)
{
    static const char *const colors[] = {"red", "green", "blue"};
    const char *text = topic(rig);
    unsigned holes[EAR_COUNT] = {0};
    char line[80];

    if (after_prefix(text, "The left ear turns forward."))
        holes[EAR_LEFT] = 4;
    if (after_prefix(text, "The right ear turns forward."))
        holes[EAR_RIGHT] = 4;
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (ear_model_hole(lines_sim_ear(sim, i)) != holes[i])
            return false;
    for (enum led_index i = 0; i < LED_COUNT; i++)
        for (unsigned color = 0; color < 3; color++) {
            snprintf(line, sizeof(line), "The %s LED is %s.", led_name(i), colors[color]);
            if (!after_prefix(text, line) != (leds_sim_shown(leds, i) != 0xff0000U >> 8 * color))
                return false;
        }
    return true;
}

static void click(const struct body_test *test)
{
    lines_sim_press(sim, true);
    loop_run(100 * USEC_PER_MSEC);
    assert_true(body_test_asks(test)); /* a line that is active at rest would be no click */
    lines_sim_press(sim, false);
    loop_run(2 * USEC_PER_SEC);
}

/* ---- tests ---- */

static void everything_is_as_it_says(void **state)
{
    struct rig rig;

    assert_int_equal(start(&rig, ""), 0);
    for (unsigned i = 0; i < 20; i++) {
        wait_for_question(&rig);
        assert_true(is_true(&rig));
        body_test_answer(rig.test, i % 2 ? "" : "y");
    }
    wait_for_question(&rig);
    assert_non_null(after_prefix(topic(&rig), "The button is pressed."));
    click(rig.test);
    assert_int_equal(rig.done, 1);
    assert_true(rig.good);
    assert_non_null(strstr(rig.text, "\n21 of 21 right.\n"));
    assert_null(strstr(rig.text, "Not right"));
    end(&rig);
}

static void a_no_comes_with_a_remedy(void **state)
{
    struct rig rig;

    assert_int_equal(start(&rig, ""), 0);
    for (unsigned i = 0; i < 20; i++) {
        wait_for_question(&rig);
        body_test_answer(rig.test, i == 2 || i == 6 ? "n" : "yes");
    }
    wait_for_question(&rig);
    body_test_answer(rig.test, "");
    assert_int_equal(rig.done, 1);
    assert_false(rig.good);
    assert_non_null(strstr(rig.text, "Not right: the left ear turns backward. Remedy: if it"));
    assert_non_null(strstr(rig.text, "Not right: the nose LED is green. Remedy: look at"));
    assert_non_null(strstr(rig.text, "Not right: the button is pressed. Remedy: look at [button]"));
    assert_non_null(strstr(rig.text, "\n18 of 21 right.\n"));
    end(&rig);
}

static void nonsense_is_asked_again(void **state)
{
    struct rig rig;

    assert_int_equal(start(&rig, ""), 0);
    body_test_answer(rig.test, "y"); /* nothing was asked yet */
    wait_for_question(&rig);
    body_test_answer(rig.test, "perhaps");
    assert_non_null(strstr(rig.text, "Please answer y or n"));
    assert_true(body_test_asks(rig.test));
    assert_null(strstr(rig.text, " 2/21"));
    body_test_answer(rig.test, "Y");
    assert_non_null(strstr(rig.text, " 2/21"));
    assert_int_not_equal(motors[EAR_LEFT], 0);
    end(&rig); /* while the ear turns: no motor is left on */
}

static void a_stalled_ear_needs_no_witness(void **state)
{
    struct rig rig;

    assert_int_equal(start(&rig, ""), 0);
    wait_for_question(&rig);
    lines_sim_set_fault(sim, EAR_LEFT, EAR_FAULT_STALL);
    body_test_answer(rig.test, "y");
    wait_for_question(&rig);
    assert_non_null(strstr(rig.text, "No hole of the encoder came by in time"));
    assert_non_null(strstr(rig.text, "The left ear turns backward.\n        It cannot: "));
    assert_non_null(after_prefix(topic(&rig), "The right ear turns forward."));
    body_test_answer(rig.test, NULL);
    assert_int_equal(rig.done, 1);
    assert_false(rig.good);
    assert_non_null(strstr(rig.text, "Not right: the left ear turns forward."));
    assert_non_null(strstr(rig.text, "Given up: 18 of 21 were not tried.\n1 of 21 right.\n"));
    body_test_answer(rig.test, NULL);
    body_test_answer(rig.test, "y");
    assert_int_equal(rig.done, 1);
    end(&rig);
}

#define BUTTON_ALONE "[body]\nboard = b\n[gpio]\nchip = c\n[button]\nline = 7\n"

static void only_what_the_board_has(void **state)
{
    struct rig rig;

    assert_int_equal(start(&rig, BUTTON_ALONE), 0);
    wait_for_question(&rig);
    assert_non_null(strstr(rig.text, "Each part of the b moves"));
    assert_non_null(strstr(rig.text, " 1/1   The button is pressed.\n"));
    body_test_answer(rig.test, "");
    assert_int_equal(rig.done, 1);
    end(&rig);
}

static void a_body_that_is_lost_ends_it(void **state)
{
    struct body_fault fault;
    struct rig rig;

    assert_int_equal(start(&rig, BUTTON_ALONE), 0);
    body_fault_set(&fault, -ENODEV, "gpio-gone", "the chip c is gone");
    board_missing = true;
    board_lines->listener.on_lost(&fault, board_lines->userdata);
    loop_run(0);
    board_missing = false;
    assert_int_equal(rig.done, 1);
    assert_false(rig.good);
    assert_non_null(strstr(rig.text, "the chip c is gone"));
    loop_run(5 * USEC_PER_SEC);
    assert_int_equal(rig.done, 1);
    end(&rig);
}

static void what_comes_after_the_end_changes_nothing(void **state)
{
    struct body_fault fault;
    struct rig rig;

    assert_int_equal(start(&rig, BUTTON_ALONE), 0);
    body_test_answer(rig.test, "");
    assert_int_equal(rig.done, 1);
    body_fault_set(&fault, -ENODEV, "gpio-gone", "the chip c is gone");
    board_lines->listener.on_lost(&fault, board_lines->userdata);
    loop_run(10 * USEC_PER_SEC);
    assert_int_equal(rig.done, 1);
    assert_null(strstr(rig.text, "gone"));
    end(&rig);
}

static void no_body_no_test(void **state)
{
    struct rig rig;

    board_missing = true;
    assert_int_equal(start(&rig, BUTTON_ALONE), -ENODEV);
    board_missing = false;
    assert_string_equal(rig.text, "The body cannot be used: there is no chip c\n");
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_as_it_says),
        cmocka_unit_test(a_no_comes_with_a_remedy),
        cmocka_unit_test(nonsense_is_asked_again),
        cmocka_unit_test(a_stalled_ear_needs_no_witness),
        cmocka_unit_test(only_what_the_board_has),
        cmocka_unit_test(a_body_that_is_lost_ends_it),
        cmocka_unit_test(what_comes_after_the_end_changes_nothing),
        cmocka_unit_test(no_body_no_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
