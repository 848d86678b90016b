/*
 * Which hosts and addresses a stranger's URL may lead to: the platform's and the listed ones, and
 * never what only this machine or its link can reach, unless the platform itself is there or it is
 * listed. Pure but for what allow_new() keeps; any thread.
 */
#ifndef NABAZTAGD_WEB_ADDRESS_H
#define NABAZTAGD_WEB_ADDRESS_H

#include <sys/socket.h>

#include "base/util.h"

/*
 * An address of this machine, of its link alone, of many at once, or one at which clouds tell their
 * machines secrets; also where it is wrapped into an IPv6 address (RFC 4291, 6052, 3056). What is
 * no IPv4 or IPv6 address is near as well. Addresses of private networks are not near: platforms
 * live there.
 */
bool address_is_near(const struct sockaddr *address);

/* The same of a numeric one; what is none is near. */
bool address_text_is_near(const char *text);

struct allow;

struct allow_names {
    const char *locate;       /* URL of the configuration; NULL: none */
    const char *ping, *broad; /* host[:port] of the platform's answer; NULL or "": none */
    bool is_near;             /* the answer came from a near address: it may name near ones */
    char *const *listed;      /* names and addresses of hosts, NULL-terminated; NULL: none */
};

/* Returns 0, -EINVAL when a name is not one, or -ENOMEM. */
int allow_new(struct allow **ret, const struct allow_names *names);
struct allow *allow_free(struct allow *allow);

#define ALLOW_ERROR_SIZE 400 /* room for the longest clause */

/*
 * The URL that is meant by one that a program says: "broadcast" at its begin is the platform's
 * host, and "http://" may be left out. It is allocated and the very one that was judged.
 * *ret_may_be_near: its host may be at a near address. Returns 0, -ENOMEM, or -EINVAL and -EACCES
 * with a clause in `error`.
 */
int allow_program_url(const struct allow *allow, const char *text, char **ret,
                      bool *ret_may_be_near, char error[ALLOW_ERROR_SIZE]);

/* The same of a whole URL, such as a redirect's. */
int allow_url(const struct allow *allow, const char *url, char **ret, bool *ret_may_be_near,
              char error[ALLOW_ERROR_SIZE]);

#endif
