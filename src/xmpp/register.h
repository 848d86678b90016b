/*
 * In-band registration (XEP-0077): understands the server's form and fills it in, understands its
 * refusals. Pure: stanzas in, stanzas out. Link thread.
 */
#ifndef NABAZTAGD_XMPP_REGISTER_H
#define NABAZTAGD_XMPP_REGISTER_H

#include <strophe.h>

#include "xmpp/failure.h"

struct register_fields {
    const char *ns; /* of the query */
    const char *username, *password;
    const char *name, *email; /* may be NULL */
};

/*
 * Makes the <query/> that answers the server's <query/> (the payload of the get's result): the
 * legacy fields where it asks for username and password, else its data form (XEP-0004). Returns 0
 * with a query the caller releases, -EPROTO with *ret_failure filled in when a rabbit cannot fill
 * it in (captcha, out-of-band page, unknown required fields), or -ENOMEM.
 */
int register_fill_in(xmpp_stanza_t **ret, xmpp_ctx_t *ctx, xmpp_stanza_t *query,
                     const struct register_fields *fields, struct failure *ret_failure);

/* What an error answer to the get, or (`set`) to the filled-in form, means. Looks at condition
 * elements, not codes. */
void register_refusal(xmpp_stanza_t *iq, bool set, struct failure *ret_failure);

#endif
