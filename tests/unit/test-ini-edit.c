/* One value changes, everything else stays. */
#include "helper.h"

#include <errno.h>

#include "base/limits.h"
#include "ctl/ini-edit.h"

/* `before` with [account] jid set to `value` must be `after`, and say so. */
static void check_set(const char *before, const char *section, const char *key, const char *value,
                      const char *after)
{
    char *text = strdup(before), *found = NULL;

    assert_non_null(text);
    assert_int_equal(ini_set(&text, section, key, value), 0);
    assert_string_equal(text, after);
    assert_int_equal(ini_get(text, section, key, &found), 0);
    assert_string_equal(found ? found : "", value);
    free(found);

    assert_int_equal(ini_set(&text, section, key, value), 0);
    assert_string_equal(text, after);
    free(text);
}

static void check_jid(const char *before, const char *after)
{
    check_set(before, "account", "jid", "a@b", after);
}

static void test_places(void **state)
{
    check_jid("", "[account]\njid = a@b\n");
    check_jid("[account]\n", "[account]\njid = a@b\n");
    check_jid("[account]\njid = x@y\n", "[account]\njid = a@b\n");
    check_jid("[account]\njid=\nname = x\n", "[account]\njid = a@b\nname = x\n");
    check_jid("[account]\njid\t =x@y  \n", "[account]\njid = a@b\n");
    check_jid("[account]\n# who\n\n#jid =\n\n#name =\n",
              "[account]\n# who\n\njid = a@b\n\n#name =\n");
    check_jid("[account]\n#  jid=\n", "[account]\njid = a@b\n");
    check_jid("[account]\nname = x\n\n# next\n[tls]\nmode = off\n",
              "[account]\nname = x\njid = a@b\n\n# next\n[tls]\nmode = off\n");
    check_jid("# empty\n\n[account]\n\n\n[tls]\n", "# empty\n\n[account]\njid = a@b\n\n\n[tls]\n");
    check_jid("[tls]\nmode = off\n", "[tls]\nmode = off\n\n[account]\njid = a@b\n");
}

/* A comment that says something may be wanted again. */
static void test_comments(void **state)
{
    check_jid("[account]\n#jid = old@b\n", "[account]\n#jid = old@b\njid = a@b\n");
    check_jid("[account]\n#jid = old@b", "[account]\n#jid = old@b\njid = a@b\n");
    check_jid("[account]\n#jid =\njid = x@y\n", "[account]\n#jid =\njid = a@b\n");
    check_jid("[account]\njid = x@y\n#jid =\n", "[account]\njid = a@b\n#jid =\n");
    check_jid("[account]\n#jid2 =\n", "[account]\njid = a@b\n#jid2 =\n");
    check_jid("[account]\n# jid is who it is = so\n;jid =\n",
              "[account]\njid = a@b\n# jid is who it is = so\n;jid =\n");
    check_jid("[account]\n # jid =\n", "[account]\njid = a@b\n # jid =\n");
    check_jid("#jid =\n[account]\n[tls]\n#jid =\n",
              "#jid =\n[account]\njid = a@b\n[tls]\n#jid =\n");
}

/* What follows a value must not become more of the new one, nor the new one more of it. */
static void test_indented_lines(void **state)
{
    check_set("[access]\nowners = a@b\n    c@d\n# friends\n\n\te@f\nusers = g@h\n", "access",
              "owners", "z@z", "[access]\nowners = z@z\n# friends\n\nusers = g@h\n");
    check_set("[access]\nusers = a@b\n#owners =\n  c@d\n", "access", "owners", "z@z",
              "[access]\nusers = a@b\n#owners =\n  c@d\nowners = z@z\n");
    check_set("[access]\nusers =\n  c@d\n#owners =\n", "access", "owners", "z@z",
              "[access]\nusers =\n  c@d\nowners = z@z\n");
    check_set("[access]\nowners =\n  c@d\n [violet]\n  e@f\n", "access", "owners", "z@z",
              "[access]\nowners = z@z\n [violet]\n  e@f\n");
    check_set("[access]\nowners = a@b\n  c@d", "access", "owners", "z@z",
              "[access]\nowners = z@z\n");
}

static void test_sections(void **state)
{
    check_jid("[tls]\njid = no@no\n[account]\n", "[tls]\njid = no@no\n[account]\njid = a@b\n");
    check_jid("[account]\n[tls]\njid = no@no\n", "[account]\njid = a@b\n[tls]\njid = no@no\n");
    check_jid("[account2]\njid = x@y\n", "[account2]\njid = x@y\n\n[account]\njid = a@b\n");
    check_jid("[account\njid = x@y\n", "[account\njid = x@y\n\n[account]\njid = a@b\n");
    check_jid("jid = x@y\n", "jid = x@y\n\n[account]\njid = a@b\n");
    check_jid("[account]\nname = x\n[tls]\n[account]\nemail = y\n",
              "[account]\nname = x\njid = a@b\n[tls]\n[account]\nemail = y\n");
    check_jid("[account]\n[tls]\n[account]\njid = x@y\n",
              "[account]\n[tls]\n[account]\njid = a@b\n");
}

/* It is not for us to say which of them is meant: --check will refuse both. */
static void test_twice(void **state)
{
    check_jid("[account]\njid = x@y\njid = z@z\n", "[account]\njid = a@b\njid = z@z\n");
}

static void test_line_ends(void **state)
{
    check_jid("[account]\r\n#jid =\r\n[tls]\r\n", "[account]\r\njid = a@b\r\n[tls]\r\n");
    check_jid("[account]\r\njid = x@y\r\n", "[account]\r\njid = a@b\r\n");
    check_jid("[tls]\r\nmode = off", "[tls]\r\nmode = off\r\n\r\n[account]\r\njid = a@b\r\n");
    check_jid("[account]\nname = x", "[account]\nname = x\njid = a@b\n");
    check_jid("[account]\njid = x@y", "[account]\njid = a@b\n");
    check_jid("[account]", "[account]\njid = a@b\n");
    check_jid("\n", "\n\n[account]\njid = a@b\n");
    check_jid("\xef\xbb\xbf[account]\n#jid =\n", "\xef\xbb\xbf[account]\njid = a@b\n");
}

static void test_nothing_to_change(void **state)
{
    static const char text[] = "[access]\nowners =   a@b\n#\n    c@d   \n\n  e@f\r\n";

    check_set(text, "access", "owners", "a@b c@d e@f", text);
    check_set("[tls]", "access", "owners", "", "[tls]");
    check_set("[access]\n#owners =\n", "access", "owners", "", "[access]\n#owners =\n");
    check_set("[access]\nowners =\n", "access", "owners", "", "[access]\nowners =\n");
    check_set("[access]\nowners = a@b\n  c@d\n", "access", "owners", "", "[access]\nowners =\n");
}

/* "jid = " and 184 bytes are 190. */
static void test_long_values(void **state)
{
    char value[400], *text = strdup("[account]\n"), *found = NULL;

    memset(value, 'x', sizeof(value));
    value[LIMIT_CONFIG_LINE - 6] = '\0';
    assert_int_equal(ini_set(&text, "account", "jid", value), 0);
    assert_int_equal(strlen(text), strlen("[account]\n\n") + LIMIT_CONFIG_LINE);
    value[LIMIT_CONFIG_LINE - 6] = 'x';
    value[LIMIT_CONFIG_LINE - 5] = '\0';
    assert_int_equal(ini_set(&text, "account", "jid", value), -ERANGE);

    value[20] = ' ';
    assert_int_equal(ini_set(&text, "access", "owners", value), 0);
    assert_non_null(strstr(text, "\n\n[access]\nowners =\n    xxxxxxxxxxxxxxxxxxxx\n    xxx"));
    assert_int_equal(ini_get(text, "access", "owners", &found), 0);
    assert_string_equal(found, value);
    free(found);

    value[LIMIT_CONFIG_LINE - 5] = 'x';
    value[LIMIT_CONFIG_LINE + 20] = '\0';
    assert_int_equal(ini_set(&text, "access", "owners", value), -ERANGE);
    free(text);
}

static void test_hostile_values(void **state)
{
    static const char *const values[] = {
        "a\n[tls]\nmode = off",
        "a\rb",
        "a\tb",
        "a ;b",
        ";a",
        " a",
        "a ",
        " ",
        "\x1b[31m",
        "\xff",
        "a\x7f b",
        "a\xc2\x85z",
    };
    static const char *const words[] = {"#a", ";a", "[a", "a=b"};
    char *text = strdup("[account]\njid = x@y\n"), longer[400];

    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        assert_int_equal(ini_set(&text, "account", "jid", values[i]), -EINVAL);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        assert_true(snprintf(longer, sizeof(longer), "%0150d %0150d %s", 1, 2, words[i]) > 300);
        assert_int_equal(ini_set(&text, "account", "jid", longer), -EINVAL);
    }
    assert_string_equal(text, "[account]\njid = x@y\n");
    free(text);
    /* Where they mean nothing, they are let be. */
    check_set("", "account", "name", "a;b # [c] = d", "[account]\nname = a;b # [c] = d\n");
}

/* The file that is installed is the one that will be changed most. */
static void test_installed_file(void **state)
{
    static const struct {
        const char *section, *key, *value, *line;
    } changes[] = {
        {"account", "jid", "rabbit@example.org", "\njid = rabbit@example.org\n"},
        {"rabbit", "language", "fr", "\n#language = en\nlanguage = fr\n"},
        {"body", "board", "mine", "\n#board = sim\nboard = mine\n"},
        {"access", "owners", "a@b c@d", "\nowners = a@b c@d\n"},
    };
    char *path = source_path("conf/nabaztagd.conf"), *text = file_text(path);
    size_t length = strlen(text);

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        assert_int_equal(ini_set(&text, changes[i].section, changes[i].key, changes[i].value), 0);
        assert_non_null(strstr(text, changes[i].line));
        assert_null(strstr(text, "#jid"));
    }
    assert_int_equal(strlen(text), length + strlen(" rabbit@example.org") - 1 +
                                       strlen("language = fr\nboard = mine\n") +
                                       strlen(" a@b c@d") - 1);
    free(text);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_indented_lines),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_nothing_to_change),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_installed_file),
    };

    return cmocka_run_group_tests_name("ini-edit", tests, NULL, NULL);
}
