/*
 * inih splits lines, but it cuts long ones, drops what follows " ;", takes an indented line for
 * more of the value above and does not tell line numbers. So a reader of ours stands before it: it
 * inspects every line and hands inih only those that inih cannot damage; a refused line arrives
 * there as an empty one.
 */
#include "base/config-parts.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>

#include "base/limits.h"
#include "base/parse.h"

static_assert(LIMIT_CONFIG_LINE == 190, "line_fault() and the documentation name the number");

struct config_reader {
    struct config *config;
    struct config_problems *problems;
    FILE *file;
    const char *name;
    bool board;
    int error;

    unsigned line;
    size_t bytes;
    char text[LIMIT_CONFIG_LINE + 3]; /* the line, then what inih gets of it */

    const char *section;       /* NULL: none yet, or an unknown one, whose keys are passed over */
    bool section_seen;         /* there was a section line, good or bad */
    const struct option *open; /* the option that an indented line goes on with */
    bool passing_over;         /* indented lines belong to a refused line */

    unsigned set_in_line[]; /* per option: where this file sets it, 0: not yet */
};

/* Reporting */

static void report(struct config_reader *reader, const char *section, const char *key,
                   const char *format, ...) _printf_(4, 5);

/* "FILE:LINE" and "[section] key: text"; what is not known of it is left out. */
static void report(struct config_reader *reader, const char *section, const char *key,
                   const char *format, ...)
{
    _cleanup_(freep) char *place = NULL, *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    if (!text || config_place(&place, reader->name, reader->line) < 0) {
        reader->error = -ENOMEM;
        return;
    }
    config_problem(reader->problems, false, place, "%s%s%s%s%s%s%s", section ? "[" : "",
                   section ? section : "", section ? "]" : "", key ? " " : "", key ? key : "",
                   section ? ": " : "", text);
}

/* The line is wrong: it does not reach inih, and neither do the indented lines below it. */
static void refuse(struct config_reader *reader)
{
    *reader->text = '\0';
    reader->open = NULL;
    reader->passing_over = true;
}

/* Looking at one line */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t");
}

static bool is_comment(const char *start)
{
    return *start == '#' || *start == ';';
}

/* Tabs pass for spaces. */
static bool line_is_clean(const char *line)
{
    char copy[LIMIT_CONFIG_LINE + 3];
    size_t n = strlen(line);

    for (size_t i = 0; i <= n; i++)
        copy[i] = line[i] == '\t' ? ' ' : line[i];
    return text_is_clean(copy);
}

/* Where inih would see the start of a comment inside a line: a semicolon after a space or at the
 * value's start. */
static bool has_inline_comment(const char *start)
{
    for (const char *c = start; *c; c++)
        if (*c == ';' && (c == start || is_space(c[-1]) || c[-1] == '='))
            return true;
    return false;
}

/* What is wrong with the line as such, whatever it says; NULL when nothing is. */
static const char *line_fault(const char *line, size_t length)
{
    const char *start = skip_space(line);

    if (length > LIMIT_CONFIG_LINE)
        return "expected at most 190 bytes in one line; a list goes on in indented lines";
    if (strlen(line) != length)
        return "expected text, not a NUL byte";
    if (!line_is_clean(line))
        return "expected UTF-8 text without control characters";
    if (!is_comment(start) && has_inline_comment(start))
        return "expected no ` ;` inside a line; a comment needs a line of its own";
    return NULL;
}

/* The option that the line seems to set, or NULL. */
static const struct option *option_of_line(const struct config_reader *reader, const char *start)
{
    char key[LIMIT_CONFIG_LINE + 3];
    size_t n = strcspn(start, "=");

    if (!reader->section || start[n] != '=')
        return NULL;
    while (n > 0 && is_space(start[n - 1]))
        n--;
    memcpy(key, start, n);
    key[n] = '\0';
    return option_find(reader->section, key);
}

static void report_line(struct config_reader *reader, const char *start, const char *text)
{
    const struct option *option = option_of_line(reader, start);

    report(reader, reader->section, option ? option->key : NULL, "%s", text);
}

static void report_unknown_section(struct config_reader *reader, const char *name)
{
    const char *nearest = option_nearest_section(name);

    if (nearest)
        report(reader, name, NULL, "expected a known section; did you mean [%s]?", nearest);
    else
        report(reader, name, NULL, "expected a known section, see nabaztagd.conf(5)");
}

/*
 * A section line. Where its name is clear, but its form is wrong, the lines below are read as if it
 * were right, so that they are checked as well.
 */
static void inspect_section(struct config_reader *reader, const char *start, const char *fault)
{
    const struct option_section *section;
    char name[sizeof(reader->text)];
    size_t n = strcspn(start + 1, "]");
    const char *end = start + 1 + n;

    memcpy(name, start + 1, n);
    name[n] = '\0';
    section = option_section_find(name);

    reader->section = NULL;
    if (fault)
        report_line(reader, start, fault);
    else if (*end != ']')
        report(reader, NULL, NULL, "expected a `]` at the end of `%s`", start);
    else if (start > reader->text)
        report(reader, name, NULL, "expected the section at the start of the line");
    else if (*skip_space(end + 1))
        report(reader, name, NULL, "expected nothing behind the section");
    else if (!section)
        report_unknown_section(reader, name);
    else if (reader->board && !section->board)
        report(reader, name, NULL, "expected a section that a board profile may have");

    reader->section = section ? section->name : NULL;
    reader->section_seen = true;
    reader->open = NULL;
    reader->passing_over = false;
    *reader->text = '\0';
    if (section)
        snprintf(reader->text, sizeof(reader->text), "[%s]", section->name);
}

/* Before the first section, or in an unknown one? Then nothing can be said about a key. */
static bool is_outside(struct config_reader *reader)
{
    if (reader->section)
        return false;
    if (!reader->section_seen && !reader->passing_over)
        report(reader, NULL, NULL, "expected a section such as [account] before the first key");
    refuse(reader);
    return true;
}

static void inspect_key(struct config_reader *reader)
{
    size_t n = strcspn(reader->text, "=:");

    reader->passing_over = false;
    if (is_outside(reader))
        return;
    if (reader->text[n] == '=' && n > 0)
        return;
    if (reader->text[n] == ':')
        report(reader, reader->section, NULL, "expected `key = value`, with `=` instead of `:`");
    else
        report(reader, reader->section, NULL, "expected `key = value`");
    refuse(reader);
}

static void inspect_indented(struct config_reader *reader, const char *start)
{
    const struct option *option = option_of_line(reader, start);

    if (is_outside(reader))
        return;
    if (reader->open && reader->open->type->is_list && !option)
        return;
    if (option)
        report(reader, option->section, option->key,
               "expected the key at the start of the line; an indented line goes on with the "
               "value above it");
    else if (reader->open)
        report(reader, reader->open->section, reader->open->key,
               "expected one value in one line, but this indented line would go on with it");
    else if (!reader->passing_over)
        report(reader, reader->section, NULL,
               "expected a key at the start of the line; an indented line goes on with a list");
    *reader->text = '\0';
}

/* Leaves in reader->text what inih may see. */
static void inspect_line(struct config_reader *reader, size_t length)
{
    const char *start = skip_space(reader->text);
    const char *fault = line_fault(reader->text, length);

    if (!*start || is_comment(start)) {
        if (fault)
            report_line(reader, start, fault);
        *reader->text = '\0';
    } else if (*start == '[') {
        inspect_section(reader, start, fault);
    } else if (fault) {
        report_line(reader, start, fault);
        if (start > reader->text)
            *reader->text = '\0'; /* the list above may still go on */
        else
            refuse(reader);
    } else if (start > reader->text) {
        inspect_indented(reader, start);
    } else {
        inspect_key(reader);
    }
}

/* inih's side */

/* Reads a line without its end; *ret_length may exceed what was kept of it. False at the end of the
 * file. */
static bool read_line(struct config_reader *reader, size_t *ret_length)
{
    size_t length = 0, kept;
    int c;

    while ((c = getc(reader->file)) != EOF && c != '\n' && reader->bytes++ < LIMIT_CONFIG_BYTES) {
        if (length < sizeof(reader->text) - 2)
            reader->text[length] = (char)c;
        length++;
    }
    if (ferror(reader->file))
        reader->error = errno ? -errno : -EIO;
    if (c == EOF && length == 0)
        return false;
    reader->line++;

    kept = length < sizeof(reader->text) - 2 ? length : sizeof(reader->text) - 2;
    if (c == '\n' && kept == length && length > 0 && reader->text[length - 1] == '\r')
        kept = --length;
    reader->text[kept] = '\0';
    *ret_length = length;
    return true;
}

static void drop_byte_order_mark(struct config_reader *reader, size_t *length)
{
    const char *rest = after_prefix(reader->text, "\xef\xbb\xbf");

    if (reader->line != 1 || !rest)
        return;
    *length -= 3;
    memmove(reader->text, rest, strlen(rest) + 1);
}

/* inih's fgets(). */
static char *on_line(char *buffer, int size, void *userdata)
{
    struct config_reader *reader = userdata;
    size_t length;

    assert(size > 0);
    if (!read_line(reader, &length) || reader->error < 0)
        return NULL;
    if (reader->line > LIMIT_CONFIG_LINES || reader->bytes > LIMIT_CONFIG_BYTES) {
        report(reader, NULL, NULL, "expected a file of at most %d lines", LIMIT_CONFIG_LINES);
        return NULL;
    }
    drop_byte_order_mark(reader, &length);
    inspect_line(reader, length);

    length = strlen(reader->text);
    if (length + 2 > (size_t)size) { /* an inih built with shorter lines than Debian's */
        reader->error = -EMSGSIZE;
        return NULL;
    }
    memcpy(buffer, reader->text, length);
    memcpy(buffer + length, "\n", 2);
    return buffer;
}

static void report_value(struct config_reader *reader, const struct option *option,
                         const char *value, int error)
{
    _cleanup_(freep) char *expected = NULL;

    if (error == -ENOMEM || option_expected(option, &expected) < 0)
        reader->error = -ENOMEM;
    else if (error == -EEXIST)
        report(reader, option->section, option->key, "expected `%s` only once in the list", value);
    else if (option->type->secret)
        report(reader, option->section, option->key, "expected %s", expected);
    else
        report(reader, option->section, option->key, "expected %s, not `%s`", expected, value);
}

static void take_value(struct config_reader *reader, const struct option *option, const char *value)
{
    int r = option->type->parse(option, value, option_field(option, reader->config));

    if (r == 0)
        return;
    reader->config->origins[option_index(option)].wrong = true;
    report_value(reader, option, value, r);
}

static void take_words(struct config_reader *reader, const struct option *option, const char *value)
{
    _cleanup_(freep) char *copy = strdup(value);
    char *rest = NULL;

    if (!copy)
        reader->error = -ENOMEM;
    for (char *word = copy ? strtok_r(copy, " \t", &rest) : NULL; word;
         word = strtok_r(NULL, " \t", &rest))
        take_value(reader, option, word);
}

static void report_unknown_key(struct config_reader *reader, const char *section, const char *key)
{
    const char *nearest = option_nearest_key(section, key);

    if (nearest)
        report(reader, section, key, "expected a known key; did you mean `%s`?", nearest);
    else
        report(reader, section, key, "expected a known key, see nabaztagd.conf(5)");
}

/* A key line: makes its option the open one, emptied of what earlier files said. */
static void open_option(struct config_reader *reader, const char *section, const char *key,
                        bool has_value)
{
    const struct option *option = option_find(section, key);
    size_t index;

    reader->open = NULL;
    reader->passing_over = true;
    if (!option) {
        report_unknown_key(reader, section, key);
        return;
    }
    index = option_index(option);
    if (reader->set_in_line[index] > 0) {
        report(reader, section, key, "expected only once in a file; line %u sets it already",
               reader->set_in_line[index]);
        return;
    }

    struct config_origin *origin = &reader->config->origins[index];
    reader->set_in_line[index] = reader->line;
    if (reader->board && origin->set)
        return;
    reader->open = option;
    option->type->clear(option_field(option, reader->config));
    origin->set = true;
    origin->wrong = false;
    strdup_to(&origin->place, NULL);
    if ((has_value || option->type->is_list) &&
        config_place(&origin->place, reader->name, reader->line) < 0)
        reader->error = -ENOMEM;
}

/* inih's handler. inih asks for the next line only after it has told the last one, so reader->line
 * is its number. */
static int on_value(void *userdata, const char *section, const char *key, const char *value)
{
    struct config_reader *reader = userdata;

    if (!is_space(*reader->text))
        open_option(reader, section, key, *value);
    if (reader->open && reader->open->type->is_list)
        take_words(reader, reader->open, value);
    else if (reader->open && *value)
        take_value(reader, reader->open, value);
    return 1;
}

int config_read(struct config *config, FILE *file, const char *name, bool board,
                struct config_problems *problems)
{
    _cleanup_(freep) struct config_reader *reader = NULL;
    size_t options = 0, errors = problems->errors;
    int r;

    while (option_at(options))
        options++;
    reader = calloc(1, sizeof(*reader) + options * sizeof(reader->set_in_line[0]));
    if (!reader)
        return -ENOMEM;
    reader->config = config;
    reader->problems = problems;
    reader->file = file;
    reader->name = name;
    reader->board = board;

    r = ini_parse_stream(on_line, reader, on_value, reader);
    if (reader->error < 0)
        return reader->error;
    if (r < 0)
        return -ENOMEM;
    if (r > 0 && problems->errors == errors) { /* inih is pickier than we know */
        reader->line = (unsigned)r;
        report(reader, NULL, NULL, "expected `key = value`");
    }
    return reader->error;
}
