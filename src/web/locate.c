#include "web/locate.h"

#include <errno.h>
#include <strings.h>

#include "base/limits.h"
#include "web/address.h"

#define BLANKS     " \t"
#define HARDWARE   "4" /* a Nabaztag:tag */
#define SHOWN_TEXT 40  /* bytes of a value that are repeated in an error */
#define ERROR_SIZE 160

struct locate {
    struct http_request *request;
    locate_handler handler;
    void *userdata;
};

/* "host" or "host:port", as written but for blanks around it. */
static bool read_host(char ret[LOCATE_HOST_SIZE], const char *text)
{
    _cleanup_(freep) char *host = NULL;
    uint16_t port;

    if (strlen(text) >= LOCATE_HOST_SIZE || parse_host_port(text, &host, &port) < 0 || !*host)
        return false;
    memcpy(ret, text, strlen(text) + 1);
    return true;
}

static bool read_ping(struct locate_answer *answer, const char *value)
{
    return read_host(answer->ping, value);
}

static bool read_broad(struct locate_answer *answer, const char *value)
{
    return read_host(answer->broad, value);
}

static bool read_domain(struct locate_answer *answer, const char *value)
{
    _cleanup_(freep) char *host = NULL;
    uint16_t port;

    if (parse_host_port(value, &host, &port) < 0 || !*host || strchr(host, ':'))
        return false;
    memcpy(answer->domain, host, strlen(host) + 1);
    answer->port = port;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct locate_answer *answer, const char *value);
} keys[] = {
    {"ping", read_ping},
    {"broad", read_broad},
    {"xmpp_domain", read_domain},
};

/* A line without its end. It is taken apart in place. */
static int read_line(struct locate_answer *answer, char *line, char *error, size_t size)
{
    char *value = line + strcspn(line, " "), *end;
    char shown[SHOWN_TEXT];

    if (*value)
        *value++ = '\0';
    value += strspn(value, BLANKS);
    for (end = value + strlen(value); end > value && strchr(BLANKS, end[-1]); end--)
        ;
    *end = '\0';

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!streq(line, keys[i].name) || keys[i].read(answer, value))
            continue;
        text_clean(shown, sizeof(shown), value);
        snprintf(error, size, "the answer has no host behind %s, but \"%s\"", keys[i].name, shown);
        return -EBADMSG;
    }
    return 0;
}

/* Without CRs, which are dropped wherever they stand. */
static char *copy_text(const char *text, size_t size)
{
    char *copy = malloc(size + 1), *end = copy;

    if (!copy)
        return NULL;
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r')
            *end++ = text[i];
    *end = '\0';
    return copy;
}

static int read_lines(struct locate_answer *answer, char *text, char *error, size_t size)
{
    char *line;
    int r = 0;

    while (r == 0 && (line = strsep(&text, "\n")))
        r = read_line(answer, line, error, size);
    return r;
}

int locate_parse(struct locate_answer *ret, const char *text, size_t size, char *error,
                 size_t error_size)
{
    struct locate_answer answer = {0};
    _cleanup_(freep) char *copy = NULL;
    int r;

    if (size > LIMIT_LOCATE_BODY || memchr(text, '\0', size)) {
        snprintf(error, error_size, "the answer is not a text of at most %d bytes",
                 LIMIT_LOCATE_BODY);
        return -EBADMSG;
    }
    copy = copy_text(text, size);
    if (!copy) {
        snprintf(error, error_size, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    r = read_lines(&answer, copy, error, error_size);
    if (r == 0 && !*answer.domain) {
        snprintf(error, error_size, "the answer names no xmpp_domain");
        r = -EBADMSG;
    }
    if (r == 0)
        *ret = answer;
    return r;
}

int locate_url(char **ret, const struct locate_details *details)
{
    _cleanup_(freep) char *serial = NULL;
    _cleanup_(freep) char *version = NULL;
    const char *base = details->base;
    char *url;

    if (!base || !details->serial || !details->version || strpbrk(base, "?#") ||
        (strncasecmp(base, "http://", 7) != 0 && strncasecmp(base, "https://", 8) != 0))
        return -EINVAL;
    serial = http_escape(details->serial);
    version = http_escape(details->version);
    if (!serial || !version)
        return -ENOMEM;
    if (asprintf(&url, "%s%slocate.jsp?sn=%s&h=" HARDWARE "&v=%s", base,
                 ends_with(base, "/") ? "" : "/", serial, version) < 0)
        return -ENOMEM;
    *ret = url;
    return 0;
}

/* The handler comes last: it may start, cancel or free anything. */
static void on_answer(const struct http_answer *http_answer, void *userdata)
{
    struct locate *locate = userdata;
    struct locate_answer answer;
    char error[ERROR_SIZE] = "";
    locate_handler handler = locate->handler;
    void *handler_userdata = locate->userdata;
    bool is_near = http_answer->address && address_text_is_near(http_answer->address);

    if (http_answer->error)
        snprintf(error, sizeof(error), "%s", http_answer->error);
    else
        locate_parse(&answer, http_answer->body, http_answer->size, error, sizeof(error));
    free(http_answer->body);

    locate->request = NULL;
    locate_cancel(locate);
    handler(*error ? NULL : &answer, is_near, *error ? error : NULL, handler_userdata);
}

int locate_start(struct locate **ret, struct http *http, const struct locate_details *details,
                 locate_handler handler, void *userdata)
{
    static const struct http_options options = {.body_limit = LIMIT_LOCATE_BODY};
    _cleanup_(freep) char *url = NULL;
    struct locate *locate;
    int r = locate_url(&url, details);

    if (r < 0)
        return r;
    locate = calloc(1, sizeof(*locate));
    if (!locate)
        return -ENOMEM;
    locate->handler = handler;
    locate->userdata = userdata;
    r = http_get(&locate->request, http, url, details->timeout_usec, &options, on_answer, locate);
    if (r < 0) {
        free(locate);
        return r;
    }
    *ret = locate;
    return 0;
}

struct locate *locate_cancel(struct locate *locate)
{
    if (!locate)
        return NULL;
    http_cancel(locate->request);
    free(locate);
    return NULL;
}
