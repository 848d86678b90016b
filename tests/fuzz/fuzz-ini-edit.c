/*
 * A configuration file in which one value is changed: all other lines stay, and the daemon reads
 * the same of it as before, but for that value.
 */
#include <ctype.h>

#include "base/config.h"
#include "ctl/ini-edit.h"
#include "fuzz.h"

#define JID    "0019db01dbd7@example.org" /* either dialect takes it */
#define OWNERS "juliet@example.org romeo@example.org"

/* What the daemon makes of it, without where it came from; NULL when it refuses. */
static char *read_config(const char *text)
{
    struct config_problems problems = {.count = 0};
    struct config *config = NULL;
    FILE *file = *text ? fmemopen((void *)text, strlen(text), "r") : NULL, *out;
    char *dump = NULL;
    size_t size;

    if (file && config_load_stream(&config, file, "fuzz", &problems) == 0) {
        out = open_memstream(&dump, &size);
        require(out && config_dump(config, out) == 0 && fclose(out) == 0);
    }
    config_problems_clear(&problems);
    config_free(config);
    if (file)
        fclose(file);
    return dump;
}

/* Compares two texts line by line, without comments and what begins with or follows `key`. */
static const char *next_kept(const char **rest, const char *key, size_t *ret_length)
{
    static const char indents[] = " \t";
    bool skips = false;

    while (**rest) {
        const char *line = *rest;

        *ret_length = strcspn(line, "\n");
        *rest = line + *ret_length + (line[*ret_length] == '\n');
        if (*line == '#' || (skips && strchr(indents, *line)))
            continue;
        skips = strncmp(line, key, strlen(key)) == 0;
        if (!skips)
            return line;
    }
    return NULL;
}

static void compare_but(const char *a, const char *b, const char *key)
{
    const char *line, *other;
    size_t length, other_length;

    do {
        line = next_kept(&a, key, &length);
        other = next_kept(&b, key, &other_length);
        require(!line == !other);
        require(!line || (length == other_length && memcmp(line, other, length) == 0));
    } while (line);
}

static void check_set(const char *before, const char *section, const char *key, const char *value)
{
    char *text = strdup(before), *found = NULL, *old, *new;

    require(text && ini_set(&text, section, key, value) == 0);
    require(ini_get(text, section, key, &found) == 0 && found && strcmp(found, value) == 0);
    free(found);
    old = read_config(before);
    new = read_config(text);
    if (old) {
        require(new &&strstr(new, value));
        compare_but(old, new, key);
    }
    free(old);
    free(new);
    free(text);
}

/* The text may also be a value: refused, or found again. */
static void check_value(const char *value)
{
    char *text = strdup(""), *found = NULL;

    require(text);
    if (ini_set(&text, "account", "jid", value) == 0 && *value) {
        require(ini_get(text, "account", "jid", &found) == 0 && found);
        require(strchr(value, ' ') || strcmp(found, value) == 0);
    } else {
        require(!*text);
    }
    free(found);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    check_set(text, "account", "jid", JID);
    check_set(text, "access", "owners", OWNERS);
    check_value(text);
    free(text);
    return 0;
}
