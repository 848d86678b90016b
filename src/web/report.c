#include "web/report.h"

#include <errno.h>
#include <strings.h>

const char *report_reason_name(enum report_reason reason)
{
    static const char *const names[] = {
        [REPORT_LOGIN] = "FailureLogin",
        [REPORT_REGISTER_GET] = "FailureRegister1",
        [REPORT_REGISTER_SET] = "FailureRegister2",
    };

    return names[reason];
}

static bool is_web_url(const char *url)
{
    return url && (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0);
}

/* What stands between the first `length` bytes of `url` and the first of our parameters. */
static const char *joint(const char *url, size_t length)
{
    if (!memchr(url, '?', length))
        return "?";
    return url[length - 1] == '?' || url[length - 1] == '&' ? "" : "&";
}

int report_url(char **ret, const struct report_details *details, enum report_reason reason)
{
    _cleanup_(freep) char *serial = NULL;
    _cleanup_(freep) char *domain = NULL;
    _cleanup_(freep) char *version = NULL;
    const char *url = details->url;

    if (!is_web_url(url) || !details->serial || !details->domain || !details->version)
        return -EINVAL;

    serial = http_escape(details->serial);
    domain = http_escape(details->domain);
    version = http_escape(details->version);
    if (!serial || !domain || !version)
        return -ENOMEM;

    size_t length = strcspn(url, "#");
    char *full;
    if (asprintf(&full, "%.*s%sm=%s&d=%s&r=%s&v=%s", (int)length, url, joint(url, length), serial,
                 domain, report_reason_name(reason), version) < 0)
        return -ENOMEM;
    *ret = full;
    return 0;
}

int report_send(struct http_request **ret, struct http *http, const struct report_details *details,
                enum report_reason reason, http_handler handler, void *userdata)
{
    const struct http_options options = {.far_only = !details->may_be_near};
    _cleanup_(freep) char *url = NULL;
    int r = report_url(&url, details, reason);

    if (r < 0)
        return r;
    return http_get(ret, http, url, details->timeout_usec, &options, handler, userdata);
}
