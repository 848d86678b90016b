/* nabaztagctl without a bus: its rabbit of text, its JSON, its table. */
#include "helper.h"

#include "base/json.h"
#include "base/parse.h"
#include "ctl/ctl.h"
#include "ctl/drawing.h"
#include "ctl/print.h"

#define DIM 0x00ff80

static char *draw(const struct drawing *drawing, bool colors)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    drawing_print(out, drawing, colors);
    fclose(out);
    return text;
}

static void test_poses(void **state)
{
    static const struct {
        int left, right;
        const char *text;
    } cases[] = {
        {0, 0, "     ┃   ┃     \n     ┃   ┃     \n   ╭─┴───┴─╮   \n   │ •   • │   \n"},
        {16, 10, "     ┃         \n     ┃         \n   ╭─┴───┴─╮   \n   │ •   • │ ┃ \n"},
        {-1, 4, "               \n     ?   ╻     \n   ╭─┴───┴─╮   \n   │ •   • │   \n"},
        {6, 99, "               \n         ?     \n   ╭─┴───┴─╮   \n ┃ │ •   • │   \n"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = draw(&(struct drawing){.ears = {cases[i].left, cases[i].right}}, false);

        assert_non_null(after_prefix(text, cases[i].text));
        free(text);
    }
}

static void test_every_position(void **state)
{
    for (int i = 0; i <= 16; i++) {
        char *text = draw(&(struct drawing){.ears = {i, -1}}, true);

        assert_non_null(strpbrk(text, "?"));
        assert_true(strstr(text, "┃") || strstr(text, "╻"));
        free(text);
    }
}

static void test_lights(void **state)
{
    struct drawing drawing = {.leds = {0xff0000, 0, DIM, 0, 1}};
    char *text = draw(&drawing, false);

    assert_non_null(strstr(text, "│   ●   │     nose #ff0000\n"));
    assert_non_null(strstr(text, "│ ○ ● ○ │     middle #00ff80\n"));
    assert_non_null(strstr(text, "╰───●───╯     bottom #000001\n"));
    assert_null(strchr(text, '\033'));
    free(text);

    text = draw(&drawing, true);
    assert_non_null(strstr(text, "\033[38;2;255;0;0m●\033[0m"));
    free(text);

    drawing.asleep = true;
    text = draw(&drawing, true);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '#'));
    assert_non_null(strstr(text, "│ -   - │"));
    free(text);
}

static void test_json_text(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    json_print_text(out, "a\"b\\c\n\x1b\x7f h\xc3\xa4");
    fclose(out);
    assert_string_equal(text, "\"a\\\"b\\\\c\\u000a\\u001b\\u007f h\xc3\xa4\"");
    free(text);
}

static void check_options(const struct verb_option *options)
{
    size_t count = 0;

    for (; options && options[count].name; count++) {
        assert_true(*options[count].name && *options[count].argument && *options[count].help);
        assert_false(streq(options[count].name, "json"));
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal(options[i].name, options[count].name);
    }
    assert_true(count <= VERB_OPTIONS_MAX);
}

static void test_table(void **state)
{
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        assert_non_null(verb->run);
        assert_true(verb->least <= verb->most);
        assert_int_equal(verb->most == 0, *verb->arguments == '\0');
        assert_true(text_is_clean(verb->help) && *verb->help);
        assert_int_equal(!verb->method, !verb->done);
        check_options(verb->options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poses),  cmocka_unit_test(test_every_position),
        cmocka_unit_test(test_lights), cmocka_unit_test(test_json_text),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
