/* What --doctor says of the machine: its clock, its configuration, its lines; and how it says it.
 * Servers are the integration tests' business. */
#include "helper.h"

#include <errno.h>
#include <sys/timex.h>
#include <time.h>

#include "body/gpio-map.h"
#include "rabbit/doctor.h"

#define BOARD                                                                                \
    "[body]\nboard = %s/board.conf\n[gpio]\nchip = nabsim\n[button]\nline = 5\n[ear-left]\n" \
    "forward = 1\nbackward = 2\nencoder = 3\n"

static struct {
    time_t now;
    bool synchronised;
    int error; /* of looking at line 5 */
    const char *cause, *text;
} world;

time_t __wrap_time(time_t *ret);
int __wrap_adjtimex(struct timex *state);
int __wrap_gpio_map_look(const struct gpio_library *library, const char *chip,
                         const struct line_want *want, struct gpio_look *ret);

time_t __wrap_time(time_t *ret)
{
    return world.now;
}

int __wrap_adjtimex(struct timex *state)
{
    assert_int_equal(state->modes, 0);
    return world.synchronised ? TIME_OK : TIME_ERROR;
}

/* Lines 1 to 3 are free. */
int __wrap_gpio_map_look(const struct gpio_library *library, const char *chip,
                         const struct line_want *want, struct gpio_look *ret)
{
    bool good = !streq(want->spec.line, "5");

    *ret = (struct gpio_look){.chip.name = "gpiochip-none"};
    if (good)
        return 0;
    if (world.error)
        body_fault_set(&ret->fault, world.error, world.cause, "%s", world.text);
    return world.error;
}

static int set_up(void **state)
{
    memset(&world, 0, sizeof(world));
    world.now = 1800000000;
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
    *state = folder_new();
    return 0;
}

static int tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}

/* What the doctor says of a configuration in a file of that name, allocated. */
static char *examine(const char *folder, const char *name, const char *text, bool json, int status)
{
    char *path = folder_write(folder, name, text), *said = NULL;
    size_t size;
    FILE *out = open_memstream(&said, &size);

    assert_non_null(out);
    assert_int_equal(doctor_run(path, folder, false, json, out), status);
    fclose(out);
    free(path);
    return said;
}

static void expect(const char *said, const char *line)
{
    if (!said || !strstr(said, line))
        fail_msg("no \"%s\" in:\n%s", line, said ? said : "nothing");
}

static void test_clock(void **state)
{
    char *said;

    world.now = 60;
    said = examine(*state, "a", "", false, EXIT_FAILURE);
    expect(said,
           "FAIL clock         the clock says that it is 1970-01-01 00:01 UTC; set the clock");
    expect(said, "cause=clock\n");
    expect(said, "FAIL account       ");
    expect(said,
           "cause=not-configured\nskip locate        makes no sense without a good account\n");
    free(said);
    world.now = 1704067200;
    said = examine(*state, "a", "", false, EXIT_FAILURE);
    expect(said, "ok   clock         it is 2024-01-01 00:00 UTC, by no other clock than ");
    free(said);
    world.synchronised = true;
    said = examine(*state, "a", "", false, EXIT_FAILURE);
    expect(said, "ok   clock         it is 2024-01-01 00:00 UTC\n");
    free(said);
}

/* Foreign bytes come out as something that any terminal and any reader of JSON can bear. */
static void test_masked(void **state)
{
    char *said = examine(*state, "a\"\\\x1b[31m\xff\xc2\x9b\xc3\xa9", "", true, EXIT_FAILURE);

    expect(said, "a\\\"\\\\?[31m??\xc3\xa9 is valid\"");
    expect(said,
           "{\"rows\": [\n  {\"name\": \"configuration\", \"state\": \"ok\", \"cause\": null, ");
    expect(said, "\n], \"ok\": false}\n");
    free(said);
}

static void test_broken_configuration(void **state)
{
    char *said = examine(*state, "a", "[account]\njdi = x\n[tls]\nmode = maybe\n", false, 1);

    expect(said, "/a:2: [account] jdi: ");
    expect(said, "/a:4: [tls] mode: ");
    expect(said, "skip outputs       makes no sense without a good configuration\n");
    free(said);
}

static void expect_gpio(const char *folder, const char *line)
{
    char *board = folder_write(folder, "board.conf", "[leds]\ndriver = none\n"), *text, *said;

    assert_true(asprintf(&text, BOARD, folder) > 0);
    said = examine(folder, "a", text, false, EXIT_FAILURE);
    expect(said, line);
    free(said);
    free(text);
    free(board);
}

static void test_lines(void **state)
{
    expect_gpio(*state, "ok   gpio          4 lines are free, 0 held by nabaztagd\n");

    world.error = -EBUSY;
    world.cause = "gpio-busy";
    world.text = "line 5 of nabsim (the button) is held by gpio-keys: stop that";
    expect_gpio(*state,
                "FAIL gpio          line 5 of nabsim (the button) is held by gpio-keys; stop "
                "that cause=gpio-busy\n");
    world.error = -EALREADY;
    expect_gpio(*state, "ok   gpio          3 lines are free, 1 held by nabaztagd\n");

    world.error = -EIO;
    world.cause = "gpio-failed";
    world.text = "line 5 of nabsim (the button) cannot be used: Input/output error";
    expect_gpio(*state, "cannot be used: Input/output error; see [gpio] in");
}

int main(void)
{
#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        in_folder(test_clock),
        in_folder(test_masked),
        in_folder(test_broken_configuration),
        in_folder(test_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
