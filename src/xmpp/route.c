#include "xmpp/route.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include "base/clock.h"
#include "base/limits.h"

#define ADDRESS_MAX     64 /* numeric, with the scope of a link-local one */
#define PORT_STARTTLS   5222
#define PORT_DIRECT_TLS 5223

struct route {
    struct {
        char address[ADDRESS_MAX];
        uint16_t port;
    } hops[LIMIT_ADDRESSES];
    size_t count, next;
};

static void add(struct route *route, const struct addrinfo *info, uint16_t port)
{
    char address[ADDRESS_MAX];

    if (route->count == ARRAY_SIZE(route->hops) ||
        getnameinfo(info->ai_addr, info->ai_addrlen, address, sizeof(address), NULL, 0,
                    NI_NUMERICHOST) != 0)
        return;
    memcpy(route->hops[route->count].address, address, sizeof(address));
    route->hops[route->count++].port = port;
}

static void add_host(struct route *route, const char *host, uint16_t port)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_protocol = IPPROTO_TCP,
        .ai_flags = AI_ADDRCONFIG,
    };
    struct addrinfo *list;

    if (getaddrinfo(host, NULL, &hints, &list) != 0)
        return;
    for (const struct addrinfo *info = list; info; info = info->ai_next)
        add(route, info, port);
    freeaddrinfo(list);
}

int route_records(struct srv *ret, size_t max, const struct order *order)
{
    const char *service = order->tls == TLS_DIRECT ? "_xmpps-client" : "_xmpp-client";
    char name[NS_MAXDNAME];
    uint8_t answer[8192];
    int size;

    if (snprintf(name, sizeof(name), "%s._tcp.%s", service, order->domain) >= (int)sizeof(name))
        return -ENOENT;
    size = res_query(name, ns_c_in, ns_t_srv, answer, sizeof(answer));
    if (size < 0)
        return -ENOENT;
    if (size > (int)sizeof(answer))
        size = sizeof(answer);
    return srv_parse(ret, max, answer, (size_t)size);
}

static void find_by_domain(struct route *route, const struct order *order, uint16_t port)
{
    struct srv records[LIMIT_SRV_RECORDS];
    int n = route_records(records, ARRAY_SIZE(records), order);

    if (n <= 0) {
        add_host(route, order->domain, port);
        return;
    }
    srv_order(records, (size_t)n, random_between, NULL);
    for (int i = 0; i < n; i++)
        if (*records[i].target)
            add_host(route, records[i].target, records[i].port);
}

int route_find(struct route **ret, const struct order *order)
{
    uint16_t usual = order->tls == TLS_DIRECT ? PORT_DIRECT_TLS : PORT_STARTTLS;
    struct route *route = calloc(1, sizeof(*route));

    if (!route)
        return -ENOMEM;
    if (order->host)
        add_host(route, order->host, order->port ? order->port : usual);
    else
        find_by_domain(route, order, order->port ? order->port : usual);
    *ret = route;
    return 0;
}

bool route_next(struct route *route, const char **ret_address, uint16_t *ret_port)
{
    if (route->next == route->count)
        return false;
    *ret_address = route->hops[route->next].address;
    *ret_port = route->hops[route->next++].port;
    return true;
}

struct route *route_free(struct route *route)
{
    free(route);
    return NULL;
}
