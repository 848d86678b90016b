/* Password files as people make them, and passwords we make. */
#include "helper.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/secret.h"

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

static int read_bytes(const char *folder, const char *bytes, size_t size, char **ret)
{
    char *path = folder_write(folder, "secret", "");
    FILE *file = fopen(path, "we");
    int r;

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    r = secret_read_file(ret, path);
    free(path);
    return r;
}

static void test_files(void **state)
{
#define BYTES(text) text, sizeof(text) - 1
    static const struct {
        const char *bytes;
        size_t size;
        int result;
        const char *secret;
    } cases[] = {
        {BYTES("mirror"), 0, "mirror"},
        {BYTES("mirror\n"), 0, "mirror"},
        {BYTES(" a b "), 0, " a b "},
        {BYTES("pässword €\n"), 0, "pässword €"},
        {BYTES("x"), 0, "x"},
        {BYTES(""), -ENODATA, NULL},
        {BYTES("\n"), -ENODATA, NULL},
        {BYTES("mirror\n\n"), -EILSEQ, NULL},
        {BYTES("mirror\r\n"), -EILSEQ, NULL},
        {BYTES("two\nlines\n"), -EILSEQ, NULL},
        {BYTES("mir\0ror"), -EILSEQ, NULL},
        {BYTES("mirror\0"), -EILSEQ, NULL},
        {BYTES("\0"), -EILSEQ, NULL},
        {BYTES("mir\tror"), -EILSEQ, NULL},
        {BYTES("mir\xe4ror"), -EILSEQ, NULL},
        {BYTES("mirror\xc3"), -EILSEQ, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *secret = NULL;

        if (read_bytes(*state, cases[i].bytes, cases[i].size, &secret) != cases[i].result ||
            !streq_ptr(secret, cases[i].secret))
            fail_msg("case %zu: %s", i, secret ? secret : "nothing");
        secret_free(secret);
    }
}

static void test_size(void **state)
{
    char bytes[LIMIT_SECRET_FILE + 1], *secret = NULL;

    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(read_bytes(*state, bytes, LIMIT_SECRET_FILE + 1, &secret), -E2BIG);
    assert_int_equal(read_bytes(*state, bytes, LIMIT_SECRET_FILE, &secret), 0);
    assert_int_equal(strlen(secret), LIMIT_SECRET_FILE);
    secret_free(secret);
}

static void test_what_is_no_file(void **state)
{
    char *folder = folder_make(*state, "folder"), *pipe = NULL, *secret = NULL;

    assert_true(asprintf(&pipe, "%s/pipe", folder) > 0);
    assert_int_equal(secret_read_file(&secret, folder), -EISDIR);
    assert_int_equal(secret_read_file(&secret, pipe), -ENOENT);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(secret_read_file(&secret, pipe), -ENODATA); /* it must not hang */
    assert_null(secret);
    free(pipe);
    free(folder);
}

static void test_fresh_ones(void **state)
{
    unsigned seen[256] = {0}, letters = 0;
    char *last = NULL;

    for (unsigned i = 0; i < 200; i++) {
        char *secret = NULL;

        assert_int_equal(secret_generate(&secret, 24), 0);
        assert_int_equal(strlen(secret), 24);
        assert_int_equal(strspn(secret, "abcdefghijklmnopqrstuvwxyz0123456789"), 24);
        assert_false(streq_ptr(secret, last));
        for (unsigned n = 0; n < 24; n++)
            seen[(unsigned char)secret[n]]++;
        secret_free(last);
        last = secret;
    }
    secret_free(last);

    /* 4800 of 36 letters are about 133 each; a bias or a missing letter shows. */
    for (unsigned i = 0; i < 256; i++)
        if (seen[i]) {
            letters++;
            assert_in_range(seen[i], 60, 230);
        }
    assert_int_equal(letters, 36);
}

static void test_fresh_hex(void **state)
{
    char *secret = NULL;

    assert_int_equal(secret_generate_hex(&secret, 32), 0);
    assert_int_equal(strlen(secret), 32);
    assert_int_equal(strspn(secret, "0123456789abcdef"), 32);
    assert_null(secret_free(secret));
    assert_null(secret_free(NULL));
}

int main(void)
{
#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_folder(test_files),
        in_folder(test_size),
        in_folder(test_what_is_no_file),
        cmocka_unit_test(test_fresh_ones),
        cmocka_unit_test(test_fresh_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
