/*
 * What an application of the platform is asked, and when. Its answers are made up here:
 * tests/integration/test_violet.py has real ones.
 */
#include "helper.h"

#include <errno.h>

#include "base/limits.h"
#include "rabbit/interactive.h"

#define BASE "http://violet.test:80/vl/itmode.jsp?sn=f81edfee27c1&v=18%20x&h=4&a="

struct fetch_job {
    struct fetch_listener listener;
};

struct bed {
    struct interactive *interactive;
    struct fetch_job *job; /* under way */
    char url[3000];        /* of it */
    size_t limit;
    int result; /* of fetch_start() */
    unsigned asked, cancelled, packets, failures;
    bool stops; /* the listener stops the mode */
};

static struct bed *bed; /* the fakes have no userdata */

#define FETCH ((struct fetch *)bed)

/* ---- in place of ours ---- */

int fetch_start(struct fetch_job **ret, struct fetch *fetch, const struct fetch_wish *wishes,
                size_t count, const struct fetch_listener *listener)
{
    assert_ptr_equal(fetch, FETCH);
    assert_null(bed->job);
    assert_int_equal(count, 1);
    if (bed->result < 0)
        return bed->result;
    snprintf(bed->url, sizeof(bed->url), "%s", wishes->url);
    bed->limit = wishes->limit;
    bed->job = *ret = calloc(1, sizeof(*bed->job));
    assert_non_null(bed->job);
    bed->job->listener = *listener;
    bed->asked++;
    return 0;
}

struct fetch_job *fetch_cancel(struct fetch_job *job)
{
    if (!job)
        return NULL;
    assert_ptr_equal(job, bed->job);
    bed->job = NULL;
    bed->cancelled++;
    free(job);
    return NULL;
}

/* `text` NULL: there is no answer. */
static void answer(const char *text)
{
    struct fetch_job *job = bed->job;

    assert_non_null(job);
    job->listener.on_loaded(0, text ? strdup(text) : NULL, text ? strlen(text) : 0,
                            text ? NULL : "it is not there", job->listener.userdata);
    if (bed->job != job) /* cancelled */
        return;
    bed->job = NULL;
    job->listener.on_done(job->listener.userdata);
    free(job);
}

static void on_packet(const void *data, size_t size, void *userdata)
{
    assert_int_equal(size, 6);
    assert_memory_equal(data, "packet", 6);
    bed->packets++;
    if (bed->stops)
        interactive_stop(bed->interactive);
}

static void on_failed(void *userdata)
{
    assert_null(interactive_application(bed->interactive));
    bed->failures++;
}

/* ---- the stage ---- */

static void set_place(const char *ping)
{
    const struct interactive_place place = {ping, "f81edfee27c1", "18 x"};

    assert_int_equal(interactive_set_place(bed->interactive, &place, FETCH), 0);
}

static int set_up(void **state)
{
    const struct interactive_listener listener = {on_packet, on_failed, NULL};

    bed = calloc(1, sizeof(*bed));
    assert_non_null(bed);
    assert_int_equal(interactive_new(&bed->interactive, &listener), 0);
    set_place("violet.test:80");
    return 0;
}

static int tear_down(void **state)
{
    assert_null(interactive_free(bed->interactive));
    assert_null(interactive_free(NULL));
    assert_null(bed->job);
    free(bed);
    return 0;
}

#define expect_asked(expected)                            \
    do {                                                  \
        assert_non_null(bed->job);                        \
        assert_string_equal(bed->url, BASE expected);     \
        assert_int_equal(bed->limit, LIMIT_PACKET_BYTES); \
    } while (0)

/* Begun, and the first question answered. */
static void begin(void)
{
    assert_int_equal(interactive_start(bed->interactive, "quiz"), 0);
    answer("packet");
    bed->asked = 0;
}

/* ---- tests ---- */

static void start(void **state)
{
    assert_null(interactive_application(bed->interactive));
    assert_int_equal(interactive_start(bed->interactive, "a b&c"), 0);
    expect_asked("a%20b%26c&st=start");
    assert_string_equal(interactive_application(bed->interactive), "a b&c");
    answer("packet");
    assert_int_equal(bed->packets, 1);
    assert_null(bed->job);

    assert_int_equal(interactive_start(bed->interactive, "another"), 0);
    assert_int_equal(interactive_start(bed->interactive, "third"), 0);
    assert_int_equal(bed->cancelled, 1);
    expect_asked("third&st=start");
    interactive_stop(bed->interactive);
    interactive_stop(bed->interactive);
    assert_null(interactive_application(bed->interactive));
    assert_int_equal(bed->cancelled, 2);
}

static void nobody_to_ask(void **state)
{
    set_place(NULL);
    assert_int_equal(interactive_start(bed->interactive, "quiz"), -ENETDOWN);
    set_place("");
    assert_int_equal(interactive_start(bed->interactive, "quiz"), -ENETDOWN);
    set_place("violet.test:80");
    bed->result = -EBUSY;
    assert_int_equal(interactive_start(bed->interactive, "quiz"), -EBUSY);
    assert_null(interactive_application(bed->interactive));
    assert_int_equal(bed->failures, 0);
}

/* While the mode is not on. */
static void nothing_to_ask(void **state)
{
    interactive_tell_clicks(bed->interactive, 1);
    interactive_tell_ears(bed->interactive, true, true);
    interactive_tell_end(bed->interactive);
    assert_false(interactive_set(bed->interactive, "cookie=1"));
    assert_int_equal(bed->asked, 0);
}

static void questions(void **state)
{
    begin();
    interactive_tell_clicks(bed->interactive, 1);
    expect_asked("quiz&st=btn&pos=0&idx=0&btn=1");
    answer("packet");
    interactive_tell_clicks(bed->interactive, 2);
    expect_asked("quiz&st=btn&pos=0&idx=0&btn=2");
    answer("packet");
    interactive_tell_ears(bed->interactive, true, false);
    expect_asked("quiz&st=ear&pos=0&idx=0&el=1&er=0");
    answer("packet");
    interactive_tell_ears(bed->interactive, true, true);
    expect_asked("quiz&st=ear&pos=0&idx=0&el=1&er=1");
    answer("packet");
    interactive_tell_end(bed->interactive);
    expect_asked("quiz&st=done");
    answer("packet");
    assert_int_equal(bed->packets, 6);
}

static void settings(void **state)
{
    begin();
    assert_true(interactive_set(bed->interactive, "cookie=a=1&b"));
    interactive_tell_end(bed->interactive);
    expect_asked("quiz&st=done&c=a%3D1%26b");
    answer("packet");
    assert_false(interactive_set(bed->interactive, "chor.itmode=none"));
    assert_false(interactive_set(bed->interactive, "int.mask=16"));
    assert_false(interactive_set(bed->interactive, "int.mask="));

    assert_true(interactive_set(bed->interactive, "int.mask=3")); /* button and left ear */
    bed->asked = 0;
    interactive_tell_clicks(bed->interactive, 1);
    interactive_tell_ears(bed->interactive, true, false);
    assert_int_equal(bed->asked, 0);
    interactive_tell_ears(bed->interactive, true, true);
    expect_asked("quiz&st=ear&pos=0&idx=0&el=0&er=1&c=a%3D1%26b");
    answer("packet");

    begin(); /* anew: all is forgotten */
    interactive_tell_clicks(bed->interactive, 1);
    expect_asked("quiz&st=btn&pos=0&idx=0&btn=1");
    answer("packet");
}

/* One after the other; the end of a program is no question when one is under way. */
static void in_turn(void **state)
{
    begin();
    for (unsigned i = 0; i < LIMIT_INTERACTIVE_QUESTIONS + 2; i++)
        interactive_tell_clicks(bed->interactive, i == 1 ? 2 : 1);
    interactive_tell_end(bed->interactive);
    assert_int_equal(bed->asked, 1);
    answer("packet");
    expect_asked("quiz&st=btn&pos=0&idx=0&btn=2");
    for (unsigned i = 0; i < LIMIT_INTERACTIVE_QUESTIONS; i++)
        answer("packet");
    assert_null(bed->job);
    assert_int_equal(bed->asked, LIMIT_INTERACTIVE_QUESTIONS + 1); /* one was too many */
}

static void no_answer(void **state)
{
    begin();
    interactive_tell_clicks(bed->interactive, 1);
    interactive_tell_clicks(bed->interactive, 1);
    answer(NULL);
    assert_int_equal(bed->failures, 1);
    assert_null(interactive_application(bed->interactive));
    assert_int_equal(bed->asked, 1);

    begin();
    bed->result = -EBUSY;
    interactive_tell_clicks(bed->interactive, 1);
    assert_int_equal(bed->failures, 2);
    bed->result = 0;

    begin();
    interactive_tell_clicks(bed->interactive, 1);
    interactive_tell_clicks(bed->interactive, 1);
    bed->result = -EBUSY;
    answer("packet");
    assert_int_equal(bed->failures, 3);
}

/* The answer's packet may end the mode. */
static void stopped_from_within(void **state)
{
    begin();
    interactive_tell_clicks(bed->interactive, 1);
    interactive_tell_clicks(bed->interactive, 1);
    bed->stops = true;
    answer("packet");
    assert_null(bed->job);
    assert_int_equal(bed->asked, 1);
    assert_int_equal(bed->failures, 0);
}

int main(void)
{
#define on_stage(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        on_stage(start),          on_stage(nobody_to_ask),
        on_stage(nothing_to_ask), on_stage(questions),
        on_stage(settings),       on_stage(in_turn),
        on_stage(no_answer),      on_stage(stopped_from_within),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
