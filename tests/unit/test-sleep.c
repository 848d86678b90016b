/* Sleep on a virtual clock: that it lasts, and how often a disturbed sleeper brings its ears down.
 */
#include "helper.h"

#include <sys/stat.h>

#include "base/log.h"
#include "base/state.h"
#include "rabbit/sleep.h"

struct bed {
    char *folder;
    struct sleep *sleep;
    unsigned changes, droops;
    bool asleep; /* as told last */
};

static void on_changed(bool asleep, void *userdata)
{
    struct bed *bed = userdata;

    bed->changes++;
    bed->asleep = asleep;
    assert_int_equal(sleep_is_asleep(bed->sleep), asleep);
}

static void on_droop(void *userdata)
{
    ((struct bed *)userdata)->droops++;
}

static const struct sleep_listener listener = {.on_changed = on_changed, .on_droop = on_droop};

static int set_up(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));

    assert_non_null(bed);
    log_set_level(LOG_CRIT);
    bed->folder = folder_new();
    assert_int_equal(sleep_new(&bed->sleep, bed->folder, &listener, bed), 0);
    *state = bed;
    return 0;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;

    assert_null(sleep_free(bed->sleep));
    assert_null(sleep_free(NULL));
    folder_remove(bed->folder);
    free(bed);
    return 0;
}

/* As when the daemon is started again. */
static bool asleep_again(struct bed *bed)
{
    unsigned changes = bed->changes;

    sleep_free(bed->sleep);
    assert_int_equal(sleep_new(&bed->sleep, bed->folder, &listener, bed), 0);
    assert_int_equal(bed->changes, changes);
    return sleep_is_asleep(bed->sleep);
}

static void test_lasts(void **state)
{
    struct bed *bed = *state;
    char *text;

    assert_false(sleep_is_asleep(bed->sleep));
    sleep_set(bed->sleep, true, 1);
    assert_int_equal(bed->changes, 1);
    assert_true(bed->asleep);
    assert_true(asleep_again(bed));
    assert_int_equal(state_read(bed->folder, "sleep", &text), 0);
    assert_string_equal(text, "nabaztagd-sleep 1\nasleep\n");
    free(text);

    sleep_set(bed->sleep, false, 2);
    assert_int_equal(bed->changes, 2);
    assert_false(bed->asleep);
    assert_false(asleep_again(bed));
    assert_int_equal(bed->droops, 0);
}

/* Said twice it is written once: SD cards wear out. */
static void test_said_twice(void **state)
{
    struct bed *bed = *state;
    _cleanup_(freep) char *path = NULL;
    struct stat before, after;

    sleep_set(bed->sleep, false, 1);
    assert_int_equal(bed->changes, 0);
    assert_true(asprintf(&path, "%s/sleep", bed->folder) > 0);
    assert_int_equal(stat(path, &before), -1);

    sleep_set(bed->sleep, true, 1);
    assert_int_equal(stat(path, &before), 0);
    sleep_set(bed->sleep, true, 2);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(bed->changes, 1);
    assert_int_equal(bed->droops, 1);
}

static void test_odd_files(void **state)
{
    static const char *const files[] = {
        "",
        "asleep\n",
        "nabaztagd-sleep 1\n",
        "nabaztagd-sleep 1\nasleep",
        "nabaztagd-sleep 1\nasleep\nmore\n",
        "nabaztagd-sleep 1\nASLEEP\n",
        "nabaztagd-greeted 1\nasleep\n",
        "\xff\xfe",
    };
    struct bed *bed = *state;

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        assert_int_equal(state_write(bed->folder, "sleep", files[i]), 0);
        if (asleep_again(bed))
            fail_msg("asleep by \"%s\"", files[i]);
        sleep_set(bed->sleep, true, 1);
        assert_true(asleep_again(bed));
    }
}

/* It sleeps all the same, and what a newer version knows is left to it. */
static void test_newer_file(void **state)
{
    static const char newer[] = "nabaztagd-sleep 2\nuntil noon\n";
    struct bed *bed = *state;
    char *text;

    free(folder_write(bed->folder, "sleep", newer));
    assert_false(asleep_again(bed));
    sleep_set(bed->sleep, true, 1);
    assert_true(sleep_is_asleep(bed->sleep));
    assert_int_equal(state_read(bed->folder, "sleep", &text), 0);
    assert_string_equal(text, newer);
    free(text);
}

/* Without a place to keep it, it sleeps all the same. */
static void test_no_folder(void **state)
{
    struct bed *bed = *state;
    _cleanup_(freep) char *file = folder_write(bed->folder, "file", "");

    sleep_free(bed->sleep);
    assert_int_equal(sleep_new(&bed->sleep, file, &listener, bed), 0);
    sleep_set(bed->sleep, true, 1);
    assert_true(bed->asleep);
    sleep_free(bed->sleep);
    assert_int_equal(sleep_new(&bed->sleep, NULL, &listener, bed), 0);
    sleep_set(bed->sleep, true, 1);
    assert_int_equal(bed->changes, 2);
}

static void test_disturbed(void **state)
{
    struct bed *bed = *state;
    uint64_t now = 100 * USEC_PER_SEC;

    sleep_disturb(bed->sleep, now); /* awake: nobody cares */
    assert_int_equal(sleep_deadline(bed->sleep), USEC_NEVER);

    sleep_set(bed->sleep, true, now);
    assert_int_equal(sleep_deadline(bed->sleep), USEC_NEVER);
    sleep_tick(bed->sleep, now + USEC_PER_MIN);
    assert_int_equal(bed->droops, 0);

    /* Too soon after it fell asleep: later. */
    sleep_disturb(bed->sleep, now + USEC_PER_SEC);
    assert_int_equal(bed->droops, 0);
    assert_int_equal(sleep_deadline(bed->sleep), now + 10 * USEC_PER_SEC);
    sleep_tick(bed->sleep, now + 10 * USEC_PER_SEC - 1);
    assert_int_equal(bed->droops, 0);
    sleep_tick(bed->sleep, now + 10 * USEC_PER_SEC);
    assert_int_equal(bed->droops, 1);
    assert_int_equal(sleep_deadline(bed->sleep), USEC_NEVER);

    /* Long after it: at once. */
    now += USEC_PER_MIN;
    sleep_disturb(bed->sleep, now);
    assert_int_equal(bed->droops, 2);

    /* A disturbance that waits is forgotten when it wakes up. */
    sleep_disturb(bed->sleep, now + 1);
    sleep_set(bed->sleep, false, now + 2);
    assert_int_equal(sleep_deadline(bed->sleep), USEC_NEVER);
    sleep_tick(bed->sleep, now + USEC_PER_MIN);
    assert_int_equal(bed->droops, 2);
}

/* As a sleeper that was restarted: nothing is known of the time before. */
static void test_disturbed_after_a_restart(void **state)
{
    struct bed *bed = *state;

    sleep_set(bed->sleep, true, 1);
    assert_true(asleep_again(bed));
    sleep_disturb(bed->sleep, 5);
    assert_int_equal(bed->droops, 1);
}

/* An ear that creeps all night: an hour of it, disturbed every 10 ms, and the clock ticked as an
 * event loop would. */
static void test_rate(void **state)
{
    struct bed *bed = *state;

    sleep_set(bed->sleep, true, 0);
    for (uint64_t now = 0; now < 60 * USEC_PER_MIN; now += 10 * USEC_PER_MSEC) {
        if (now >= sleep_deadline(bed->sleep))
            sleep_tick(bed->sleep, now);
        sleep_disturb(bed->sleep, now);
    }
    assert_int_equal(bed->droops, 359);
}

int main(void)
{
#define in_bed(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_bed(test_lasts),
        in_bed(test_said_twice),
        in_bed(test_odd_files),
        in_bed(test_newer_file),
        in_bed(test_no_folder),
        in_bed(test_disturbed),
        in_bed(test_disturbed_after_a_restart),
        in_bed(test_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
