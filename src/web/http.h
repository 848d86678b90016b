/*
 * HTTP GET by libcurl's multi interface on sd-event: never blocks, only http and https, bounded in
 * time, size and redirects, of which none leads from afar to a near address (address.h). Owned by
 * struct rabbit; main thread.
 */
#ifndef NABAZTAGD_WEB_HTTP_H
#define NABAZTAGD_WEB_HTTP_H

#include <systemd/sd-event.h>

#include "base/util.h"

struct http;
struct http_request;

struct http_answer {
    long status; /* HTTP status, 0 when no answer came */
    const char *
        error; /* one clause saying why there is no usable answer, or NULL when status is 200–299 */

    /* All NULL or 0 where the options are, but for the address. */
    char *body;  /* what was wanted, complete, with a NUL behind it; the handler frees it */
    size_t size; /* without that NUL */
    const char *redirect; /* where it leads to, an absolute URL; there is an error as well */
    const char *address;  /* of the one who answered, numeric; NULL after a redirect was followed */
};

typedef void (*http_handler)(const struct http_answer *answer, void *userdata);

/* What a request may want besides. Without a limit the body is thrown away. */
struct http_options {
    size_t body_limit; /* the body is kept, up to so many bytes, and no status but 200 is good */
    bool stay;         /* redirects are told in the answer and not followed */
    bool far_only;     /* a stranger has named the URL: it may not lead to a near address */
};

int http_new(struct http **ret, sd_event *event);

/* Cancels whatever is under way (handlers are not called). Accepts NULL, returns NULL. */
struct http *http_free(struct http *http);

/*
 * Starts GET `url`; `handler` is called exactly once, later, from the event loop, unless the
 * request is cancelled. The options are copied. Returns 0, -EINVAL when the URL is not http or
 * https, or -errno.
 */
int http_get(struct http_request **ret, struct http *http, const char *url, uint64_t timeout_usec,
             const struct http_options *options, http_handler handler, void *userdata);

/* Ends a request without calling its handler. Accepts NULL, returns NULL. Never blocks, even inside
 * a dead resolver. */
struct http_request *http_cancel(struct http_request *request);

/* `text` percent-encoded (all but A-Z a-z 0-9 - . _ ~), allocated; NULL: out of memory. */
char *http_escape(const char *text);

#endif
