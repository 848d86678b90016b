#include "base/options.h"

#include <assert.h>
#include <errno.h>
#include <strings.h>
#include <sys/un.h>

#include "base/jid.h"
#include "base/line-spec.h"
#include "base/parse.h"

static const char *const dialect_names[] = {"standard", "violet", NULL};
static const char *const tls_mode_names[] = {"required", "optional", "direct", "off", NULL};
static const char *const mechanism_names[] = {"SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "PLAIN",
                                              NULL};
static const char *const bridge_names[] = {"in-in", "in-in-en", "phase-enable", NULL};
const char *const language_names[LANGUAGE_COUNT + 1] = {"en", "fr", "de", "it", NULL};

static_assert(sizeof(enum dialect) == sizeof(unsigned) &&
                  sizeof(enum tls_mode) == sizeof(unsigned) &&
                  sizeof(enum bridge) == sizeof(unsigned) &&
                  sizeof(enum language) == sizeof(unsigned),
              "enums are stored as unsigned");

static int find_name(const char *const *names, const char *text)
{
    for (int i = 0; names[i]; i++)
        if (streq(names[i], text))
            return i;
    return -EINVAL;
}

/* Scalars */

static void clear_nothing(void *field)
{
}

static int parse_flag(const struct option *option, const char *text, void *field)
{
    return parse_bool(text, field);
}

static int format_flag(const struct option_type *type, const void *field, char **ret)
{
    return strdup_to(ret, *(const bool *)field ? "yes" : "no");
}

static int parse_choice(const struct option *option, const char *text, void *field)
{
    int index = find_name(option->type->names, text);

    if (index >= 0)
        memcpy(field, &(unsigned){(unsigned)index}, sizeof(unsigned));
    return index < 0 ? index : 0;
}

static int format_choice(const struct option_type *type, const void *field, char **ret)
{
    unsigned index;

    memcpy(&index, field, sizeof(index));
    return strdup_to(ret, type->names[index]);
}

static int parse_number(const struct option *option, const char *text, void *field)
{
    unsigned low = 0, high = UINT32_MAX;

    if (option->low)
        parse_unsigned(option->low, 0, UINT32_MAX, &low);
    if (option->high)
        parse_unsigned(option->high, 0, UINT32_MAX, &high);
    return parse_unsigned(text, low, high, field);
}

static int format_number(const struct option_type *type, const void *field, char **ret)
{
    return asprintf(ret, "%u", *(const unsigned *)field) < 0 ? -ENOMEM : 0;
}

static int parse_time(const struct option *option, const char *text, void *field)
{
    uint64_t low = 0, high = USEC_NEVER, value;
    int r = parse_usec(text, &value);

    if (r < 0)
        return r;
    if (option->low)
        parse_usec(option->low, &low);
    if (option->high)
        parse_usec(option->high, &high);
    if (value < low || value > high)
        return -ERANGE;
    *(uint64_t *)field = value;
    return 0;
}

static int format_time(const struct option_type *type, const void *field, char **ret)
{
    static const struct {
        const char *name;
        uint64_t usec;
    } units[] = {{"h", 60 * USEC_PER_MIN},
                 {"min", USEC_PER_MIN},
                 {"s", USEC_PER_SEC},
                 {"ms", USEC_PER_MSEC},
                 {"us", 1}};
    uint64_t value = *(const uint64_t *)field;
    size_t i = 0;

    while (value % units[i].usec != 0)
        i++;
    return asprintf(ret, "%llu%s", (unsigned long long)(value / units[i].usec), units[i].name) < 0
               ? -ENOMEM
               : 0;
}

/* Strings */

static void clear_string(void *field)
{
    free(*(char **)field);
    *(char **)field = NULL;
}

static int format_string(const struct option_type *type, const void *field, char **ret)
{
    return strdup_to(ret, *(char *const *)field);
}

static int parse_text(const struct option *option, const char *text, void *field)
{
    return text_is_clean(text) ? strdup_to(field, text) : -EINVAL;
}

static int parse_account(const struct option *option, const char *text, void *field)
{
    _cleanup_(jid_clear) struct jid jid = {0};
    int r = jid_parse(text, &jid);

    if (r == 0 && jid.resource)
        r = -EINVAL;
    return r < 0 ? r : strdup_to(field, text);
}

static int parse_resource(const struct option *option, const char *text, void *field)
{
    _cleanup_(jid_clear) struct jid jid = {0};
    _cleanup_(freep) char *full = NULL;
    int r;

    if (asprintf(&full, "example.org/%s", text) < 0)
        return -ENOMEM;
    r = jid_parse(full, &jid);
    return r < 0 ? r : strdup_to(field, text);
}

static int parse_server(const struct option *option, const char *text, void *field)
{
    _cleanup_(freep) char *host = NULL;
    uint16_t port;
    int r = parse_host_port(text, &host, &port);

    return r < 0 ? r : strdup_to(field, text);
}

static int parse_email(const struct option *option, const char *text, void *field)
{
    const char *at = strchr(text, '@');

    if (!at || at == text || !at[1] || strchr(at + 1, '@') || strpbrk(text, " \t<>,"))
        return -EINVAL;
    return parse_text(option, text, field);
}

static int parse_socket_path(const struct option *option, const char *text, void *field)
{
    if (strlen(text) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return -ERANGE;
    return parse_text(option, text, field);
}

static int parse_pin(const struct option *option, const char *text, void *field)
{
    char digits[65];
    int r = parse_fingerprint(text, digits);

    return r < 0 ? r : strdup_to(field, digits);
}

static int parse_serial_number(const struct option *option, const char *text, void *field)
{
    char digits[13];
    int r = parse_serial(text, digits);

    return r < 0 ? r : strdup_to(field, digits);
}

static int parse_line(const struct option *option, const char *text, void *field)
{
    struct line_spec spec;
    int r = line_spec_parse(text, &spec);

    return r < 0 ? r : strdup_to(field, text);
}

static int parse_word(const struct option *option, const char *text, void *field)
{
    return strpbrk(text, " \t") ? -EINVAL : strdup_to(field, text);
}

/* One order of the colours: each letter once. */
static bool is_order(const char *word, size_t length)
{
    return length == 3 && memchr(word, 'r', 3) && memchr(word, 'g', 3) && memchr(word, 'b', 3);
}

static int parse_order(const struct option *option, const char *text, void *field)
{
    size_t words = 0, length;

    for (const char *word = text; *word; word += length + strspn(word + length, " \t")) {
        length = strcspn(word, " \t");
        if (!is_order(word, length))
            return -EINVAL;
        words++;
    }
    return words == 1 || words == CONFIG_LEDS ? strdup_to(field, text) : -EINVAL;
}

/* The part of a URL between "://" and the path: where it begins and its length; NULL without http
 * or https. */
static const char *url_authority(const char *url, size_t *ret_length)
{
    const char *start = NULL;

    if (strncasecmp(url, "http://", 7) == 0)
        start = url + 7;
    else if (strncasecmp(url, "https://", 8) == 0)
        start = url + 8;
    *ret_length = start ? strcspn(start, "/?") : 0;
    return start;
}

/* How many bytes of the authority are "user:password@". */
static size_t userinfo_length(const char *authority, size_t length)
{
    const char *at = memrchr(authority, '@', length);

    return at ? (size_t)(at - authority) + 1 : 0;
}

/* "#" is refused because a query is going to be appended. */
static int parse_url(const struct option *option, const char *text, void *field)
{
    _cleanup_(freep) char *place = NULL, *host = NULL;
    size_t length, user;
    const char *authority = url_authority(text, &length);
    uint16_t port;
    int r;

    if (!authority || strpbrk(text, " #\"<>\\^`{|}"))
        return -EINVAL;
    for (const char *c = text; *c; c++)
        if (*c < 0x21 || *c > 0x7e)
            return -EINVAL;
    user = userinfo_length(authority, length);
    place = strndup(authority + user, length - user);
    if (!place)
        return -ENOMEM;
    r = parse_host_port(place, &host, &port);
    return r < 0 ? r : strdup_to(field, text);
}

/* One star, so that the line never grows beyond what a file may hold. */
static int format_url(const struct option_type *type, const void *field, char **ret)
{
    const char *url = *(char *const *)field;
    size_t length, user;
    const char *authority, *colon;

    if (!url)
        return strdup_to(ret, NULL);
    authority = url_authority(url, &length);
    user = userinfo_length(authority, length);
    colon = memchr(authority, ':', user);
    if (!colon || colon + 2 >= authority + user)
        return strdup_to(ret, url);
    return asprintf(ret, "%.*s*%s", (int)(colon + 1 - url), url, authority + user - 1) < 0 ? -ENOMEM
                                                                                           : 0;
}

/* Lists */

static void clear_list(void *field)
{
    char ***list = field;

    for (char **word = *list; word && *word; word++)
        free(*word);
    free(*list);
    *list = NULL;
}

static int list_append(void *field, const char *word)
{
    char ***list = field, **longer, *copy;
    size_t n = 0;

    for (; *list && (*list)[n]; n++)
        if (streq((*list)[n], word))
            return -EEXIST;

    longer = reallocarray(*list, n + 2, sizeof(char *));
    if (!longer)
        return -ENOMEM;
    *list = longer;
    longer[n] = NULL;
    copy = strdup(word);
    if (!copy)
        return -ENOMEM;
    longer[n] = copy;
    longer[n + 1] = NULL;
    return 0;
}

static int parse_list_word(const struct option *option, const char *text, void *field)
{
    return list_append(field, text);
}

static int parse_mechanism(const struct option *option, const char *text, void *field)
{
    int r = find_name(mechanism_names, text);

    return r < 0 ? r : list_append(field, text);
}

/* A bare domain would pass for a JID, but among people it is a forgotten half. */
static int parse_person(const struct option *option, const char *text, void *field)
{
    _cleanup_(jid_clear) struct jid jid = {0};
    _cleanup_(freep) char *bare = NULL;
    int r = jid_parse(text, &jid);

    if (r == 0 && (!jid.local || jid.resource))
        r = -EINVAL;
    if (r == 0)
        r = jid_to_bare(&jid, &bare);
    return r ? r : list_append(field, bare);
}

static int parse_host(const struct option *option, const char *text, void *field)
{
    _cleanup_(freep) char *lower = strdup(text);

    if (!lower)
        return -ENOMEM;
    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c |= 0x20;
    return text_is_host(lower) ? list_append(field, lower) : -EINVAL;
}

static int parse_platform(const struct option *option, const char *text, void *field)
{
    _cleanup_(jid_clear) struct jid jid = {0};
    _cleanup_(freep) char *bare = NULL;
    int r = jid_parse(text, &jid);

    if (r == 0 && jid.resource)
        r = -EINVAL;
    if (r == 0)
        r = jid_to_bare(&jid, &bare);
    return r ? r : list_append(field, bare);
}

/* The types: what people are told, and how each is read, written and cleared. */

const struct option_type option_bool = {
    .expected = "yes or no",
    .parse = parse_flag,
    .format = format_flag,
    .clear = clear_nothing,
};

const struct option_type option_dialect = {
    .expected = "standard or violet",
    .parse = parse_choice,
    .format = format_choice,
    .clear = clear_nothing,
    .names = dialect_names,
};

const struct option_type option_tls_mode = {
    .expected = "required, optional, direct or off",
    .parse = parse_choice,
    .format = format_choice,
    .clear = clear_nothing,
    .names = tls_mode_names,
};

const struct option_type option_language = {
    .expected = "en, fr, de or it",
    .parse = parse_choice,
    .format = format_choice,
    .clear = clear_nothing,
    .names = language_names,
};

const struct option_type option_number = {
    .expected = "a whole number",
    .parse = parse_number,
    .format = format_number,
    .clear = clear_nothing,
};

const struct option_type option_time = {
    .expected = "a time such as 500ms, 10s or 5min",
    .parse = parse_time,
    .format = format_time,
    .clear = clear_nothing,
};

const struct option_type option_text = {
    .expected = "a text without control characters",
    .parse = parse_text,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_account = {
    .expected = "local@domain or domain, without a resource",
    .parse = parse_account,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_resource = {
    .expected = "the resource of a JID",
    .parse = parse_resource,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_server = {
    .expected = "host, host:port or [IPv6]:port",
    .parse = parse_server,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_path = {
    .expected = "the path of a file",
    .parse = parse_text,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_socket_path = {
    .expected = "a path of at most 107 bytes",
    .parse = parse_socket_path,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_email = {
    .expected = "an e-mail address",
    .parse = parse_email,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_fingerprint = {
    .expected = "the 64 hex digits of a SHA-256 fingerprint, with or without colons",
    .parse = parse_pin,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_serial = {
    .expected = "12 hex digits",
    .parse = parse_serial_number,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_url = {
    .expected = "a URL that begins with http:// or https:// and has no spaces and no #",
    .parse = parse_url,
    .format = format_url,
    .clear = clear_string,
    .secret = true,
};

const struct option_type option_mechanisms = {
    .expected = "names out of SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5 PLAIN",
    .parse = parse_mechanism,
    .clear = clear_list,
    .is_list = true,
};

const struct option_type option_people = {
    .expected = "JIDs such as alice@example.org, without a resource, separated by spaces",
    .parse = parse_person,
    .clear = clear_list,
    .is_list = true,
};

const struct option_type option_rooms = {
    .expected = "JIDs of rooms such as kitchen@rooms.example.org, separated by spaces",
    .parse = parse_person,
    .clear = clear_list,
    .is_list = true,
};

const struct option_type option_hosts = {
    .expected = "names or addresses of hosts, separated by spaces",
    .parse = parse_host,
    .clear = clear_list,
    .is_list = true,
};

const struct option_type option_platforms = {
    .expected = "JIDs, domains or *@domain, separated by spaces",
    .parse = parse_platform,
    .clear = clear_list,
    .is_list = true,
};

const struct option_type option_bridge = {
    .expected = "in-in, in-in-en or phase-enable",
    .parse = parse_choice,
    .format = format_choice,
    .clear = clear_nothing,
    .names = bridge_names,
};

const struct option_type option_line = {
    .expected = "a line such as 17, GPIO17 or CHIP:17,active-low,pull-up",
    .parse = parse_line,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_word = {
    .expected = "one word",
    .parse = parse_word,
    .format = format_string,
    .clear = clear_string,
};

const struct option_type option_words = {
    .expected = "words separated by spaces",
    .parse = parse_list_word,
    .clear = clear_list,
    .is_list = true,
};

const struct option_type option_order = {
    .expected = "the order of the colours such as rgb, for all, or five of them",
    .parse = parse_order,
    .format = format_string,
    .clear = clear_string,
};
