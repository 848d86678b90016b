#include "web/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>

#include "base/limits.h"
#include "base/parse.h"

#define BROADCAST "broadcast"

/* Networks */

struct network {
    uint8_t bytes[16];
    unsigned bits;
};

static const struct network near_v4[] = {
    {{0}, 8},                   /* this machine */
    {{127}, 8},                 /* loopback */
    {{169, 254}, 16},           /* link-local; clouds tell secrets at .169.254 */
    {{100, 100, 100, 200}, 32}, /* so does Alibaba's */
    {{192, 0, 0}, 24},          /* protocol assignments; Oracle's at .192 */
    {{168, 63, 129, 16}, 32},   /* Azure's */
    {{224}, 3},                 /* multicast, reserved, broadcast */
};

static const struct network near_v6[] = {
    {{[0] = 0}, 127},                           /* :: and ::1 */
    {{0xfe, 0x80}, 10},                         /* link-local */
    {{0xfe, 0xc0}, 10},                         /* once site-local */
    {{0xff}, 8},                                /* multicast */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48}, /* a NAT64 of the network itself */
    {{0xfd, 0x00, 0x0e, 0xc2}, 32},             /* Amazon's fd00:ec2::254 */
    {{0xfd, 0x20, 0x00, 0xce}, 32},             /* Google's fd20:ce::254 */
};

/* Where an IPv4 address stands inside an IPv6 one. */
static const struct {
    struct network network;
    unsigned at;
} wrapped[] = {
    {{{[10] = 0xff, 0xff}, 96}, 12},      /* ::ffff:0:0/96, mapped */
    {{{[8] = 0xff, 0xff}, 96}, 12},       /* ::ffff:0:0:0/96, translated */
    {{{0}, 96}, 12},                      /* ::/96, once compatible */
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12}, /* NAT64 */
    {{{0x20, 0x02}, 16}, 2},              /* 6to4 */
};

static bool is_in(const struct network *network, const uint8_t *address)
{
    for (unsigned i = 0; i < network->bits; i++)
        if ((network->bytes[i / 8] ^ address[i / 8]) & (0x80 >> i % 8))
            return false;
    return true;
}

static bool v4_is_near(const uint8_t *address)
{
    for (size_t i = 0; i < ARRAY_SIZE(near_v4); i++)
        if (is_in(&near_v4[i], address))
            return true;
    return false;
}

static bool v6_is_near(const uint8_t *address)
{
    for (size_t i = 0; i < ARRAY_SIZE(near_v6); i++)
        if (is_in(&near_v6[i], address))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(wrapped); i++)
        if (is_in(&wrapped[i].network, address))
            return v4_is_near(address + wrapped[i].at);
    return false;
}

bool address_is_near(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return v4_is_near((const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr);
    if (address->sa_family == AF_INET6)
        return v6_is_near((const uint8_t *)&((const struct sockaddr_in6 *)address)->sin6_addr);
    return true;
}

bool address_text_is_near(const char *text)
{
    uint8_t bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1)
        return v4_is_near(bytes);
    return inet_pton(AF_INET6, text, bytes) != 1 || v6_is_near(bytes);
}

/* URLs */

static void free_parts(CURLU **parts)
{
    curl_url_cleanup(*parts);
}

static void free_text(char **text)
{
    curl_free(*text);
}

/*
 * The host as all spellings of it have it in common: curl makes numbers in their many forms plain
 * and drops zone identifiers; letters become small here and a dot at the end goes. Allocated; NULL:
 * out of memory or no host of ours.
 */
static char *plain_host(CURLU *parts)
{
    _cleanup_(free_text) char *host = NULL;
    size_t length;

    if (curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return NULL;
    length = strlen(host);
    if (length > 1 && host[length - 1] == '.')
        length--;
    if (length > HOST_NAME_LENGTH_MAX || length == 0)
        return NULL;
    for (size_t i = 0; i < length; i++)
        if (host[i] >= 'A' && host[i] <= 'Z')
            host[i] |= 0x20;
    return strndup(host, length);
}

static CURLU *parse(const char *url, unsigned flags)
{
    CURLU *parts = curl_url();

    if (parts && curl_url_set(parts, CURLUPART_URL, url, flags) == CURLUE_OK)
        return parts;
    curl_url_cleanup(parts);
    return NULL;
}

/* Hosts */

enum { HOST_LOCATE, HOST_PING, HOST_BROAD, HOST_PLACES };

struct allow {
    char *broad;              /* as the answer had it */
    char *hosts[HOST_PLACES]; /* plain; NULL: none */
    char **listed;            /* plain, NULL-terminated */
    bool is_near;
};

/* `prefix` makes a URL of the name. Nothing named is nothing kept. */
static int keep_host(char **ret, const char *prefix, const char *name)
{
    _cleanup_(freep) char *url = NULL;
    _cleanup_(free_parts) CURLU *parts = NULL;
    bool bare_v6 = !*prefix ? false : inet_pton(AF_INET6, name, (uint8_t[16]){0}) == 1;

    if (asprintf(&url, bare_v6 ? "%s[%s]/" : *prefix ? "%s%s/" : "%s%s", prefix, name) < 0)
        return -ENOMEM;
    parts = parse(url, 0);
    if (!parts)
        return -EINVAL;
    *ret = plain_host(parts);
    return *ret ? 0 : -EINVAL;
}

static int keep_named(struct allow *allow, const struct allow_names *names)
{
    const char *const named[HOST_PLACES] = {
        [HOST_LOCATE] = names->locate, [HOST_PING] = names->ping, [HOST_BROAD] = names->broad};
    int r = 0;

    for (size_t i = 0; i < HOST_PLACES && r == 0; i++)
        if (named[i] && *named[i])
            r = keep_host(&allow->hosts[i], i == HOST_LOCATE ? "" : "http://", named[i]);
    if (r == 0 && allow->hosts[HOST_BROAD])
        r = strdup_to(&allow->broad, names->broad);
    return r;
}

static int keep_listed(struct allow *allow, char *const *listed)
{
    size_t count = 0;
    int r = 0;

    while (listed && listed[count])
        count++;
    allow->listed = calloc(count + 1, sizeof(*allow->listed));
    if (!allow->listed)
        return -ENOMEM;
    for (size_t i = 0; i < count && r == 0; i++)
        r = keep_host(&allow->listed[i], "http://", listed[i]);
    return r;
}

int allow_new(struct allow **ret, const struct allow_names *names)
{
    struct allow *allow = calloc(1, sizeof(*allow));
    int r;

    if (!allow)
        return -ENOMEM;
    allow->is_near = names->is_near;
    r = keep_named(allow, names);
    if (r == 0)
        r = keep_listed(allow, names->listed);
    if (r < 0) {
        allow_free(allow);
        return r;
    }
    *ret = allow;
    return 0;
}

struct allow *allow_free(struct allow *allow)
{
    if (!allow)
        return NULL;
    for (size_t i = 0; i < HOST_PLACES; i++)
        free(allow->hosts[i]);
    for (size_t i = 0; allow->listed && allow->listed[i]; i++)
        free(allow->listed[i]);
    free(allow->listed);
    free(allow->broad);
    free(allow);
    return NULL;
}

/* What a person wrote into the configuration may be near; what the platform names, where it is near
 * itself. */
static bool find_host(const struct allow *allow, const char *host, bool *ret_may_be_near)
{
    bool named = false;

    for (size_t i = 0; i < HOST_PLACES; i++)
        named |= streq_ptr(allow->hosts[i], host);
    *ret_may_be_near = streq_ptr(allow->hosts[HOST_LOCATE], host) || (named && allow->is_near);
    for (size_t i = 0; allow->listed[i]; i++)
        if (streq(allow->listed[i], host))
            named = *ret_may_be_near = true;
    return named;
}

static int refuse(char error[ALLOW_ERROR_SIZE], int r, const char *clause)
{
    snprintf(error, ALLOW_ERROR_SIZE, "%s", clause);
    return r;
}

static int check_parts(const struct allow *allow, CURLU *parts, bool *ret_may_be_near,
                       char error[ALLOW_ERROR_SIZE])
{
    _cleanup_(free_text) char *scheme = NULL;
    _cleanup_(free_text) char *user = NULL;
    _cleanup_(free_text) char *password = NULL;
    _cleanup_(freep) char *host = NULL;
    char shown[HOST_NAME_LENGTH_MAX + 1];

    if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        (!streq(scheme, "http") && !streq(scheme, "https")))
        return refuse(error, -EACCES, "the URL is neither http nor https");
    if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PASSWORD, &password, 0) == CURLUE_OK)
        return refuse(error, -EACCES, "the URL has a user or a password in it");
    host = plain_host(parts);
    if (!host)
        return refuse(error, -EINVAL, "the URL names no host");
    if (find_host(allow, host, ret_may_be_near))
        return 0;
    text_clean(shown, sizeof(shown), host);
    snprintf(error, ALLOW_ERROR_SIZE,
             "the host %s is neither the platform's nor listed in [access] fetch", shown);
    return -EACCES;
}

int allow_url(const struct allow *allow, const char *url, char **ret, bool *ret_may_be_near,
              char error[ALLOW_ERROR_SIZE])
{
    _cleanup_(free_parts) CURLU *parts = NULL;
    _cleanup_(free_text) char *text = NULL;
    int r;

    if (strlen(url) > LIMIT_URL) {
        snprintf(error, ALLOW_ERROR_SIZE, "the URL is longer than %d bytes", LIMIT_URL);
        return -EINVAL;
    }
    parts = parse(url, CURLU_NON_SUPPORT_SCHEME);
    if (!parts)
        return refuse(error, -EINVAL, "the URL is malformed");
    r = check_parts(allow, parts, ret_may_be_near, error);
    if (r < 0)
        return r;
    if (curl_url_get(parts, CURLUPART_URL, &text, 0) != CURLUE_OK)
        return refuse(error, -EINVAL, "the URL is malformed");
    *ret = strdup(text);
    return *ret ? 0 : refuse(error, -ENOMEM, strerror(ENOMEM));
}

/* "broadcast" alone or before a path: so a host called broadcast.example is still itself. */
static const char *after_broadcast(const char *text)
{
    const char *rest = after_prefix(text, BROADCAST);

    return rest && (!*rest || strchr("/?#", *rest)) ? rest : NULL;
}

/* Letters and what else a scheme may have, then "://": it may come in a query as well. */
static bool has_scheme(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";

    return after_prefix(text + strspn(text, allowed), "://") != NULL;
}

int allow_program_url(const struct allow *allow, const char *text, char **ret,
                      bool *ret_may_be_near, char error[ALLOW_ERROR_SIZE])
{
    const char *rest = after_broadcast(text);
    _cleanup_(freep) char *url = NULL;
    int r;

    if (strlen(text) > LIMIT_URL)
        return allow_url(allow, text, ret, ret_may_be_near, error);
    if (rest && !allow->broad)
        return refuse(error, -EACCES, "the platform has named no host for broadcast");
    if (rest)
        r = asprintf(&url, "http://%s%s", allow->broad, rest);
    else
        r = asprintf(&url, "%s%s", has_scheme(text) ? "" : "http://", text);
    if (r < 0) {
        url = NULL;
        return refuse(error, -ENOMEM, strerror(ENOMEM));
    }
    return allow_url(allow, url, ret, ret_may_be_near, error);
}
