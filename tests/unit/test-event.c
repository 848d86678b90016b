#include <errno.h>

#include "violet-rig.h"
#include "violet-vectors.h"
#include "violet/event.h"

static const struct platform_event vector_events[] = {
    {PLATFORM_CLICK, 1, false, "", 0, 0},      {PLATFORM_CLICK, 2, false, "", 0, 0},
    {PLATFORM_CLICK, 1, true, "123456", 0, 0}, {PLATFORM_CLICK, 1, true, "", 0, 0},
    {PLATFORM_EARS, 0, false, "", 3, 14},
};

static bool same(const struct platform_event *a, const struct platform_event *b)
{
    return a->what == b->what && a->clicks == b->clicks && a->in_program == b->in_program &&
           streq(a->id, b->id) && a->left == b->left && a->right == b->right;
}

static int parse(const char *text, struct platform_event *ret)
{
    return platform_event_parse(ret, text, strlen(text));
}

static void vectors_both_ways(void **state)
{
    assert_int_equal(ARRAY_SIZE(event_vectors), ARRAY_SIZE(vector_events));
    for (size_t i = 0; i < ARRAY_SIZE(event_vectors); i++) {
        struct platform_event event;
        char text[PLATFORM_EVENT_SIZE];

        assert_int_equal(platform_event_write(&vector_events[i], text),
                         strlen(event_vectors[i].body));
        assert_string_equal(text, event_vectors[i].body);
        assert_int_equal(parse(event_vectors[i].body, &event), 0);
        assert_true(same(&event, &vector_events[i]));
    }
}

static void forms_that_say_the_same(void **state)
{
    static const char *const texts[] = {
        " <button xmlns='violet:nabaztag:button'>\n <clic>2</clic>\n <event>7</event>\n</button>\n",
        "<button xmlns=\"violet:nabaztag:button\"><clic>02</clic><event>7</event></button>",
    };
    static const struct platform_event expected = {PLATFORM_CLICK, 2, true, "7", 0, 0};
    struct platform_event event;

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_int_equal(parse(texts[i], &event), 0);
        assert_true(same(&event, &expected));
    }
    assert_int_equal(parse("<button xmlns='violet:nabaztag:button'><clic>1</clic><event></event>"
                           "</button>",
                           &event),
                     0);
    assert_true(event.in_program && !*event.id);
}

static void what_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "<button/>",
        "<button><clic>1</clic></button>",
        "<button xmlns='violet:nabaztag:ears'><clic>1</clic></button>",
        "<button xmlns='violet:nabaztag:button'></button>",
        "<button xmlns='violet:nabaztag:button'><clic></clic></button>",
        "<button xmlns='violet:nabaztag:button'><clic>0</clic></button>",
        "<button xmlns='violet:nabaztag:button'><clic>5</clic></button>",
        "<button xmlns='violet:nabaztag:button'><clic>-1</clic></button>",
        "<button xmlns='violet:nabaztag:button'><clic>1</clic>",
        "<button xmlns='violet:nabaztag:button'><clic>1</clic></button>x",
        "<button xmlns='violet:nabaztag:button'><clic>1</clic><event>x</event></button>",
        "<ears xmlns='violet:nabaztag:ears'><left>1</left></ears>",
        "<ears xmlns='violet:nabaztag:ears'><right>1</right><left>1</left></ears>",
        "<ears xmlns='violet:nabaztag:ears'><left>256</left><right>1</right></ears>",
        "<ears xmlns='violet:nabaztag:ears'><left>1</left><right>4294967297</right></ears>",
    };
    struct platform_event event;

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (parse(texts[i], &event) != -EBADMSG)
            fail_msg("%s", texts[i]);
    assert_int_equal(parse("<button xmlns='violet:nabaztag:button'><clic>1</clic>"
                           "<event>123456789012345678901</event></button>",
                           &event),
                     -EBADMSG);
}

static void ids(void **state)
{
    static const struct {
        const char *value, *id;
    } cases[] = {
        {"2147483647", "2147483647"},
        {"007", "007"},
        {"18446744073709551615", "18446744073709551615"},
        {"184467440737095516150", ""},
        {"", ""},
        {"-1", ""},
        {"1 ", ""},
        {"</event><clic>9</clic>", ""},
    };
    struct platform_event event = {.what = PLATFORM_CLICK, .clicks = 2, .in_program = true};
    char text[PLATFORM_EVENT_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        platform_event_set_id(&event, cases[i].value);
        assert_string_equal(event.id, cases[i].id);
        platform_event_write(&event, text);
        assert_true(*cases[i].id ? strstr(text, cases[i].id) : strstr(text, "<event/>"));
    }
    /* Outside a program there is none. */
    platform_event_set_id(&event, "5");
    event.in_program = false;
    platform_event_write(&event, text);
    assert_string_equal(text, "<button xmlns=\"violet:nabaztag:button\"><clic>2</clic></button>");
}

static void random_ones_both_ways(void **state)
{
    uint64_t seed = 13;

    for (unsigned i = 0; i < 20000; i++) {
        struct platform_event event = {.what = dice_of(&seed, 2)}, again;
        char text[PLATFORM_EVENT_SIZE];

        if (event.what == PLATFORM_EARS) {
            event.left = dice_of(&seed, PLATFORM_POSITION_MAX + 1);
            event.right = dice_of(&seed, PLATFORM_POSITION_MAX + 1);
        } else {
            event.clicks = 1 + dice_of(&seed, PLATFORM_CLICKS_MAX);
            event.in_program = dice_of(&seed, 2);
            for (unsigned n = event.in_program ? dice_of(&seed, LIMIT_EVENT_ID + 1) : 0; n > 0; n--)
                event.id[n - 1] = (char)('0' + dice_of(&seed, 10));
        }
        assert_int_equal(platform_event_parse(&again, text, platform_event_write(&event, text)), 0);
        assert_true(same(&event, &again));
    }
}

static void check_any(const uint8_t *data, size_t size)
{
    struct platform_event event, again;
    char text[PLATFORM_EVENT_SIZE];

    if (platform_event_parse(&event, (const char *)data, size) < 0)
        return;
    assert_int_equal(platform_event_parse(&again, text, platform_event_write(&event, text)), 0);
    assert_true(same(&event, &again));
}

static void events_of_a_stranger(void **state)
{
    uint64_t seed = 41;

    for (size_t i = 0; i < ARRAY_SIZE(event_vectors); i++) {
        const char *body = event_vectors[i].body;

        for_each_truncation((const uint8_t *)body, strlen(body), check_any);
        for_mutations(&seed, (const uint8_t *)body, strlen(body), 15000, check_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_both_ways),     cmocka_unit_test(forms_that_say_the_same),
        cmocka_unit_test(what_is_refused),       cmocka_unit_test(ids),
        cmocka_unit_test(random_ones_both_ways), cmocka_unit_test(events_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
