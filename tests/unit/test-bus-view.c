/* What the bus is shown: which fields differ, and text that it takes. */
#include "helper.h"

#include "rabbit/bus-view.h"

static void expect_changes(const struct bus_view *a, const struct bus_view *b,
                           const char *const *names)
{
    const char *found[BUS_PROPERTIES_MAX];
    size_t count = bus_view_compare(a, b, found);

    for (size_t i = 0; i < count; i++) {
        assert_non_null(names[i]);
        assert_string_equal(found[i], names[i]);
    }
    assert_null(names[count]);
    assert_null(found[count]);
}

static void test_changes(void **state)
{
    struct bus_view *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));

    assert_non_null(a);
    assert_non_null(b);
    expect_changes(a, b, (const char *const[]){NULL});
    b->online = true;
    b->ears[EAR_RIGHT] = -1;
    b->leds[LED_BOTTOM] = 0x00ff00;
    expect_changes(a, b, (const char *const[]){"Online", "Ears", "Leds", NULL});
    *a = *b;
    strcpy(b->last_failure.cause, "eof");
    b->last_failure.usec = 1;
    expect_changes(a, b, (const char *const[]){"LastFailure", NULL});
    *a = *b;
    a->last_failure.usec = 2; /* the same again */
    expect_changes(a, b, (const char *const[]){"LastFailure", NULL});
    memset(b, 0xff, sizeof(*b));
    expect_changes(a, b,
                   (const char *const[]){"Online", "Stage", "Status", "Jid", "Serial", "Ears",
                                         "EarStates", "Leds", "Asleep", "Board", "BodyFault",
                                         "LastFailure", NULL});
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes)};

    return cmocka_run_group_tests_name("bus-view", tests, NULL, NULL);
}
