/*
 * What the main thread orders from the link thread: connect to this server as this account, to log
 * in, to register, or to look and do neither. A plain, deep-copied struct; whoever holds it frees
 * it.
 */
#ifndef NABAZTAGD_XMPP_ORDER_H
#define NABAZTAGD_XMPP_ORDER_H

#include "base/config.h"
#include "base/util.h"

enum order_purpose { ORDER_LOGIN, ORDER_REGISTER, ORDER_PROBE };

struct order {
    enum order_purpose purpose;
    char *local, *domain, *resource;
    char *host;    /* instead of DNS, or NULL */
    uint16_t port; /* 0: the usual one; without host: for a domain without SRV records */
    char *password;
    bool password_is_fresh; /* made by us and used nowhere else: may be registered without TLS */
    char *name, *email;     /* for registration forms; email may be NULL */
    enum dialect dialect;
    enum tls_mode tls;
    char *ca_file, *fingerprint; /* or NULL */
    char **mechanisms;           /* NULL-terminated, preferred first */
    bool plaintext;
};

/* A deep copy. Returns 0 or -ENOMEM. */
int order_copy(struct order **ret, const struct order *order);

/* Wipes the password. Accepts NULL, returns NULL. */
struct order *order_free(struct order *order);

static inline void order_freep(struct order **order)
{
    *order = order_free(*order);
}

#endif
