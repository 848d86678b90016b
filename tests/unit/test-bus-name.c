/* Names on the bus, and addresses that lead nowhere. */
#include "helper.h"

#include <errno.h>

#include "base/bus-name.h"

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
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_longest_name),
        cmocka_unit_test(test_no_bus),
    };

    return cmocka_run_group_tests_name("bus-name", tests, NULL, NULL);
}
