#include "base/config-parts.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>

/* Settings that exclude each other, or what this release cannot do. */

#define SERIAL_DIGITS "0123456789abcdef"

static bool violet_with_other_name(const struct config *config)
{
    const char *at = config->account.jid ? strchr(config->account.jid, '@') : NULL;

    return config_is_violet(config) && at &&
           (at - config->account.jid != 12 || strspn(config->account.jid, SERIAL_DIGITS) < 12);
}

static bool mechanisms_are(const struct config *config, const char *only)
{
    char **names = config->sasl.mechanisms;

    return names[0] && streq(names[0], only) && !names[1];
}

static bool violet_with_other_mechanisms(const struct config *config)
{
    return config_is_violet(config) && !mechanisms_are(config, "DIGEST-MD5");
}

static bool violet_with_tls(const struct config *config)
{
    return config_is_violet(config) && config->tls.mode != TLS_OFF;
}

static bool plain_never_allowed(const struct config *config)
{
    return mechanisms_are(config, "PLAIN") && config->tls.mode == TLS_OFF &&
           !config->sasl.plaintext;
}

static bool pin_without_tls(const struct config *config)
{
    return config->tls.fingerprint && config->tls.mode == TLS_OFF;
}

static bool ca_without_tls(const struct config *config)
{
    return config->tls.ca_file && config->tls.mode == TLS_OFF;
}

static bool bench_without_sim(const struct config *config)
{
    return config->sim.socket && !streq(config->body.board, "sim");
}

static bool button_times_disordered(const struct config *config)
{
    return config->button.debounce_usec >= config->button.double_usec ||
           config->button.double_usec >= config->button.long_usec;
}

/* The first of the keys that a file sets is blamed. */
static const struct {
    bool (*broken)(const struct config *config);
    const char *section, *keys[3];
    const char *text;
} rules[] = {
    {violet_with_other_name,
     "account",
     {"jid"},
     "expected a domain, or 12 hex digits before the @, because of dialect = violet"},
    {violet_with_other_mechanisms,
     "sasl",
     {"mechanisms"},
     "expected DIGEST-MD5 alone, because of dialect = violet"},
    {violet_with_tls, "tls", {"mode"}, "expected off, because of dialect = violet"},
    {plain_never_allowed,
     "sasl",
     {"mechanisms"},
     "expected more than PLAIN, or [sasl] plaintext = yes, because of [tls] mode = off"},
    {pin_without_tls, "tls", {"fingerprint"}, "expected none, because of mode = off"},
    {ca_without_tls, "tls", {"ca-file"}, "expected none, because of mode = off"},
    {bench_without_sim, "sim", {"socket"}, "expected none, because [body] board is not sim"},
    {button_times_disordered,
     "button",
     {"double", "long", "debounce"},
     "expected debounce to be shorter than double, and double shorter than long"},
};

static const struct config_origin *origin_of(const struct config *config, const char *section,
                                             const char *key)
{
    return &config->origins[option_index(option_find(section, key))];
}

void config_blame(const struct config *config, struct config_problems *problems,
                  const char *section, const char *key, const char *format, ...)
{
    const char *place = origin_of(config, section, key)->place;
    _cleanup_(freep) char *text = NULL;
    va_list arguments;

    if (!problems)
        return;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    config_problem(problems, false, place ? place : config->name, "[%s] %s: %s", section, key,
                   text ? text : strerror(ENOMEM));
}

static void check_rule(const struct config *config, size_t index, struct config_problems *problems)
{
    const char *section = rules[index].section, *const *keys = rules[index].keys;
    size_t blamed = 0;

    if (!rules[index].broken(config))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(rules[index].keys) && keys[i]; i++)
        if (origin_of(config, section, keys[i])->place) {
            blamed = i;
            break;
        }
    config_blame(config, problems, section, keys[blamed], "%s", rules[index].text);
}

/* Files that are named must be there. They are not opened: a pipe would wait for its other end. */
static void check_file(const struct config *config, const char *section, const char *key,
                       const char *path, struct config_problems *problems)
{
    const char *place = origin_of(config, section, key)->place;
    struct stat status;
    int error = 0;

    if (!path || !place)
        return;
    if (access(path, R_OK) < 0 || stat(path, &status) < 0)
        error = errno;
    else if (S_ISDIR(status.st_mode))
        error = EISDIR;
    if (error)
        config_problem(problems, false, place, "[%s] %s: expected a readable file: %s", section,
                       key, strerror(error));
}

static bool same_words(char *const *a, char *const *b)
{
    for (; *a && *b; a++, b++)
        if (!streq(*a, *b))
            return false;
    return !*a && !*b;
}

static bool same_value(const struct option *option, const struct config *a, const struct config *b)
{
    const void *one = option_field_const(option, a), *other = option_field_const(option, b);
    _cleanup_(freep) char *text = NULL, *other_text = NULL;

    if (option->type->is_list)
        return same_words(*(char **const *)one, *(char **const *)other);
    option->type->format(option->type, one, &text);
    option->type->format(option->type, other, &other_text);
    return streq_ptr(text, other_text);
}

bool config_same_board(const struct config *a, const struct config *b)
{
    const struct option *option;

    for (size_t i = 0; (option = option_at(i)); i++)
        if (option_section_find(option->section)->board && option->type != &option_time &&
            !same_value(option, a, b))
            return false;
    return streq(a->body.board, b->body.board);
}

void config_check(const struct config *config, struct config_problems *problems)
{
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
        check_rule(config, i, problems);
    check_file(config, "account", "password-file", config->account.password_file, problems);
    check_file(config, "tls", "ca-file", config->tls.ca_file, problems);

    if (!config->account.jid && problems->errors == 0)
        config_problem(problems, true, config->name,
                       "[account] jid: not set, so the rabbit will not connect");
}
