/*
 * The rabbit's people on XMPP: subscribes to the owners, approves owners and users and nobody else,
 * greets each owner once in its life, knows which owners are online and tells them things. Owned by
 * struct rabbit; main thread.
 */
#ifndef NABAZTAGD_RABBIT_OWNERS_H
#define NABAZTAGD_RABBIT_OWNERS_H

#include "base/config.h"
#include "rabbit/access.h"
#include "xmpp/roster.h"
#include "xmpp/router.h"

struct owners;

/* `directory` holds the state file "greeted". Everything handed over must outlive the owners. */
int owners_new(struct owners **ret, const struct config *config, struct access *access,
               struct router *router, const char *directory);
struct owners *owners_free(struct owners *owners);

/* Takes over from the owners of an earlier configuration (may be NULL) who is online. */
void owners_inherit(struct owners *owners, struct owners *earlier);

/* Online, and `roster` is known: subscribe, approve, greet. */
void owners_welcome(struct owners *owners, const struct roster *roster);

/* The stream is gone: so is what we knew about who is online. */
void owners_forget_presence(struct owners *owners);

/* An incoming presence: somebody comes, goes, or wants to see us. */
void owners_on_presence(struct owners *owners, xmpp_stanza_t *presence);

/*
 * Sends a chat message with this text, and with `payload` beside it (may be NULL, its reference is
 * not taken), to every owner who is online. Returns how many that were.
 */
unsigned owners_tell(struct owners *owners, const char *text, xmpp_stanza_t *payload);

#endif
