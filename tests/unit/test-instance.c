/* What an instance is called, and where its files lie. */
#include "helper.h"

#include <errno.h>

#include "base/instance.h"

int __wrap_access(const char *path, int mode);

static const char *existing; /* of all that is looked for */

int __wrap_access(const char *path, int mode)
{
    if (existing && streq(path, existing))
        return 0;
    errno = ENOENT;
    return -1;
}

static int forget(void **state)
{
    existing = NULL;
    unsetenv("STATE_DIRECTORY");
    unsetenv("CREDENTIALS_DIRECTORY");
    return 0;
}

static void test_names(void **state)
{
    static const char *const bad[] = {"", ".", "..", ".hidden", "a/b", "a b", "caf\xc3\xa9", "a\n"};
    char longest[65] = "";

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(instance_is_valid(bad[i]));
    assert_true(instance_is_valid("main"));
    assert_true(instance_is_valid("Living-room_1.b"));
    memset(longest, 'x', 64);
    assert_false(instance_is_valid(longest));
    assert_true(instance_is_valid(longest + 1));
}

static void expect_config(const char *name, const char *expected)
{
    char *path = NULL;

    assert_int_equal(instance_config(name, &path), 0);
    assert_string_equal(path, expected);
    free(path);
}

static void test_configs(void **state)
{
    expect_config("main", NABAZTAGD_SYSCONFDIR "/nabaztagd.conf");
    expect_config("kitchen", NABAZTAGD_SYSCONFDIR "/kitchen.conf");
}

static void expect_unit(const char *name, const char *expected)
{
    char unit[INSTANCE_UNIT_SIZE];

    instance_unit(name, unit);
    assert_string_equal(unit, expected);
}

static void test_units(void **state)
{
    char longest[64] = "", expected[INSTANCE_UNIT_SIZE];

    expect_unit("main", "nabaztagd");
    expect_unit("kitchen", "nabaztagd@kitchen");
    memset(longest, 'x', sizeof(longest) - 1);
    snprintf(expected, sizeof(expected), "nabaztagd@%s", longest);
    expect_unit(longest, expected);
}

/* What stands in the environment afterwards; NULL: nothing. */
static void expect_look(const char *name, const char *state_folder, const char *credentials)
{
    const char *found;

    instance_look_as_service(name);
    assert_string_equal(getenv("STATE_DIRECTORY"), state_folder);
    found = getenv("CREDENTIALS_DIRECTORY");
    assert_string_equal(found ? found : "none", credentials ? credentials : "none");
}

static void test_main_that_is_stopped(void **state)
{
    expect_look("main", "/var/lib/nabaztagd", "/etc/credstore");
}

static void test_main_that_runs(void **state)
{
    existing = "/run/credentials/nabaztagd.service";
    expect_look("main", "/var/lib/nabaztagd", existing);
}

/* What the first rabbit's unit loads is not its own. */
static void test_kitchen_that_is_stopped(void **state)
{
    existing = "/run/credentials/nabaztagd.service";
    expect_look("kitchen", "/var/lib/nabaztagd-kitchen", NULL);
}

static void test_kitchen_that_runs(void **state)
{
    existing = "/run/credentials/nabaztagd@kitchen.service";
    expect_look("kitchen", "/var/lib/nabaztagd-kitchen", existing);
}

static void test_service_itself(void **state)
{
    existing = "/run/credentials/nabaztagd.service";
    assert_int_equal(setenv("STATE_DIRECTORY", "/elsewhere", 1), 0);
    expect_look("main", "/elsewhere", NULL);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/secrets", 1), 0);
    expect_look("main", "/elsewhere", "/secrets");
    expect_look("kitchen", "/elsewhere", "/secrets");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_configs),
        cmocka_unit_test(test_units),
        cmocka_unit_test_setup(test_main_that_is_stopped, forget),
        cmocka_unit_test_setup(test_main_that_runs, forget),
        cmocka_unit_test_setup(test_kitchen_that_is_stopped, forget),
        cmocka_unit_test_setup(test_kitchen_that_runs, forget),
        cmocka_unit_test_setup(test_service_itself, forget),
    };

    return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
