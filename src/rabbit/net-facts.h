/*
 * Our own place in the network, as the kernel and the resolver's file have it: for those who ask
 * how the rabbit is connected. IPv4, as the platform's questions are. No state; main thread.
 */
#ifndef NABAZTAGD_RABBIT_NET_FACTS_H
#define NABAZTAGD_RABBIT_NET_FACTS_H

#include <net/if.h>
#include <netinet/in.h>

#include "base/util.h"

/* Dotted text; "" where it is not known. */
struct net_facts {
    char interface[IF_NAMESIZE]; /* of the default route */
    char ip[INET_ADDRSTRLEN], mask[INET_ADDRSTRLEN];
    char gateway[INET_ADDRSTRLEN];
    char dns[INET6_ADDRSTRLEN]; /* the first name server, which may be an IPv6 address */
};

/* Without a default route the address is the first that is up and not the loopback's. */
void net_facts_look(struct net_facts *ret);

/*
 * Takes the interface and the gateway of the best default route out of the text of
 * /proc/net/route. Pure. Returns 0, or -ENOENT (nothing touched) when there is none.
 */
int net_facts_take_route(struct net_facts *ret, const char *text);

/* Takes the first name server out of the text of resolv.conf(5). Pure. Returns 0 or -ENOENT. */
int net_facts_take_dns(struct net_facts *ret, const char *text);

#endif
