/*
 * Jabber identifiers (RFC 7622), as far as configuration and access control need them: split,
 * checked, lower-cased in ASCII. What lies beyond ASCII is compared byte for byte, so an unusual
 * spelling is refused, never let in. Pure.
 */
#ifndef NABAZTAGD_BASE_JID_H
#define NABAZTAGD_BASE_JID_H

#include "base/util.h"

#define JID_PART_MAX 1023

struct jid {
    char *local;    /* NULL when absent */
    char *domain;   /* never NULL */
    char *resource; /* NULL when absent; case is kept */
};

/* Splits and checks. Returns 0, -EINVAL or -ENOMEM. */
int jid_parse(const char *text, struct jid *ret);
void jid_clear(struct jid *jid);

/* "local@domain" or "domain", allocated; what two JIDs have in common when they are the same
 * account. */
int jid_to_bare(const struct jid *jid, char **ret);

/* The bare, lower-cased form of any JID. Returns 0, -EINVAL or -ENOMEM. */
int jid_bare(const char *text, char **ret);

#endif
