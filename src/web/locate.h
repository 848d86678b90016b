/*
 * The platform's first word: GET BASE/locate.jsp?sn=SERIAL&h=4&v=VERSION names the servers
 * (protocol.md 1.1 to 1.3). Owned by struct rabbit; main thread. Reading the answer is pure.
 */
#ifndef NABAZTAGD_WEB_LOCATE_H
#define NABAZTAGD_WEB_LOCATE_H

#include "base/parse.h"
#include "web/http.h"

struct locate;

#define LOCATE_HOST_SIZE (HOST_NAME_LENGTH_MAX + sizeof("[]:65535"))

/* "" or 0 where the answer says nothing of it; `domain` is never "". */
struct locate_answer {
    char ping[LOCATE_HOST_SIZE];  /* host[:port] of the hook and what else is asked by HTTP */
    char broad[LOCATE_HOST_SIZE]; /* host[:port] that stands behind "broadcast" in URLs */
    char domain[HOST_NAME_LENGTH_MAX + 1];
    uint16_t port; /* of the XMPP server, where the answer had one */
};

struct locate_details {
    const char *base; /* URL without "/locate.jsp" */
    const char *serial;
    const char *version;
    uint64_t timeout_usec;
};

/*
 * What came of it: an answer, or one clause that says why there is none. `is_near`: the platform
 * was reached at an address that only this machine or its link has (see address_is_near()).
 */
typedef void (*locate_handler)(const struct locate_answer *answer, bool is_near, const char *error,
                               void *userdata);

/*
 * Reads an answer: lines of KEY, space, VALUE, the last of each key counts, CRs and unknown keys
 * are nothing. Returns 0, or -EBADMSG with a clause in `error` (never more than 160 bytes).
 */
int locate_parse(struct locate_answer *ret, const char *text, size_t size, char *error,
                 size_t error_size);

/* The URL to ask, allocated. Returns 0, -EINVAL when the base is not http or https or has a query,
 * or -ENOMEM. */
int locate_url(char **ret, const struct locate_details *details);

/* Asks; `handler` is called once, later, unless it is cancelled. Returns as http_get(). */
int locate_start(struct locate **ret, struct http *http, const struct locate_details *details,
                 locate_handler handler, void *userdata);

/* Accepts NULL, returns NULL. */
struct locate *locate_cancel(struct locate *locate);

#endif
