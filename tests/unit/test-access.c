/* Who is obeyed and how often, on literal times. */
#include "helper.h"

#include "rabbit/access.h"

#define NOW  USEC_PER_SEC
#define HOUR (60 * USEC_PER_MIN)

static int set_up(void **state)
{
    struct config *config = config_from("[access]\nowners = owner@a both@a\n"
                                        "users = user@a both@a late@a\n");
    struct access *access;

    assert_int_equal(access_new(&access, config), 0);
    config_free(config); /* access keeps copies */
    *state = access;
    return 0;
}

static int tear_down(void **state)
{
    assert_null(access_free(*state));
    return 0;
}

static void test_levels(void **state)
{
    static const struct {
        const char *jid;
        enum access_level level;
    } cases[] = {
        {"owner@a", ACCESS_OWNER},   {"both@a", ACCESS_OWNER},     {"user@a", ACCESS_USER},
        {"owner@ab", ACCESS_NOBODY}, {"wner@a", ACCESS_NOBODY},    {"a", ACCESS_NOBODY},
        {"", ACCESS_NOBODY},         {"owner@a/x", ACCESS_NOBODY},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (access_level(*state, cases[i].jid) != cases[i].level)
            fail_msg("%s", cases[i].jid);
}

static void test_nobody_is_obeyed_by_default(void **state)
{
    struct config *config = config_from("[rabbit]\nname = Nobody's\n");
    struct access *access;

    assert_int_equal(access_new(&access, config), 0);
    assert_int_equal(access_level(access, "owner@a"), ACCESS_NOBODY);
    assert_false(access_admit(access, "owner@a", 1));
    access_free(access);
    config_free(config);
}

/* How many of `tries` commands at that moment are obeyed. */
static unsigned admitted(struct access *access, const char *jid, unsigned tries, uint64_t now_usec)
{
    unsigned count = 0;

    while (tries-- > 0)
        count += access_admit(access, jid, now_usec);
    return count;
}

static void test_rates(void **state)
{
    static const struct {
        const char *jid;
        unsigned long now_msec;
        unsigned tries, admitted;
    } steps[] = {
        {"owner@a", 5000, 100, 30}, /* the burst */
        {"owner@a", 5099, 100, 0},    {"owner@a", 5100, 100, 1},   {"owner@a", 6100, 100, 10},
        {"owner@a", 6150, 100, 0},    {"owner@a", 6200, 100, 1}, /* refusals cost nothing */
        {"both@a", 6200, 100, 30},    /* everybody has a bucket of his own */
        {"owner@a", 999000, 100, 30}, /* which never holds more than the burst */
        {"user@a", 5000, 100, 5},     {"user@a", 5999, 100, 0},    {"user@a", 6000, 100, 1},
        {"user@a", 8500, 100, 2},     {"user@a", 9000, 100, 1},    {"user@a", 99000, 3, 3},
        {"user@a", 99000, 100, 2},    {"nobody@a", 99000, 100, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        unsigned count =
            admitted(*state, steps[i].jid, steps[i].tries, steps[i].now_msec * USEC_PER_MSEC);

        if (count != steps[i].admitted)
            fail_msg("step %zu: %u", i, count);
    }
}

static void test_the_first_moment_of_the_clock(void **state)
{
    assert_int_equal(admitted(*state, "user@a", 100, 0), 5);
    assert_int_equal(admitted(*state, "user@a", 100, USEC_PER_SEC), 1);
}

static void test_strangers_are_news_once(void **state)
{
    char jid[32];

    assert_true(access_note_stranger(*state, "eve@a", NOW));
    assert_false(access_note_stranger(*state, "eve@a", NOW));
    assert_true(access_note_stranger(*state, "mallory@a", NOW));
    for (unsigned i = 0; i < 30; i++) {
        snprintf(jid, sizeof(jid), "crowd%u@a", i);
        assert_true(access_note_stranger(*state, jid, NOW));
    }
    assert_false(access_note_stranger(*state, "eve@a", NOW));

    /* Of a crowd no more is told, until an hour is over. */
    assert_false(access_note_stranger(*state, "one-more@a", NOW));
    assert_false(access_note_stranger(*state, "crowd29@a", NOW + HOUR - 1));
    assert_true(access_note_stranger(*state, "one-more@a", NOW + HOUR));
    assert_true(access_note_stranger(*state, "eve@a", NOW + HOUR));
    assert_false(access_note_stranger(*state, "eve@a", NOW + HOUR));
}

int main(void)
{
#define with_access(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_access(test_levels),
        cmocka_unit_test(test_nobody_is_obeyed_by_default),
        with_access(test_rates),
        with_access(test_the_first_moment_of_the_clock),
        with_access(test_strangers_are_news_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
