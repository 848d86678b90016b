/* Helpers over libstrophe's stanzas. */
#include "stanza-text.h"

#include "xmpp/stanza.h"

static void expect_text(xmpp_stanza_t *stanza, const char *expected)
{
    char *text;
    size_t size;

    assert_int_equal(xmpp_stanza_to_text(stanza, &text, &size), XMPP_EOK);
    assert_string_equal(text, expected);
    xmpp_free(xmpp_stanza_get_context(stanza), text);
}

static void test_making(void **state)
{
    static const char *const attributes[] = {"a", "1", "b", "<\"&'>", NULL};
    static const char *const nothing[] = {NULL};
    xmpp_stanza_t *stanza = stanza_new(*state, "x", "urn:x"), *child;

    assert_int_equal(stanza_add_text_child(stanza, "y", "<&>"), 0);
    child = stanza_add(stanza, "z", "urn:z");
    assert_non_null(child);
    assert_int_equal(stanza_set_text(child, "text"), 0);
    assert_int_equal(stanza_set(child, attributes), 0);
    assert_int_equal(stanza_set(child, nothing), 0);
    assert_string_equal(xmpp_stanza_get_attribute(child, "b"), "<\"&'>");
    assert_true(stanza_is(child, "z", "urn:z"));
    xmpp_stanza_del_attribute(child, "a");
    xmpp_stanza_del_attribute(child, "b");
    expect_text(stanza, "<x xmlns=\"urn:x\"><y>&lt;&amp;&gt;</y><z xmlns=\"urn:z\">text</z></x>");
    xmpp_stanza_release(stanza);

    stanza = stanza_new(*state, "bare", NULL);
    expect_text(stanza, "<bare/>");
    xmpp_stanza_release(stanza);
}

static void test_errors(void **state)
{
    static const struct {
        const char *stanza, *condition, *type, *text;
    } cases[] = {
        {"<iq type='error'><error type='cancel'><conflict xmlns='urn:s'/></error></iq>", "conflict",
         "cancel", ""},
        {"<iq type='error'><query xmlns='q'/>\n<error type='wait'>\n<text>too fast</text>\n"
         "<policy-violation/></error></iq>",
         "policy-violation", "wait", "too fast"},
        {"<iq type='error'><error code='409'/></iq>", NULL, NULL, ""},
        {"<iq type='error'><error><text>abcdefghij</text></error></iq>", NULL, NULL, "abcdefg"},
        {"<iq type='error'><error>409</error></iq>", NULL, NULL, ""},
        {"<iq type='error'/>", NULL, NULL, ""},
    };
    char text[8];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        xmpp_stanza_t *stanza = stanza_from_text(*state, cases[i].stanza);

        assert_true(streq_ptr(stanza_error_condition(stanza), cases[i].condition));
        assert_true(streq_ptr(stanza_error_type(stanza), cases[i].type));
        stanza_error_text(stanza, text, sizeof(text));
        assert_int_equal(strncmp(text, cases[i].text, sizeof(text) - 1), 0);
        assert_int_equal(strlen(text), strnlen(cases[i].text, sizeof(text) - 1));
        xmpp_stanza_release(stanza);
    }
}

static void test_inside(void **state)
{
    static const struct {
        const char *stanza, *only, *condition;
    } cases[] = {
        {"<f><not-authorized/></f>", "not-authorized", "not-authorized"},
        {"<f> <text>why</text> <aborted/> </f>", NULL, "aborted"},
        {"<f>\n <a/>\n</f>", "a", "a"},
        {"<f><a/><b/></f>", NULL, "a"},
        {"<f>words</f>", NULL, NULL},
        {"<f/>", NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        xmpp_stanza_t *stanza = stanza_from_text(*state, cases[i].stanza);
        xmpp_stanza_t *only = stanza_only_child(stanza);

        assert_true(streq_ptr(only ? xmpp_stanza_get_name(only) : NULL, cases[i].only));
        assert_true(streq_ptr(stanza_condition(stanza), cases[i].condition));
        xmpp_stanza_release(stanza);
    }
}

static void test_child_text(void **state)
{
    xmpp_stanza_t *stanza = stanza_from_text(*state, "<b><jid>a@b/c &amp; d</jid><none/></b>");
    char *text = stanza_child_text(stanza, "jid");

    assert_string_equal(text, "a@b/c & d");
    xmpp_free(*state, text);
    assert_null(stanza_child_text(stanza, "none"));
    assert_null(stanza_child_text(stanza, "other"));
    xmpp_stanza_release(stanza);
}

static void test_is(void **state)
{
    xmpp_stanza_t *stanza = stanza_from_text(*state, "<a xmlns='urn:x'>text<b/></a>");

    assert_true(stanza_is(stanza, "a", "urn:x"));
    assert_false(stanza_is(stanza, "b", "urn:x"));
    assert_false(stanza_is(stanza, "a", "urn:y"));
    assert_false(stanza_is(stanza, "a", NULL));
    assert_false(stanza_is(xmpp_stanza_get_children(stanza), "a", "urn:x"));
    xmpp_stanza_release(stanza);
}

static void test_same_jid(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"a@b/C", "A@B/C", true},
        {"a@b/C", "a@b/c", false},
        {"a@b", "a@b/", false},
        {"a@b", "A@B", true},
        {"a@b", "a@bc", false},
        {"a@bc", "a@b", false},
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"/a", "/a", true},
        {"a@b/c/d", "a@b/c/D", false},
        {"\xc3\xa4@b", "\xc3\x84@b", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (stanza_same_jid(cases[i].a, cases[i].b) != cases[i].same)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_making), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_inside), cmocka_unit_test(test_child_text),
        cmocka_unit_test(test_is),     cmocka_unit_test(test_same_jid),
    };

    return cmocka_run_group_tests(tests, make_context, free_context);
}
