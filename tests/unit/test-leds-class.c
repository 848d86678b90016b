/* The driver's real interface is files, so here is a folder of them that looks like sysfs. */
#include "helper.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "body/leds-class.h"

static char *root;

static int make_root(void **state)
{
    root = folder_new();
    return 0;
}

static int remove_root(void **state)
{
    folder_remove(root);
    return 0;
}

static void put(const char *led, const char *file, const char *text)
{
    char name[200];

    snprintf(name, sizeof(name), "%s/%s", led, file);
    free(folder_write(root, name, text));
}

/* The first line; a file keeps what was behind a shorter text, sysfs does not. */
static void expect(const char *led, const char *file, const char *text)
{
    char path[400], *now;

    snprintf(path, sizeof(path), "%s/%s/%s", root, led, file);
    now = file_text(path);
    if (!after_prefix(now, text))
        fail_msg("%s/%s: %s instead of %s", led, file, now, text);
    free(now);
}

static void make_led(const char *name, const char *full, const char *trigger)
{
    free(folder_make(root, name));
    put(name, "brightness", "1");
    put(name, "max_brightness", full);
    if (trigger)
        put(name, "trigger", trigger);
}

static void make_multicolor(const char *name, const char *index)
{
    make_led(name, "255\n", "[none] timer\n");
    put(name, "multi_index", index);
    put(name, "multi_intensity", "9 9 9\n");
}

static struct led_bank *open_bank(const char *text)
{
    struct config *config = config_from(text);
    struct body_fault fault = {.cause = NULL, .text = ""};
    struct led_bank *bank = NULL;

    if (leds_class_new(&bank, root, config, &fault) < 0)
        fail_msg("%s", fault.text);
    config_free(config);
    return bank;
}

static int show(struct led_bank *bank, enum led_index led, uint32_t color)
{
    struct led_light lights[LED_COUNT] = {{0}};

    lights[led] = light_from_color(color, 100);
    return bank->ops->show(bank, lights);
}

static void multicolor_takes_its_own_order(void **state)
{
    make_multicolor("rabbit:rgb:nose", "red green blue\n");
    make_multicolor("rabbit:rgb:left", "white green blue red amber\n");
    struct led_bank *bank = open_bank("[leds]\ndriver = class\nnose = rabbit:rgb:nose\n"
                                      "left = rabbit:rgb:left\norder = rgb grb rgb rgb rgb\n");

    expect("rabbit:rgb:nose", "multi_intensity", "0 0 0");
    expect("rabbit:rgb:nose", "brightness", "255");
    expect("rabbit:rgb:nose", "trigger", "[none] timer");
    expect("rabbit:rgb:left", "multi_intensity", "0 0 0 0 0");
    assert_int_equal(show(bank, LED_NOSE, 0xff8001), 0);
    expect("rabbit:rgb:nose", "multi_intensity", "255 56 1");
    expect("rabbit:rgb:nose", "brightness", "255");

    /* What says it is green is red. */
    assert_int_equal(show(bank, LED_LEFT, 0xff8001), 0);
    expect("rabbit:rgb:nose", "multi_intensity", "0 0 0");
    expect("rabbit:rgb:left", "multi_intensity", "0 255 1 56 0");
    assert_int_equal(show(bank, LED_BOTTOM, 0xffffff), 0);
    expect("rabbit:rgb:left", "multi_intensity", "0 0 0 0 0");
    assert_null(bank->ops->free(bank));
}

static void three_single_ones_have_their_own_scales(void **state)
{
    make_led("r", "1000", "none [heartbeat] timer\n");
    make_led("g", "7", NULL);
    make_led("b", "1", "[none]");
    struct led_bank *bank = open_bank("[leds]\ndriver = class\nmiddle = r g b\n");

    expect("r", "trigger", "none");
    expect("r", "brightness", "0");
    assert_int_equal(show(bank, LED_MIDDLE, 0x80ffff), 0);
    expect("r", "brightness", "220"); /* 1000 × (128 / 255) ^ 2.2 = 219.5 */
    expect("g", "brightness", "7");
    expect("b", "brightness", "1");
    assert_int_equal(show(bank, LED_MIDDLE, 0x010180), 0);
    expect("r", "brightness", "1"); /* any light is some */
    expect("g", "brightness", "1");
    expect("b", "brightness", "1");
    assert_int_equal(show(bank, LED_MIDDLE, 0xff0080), 0); /* half of red's light or nothing */
    expect("b", "brightness", "0");
    assert_int_equal(show(bank, LED_MIDDLE, 0), 0);
    expect("r", "brightness", "0");
    bank->ops->free(bank);
}

/* One write a file, and none where nothing changes. */
static void writes_changes_alone(void **state)
{
    make_multicolor("a", "red green blue");
    make_multicolor("b", "red green blue");
    struct led_bank *bank = open_bank("[leds]\ndriver = class\nnose = a\nleft = b\n");

    put("b", "multi_intensity", "untouched");
    put("a", "brightness", "untouched");
    assert_int_equal(show(bank, LED_NOSE, 0x00ff00), 0);
    expect("a", "multi_intensity", "0 255 0");
    put("a", "multi_intensity", "untouched");
    assert_int_equal(show(bank, LED_NOSE, 0x00ff00), 0);
    expect("a", "multi_intensity", "untouched");
    expect("a", "brightness", "untouched");
    expect("b", "multi_intensity", "untouched");
    bank->ops->free(bank);
}

static void expect_fault(const char *text, int error, const char *cause, const char *part)
{
    struct config *config = config_from(text);
    struct body_fault fault = {.cause = NULL, .text = ""};
    struct led_bank *bank = NULL;

    assert_int_equal(leds_class_new(&bank, root, config, &fault), error);
    assert_null(bank);
    assert_string_equal(fault.cause, cause);
    assert_non_null(after_prefix(fault.text, root));
    if (!strstr(fault.text, part))
        fail_msg("%s: lacks %s", fault.text, part);
    config_free(config);
}

static void what_is_missing_is_named(void **state)
{
    static const char one[] = "[leds]\ndriver = class\nnose = x\n";

    expect_fault(one, -ENOENT, "gpio-missing", "/x/max_brightness is not there");
    make_led("x", "255", NULL);
    expect_fault(one, -ENOENT, "gpio-missing", "/x/multi_index is not there");
    put("x", "multi_index", "red green\n");
    expect_fault(one, -EINVAL, "gpio-failed", "/x/multi_index lacks red, green or blue");
    put("x", "multi_index", "red green blue\n");
    expect_fault(one, -ENOENT, "gpio-missing", "/x/multi_intensity is not there");
    put("x", "multi_index", "red green blue white white white white white white\n");
    expect_fault(one, -E2BIG, "gpio-failed", "/x/multi_index: ");
    expect_fault("[leds]\ndriver = class\nnose = x y z\n", -ENOENT, "gpio-missing",
                 "/y/max_brightness is not there");
    put("x", "max_brightness", "0");
    expect_fault(one, -ERANGE, "gpio-failed", "/x/max_brightness: ");
}

/* As somebody who may read everything and write nothing that is closed to him: not as root. */
static void expect_denied(const char *text, const char *part)
{
    uid_t me = geteuid();

    if (me == 0)
        assert_int_equal(seteuid(65534), 0);
    expect_fault(text, -EACCES, "gpio-denied", part);
    assert_int_equal(seteuid(me), 0);
}

static void change_mode(const char *name, mode_t mode)
{
    char path[400];

    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(chmod(path, mode), 0);
}

static void what_is_denied_is_named(void **state)
{
    static const char one[] = "[leds]\ndriver = class\nnose = x\n";
    static const char *const files[] = {"x/trigger", "x/multi_intensity", "x/brightness"};

    make_multicolor("x", "red green blue");
    put("x", "trigger", "none [timer]");
    change_mode("", 0755);
    change_mode("x", 0755);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        change_mode(files[i], 0666);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char part[100];

        snprintf(part, sizeof(part), "/%s may not be written", files[i]);
        change_mode(files[i], 0444);
        expect_denied(one, part);
        change_mode(files[i], 0666);
    }

    /* Nobody needs to write a trigger that is none: the fault is the next file's. */
    put("x", "trigger", "[none] timer");
    change_mode("x/trigger", 0444);
    change_mode("x/multi_intensity", 0444);
    expect_denied(one, "/x/multi_intensity may not be written");
}

/* As if the disk were full: files cannot be written, as those of a LED that is gone. */
static void writing_fails(bool fails)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = fails ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void failure_is_told_and_tried_again(void **state)
{
    make_led("r", "255", NULL);
    make_led("g", "255", NULL);
    make_led("b", "255", NULL);
    struct led_bank *bank = open_bank("[leds]\ndriver = class\nnose = r g b\n");

    writing_fails(true);
    int r = show(bank, LED_NOSE, 0xffff00);
    writing_fails(false);
    assert_int_equal(r, -EFBIG);
    expect("r", "brightness", "0");
    assert_int_equal(show(bank, LED_NOSE, 0xffff00), 0);
    expect("r", "brightness", "255");
    expect("g", "brightness", "255");
    bank->ops->free(bank);
}

#define CLASS_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLASS_TEST(multicolor_takes_its_own_order),
        CLASS_TEST(three_single_ones_have_their_own_scales),
        CLASS_TEST(writes_changes_alone),
        CLASS_TEST(what_is_missing_is_named),
        CLASS_TEST(what_is_denied_is_named),
        CLASS_TEST(failure_is_told_and_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
