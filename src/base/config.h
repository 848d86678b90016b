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

/* How a motor is driven: see [ear-left] bridge. */
enum bridge { BRIDGE_IN_IN, BRIDGE_IN_IN_EN, BRIDGE_PHASE_ENABLE };

/* Where profiles lie: the administrator's own come before those that came along. */
#define CONFIG_BOARD_FOLDERS NABAZTAGD_SYSCONFDIR "/boards", NABAZTAGD_BOARDDIR

#define CONFIG_EARS 2 /* left, right */
#define CONFIG_LEDS 5 /* nose, left, middle, right, bottom */

/* Lines as base/line-spec.h reads them; NULL when not set. */
struct config_ear {
    enum bridge bridge;
    char *forward, *backward, *phase, *enable, *encoder;
};

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
        char *chip;
    } gpio;
    struct config_ear ears[CONFIG_EARS];
    struct {
        char *line;
        uint64_t debounce_usec, double_usec, long_usec;
    } button;
    struct {
        char *driver;
        char **at[CONFIG_LEDS]; /* where each LED is; what that means is the driver's */
        char *order;            /* "rgb", or five such words, one for each LED */
        char *data, *clock, *mode, *latch;
    } leds;
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

    char *name;                    /* of its file, for people */
    struct config_origin *origins; /* where each option came from, in table order */
    unsigned references;           /* besides the owner's */
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
 * `optional`), and beneath them the profile of [body] board. All problems of all files are
 * collected in one run. Returns 0 with a configuration, -EINVAL when there are errors (no
 * configuration then), or -errno when a file could not be read (also told in `problems`).
 */
int config_load(struct config **ret, const char *path, const char *drop_in_dir, bool optional,
                struct config_problems *problems);

/* The same from an open stream, called `name` in problems. */
int config_load_stream(struct config **ret, FILE *file, const char *name,
                       struct config_problems *problems);

/* For whoever needs it longer than its owner may; given back by config_free(). Not thread-safe. */
struct config *config_ref(const struct config *config);

/* Gives up one of those, or the ownership; the last one to do so frees it. Accepts NULL, returns
 * NULL. */
struct config *config_free(struct config *config);

static inline void config_freep(struct config **config)
{
    *config = config_free(*config);
}

/* Adds the problem "[section] key: text" with the place where that key was set. Does nothing when
 * `problems` is NULL. */
void config_blame(const struct config *config, struct config_problems *problems,
                  const char *section, const char *key, const char *format, ...) _printf_(5, 6);

/* Whether both say the same of the board, but for what can be changed while it runs: times. */
bool config_same_board(const struct config *a, const struct config *b);

/* Every key with its effective value and where it came from; secrets masked. Returns 0 or -errno.
 */
int config_dump(const struct config *config, FILE *out);

/* The commented default configuration as `conf/nabaztagd.conf`, or (`board`) the sections of a
 * board profile as `conf/boards/template.conf` must hold it: used by a test. */
int config_write_template(bool board, FILE *out);

/* Does it speak to the rabbits' own servers? */
static inline bool config_is_violet(const struct config *config)
{
    return config->account.dialect == DIALECT_VIOLET;
}

/* The names of the languages, in order; NULL-terminated. */
extern const char *const language_names[LANGUAGE_COUNT + 1];

#endif
