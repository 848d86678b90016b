/*
 * The configuration: read from INI files through one table of options (base/options.c), immutable
 * afterwards. Owned by main; everybody else holds a const pointer. A reload makes a new one. Main
 * thread only.
 *
 * The table is the single place where a key is spelt: reading, --check, --dump-config, the
 * commented default configuration and the manual page are made from it or tested against it.
 */
#ifndef NABAZTAGD_BASE_CONFIG_H
#define NABAZTAGD_BASE_CONFIG_H

#include "base/util.h"

enum dialect { DIALECT_STANDARD, DIALECT_VIOLET };
enum tls_mode { TLS_REQUIRED, TLS_OPTIONAL, TLS_DIRECT, TLS_OFF };
enum language { LANGUAGE_EN, LANGUAGE_FR, LANGUAGE_DE, LANGUAGE_IT, LANGUAGE_COUNT };

/* Strings are NULL when not set; lists are NULL-terminated arrays, never NULL themselves. */
struct config {
    struct {
        char *jid; /* as written: "local@domain" or "domain" */
        char *resource;
        char *server; /* "host[:port]" */
        enum dialect dialect;
        char *password_file;
        bool register_account;
        char *name;
        char *email;
    } account;
    struct {
        enum tls_mode mode;
        char *ca_file;
        char *fingerprint; /* 64 lower-case hex digits */
    } tls;
    struct {
        char **mechanisms; /* SASL names, preferred first */
        bool plaintext;
    } sasl;
    struct {
        char *url;
        uint64_t timeout_usec;
    } report;
    struct {
        char *serial; /* 12 lower-case hex digits */
        char *version;
        char *locate;
        char *name;
        enum language language;
    } rabbit;
    struct {
        char *board;
        unsigned brightness; /* percent */
    } body;
    struct {
        uint64_t debounce_usec, double_usec, long_usec;
    } button;
    struct {
        char *socket;
    } sim;
    struct {
        char **owners, **users, **rooms; /* bare JIDs, lower case */
        char **fetch;                    /* host names */
    } access;
    struct {
        char **platforms;
    } violet;

    struct config_origin *origins; /* where each option came from, in table order */
};

/* One thing wrong (or worth knowing) about the configuration. */
struct config_problem {
    char *place; /* "FILE:LINE", or the file alone */
    char *text;  /* "[section] key: expected …" */
    bool note;   /* for information: the configuration is valid all the same */
};

struct config_problems {
    struct config_problem *list;
    size_t count;
    size_t errors; /* how many are not notes */
};

void config_problems_clear(struct config_problems *problems);

/*
 * Reads `path` and then `*.conf` in `drop_in_dir` in name order (both may be missing when
 * `optional`). All problems of all files are collected in one run. Returns 0 with a configuration,
 * -EINVAL when there are errors (no configuration then), or -errno when a file could not be read
 * (also told in `problems`).
 */
int config_load(struct config **ret, const char *path, const char *drop_in_dir, bool optional,
                struct config_problems *problems);

/* The same from an open stream, called `name` in problems. */
int config_load_stream(struct config **ret, FILE *file, const char *name,
                       struct config_problems *problems);

struct config *config_free(struct config *config);

static inline void config_freep(struct config **config)
{
    *config = config_free(*config);
}

/* Every key with its effective value and where it came from; secrets masked. Returns 0 or -errno.
 */
int config_dump(const struct config *config, FILE *out);

/* The commented default configuration as `conf/nabaztagd.conf` must hold it: used by a test. */
int config_write_template(FILE *out);

/* The names of the languages, in order; NULL-terminated. */
extern const char *const language_names[LANGUAGE_COUNT + 1];

#endif
