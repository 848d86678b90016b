/*
 * The table of all options and their types: the only place where a key, its default and its limits
 * are spelt. Reading, checking, --dump-config and the commented default configuration all walk it.
 * Constant data, any thread.
 */
#ifndef NABAZTAGD_BASE_OPTIONS_H
#define NABAZTAGD_BASE_OPTIONS_H

#include "base/config.h"

struct option;

/* What a value looks like. A list has fields of type char **, and its parse() is called once a
 * word. */
struct option_type {
    const char *expected; /* completes the sentence "expected …" */

    /* Stores into `field`. Returns 0, -EINVAL, -ERANGE, -EEXIST (a list has the word already) or
     * -ENOMEM. */
    int (*parse)(const struct option *option, const char *text, void *field);
    /* The canonical text, allocated; NULL when not set; passwords masked. Not for lists. Returns 0
     * or -ENOMEM. */
    int (*format)(const struct option_type *type, const void *field, char **ret);
    /* Back to "not set". */
    void (*clear)(void *field);

    const char *const *names; /* of an enum's values, in order; NULL-terminated */
    bool is_list;
    bool secret; /* a wrong value is not repeated in messages */
};

struct option {
    const char *section, *key;
    const struct option_type *type;
    size_t offset;
    const char *fallback;        /* the default, as it would be written; NULL: not set */
    const char *violet_fallback; /* the default under dialect = violet; NULL: the same */
    const char *low, *high;      /* limits, as they would be written */
    const char *help;
};

struct option_section {
    const char *name;
    const char *help;
    bool board; /* what a board profile may set */
};

/* In the order of the documentation; NULL behind the last one. */
const struct option *option_at(size_t index);

/* NULL when there is none. */
const struct option *option_find(const char *section, const char *key);
const struct option_section *option_section_find(const char *name);

size_t option_index(const struct option *option);

/* Where the option's value lies. */
void *option_field(const struct option *option, struct config *config);
const void *option_field_const(const struct option *option, const struct config *config);

/* "a time such as 10s, from 5ms to 250ms", allocated. Returns 0 or -ENOMEM. */
int option_expected(const struct option *option, char **ret);

/* What the key or section was probably meant to be, or NULL. */
const char *option_nearest_key(const char *section, const char *key);
const char *option_nearest_section(const char *name);

/* The types (base/option-types.c). */
extern const struct option_type option_bool, option_text, option_account, option_resource,
    option_server, option_dialect, option_tls_mode, option_language, option_path,
    option_socket_path, option_email, option_fingerprint, option_serial, option_url, option_time,
    option_number, option_mechanisms, option_people, option_rooms, option_hosts, option_platforms,
    option_bridge, option_line, option_word, option_words, option_order;

#endif
