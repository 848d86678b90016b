/*
 * The SASL mechanisms a server offers in its stream features (RFC 6120 6.4.1), bounded. Link
 * thread.
 */
#ifndef NABAZTAGD_XMPP_OFFER_H
#define NABAZTAGD_XMPP_OFFER_H

#include <strophe.h>

#include "base/limits.h"
#include "base/util.h"

#define OFFER_NAME \
    32 /* bytes of the longest mechanism name looked at; the RFC allows 20 characters */

struct offer {
    char names[LIMIT_FEATURES][OFFER_NAME];
    const char *list[LIMIT_FEATURES + 1]; /* NULL-terminated, into `names` */
    size_t count;
};

/* Reads <mechanisms/> in <features/>; white space around names, which some servers send, is taken
 * off. */
void offer_read(struct offer *ret, xmpp_stanza_t *features);

/* `list` points into the copy's own names. */
void offer_copy(struct offer *ret, const struct offer *offer);

/* The names in one line, cut to `size`. */
void offer_describe(const struct offer *offer, char *ret, size_t size);

#endif
