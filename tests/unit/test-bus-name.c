/* Names of instances and on the bus, and addresses that lead nowhere. */
#include "helper.h"

#include <errno.h>

#include "base/bus-name.h"
#include "base/instance.h"

static void test_instances(void **state)
{
    static const char *const bad[] = {"", ".", "..", ".hidden", "a/b", "a b", "caf\xc3\xa9", "a\n"};
    char longest[65] = "";
    char *path = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(instance_is_valid(bad[i]));
    assert_true(instance_is_valid("main"));
    assert_true(instance_is_valid("Living-room_1.b"));
    memset(longest, 'x', 64);
    assert_false(instance_is_valid(longest));
    assert_true(instance_is_valid(longest + 1));

    assert_int_equal(instance_config("main", &path), 0);
    assert_string_equal(path, NABAZTAGD_SYSCONFDIR "/nabaztagd.conf");
    free(path);
    assert_int_equal(instance_config("kitchen", &path), 0);
    assert_string_equal(path, NABAZTAGD_SYSCONFDIR "/kitchen.conf");
    free(path);
}

static void test_names(void **state)
{
    static const struct {
        const char *instance, *name;
    } names[] = {
        {"main", "io.github.nabaztagd.main"},
        {"Kitchen_2", "io.github.nabaztagd.Kitchen_2"},
        {"living-room.1", "io.github.nabaztagd.living_room_1"},
        {"2nd", "io.github.nabaztagd._2nd"},
        {"caf\xc3\xa9", "io.github.nabaztagd.caf__"},
    };
    char name[BUS_NAME_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        bus_name(names[i].instance, name);
        assert_string_equal(name, names[i].name);
    }
}

static void test_longest_name(void **state)
{
    char instance[64] = "", name[BUS_NAME_SIZE];

    memset(instance, '7', sizeof(instance) - 1);
    bus_name(instance, name);
    assert_int_equal(strlen(name), strlen("io.github.nabaztagd._") + strlen(instance));
}

static void test_no_bus(void **state)
{
    sd_bus *bus = NULL;

    assert_int_equal(bus_open(&bus, "unix:path=/nowhere/at/all"), -ENOENT);
    assert_true(bus_open(&bus, "what is this") < 0);
    assert_true(bus_open(&bus, "") < 0);
    assert_null(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instances),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_longest_name),
        cmocka_unit_test(test_no_bus),
    };

    return cmocka_run_group_tests_name("bus-name", tests, NULL, NULL);
}
