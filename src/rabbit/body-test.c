#include "rabbit/body-test.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>

#include "body/board.h"
#include "body/body.h"

#define FORWARD_TO 4 /* a fifth of a turn: enough to be seen */
#define STEPS_MAX  (1 + 2 * EAR_COUNT + 3 * LED_COUNT + 1)

enum part { PART_HOME, PART_EAR, PART_LED, PART_BUTTON };

/* One thing to be looked at: which ear or LED, and which way or colour. */
struct step {
    enum part part;
    unsigned which, how;
    bool good;
};

enum state {
    STATE_MOVING, /* an ear is under way */
    STATE_ASKING,
    STATE_PRESSING, /* the button, or Enter */
    STATE_DONE,
};

struct body_test {
    struct body *body;
    FILE *out;
    body_test_handler on_done;
    void *userdata;

    enum state state;
    struct step steps[STEPS_MAX];
    size_t count, index;
};

static const struct {
    const char *name;
    enum ear_way way;
    unsigned position;
} ways[] = {{"forward", EAR_FORWARD, FORWARD_TO}, {"backward", EAR_BACKWARD, 0}};

static const struct {
    const char *name;
    uint32_t color;
} colors[] = {{"red", 0xff0000}, {"green", 0x00ff00}, {"blue", 0x0000ff}};

static void say(struct body_test *test, const char *format, ...) _printf_(2, 3);

static void say(struct body_test *test, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(test->out, format, arguments);
    va_end(arguments);
    fflush(test->out);
}

/* ---- the parts ---- */

static void home_name(const struct step *step, char *ret, size_t size)
{
    snprintf(ret, size, "the ears look for their place");
}

static void ear_step_name(const struct step *step, char *ret, size_t size)
{
    snprintf(ret, size, "the %s ear turns %s", ear_name(step->which), ways[step->how].name);
}

static void led_step_name(const struct step *step, char *ret, size_t size)
{
    snprintf(ret, size, "the %s LED is %s", led_name(step->which), colors[step->how].name);
}

static void button_name(const struct step *step, char *ret, size_t size)
{
    snprintf(ret, size, "the button is pressed");
}

static int home_begin(struct body_test *test, const struct step *step)
{
    body_home(test->body);
    return 0;
}

static int ear_begin(struct body_test *test, const struct step *step)
{
    return body_ear_go(test->body, step->which, ways[step->how].position, ways[step->how].way);
}

static int led_begin(struct body_test *test, const struct step *step)
{
    body_led_set(test->body, step->which, colors[step->how].color);
    return 0;
}

static int nothing_begins(struct body_test *test, const struct step *step)
{
    return 0;
}

/* What is asked, and what to do about a no. */
static const struct {
    void (*name)(const struct step *step, char *ret, size_t size);
    int (*begin)(struct body_test *test, const struct step *step);
    enum state state;
    const char *question, *remedy;
} parts[] = {
    [PART_HOME] = {home_name, home_begin, STATE_MOVING, "Do they stand upright now?",
                   "an ear that stands elsewhere is loose on its axle"},
    [PART_EAR] = {ear_step_name, ear_begin, STATE_MOVING, "Did it, as seen from the front?",
                  "if it turned the other way, exchange forward and backward; if the other ear "
                  "turned, exchange [ear-left] and [ear-right]; if none did, look at its lines"},
    [PART_LED] = {led_step_name, led_begin, STATE_ASKING, "Is it, and no other?",
                  "look at its lines or its number in [leds], and at order if the colour is "
                  "another"},
    [PART_BUTTON] = {button_name, nothing_begins, STATE_PRESSING,
                     "Press it now, or Enter if nothing happens:",
                     "look at [button] line: it may need active-low, pull-up or pull-down"},
};

/* ---- one step after the other ---- */

static void summarize(struct body_test *test)
{
    size_t good = 0;
    char name[64];

    say(test, "\n");
    for (size_t i = 0; i < test->index; i++) {
        const struct step *step = &test->steps[i];

        good += step->good;
        if (step->good)
            continue;
        parts[step->part].name(step, name, sizeof(name));
        say(test, "Not right: %s. Remedy: %s.\n", name, parts[step->part].remedy);
    }
    if (test->index < test->count)
        say(test, "Given up: %zu of %zu were not tried.\n", test->count - test->index, test->count);
    say(test, "%zu of %zu right.\n", good, test->count);
    test->state = STATE_DONE;
    test->on_done(good == test->count, test->userdata);
}

static void begin_step(struct body_test *test);

static void end_step(struct body_test *test, bool good)
{
    struct step *step = &test->steps[test->index++];

    step->good = good;
    if (step->part == PART_LED)
        body_led_set(test->body, step->which, 0);
    if (test->index < test->count)
        begin_step(test);
    else
        summarize(test);
}

static void ask(struct body_test *test, enum state state)
{
    const struct step *step = &test->steps[test->index];

    test->state = state;
    say(test, "        %s%s ", parts[step->part].question, state == STATE_PRESSING ? "" : " [Y/n]");
}

static void begin_step(struct body_test *test)
{
    const struct step *step = &test->steps[test->index];
    char name[64];

    parts[step->part].name(step, name, sizeof(name));
    say(test, "%2zu/%zu   %c%s.\n", test->index + 1, test->count, name[0] - 'a' + 'A', name + 1);
    test->state = parts[step->part].state;

    int r = parts[step->part].begin(test, step);
    if (r < 0) {
        say(test, "        It cannot: %s.\n", strerror(-r));
        end_step(test, false);
    } else if (test->state != STATE_MOVING) {
        ask(test, test->state);
    }
}

/* ---- from the body ---- */

static bool has_arrived(const struct body_test *test, const struct step *step)
{
    if (step->part == PART_EAR)
        return body_ear_position(test->body, step->which) == (int)ways[step->how].position;
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        if (body_ear_state(test->body, i) == EAR_BROKEN)
            return false;
    return true;
}

static void on_ears_settled(void *userdata)
{
    struct body_test *test = userdata;

    if (test->state != STATE_MOVING)
        return;
    if (has_arrived(test, &test->steps[test->index])) {
        ask(test, STATE_ASKING);
        return;
    }
    say(test,
        "        No hole of the encoder came by in time: the motor does not turn, the belt is "
        "off or the encoder is not connected.\n");
    end_step(test, false);
}

static void on_button(enum button_event event, void *userdata)
{
    struct body_test *test = userdata;

    if (test->state != STATE_PRESSING || event != BUTTON_CLICK)
        return;
    say(test, "pressed.\n");
    end_step(test, true);
}

static void on_fault(const struct body_fault *fault, void *userdata)
{
    struct body_test *test = userdata;

    if (test->state == STATE_DONE || !fault)
        return;
    say(test, "\n%s\n", fault->text);
    summarize(test);
}

/* ---- from the person ---- */

bool body_test_asks(const struct body_test *test)
{
    return test->state == STATE_ASKING || test->state == STATE_PRESSING;
}

void body_test_answer(struct body_test *test, const char *line)
{
    bool yes = line && (streq(line, "") || strcasecmp(line, "y") == 0 || streq(line, "yes"));
    bool no = line && (strcasecmp(line, "n") == 0 || streq(line, "no"));

    if (!line && test->state != STATE_DONE) {
        say(test, "\nNobody answers.\n");
        summarize(test);
    } else if (test->state == STATE_PRESSING) {
        end_step(test, false);
    } else if (test->state == STATE_ASKING && (yes || no)) {
        end_step(test, yes);
    } else if (test->state == STATE_ASKING) {
        say(test, "        Please answer y or n: ");
    }
}

/* ---- life ---- */

static void add_step(struct body_test *test, enum part part, unsigned which, unsigned how)
{
    test->steps[test->count++] = (struct step){.part = part, .which = which, .how = how};
}

/* Only what the board has. */
static void plan(struct body_test *test, const struct config *config)
{
    static const enum line encoders[EAR_COUNT] = {LINE_LEFT_ENCODER, LINE_RIGHT_ENCODER};
    struct line_want wants[LINE_COUNT];
    bool sim = board_is_sim(config), leds = sim || !streq(config->leds.driver, "none");

    board_wants(config, wants);
    if (wants[LINE_LEFT_ENCODER].what || wants[LINE_RIGHT_ENCODER].what)
        add_step(test, PART_HOME, 0, 0);
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        for (unsigned way = 0; wants[encoders[i]].what && way < ARRAY_SIZE(ways); way++)
            add_step(test, PART_EAR, i, way);
    for (enum led_index i = 0; i < LED_COUNT; i++)
        for (unsigned color = 0; leds && (sim || *config->leds.at[i]) && color < ARRAY_SIZE(colors);
             color++)
            add_step(test, PART_LED, i, color);
    if (wants[LINE_BUTTON].what)
        add_step(test, PART_BUTTON, 0, 0);
}

int body_test_new(struct body_test **ret, sd_event *event, const struct config *config, FILE *out,
                  body_test_handler on_done, void *userdata)
{
    static const struct body_listener listener = {
        .on_button = on_button, .on_ears_settled = on_ears_settled, .on_fault = on_fault};
    struct body_test *test = calloc(1, sizeof(*test));
    struct body_fault fault = {.cause = NULL};

    if (!test)
        return -ENOMEM;
    test->out = out;
    test->on_done = on_done;
    test->userdata = userdata;
    plan(test, config);
    assert(test->count > 0); /* board_check() refuses a board without any part */

    int r = body_new(&test->body, event, config, &listener, test, &fault);
    if (r != 0) {
        say(test, "The body cannot be used: %s\n", fault.text);
        body_test_free(test);
        return r < 0 ? r : -ENODEV;
    }
    say(test,
        "Each part of the %s moves in turn, and you say what you saw: y or Enter for yes, n for\n"
        "no. Left and right are as seen from the front. Ctrl-C stops everything.\n\n",
        body_description(test->body));
    begin_step(test);
    *ret = test;
    return 0;
}

struct body_test *body_test_free(struct body_test *test)
{
    if (!test)
        return NULL;
    body_free(test->body);
    free(test);
    return NULL;
}
