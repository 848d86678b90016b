#include "base/config-parts.h"

#include <errno.h>

#include "base/limits.h"
#include "base/parse.h"

#define SHORT_LINE 78

/* What --dump-config prints is a configuration file again: comments stand on their own lines and no
 * line is too long. */

/* Where a value came from. An odd or long name of a file is left out rather than making an
 * unreadable line. */
static void dump_origin(const struct config_origin *origin, FILE *out)
{
    if (!origin->place)
        fputs("# default\n", out);
    else if (strlen(origin->place) > LIMIT_CONFIG_LINE - 2 || !text_is_clean(origin->place))
        fprintf(out, "# a file%s\n", strrchr(origin->place, ':'));
    else
        fprintf(out, "# %s\n", origin->place);
}

static void dump_text(const char *key, const char *text, FILE *out)
{
    const char *space = strlen(key) + 3 + strlen(text) <= LIMIT_CONFIG_LINE ? " " : "";

    fprintf(out, "%s%s=%s%s\n", key, space, *text ? space : "", text);
}

/* How many words from `list` on belong into one line: a word with a leading "#" cannot begin one.
 */
static size_t words_in_line(char *const *list, size_t *ret_length)
{
    size_t n = 0;

    *ret_length = 0;
    do
        *ret_length += 1 + strlen(list[n++]);
    while (list[n] && *list[n] == '#');
    return n;
}

static void dump_words(char *const *words, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", words[i]);
    fputc('\n', out);
}

static void dump_list(const char *key, char *const *list, FILE *out)
{
    size_t total = strlen(key) + 2, count = 0, length;

    for (; list[count]; count++)
        total += 1 + strlen(list[count]);
    if (count == 0 || total <= SHORT_LINE) {
        fprintf(out, "%s =%s", key, count > 0 ? " " : "");
        dump_words(list, count, out);
        return;
    }

    /* A list that begins with a "#" was read from the key's own line, so it fits there. */
    fprintf(out, *list[0] == '#' ? "%s=" : "%s =\n", key);
    for (bool first = *list[0] == '#'; *list; first = false) {
        count = words_in_line(list, &length);
        if (!first)
            fputs(length + 3 <= LIMIT_CONFIG_LINE ? "    " : " ", out);
        dump_words(list, count, out);
        list += count;
    }
}

static int dump_option(const struct option *option, const struct config *config, FILE *out)
{
    const void *field = option_field_const(option, config);
    _cleanup_(freep) char *text = NULL;

    dump_origin(&config->origins[option_index(option)], out);
    if (option->type->is_list) {
        dump_list(option->key, *(char **const *)field, out);
        return 0;
    }
    if (option->type->format(option->type, field, &text) < 0)
        return -ENOMEM;
    dump_text(option->key, text ? text : "", out);
    return 0;
}

/* A heading where the section of option `index` differs from the one before. */
static bool begins_section(size_t index)
{
    return index == 0 || !streq(option_at(index)->section, option_at(index - 1)->section);
}

static int written(FILE *out)
{
    return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}

int config_dump(const struct config *config, FILE *out)
{
    const struct option *option;

    for (size_t i = 0; (option = option_at(i)); i++) {
        if (begins_section(i))
            fprintf(out, "%s[%s]\n", i > 0 ? "\n" : "", option->section);

        int r = dump_option(option, config, out);
        if (r < 0)
            return r;
    }
    return written(out);
}

/* The commented default configuration */

/* Every line of `text` behind "# ". */
static void write_comment(const char *text, FILE *out)
{
    while (*text) {
        size_t n = strcspn(text, "\n");

        fprintf(out, "# %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void write_template_option(const struct option *option, FILE *out)
{
    fputc('\n', out);
    write_comment(option->help, out);
    if (option->violet_fallback)
        fprintf(out, "# With dialect = violet: %s\n", option->violet_fallback);
    fprintf(out, "#%s =%s%s\n", option->key, option->fallback ? " " : "",
            option->fallback ? option->fallback : "");
}

static const char config_heading[] =
    "# The configuration of nabaztagd: every key at its default; see nabaztagd.conf(5).\n"
    "# Only [account] jid is needed. Remove the # before a key to set it; `nabaztagd --check`\n"
    "# names whatever is wrong, `nabaztagd --dump-config` shows what is in effect.\n"
    "#\n"
    "# Comments stand on lines of their own, keys at the start of a line; lists may go on in\n"
    "# indented lines. A line holds at most 190 bytes. Files nabaztagd.conf.d/*.conf are read\n"
    "# after this one and override it key by key.\n";

static const char board_heading[] =
    "# A board profile: copy it to /etc/nabaztagd/boards/NAME.conf, remove the # before\n"
    "# what your board has, and set [body] board = NAME. `nabaztagd --check` names whatever is\n"
    "# wrong with it, `nabaztagd --test-body` moves each part and asks you what you saw. An ear,\n"
    "# the button or the LEDs may be left out.\n";

int config_write_template(bool board, FILE *out)
{
    const struct option *option;

    fputs(board ? board_heading : config_heading, out);
    for (size_t i = 0; (option = option_at(i)); i++) {
        const struct option_section *section = option_section_find(option->section);

        if (board && !section->board)
            continue;
        if (begins_section(i))
            fprintf(out, "\n\n# %s\n[%s]\n", section->help, option->section);
        write_template_option(option, out);
    }
    return written(out);
}
