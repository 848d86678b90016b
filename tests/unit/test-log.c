/* What a line on stderr looks like, whatever was put into it. stderr is a file meanwhile. */
#include "helper.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/parse.h"

struct capture {
    FILE *file;
    int stderr_fd;
};

static int set_up(void **state)
{
    struct capture *capture = calloc(1, sizeof(*capture));

    assert_non_null(capture);
    capture->file = tmpfile();
    assert_non_null(capture->file);
    fflush(stderr);
    capture->stderr_fd = dup(STDERR_FILENO);
    assert_true(capture->stderr_fd >= 0);
    assert_true(dup2(fileno(capture->file), STDERR_FILENO) >= 0);
    log_set_level(LOG_INFO);
    *state = capture;
    return 0;
}

static int tear_down(void **state)
{
    struct capture *capture = *state;

    fflush(stderr);
    assert_true(dup2(capture->stderr_fd, STDERR_FILENO) >= 0);
    close(capture->stderr_fd);
    fclose(capture->file);
    free(capture);
    return 0;
}

/* Everything written since the last call. */
static char *written(struct capture *capture)
{
    static char text[8192];
    ssize_t n;

    fflush(stderr);
    n = pread(fileno(capture->file), text, sizeof(text) - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_int_equal(ftruncate(fileno(capture->file), 0), 0);
    assert_int_equal(lseek(fileno(capture->file), 0, SEEK_SET), 0);
    return text;
}

static void test_a_line(void **state)
{
    static const char *const lines[] = {
        [LOG_ERR] = "err: say 7\n",       [LOG_WARNING] = "warning: say 7\n",
        [LOG_NOTICE] = "notice: say 7\n", [LOG_INFO] = "info: say 7\n",
        [LOG_DEBUG] = "debug: say 7\n",
    };

    log_set_level(LOG_DEBUG);
    for (int level = LOG_ERR; level <= LOG_DEBUG; level++) {
        log_event(level, NULL, NULL, "%s %d", "say", 7);
        assert_string_equal(written(*state), lines[level]);
    }
}

static void test_cause(void **state)
{
    const struct log_field cause[] = {{"NAB_JID", "a@b"}, {"NAB_CAUSE", "eof"}, {NULL, NULL}};
    const struct log_field absent[] = {{"NAB_CAUSE", NULL}, {NULL, NULL}};
    const struct log_field other[] = {{"NAB_JID", "a@b"}, {NULL, NULL}};

    log_event(LOG_ERR, "78d82e488111c4b32618d2b6c3b9fa6a", cause, "lost");
    assert_string_equal(written(*state), "err: lost cause=eof\n");
    log_event(LOG_ERR, NULL, absent, "lost");
    assert_string_equal(written(*state), "err: lost\n");
    log_event(LOG_ERR, NULL, other, "lost");
    assert_string_equal(written(*state), "err: lost\n");
}

static void test_levels(void **state)
{
    static const int shown[][2] = {
        {LOG_ERR, 1}, {LOG_WARNING, 2}, {LOG_NOTICE, 3}, {LOG_INFO, 4}, {LOG_DEBUG, 5}};

    for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
        int lines = 0;

        log_set_level(shown[i][0]);
        assert_int_equal(log_get_level(), shown[i][0]);
        log_error("x");
        log_warning("x");
        log_notice("x");
        log_info("x");
        log_debug("x");
        for (const char *at = written(*state); *at; at++)
            lines += *at == '\n';
        assert_int_equal(lines, shown[i][1]);
    }
}

static void test_level_names(void **state)
{
    static const struct {
        const char *name;
        int level;
    } cases[] = {{"err", LOG_ERR},
                 {"warning", LOG_WARNING},
                 {"notice", LOG_NOTICE},
                 {"info", LOG_INFO},
                 {"debug", LOG_DEBUG},
                 {"crit", -22},
                 {"emerg", -22},
                 {"", -22},
                 {"INFO", -22},
                 {"information", -22},
                 {"7", -22}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(log_level_from_string(cases[i].name), cases[i].level);
}

static void test_escapes(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"two\nlines", "info: two\\x0alines\n"},
        {"\x1b[31mred", "info: \\x1b[31mred\n"},
        {"\t\r\x7f\x01", "info: \\x09\\x0d\\x7f\\x01\n"},
        {"\xc2\x9b"
         "31m",
         "info: \\xc2\\x9b31m\n"}, /* CSI in one character */
        {"hä, ça va? 🐰", "info: hä, ça va? 🐰\n"},
        {"\xe4", "info: \\xe4\n"},
        {"a\xc3", "info: a\\xc3\n"},
        {"\xc3(", "info: \\xc3(\n"},
        {"\xed\xa0\x80", "info: \\xed\\xa0\\x80\n"}, /* half of a surrogate pair */
        {"\xc0\xaf", "info: \\xc0\\xaf\n"},
        {"\xf5\x80\x80\x80", "info: \\xf5\\x80\\x80\\x80\n"},
        {"\xff\xfe", "info: \\xff\\xfe\n"},
        {"", "info: \n"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        log_info("%s", cases[i].text);
        assert_string_equal(written(*state), cases[i].line);
    }
}

/* The cause comes from a fixed list today; a line must stay a line all the same. */
static void test_hostile_cause(void **state)
{
    const struct log_field fields[] = {{"NAB_CAUSE", "a\nb\x1b"}, {NULL, NULL}};

    log_event(LOG_INFO, NULL, fields, "x");
    assert_string_equal(written(*state), "info: x cause=a\\x0ab\\x1b\n");
}

static void test_long_text(void **state)
{
    static const char *const units[] = {"x", "ä", "€", "🐰", "\x01", "\xff", "ab\n"};
    char text[5000];

    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        size_t unit = strlen(units[i]), n = 0;
        char *line;

        for (; n + unit < sizeof(text); n += unit)
            memcpy(text + n, units[i], unit);
        text[n] = '\0';
        log_info("%s", text);
        line = written(*state);
        n = strlen(line);
        assert_in_range(n, 1000, LIMIT_LOG_TEXT + 16);
        assert_int_equal(line[n - 1], '\n');
        line[n - 1] = '\0';
        assert_true(text_is_clean(line));
    }
}

int main(void)
{
#define captured(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        captured(test_a_line),    captured(test_cause),
        captured(test_levels),    cmocka_unit_test(test_level_names),
        captured(test_escapes),   captured(test_hostile_cause),
        captured(test_long_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
