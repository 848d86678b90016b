/*
 * The failure report: GET url?m=SERIAL&d=DOMAIN&r=REASON&v=VERSION to the platform's hook
 * (protocol.md 1.2). One at a time; its answer is awaited for a bounded time and otherwise ignored.
 * Owned by struct rabbit; main thread.
 */
#ifndef NABAZTAGD_WEB_REPORT_H
#define NABAZTAGD_WEB_REPORT_H

#include "web/http.h"

enum report_reason { REPORT_LOGIN, REPORT_REGISTER_GET, REPORT_REGISTER_SET };

struct report_details {
    const char *url;  /* of the hook; may have a query of its own */
    bool may_be_near; /* it may lead to a near address: see address_is_near() */
    const char *serial;
    const char *domain;
    const char *version;
    uint64_t timeout_usec;
};

/* The URL that reports `reason`, allocated. Pure. Returns 0, -EINVAL or -ENOMEM. */
int report_url(char **ret, const struct report_details *details, enum report_reason reason);

/* "FailureLogin", "FailureRegister1", "FailureRegister2" */
const char *report_reason_name(enum report_reason reason);

/* Sends a report; `handler` as in http_get(). */
int report_send(struct http_request **ret, struct http *http, const struct report_details *details,
                enum report_reason reason, http_handler handler, void *userdata);

#endif
