/*
 * Small helpers over libstrophe's stanzas: making elements, taking errors apart. No state; the
 * thread that holds the stanza.
 */
#ifndef NABAZTAGD_XMPP_STANZA_H
#define NABAZTAGD_XMPP_STANZA_H

#include <strophe.h>

#include "base/util.h"

/* A new element; `ns` may be NULL. NULL: out of memory. */
xmpp_stanza_t *stanza_new(xmpp_ctx_t *ctx, const char *name, const char *ns);

/* Adds a text node. Returns 0 or -ENOMEM. */
int stanza_set_text(xmpp_stanza_t *stanza, const char *text);

/* Adds <name>text</name>. Returns 0 or -ENOMEM. */
int stanza_add_text_child(xmpp_stanza_t *parent, const char *name, const char *text);

/* The text inside the named child, to be freed with xmpp_free() of the stanza's context; NULL when
 * there is none. */
char *stanza_child_text(xmpp_stanza_t *stanza, const char *name);

/* RFC 6120 8.3: the defined condition in an <error/> child ("conflict"), or NULL. */
const char *stanza_error_condition(xmpp_stanza_t *stanza);

/* auth, cancel, continue, modify, wait; or NULL. */
const char *stanza_error_type(xmpp_stanza_t *stanza);

/* The human-readable text of an <error/>, cut to `size`; "" when there is none. */
void stanza_error_text(xmpp_stanza_t *stanza, char *ret, size_t size);

/* First child element that is not <text/>: the condition in <failure/> and <stream:error/> too.
 * NULL: none. */
const char *stanza_condition(xmpp_stanza_t *parent);

/* A new element at the end of `parent`, which owns it. NULL: out of memory. */
xmpp_stanza_t *stanza_add(xmpp_stanza_t *parent, const char *name, const char *ns);

/* Sets attributes from pairs of name and value, ended by NULL. Returns 0 or -ENOMEM. */
int stanza_set(xmpp_stanza_t *stanza, const char *const *pairs);

/* Is this an element of that name and namespace? */
bool stanza_is(xmpp_stanza_t *stanza, const char *name, const char *ns);

/* The one element inside, text aside; NULL when there is none or more than one. */
xmpp_stanza_t *stanza_only_child(xmpp_stanza_t *stanza);

/*
 * A serialised stanza with its attributes in single quotes. libstrophe delimits them with double
 * ones and escapes those everywhere else, so that a double quote is always a delimiter and a single
 * one always content. The copy is allocated. Returns 0 or -ENOMEM.
 */
int stanza_single_quote(char **ret, size_t *ret_size, const char *text, size_t size);

/* The same JID? ASCII letters match in either case up to the '/', byte for byte after it. */
bool stanza_same_jid(const char *a, const char *b);

#endif
