/* Where the serial comes from, and that it stays. */
#include "helper.h"

#include <errno.h>

#include "rabbit/serial.h"

#define HEADER "nabaztagd-serial 1\n"

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

static void test_configured(void **state)
{
    struct config *config = config_from("[rabbit]\nserial = 0013D3849BBA\n");
    char serial[13];

    free(folder_write(*state, "serial", "f81edfee27c1\n"));
    assert_int_equal(serial_find(config, *state, serial), 0);
    assert_string_equal(serial, "0013d3849bba");
    assert_int_equal(serial_find(config, "/nowhere/at/all", serial), 0);
    config_free(config);
}

static void test_kept(void **state)
{
    static const char *const kept[] = {HEADER "f81edfee27c1\n", "f81edfee27c1\n", "F81EDFEE27C1",
                                       "f81edfee27c1\nmore\n"};
    struct config config = {0};
    char serial[13];

    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        free(folder_write(*state, "serial", kept[i]));
        assert_int_equal(serial_find(&config, *state, serial), 0);
        assert_string_equal(serial, "f81edfee27c1");
    }
}

/* A broken file is an error: another serial would be another rabbit. */
static void test_broken(void **state)
{
    static const char *const broken[] = {
        "",
        "\n",
        "f81edfee27c",
        "f81edfee27c10",
        "f81edfee27cx",
        " f81edfee27c1",
        "f8:1e:df:ee:27:c1",
        "\nf81edfee27c1",
        HEADER,
        HEADER "f81edfee27c",
        "nabaztagd-serial 1 f81edfee27c1\n",
    };
    struct config config = {0};

    for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
        char serial[13] = "untouched", *path = folder_write(*state, "serial", broken[i]);

        if (serial_find(&config, *state, serial) != -EBADMSG)
            fail_msg("\"%s\"", broken[i]);
        assert_string_equal(serial, "untouched");
        char *text = file_text(path);
        assert_string_equal(text, broken[i]);
        free(text);
        free(path);
    }
}

static void test_newer(void **state)
{
    static const char newer[] = "nabaztagd-serial 2\nf81edfee27c1\n";
    struct config config = {0};
    char serial[13], *path = folder_write(*state, "serial", newer);

    assert_int_equal(serial_find(&config, *state, serial), -ENOTSUP);
    char *text = file_text(path);
    assert_string_equal(text, newer);
    free(text);
    free(path);
}

static void test_below_a_file(void **state)
{
    char *file = folder_write(*state, "file", ""), serial[13];
    struct config config = {0};

    assert_int_equal(serial_find(&config, file, serial), -ENOTDIR);
    free(file);
}

static void test_explained(void **state)
{
    char text[128];

    serial_explain(-EBADMSG, "/var/lib/nabaztagd", text, sizeof(text));
    assert_string_equal(text, "/var/lib/nabaztagd/serial: it does not hold what nabaztagd writes");
    serial_explain(-ENODEV, "/var/lib/nabaztagd", text, sizeof(text));
    assert_string_equal(text, "no network interface has an address");
}

/* A machine may have no interface but the loopback; then there is nothing to keep. */
static void test_of_the_interface(void **state)
{
    char first[13], again[13], *path = NULL;
    struct config config = {0};
    int looked = serial_look(&config, *state, again), r;

    assert_true(asprintf(&path, "%s/serial", (char *)*state) > 0);
    assert_int_equal(access(path, F_OK), -1);
    r = serial_find(&config, *state, first);
    assert_int_equal(r, looked);
    if (r == -ENODEV) {
        assert_int_equal(access(path, F_OK), -1);
        free(path);
        skip();
    }
    assert_int_equal(r, 0);
    assert_string_equal(first, again);
    assert_int_equal(strspn(first, "0123456789abcdef"), 12);
    assert_string_not_equal(first, "000000000000");
    char *text = file_text(path);
    assert_non_null(after_prefix(text, HEADER));
    assert_memory_equal(text + strlen(HEADER), first, 12);
    assert_string_equal(text + strlen(HEADER) + 12, "\n");
    free(text);

    /* From now on the file alone counts. */
    free(folder_write(*state, "serial", "0123456789ab\n"));
    assert_int_equal(serial_find(&config, *state, again), 0);
    assert_string_equal(again, "0123456789ab");
    free(path);
}

int main(void)
{
#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_folder(test_configured),       in_folder(test_kept),
        in_folder(test_broken),           in_folder(test_below_a_file),
        in_folder(test_of_the_interface), in_folder(test_newer),
        cmocka_unit_test(test_explained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
