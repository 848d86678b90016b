/*
 * Entity capabilities (XEP-0115): a hash of what disco#info would tell, carried by every presence
 * so that nobody needs to ask. No state; main thread.
 */
#ifndef NABAZTAGD_XMPP_CAPS_H
#define NABAZTAGD_XMPP_CAPS_H

#include "xmpp/router.h"

#define CAPS_VER_SIZE 29 /* base64 of a SHA-1, with its NUL */

/*
 * XEP-0115 5.1: the hash over `parts`, which are in its order: identities as
 * "category/type/lang/name", features, then form fields with their values. Ended by NULL. Returns 0
 * or -EIO.
 */
int caps_hash(char ret[CAPS_VER_SIZE], const char *const *parts);

/* Our own hash. Returns 0 or -errno. */
int caps_ver(char ret[CAPS_VER_SIZE], const struct router *router);

/* Is `node` the one that names our present capabilities? */
bool caps_is_our_node(const struct router *router, const char *node);

/* A new <c/> for our presences, owned by the caller. Returns 0 or -errno. */
int caps_element(xmpp_stanza_t **ret, struct router *router);

#endif
