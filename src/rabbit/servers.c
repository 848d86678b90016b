#include "rabbit/servers.h"

#include <errno.h>

#define ANSWER_USEC (10 * USEC_PER_SEC) /* the original's */

struct servers {
    struct http *http;
    servers_handler handler;
    void *userdata;

    struct locate *locate; /* under way */
    bool is_known, is_near;
    struct locate_answer answer;
    char hook[LOCATE_HOST_SIZE + sizeof("http:///vl/sendMailXMPP.jsp")];
};

int servers_new(struct servers **ret, struct http *http, servers_handler handler, void *userdata)
{
    struct servers *servers = calloc(1, sizeof(*servers));

    if (!servers)
        return -ENOMEM;
    servers->http = http;
    servers->handler = handler;
    servers->userdata = userdata;
    *ret = servers;
    return 0;
}

void servers_forget(struct servers *servers)
{
    servers->locate = locate_cancel(servers->locate);
    servers->is_known = false;
    *servers->hook = '\0';
}

struct servers *servers_free(struct servers *servers)
{
    if (!servers)
        return NULL;
    servers_forget(servers);
    free(servers);
    return NULL;
}

static void on_located(const struct locate_answer *answer, bool is_near, const char *error,
                       void *userdata)
{
    struct servers *servers = userdata;

    servers->locate = NULL;
    if (answer) {
        servers->is_known = true;
        servers->is_near = is_near;
        servers->answer = *answer;
        if (*answer->ping)
            snprintf(servers->hook, sizeof(servers->hook), "http://%s/vl/sendMailXMPP.jsp",
                     answer->ping);
    }
    servers->handler(answer ? NULL : error, servers->userdata);
}

int servers_find(struct servers *servers, const struct config *config, const char *serial)
{
    const struct locate_details details = {
        .base = config->rabbit.locate,
        .serial = serial,
        .version = config->rabbit.version,
        .timeout_usec = ANSWER_USEC,
    };

    if (!config_is_violet(config) || !details.base || servers->is_known)
        return 1;
    servers->locate = locate_cancel(servers->locate);
    return locate_start(&servers->locate, servers->http, &details, on_located, servers);
}

const struct locate_answer *servers_known(const struct servers *servers)
{
    return servers->is_known ? &servers->answer : NULL;
}

bool servers_are_near(const struct servers *servers)
{
    return servers->is_known && servers->is_near;
}

const char *servers_hook(const struct servers *servers, const struct config *config,
                         bool *ret_may_be_near)
{
    *ret_may_be_near = config->report.url || (servers && servers_are_near(servers));
    if (config->report.url)
        return config->report.url;
    return servers && *servers->hook ? servers->hook : NULL;
}
