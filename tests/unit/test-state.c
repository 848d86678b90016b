/* State files: whole or not at all, private, and never through somebody else's link. */
#include "helper.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/state.h"

static int set_up(void **state)
{
    *state = folder_new();
    return 0;
}

static int tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}

static void expect_text(const char *folder, const char *name, const char *expected)
{
    char *text = NULL;

    assert_int_equal(state_read(folder, name, &text), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void expect_failure(const char *folder, const char *name, int error)
{
    char *text = NULL;

    assert_int_equal(state_read(folder, name, &text), error);
    assert_null(text);
}

static char *path_of(const char *folder, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static unsigned mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

static void test_replaces(void **state)
{
    expect_failure(*state, "thing", -ENOENT);
    assert_int_equal(state_write(*state, "thing", "one\n"), 0);
    expect_text(*state, "thing", "one\n");
    assert_int_equal(state_write(*state, "thing", "and two\n"), 0);
    expect_text(*state, "thing", "and two\n");
    assert_int_equal(state_write(*state, "thing", ""), 0);
    expect_text(*state, "thing", "");
    expect_failure(*state, "thing.new", -ENOENT);
}

/* Who has the old file open goes on reading the old text: it is another file. */
static void test_replacing_is_atomic(void **state)
{
    char *path = folder_write(*state, "thing", "old text");
    FILE *old = fopen(path, "re");
    char text[32] = "";

    assert_non_null(old);
    assert_int_equal(state_write(*state, "thing", "new"), 0);
    assert_non_null(fgets(text, sizeof(text), old));
    assert_string_equal(text, "old text");
    fclose(old);
    expect_text(*state, "thing", "new");
    free(path);
}

static void test_modes(void **state)
{
    char *below = path_of(*state, "below"), *path = path_of(below, "thing");
    mode_t old = umask(0);

    assert_int_equal(state_write(below, "thing", "x"), 0);
    umask(old);
    assert_int_equal(mode_of(below), 0700);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(state_write(below, "thing", "y"), 0);
    assert_int_equal(mode_of(path), 0600);
    free(below);
    free(path);
}

static void test_left_over_new_file(void **state)
{
    free(folder_write(*state, "thing", "good"));
    free(folder_write(*state, "thing.new", "half a"));
    expect_text(*state, "thing", "good");
    assert_int_equal(state_write(*state, "thing", "better"), 0);
    expect_text(*state, "thing", "better");
    expect_failure(*state, "thing.new", -ENOENT);
}

/* Somebody put links where our files are: nothing is read or written through them. */
static void test_links(void **state)
{
    char *target = folder_write(*state, "target", "theirs");
    char *link = path_of(*state, "thing"), *new_link = path_of(*state, "thing.new");

    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(symlink(target, new_link), 0);
    expect_failure(*state, "thing", -ELOOP);
    assert_int_equal(state_write(*state, "thing", "ours"), 0);
    expect_text(*state, "target", "theirs");
    expect_text(*state, "thing", "ours");
    free(target);
    free(link);
    free(new_link);
}

static void test_size(void **state)
{
    char *text = calloc(1, LIMIT_STATE_FILE + 2);

    assert_non_null(text);
    memset(text, 'x', LIMIT_STATE_FILE);
    free(folder_write(*state, "thing", text));
    expect_text(*state, "thing", text);
    text[LIMIT_STATE_FILE] = 'x';
    free(folder_write(*state, "thing", text));
    expect_failure(*state, "thing", -EFBIG);
    free(text);
}

static void test_nul(void **state)
{
    static const char *const where[] = {"\0tail", "he\0ad", "head\0"};

    for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
        char *path = path_of(*state, "thing");
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        assert_int_equal(fwrite(where[i], 1, 5, file), 5);
        fclose(file);
        expect_failure(*state, "thing", -EBADMSG);
        free(path);
    }
}

static void test_what_is_no_file(void **state)
{
    char *pipe = path_of(*state, "pipe");

    free(folder_make(*state, "folder"));
    expect_failure(*state, "folder", -EISDIR);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    expect_text(*state, "pipe", ""); /* it must not hang */
    assert_true(state_write(*state, "folder", "x") < 0);
    expect_failure(*state, "folder.new", -ENOENT);
    free(pipe);
}

static void test_below_a_file(void **state)
{
    char *file = folder_write(*state, "file", ""), *below = path_of(file, "below");

    assert_int_equal(state_write(file, "thing", "x"), -ENOTDIR);
    assert_int_equal(state_write(below, "thing", "x"), -ENOTDIR);
    expect_failure(file, "thing", -ENOTDIR);
    expect_failure(below, "thing", -ENOTDIR);
    free(file);
    free(below);
}

static void test_long_name(void **state)
{
    char name[256];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(state_write(*state, name, "x"), -ENAMETOOLONG);
    name[251] = '\0';
    assert_int_equal(state_write(*state, name, "x"), 0);
    expect_text(*state, name, "x");
}

/* No room for more than eight bytes: the old file stays and nothing is left behind. */
static void test_full_disk(void **state)
{
    struct rlimit old, small;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    int r;

    free(folder_write(*state, "thing", "old"));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 8, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    r = state_write(*state, "thing", "much more than eight bytes");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(r, -EFBIG);
    expect_text(*state, "thing", "old");
    expect_failure(*state, "thing.new", -ENOENT);
}

/* Only the name and a higher number make a newer file: that one stays as it is. */
static void test_newer(void **state)
{
    static const char header[] = "nabaztagd-thing 2\n";
    static const struct {
        const char *old;
        int result;
    } cases[] = {
        {"nabaztagd-thing 3\nmore\n", -ENOTSUP},
        {"nabaztagd-thing 3\n", -ENOTSUP},
        {"nabaztagd-thing 10\n", -ENOTSUP},
        {"nabaztagd-thing 99999999999999999999999\n", -ENOTSUP},
        {"nabaztagd-thing 2\nours\n", 0},
        {"nabaztagd-thing 1\nolder\n", -EBADMSG},
        {"nabaztagd-thing 3", -EBADMSG},
        {"nabaztagd-thing 3 \n", -EBADMSG},
        {"nabaztagd-thing +3\n", -EBADMSG},
        {"nabaztagd-thing -1\n", -EBADMSG},
        {"nabaztagd-thing  3\n", -EBADMSG},
        {"nabaztagd-thing \n3\n", -EBADMSG},
        {"nabaztagd-thing 3x\n", -EBADMSG},
        {"nabaztagd-things 3\n", -EBADMSG},
        {"nabaztagd-thing", -EBADMSG},
        {"", -EBADMSG},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int written = cases[i].result == -ENOTSUP ? -ENOTSUP : 0;

        free(folder_write(*state, "thing", cases[i].old));
        if (state_check(cases[i].old, header) != cases[i].result)
            fail_msg("case %zu: %d", i, state_check(cases[i].old, header));
        assert_int_equal(state_write(*state, "thing", "nabaztagd-thing 2\nnew\n"), written);
        expect_text(*state, "thing", written ? cases[i].old : "nabaztagd-thing 2\nnew\n");
        expect_failure(*state, "thing.new", -ENOENT);
    }
}

/* Nor does its size make it ours, or that it holds what no text of ours does. */
static void test_newer_and_unreadable(void **state)
{
    char *text = calloc(1, LIMIT_STATE_FILE + 2), *path;

    assert_non_null(text);
    memset(text, 'x', LIMIT_STATE_FILE + 1);
    memcpy(text, "nabaztagd-thing 3\n", 18);
    path = folder_write(*state, "thing", text);
    expect_failure(*state, "thing", -EFBIG);
    assert_int_equal(state_write(*state, "thing", "nabaztagd-thing 2\n"), -ENOTSUP);
    char *now = file_text(path);
    assert_memory_equal(now, text, 1000);
    free(now);
    free(path);
    free(text);
}

static void test_directory(void **state)
{
    static const struct {
        const char *list, *directory;
    } cases[] = {
        {NULL, "/var/lib/nabaztagd"}, {"", "/var/lib/nabaztagd"},    {"/a/b", "/a/b"},
        {"/a/b:/c", "/a/b"},          {":/c", "/var/lib/nabaztagd"},
    };
    char *huge = calloc(1, 70000);

    assert_non_null(huge);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(cases[i].list ? setenv("STATE_DIRECTORY", cases[i].list, 1)
                                       : unsetenv("STATE_DIRECTORY"),
                         0);
        assert_string_equal(state_directory(), cases[i].directory);
    }
    memset(huge, '/', 69999);
    assert_int_equal(setenv("STATE_DIRECTORY", huge, 1), 0);
    assert_string_equal(state_directory(), "/var/lib/nabaztagd");
    unsetenv("STATE_DIRECTORY");
    free(huge);
}

static void test_explanations(void **state)
{
    assert_string_equal(state_explain(-E2BIG).what,
                        "it is longer than the 1024 bytes that a password may have");
    assert_string_equal(state_explain(-ENOSPC).remedy, "make room on it");
    assert_string_equal(state_explain(-ENOTSUP).what, "the file is of a newer nabaztagd");
    assert_string_equal(state_explain(-EIO).what, "Input/output error");
    assert_string_equal(state_explain(-EIO).remedy, "check the disk and the permissions");
}

int main(void)
{
#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_folder(test_replaces),
        in_folder(test_replacing_is_atomic),
        in_folder(test_modes),
        in_folder(test_left_over_new_file),
        in_folder(test_links),
        in_folder(test_size),
        in_folder(test_nul),
        in_folder(test_what_is_no_file),
        in_folder(test_below_a_file),
        in_folder(test_long_name),
        in_folder(test_full_disk),
        cmocka_unit_test(test_directory),
        in_folder(test_newer),
        in_folder(test_newer_and_unreadable),
        cmocka_unit_test(test_explanations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
