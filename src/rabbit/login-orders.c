#include <errno.h>

#include "base/limits.h"
#include "rabbit/login-parts.h"

const char *login_serial(const struct login *login)
{
    return login->serial;
}

const char *login_domain(const struct login *login)
{
    const struct locate_answer *known = servers_known(login->servers);

    return known ? known->domain : login->account ? account_domain(login->account) : NULL;
}

const struct servers *login_servers(const struct login *login)
{
    return login->servers;
}

static void place_order(struct login *login)
{
    _cleanup_(freep) char *host = NULL;
    const struct locate_answer *known = servers_known(login->servers);
    struct order order;

    account_order(login->account, login->config, login->serial, &order, &host);
    order.purpose = login->errand.purpose;
    order.password = (char *)login->errand.password;
    order.password_is_fresh = login->errand.fresh;
    order.domain = (char *)login_domain(login);
    if (known && !host)
        order.port = known->port;
    if (link_connect(login->link, &order) < 0)
        login_handle(login, EVENT_FAILED);
}

static void fail_to_find(struct login *login, const char *error)
{
    struct failure failure = {.kind = FAILURE_NONE};

    failure_set(&failure, "unreachable", "locate.jsp: %.*s", LIMIT_FOREIGN_TEXT, error);
    login_on_ended(&failure, login);
}

void login_on_found(const char *error, void *userdata)
{
    struct login *login = userdata;

    if (error)
        fail_to_find(login, error);
    else
        place_order(login);
}

void login_connect(struct login *login, enum order_purpose purpose, const char *password,
                   bool fresh)
{
    int r;

    login->errand.purpose = purpose;
    login->errand.password = password;
    login->errand.fresh = fresh;
    login->stage = STAGE_RESOLVE;
    r = servers_find(login->servers, login->config, login->serial);
    if (r > 0)
        place_order(login);
    else if (r < 0)
        fail_to_find(login, strerror(-r));
}
