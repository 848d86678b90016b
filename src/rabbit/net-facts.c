#include "rabbit/net-facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/route.h>
#include <resolv.h>

#include "base/limits.h"

/* That of the process itself: the service sees no other part of /proc. */
#define ROUTE_FILE "/proc/self/net/route"

struct route_line {
    char interface[IF_NAMESIZE];
    unsigned destination, gateway, flags, metric, mask;
};

/* Addresses are there as the number the kernel keeps them in: in network order, printed in ours. */
static bool read_line(struct route_line *ret, const char *line)
{
    _Static_assert(IF_NAMESIZE == 16, "the width of the name below");
    return sscanf(line, "%15s %8x %8x %4x %*u %*u %10u %8x", ret->interface, &ret->destination,
                  &ret->gateway, &ret->flags, &ret->metric, &ret->mask) == 6;
}

static bool is_default(const struct route_line *line)
{
    return line->destination == 0 && line->mask == 0 && (line->flags & RTF_UP) &&
           !(line->flags & RTF_REJECT);
}

static const char *next_line(const char *text)
{
    const char *newline = strchr(text, '\n');

    return newline ? newline + 1 : NULL;
}

int net_facts_take_route(struct net_facts *ret, const char *text)
{
    struct route_line best = {.interface = ""}, line;

    for (; text; text = next_line(text))
        if (read_line(&line, text) && is_default(&line) &&
            (!*best.interface || line.metric < best.metric))
            best = line;
    if (!*best.interface)
        return -ENOENT;
    memcpy(ret->interface, best.interface, sizeof(ret->interface));
    ret->gateway[0] = '\0';
    if (best.flags & RTF_GATEWAY)
        inet_ntop(AF_INET, &(struct in_addr){best.gateway}, ret->gateway, sizeof(ret->gateway));
    return 0;
}

static bool is_address(const char *text)
{
    struct in6_addr space;

    return inet_pton(AF_INET, text, &space) == 1 || inet_pton(AF_INET6, text, &space) == 1;
}

int net_facts_take_dns(struct net_facts *ret, const char *text)
{
    char word[sizeof(ret->dns)] = "";

    for (; text; text = next_line(text)) {
        const char *rest = after_prefix(text, "nameserver");
        size_t space = rest ? strspn(rest, " \t") : 0;
        size_t size = space > 0 ? strcspn(rest + space, " \t\n") : 0;

        if (size == 0 || size >= sizeof(word))
            continue;
        snprintf(word, sizeof(word), "%.*s", (int)size, rest + space);
        if (!is_address(word))
            continue;
        memcpy(ret->dns, word, sizeof(ret->dns));
        return 0;
    }
    return -ENOENT;
}

/* As much as has room, without a last line that is cut. "" when there is none. */
static void read_text(char ret[LIMIT_NET_TEXT], const char *path)
{
    _cleanup_(fclosep) FILE *file = fopen(path, "re");
    size_t size = file ? fread(ret, 1, LIMIT_NET_TEXT - 1, file) : 0;

    while (size == LIMIT_NET_TEXT - 1 && ret[size - 1] != '\n' && --size > 0)
        ;
    ret[size] = '\0';
}

static bool fits(const struct net_facts *facts, const struct ifaddrs *at)
{
    if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET || !at->ifa_netmask ||
        !(at->ifa_flags & IFF_UP))
        return false;
    return *facts->interface ? streq(at->ifa_name, facts->interface)
                             : !(at->ifa_flags & IFF_LOOPBACK);
}

static void print_address(char ret[INET_ADDRSTRLEN], const struct sockaddr *address)
{
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, ret,
              INET_ADDRSTRLEN);
}

static void look_for_address(struct net_facts *facts)
{
    struct ifaddrs *list, *at;

    if (getifaddrs(&list) < 0)
        return;
    for (at = list; at && !fits(facts, at); at = at->ifa_next)
        ;
    if (at) {
        print_address(facts->ip, at->ifa_addr);
        print_address(facts->mask, at->ifa_netmask);
    }
    freeifaddrs(list);
}

void net_facts_look(struct net_facts *ret)
{
    char text[LIMIT_NET_TEXT];

    *ret = (struct net_facts){.ip = ""};
    read_text(text, ROUTE_FILE);
    net_facts_take_route(ret, text);
    read_text(text, _PATH_RESCONF);
    net_facts_take_dns(ret, text);
    look_for_address(ret);
}
