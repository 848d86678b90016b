#include "helper.h"

#include <errno.h>

#include "base/jid.h"

static void check(const char *text, const char *local, const char *domain, const char *resource)
{
    struct jid jid = {0};

    if (jid_parse(text, &jid) != 0)
        fail_msg("`%s` was refused", text);
    assert_true(streq_ptr(jid.local, local));
    assert_string_equal(jid.domain, domain);
    assert_true(streq_ptr(jid.resource, resource));
    jid_clear(&jid);
    assert_null(jid.domain);
}

static void test_parts(void **state)
{
    check("almacska", NULL, "almacska", NULL);
    check("F81EDFEE27C1@Almacska", "f81edfee27c1", "almacska", NULL);
    check("a@b/Nabaztagd", "a", "b", "Nabaztagd");
    check("b/with@at/and/slash", NULL, "b", "with@at/and/slash");
    check("a@b.example.org.", "a", "b.example.org", NULL);
    check("net.openjabnab.platform@x/services", "net.openjabnab.platform", "x", "services");
    check("a@127.0.0.1", "a", "127.0.0.1", NULL);
    check("a@[::1]/r", "a", "[::1]", "r");
    check("#room%irc.example@gateway", "#room%irc.example", "gateway", NULL);
    check("é@bücher.example", "é", "bücher.example", NULL);
    check("a@my_host/two words", "a", "my_host", "two words");
}

static void test_refused(void **state)
{
    static const char *const wrong[] = {
        "",      "@",       "a@",         "@b",       "a@b/",   "/r",           "a@b@c", "a b@c",
        "a@b c", " a@b",    "a@b ",       "a@b..c",   "a@.b",   "a@.",          "a:b@c", "a&b@c",
        "<a>@b", "\"a\"@b", "a'b@c",      "a@b:5222", "a@::1",  "a@[::1",       "a@[]",  "a@[x]",
        "a\n@b", "a@b\t",   "a@b/r\x01s", "\xff@b",   "a@\xc3", "a@b/\xc0\x80", "a@*",   "a\x7f@b",
    };
    struct jid jid = {0};

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        if (jid_parse(wrong[i], &jid) != -EINVAL)
            fail_msg("`%s` was accepted", wrong[i]);
        assert_null(jid.domain);
    }
}

static void check_length(size_t length, int expected)
{
    char text[1200];
    struct jid jid = {0};

    memset(text, 'x', length);
    strcpy(text + length, "@b");
    assert_int_equal(jid_parse(text, &jid), expected);
    jid_clear(&jid);

    strcpy(text, "a@b/");
    memset(text + 4, 'x', length);
    text[4 + length] = '\0';
    assert_int_equal(jid_parse(text, &jid), expected);
    jid_clear(&jid);
}

static void test_length(void **state)
{
    check_length(JID_PART_MAX, 0);
    check_length(JID_PART_MAX + 1, -EINVAL);
}

static void test_bare(void **state)
{
    char *bare = NULL;

    assert_int_equal(jid_bare("Alice@Example.ORG/Phone", &bare), 0);
    assert_string_equal(bare, "alice@example.org");
    free(bare);
    assert_int_equal(jid_bare("Example.ORG/x", &bare), 0);
    assert_string_equal(bare, "example.org");
    free(bare);
    bare = NULL;
    assert_int_equal(jid_bare("a@b@c", &bare), -EINVAL);
    assert_null(bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_bare),
    };
    return cmocka_run_group_tests_name("jid", tests, NULL, NULL);
}
