#include "ctl/ini-edit.h"

#include <errno.h>

#include "base/limits.h"
#include "base/parse.h"

#define INDENT "    "

/* ---- reading ---- */

enum kind {
    LINE_BLANK, /* or a comment */
    LINE_SECTION,
    LINE_KEY,  /* or what is taken for one */
    LINE_MORE, /* indented: goes on with the value above */
};

struct line {
    const char *start, *end; /* `end` is where the next one begins */
    const char *text;        /* behind blanks */
    size_t length;           /* of `text`, without blanks behind it */
    enum kind kind;
};

/* The line that begins at line->end. Returns false behind the last one. */
static bool next_line(struct line *line)
{
    const char *newline;

    line->start = line->end;
    newline = strchr(line->start, '\n');
    line->end = newline ? newline + 1 : line->start + strlen(line->start);
    line->text = line->start + strspn(line->start, " \t");
    line->length = (size_t)(line->end - line->text);
    while (line->length > 0 && strchr(" \t\r\n", line->text[line->length - 1]))
        line->length--;

    if (line->length == 0 || strchr("#;", *line->text))
        line->kind = LINE_BLANK;
    else if (*line->text == '[')
        line->kind = LINE_SECTION;
    else
        line->kind = line->text > line->start ? LINE_MORE : LINE_KEY;
    return *line->start;
}

static struct line first_line(const char *text)
{
    const char *rest = after_prefix(text, "\xef\xbb\xbf"); /* a byte order mark */

    return (struct line){.end = rest ? rest : text};
}

static bool is_section(const struct line *line, const char *section)
{
    const char *rest = line->kind == LINE_SECTION ? after_prefix(line->text + 1, section) : NULL;

    return rest && *rest == ']';
}

/* What stands behind "key =" at `text`, or NULL when it does not begin so. */
static const char *value_at(const char *text, const char *key)
{
    const char *rest = after_prefix(text, key);

    rest = rest ? rest + strspn(rest, " \t") : "";
    return *rest == '=' ? rest + 1 : NULL;
}

/* Behind "#key =" in a comment; NULL when it is none. */
static const char *commented_value_at(const struct line *line, const char *key)
{
    if (*line->start != '#')
        return NULL;
    return value_at(line->start + 1 + strspn(line->start + 1, " \t"), key);
}

/* Where a key is set, or could be. */
struct search {
    const char *section, *key;
    struct line found;   /* the line that sets it */
    struct line comment; /* "#key =" */
    const char *last;    /* behind the last key of the section; NULL: there is no such section */
    bool inside, first;  /* the section, and its first occurrence */
    bool unsettled;      /* the comment stands where indented lines may follow */
};

static void see_line(struct search *search, const struct line *line)
{
    if (line->kind == LINE_SECTION) {
        search->inside = is_section(line, search->section);
        search->first = search->inside && !search->last;
    }
    if (line->kind != LINE_BLANK && search->first)
        search->last = line->end;
    /* A value put there would take the indented lines for its own. */
    if (line->kind == LINE_MORE && search->unsettled)
        search->comment.start = NULL;
    if (line->kind != LINE_BLANK)
        search->unsettled = false;
    if (!search->inside)
        return;
    if (line->kind == LINE_KEY && !search->found.start && value_at(line->text, search->key)) {
        search->found = *line;
    } else if (!search->comment.start && commented_value_at(line, search->key)) {
        search->comment = *line;
        search->unsettled = true;
    }
}

static struct search search_key(const char *text, const char *section, const char *key)
{
    struct search search = {.section = section, .key = key};
    struct line line = first_line(text);

    while (next_line(&line))
        see_line(&search, &line);
    return search;
}

static bool is_more(const struct line *line)
{
    return line->kind == LINE_MORE || line->kind == LINE_BLANK;
}

int ini_get(const char *text, const char *section, const char *key, char **ret)
{
    struct line line = search_key(text, section, key).found;
    const char *value;
    size_t size;
    FILE *out;

    *ret = NULL;
    if (!line.start)
        return 0;
    out = open_memstream(ret, &size);
    if (!out)
        return -ENOMEM;
    value = value_at(line.text, key);
    value += strspn(value, " \t");
    if (value < line.text + line.length)
        fwrite(value, 1, line.length - (size_t)(value - line.text), out);
    while (next_line(&line) && is_more(&line))
        if (line.kind == LINE_MORE)
            fprintf(out, "%s%.*s", ftell(out) > 0 ? " " : "", (int)line.length, line.text);
    return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* ---- writing ---- */

static bool fits_line(const char *key, const char *value)
{
    return strlen(key) + strlen(" = ") + strlen(value) <= LIMIT_CONFIG_LINE;
}

/* The word at the start of *rest, and past it. Returns its length; 0 at the end. */
static size_t next_word(const char **rest, const char **ret)
{
    size_t length;

    *ret = *rest + strspn(*rest, " ");
    length = strcspn(*ret, " ");
    *rest = *ret + length;
    return length;
}

/* In a line of its own a word must not look like something else. */
static int check_word(const char *word, size_t length)
{
    if (strchr("#;[", *word) || memchr(word, '=', length))
        return -EINVAL;
    return strlen(INDENT) + length <= LIMIT_CONFIG_LINE ? 0 : -ERANGE;
}

static int check_value(const char *key, const char *value)
{
    const char *rest = value, *word;
    size_t length = strlen(value);
    int r = 0;

    if (!text_is_clean(value) || *value == ' ' || *value == ';' || strstr(value, " ;") ||
        (length > 0 && value[length - 1] == ' '))
        return -EINVAL;
    if (fits_line(key, value))
        return 0;
    if (!strchr(value, ' '))
        return -ERANGE;
    while (r == 0 && (length = next_word(&rest, &word)) > 0)
        r = check_word(word, length);
    return r;
}

static void write_value(FILE *out, const char *key, const char *value, const char *newline)
{
    bool fits = fits_line(key, value);
    const char *word;
    size_t length;

    fprintf(out, "%s =%s%s%s", key, *value && fits ? " " : "", fits ? value : "", newline);
    while (!fits && (length = next_word(&value, &word)) > 0)
        fprintf(out, INDENT "%.*s%s", (int)length, word, newline);
}

/* The text from `from` on, without the indented lines of the value that stood before it. */
static void write_rest(FILE *out, const char *from, bool without_more)
{
    struct line line = {.end = from};

    while (next_line(&line)) {
        without_more = without_more && is_more(&line);
        if (!without_more || line.kind != LINE_MORE)
            fwrite(line.start, 1, (size_t)(line.end - line.start), out);
    }
}

/* What the new line stands in place of; with `start` = `end` it goes between others. */
static struct line place_of(const char *text, const struct search *search)
{
    struct line place = search->found;
    const char *value;

    if (place.start)
        return place;
    if (!search->comment.start) {
        place.start = search->last ? search->last : text + strlen(text);
        place.end = place.start;
        return place;
    }
    place = search->comment;
    value = commented_value_at(&place, search->key);
    if (value + strspn(value, " \t") < place.text + place.length)
        place.start = place.end; /* it says something: that may be wanted again */
    return place;
}

static void write_changed(FILE *out, const char *text, const struct search *search,
                          const char *value)
{
    struct line place = place_of(text, search);
    const char *newline = strchr(text, '\n');

    newline = newline && newline > text && newline[-1] == '\r' ? "\r\n" : "\n";
    fwrite(text, 1, (size_t)(place.start - text), out);
    if (place.start > text && place.start[-1] != '\n')
        fputs(newline, out);
    if (!search->last)
        fprintf(out, "%s[%s]%s", place.start > text ? newline : "", search->section, newline);
    write_value(out, search->key, value, newline);
    write_rest(out, place.end, search->found.start);
}

int ini_set(char **text, const char *section, const char *key, const char *value)
{
    struct search search = search_key(*text, section, key);
    _cleanup_(freep) char *old = NULL, *changed = NULL;
    size_t size;
    int r = check_value(key, value);
    FILE *out;

    if (r == 0)
        r = ini_get(*text, section, key, &old);
    if (r < 0 || streq(value, old ? old : ""))
        return r;
    out = open_memstream(&changed, &size);
    if (!out)
        return -ENOMEM;
    write_changed(out, *text, &search, value);
    if (fclose(out) != 0)
        return -ENOMEM;
    free(*text);
    *text = changed;
    changed = NULL;
    return 0;
}
