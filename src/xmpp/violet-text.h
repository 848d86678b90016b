/*
 * The stanzas of the violet dialect, byte for byte as the original firmware writes them, which
 * OpenJabNab matches literally (protocol.md, sections 2.2 to 2.7 and 4.1). Pure; any thread.
 */
#ifndef NABAZTAGD_XMPP_VIOLET_TEXT_H
#define NABAZTAGD_XMPP_VIOLET_TEXT_H

#include "base/util.h"

enum violet_text {
    VIOLET_HEADER,
    VIOLET_AUTH,
    VIOLET_RESPONSE,      /* argument: base64 */
    VIOLET_LAST_RESPONSE, /* to a proof */
    VIOLET_REGISTER_GET,
    VIOLET_REGISTER_SET, /* argument: the password, XORed */
    VIOLET_BIND,         /* argument: the resource to be; bound to none yet, the first time */
    VIOLET_BIND_STRICT,  /* the first for servers that refuse a `from` without resource */
    VIOLET_SESSION,
    VIOLET_SOURCES,
    VIOLET_PRESENCE,
    VIOLET_UNBIND,        /* argument: the resource that was */
    VIOLET_MESSAGE,       /* argument: to whom; body: XML */
    VIOLET_MESSAGE_PLAIN, /* the same where the server says from whom it is: standard dialect */
};

struct violet_words {
    const char *local, *domain, *resource; /* resource: bound; may be NULL where there is none */
    const char *argument;
    const char *body; /* goes in as it is */
    unsigned id;
};

/* Allocated; all words but the body are escaped. NULL: out of memory. */
char *violet_text(enum violet_text which, const struct violet_words *words);

#endif
