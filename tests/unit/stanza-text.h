/*
 * For tests of pure stanza code: a libstrophe context as the test's state, and stanzas from text.
 */
#ifndef NABAZTAGD_TESTS_UNIT_STANZA_TEXT_H
#define NABAZTAGD_TESTS_UNIT_STANZA_TEXT_H

#include "helper.h"

#include <strophe.h>

static inline int make_context(void **state)
{
    *state = xmpp_ctx_new(NULL, NULL);
    return *state ? 0 : -1;
}

static inline int free_context(void **state)
{
    xmpp_ctx_free(*state);
    return 0;
}

static inline xmpp_stanza_t *stanza_from_text(xmpp_ctx_t *ctx, const char *text)
{
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(ctx, text);

    if (!stanza)
        fail_msg("not a stanza: %s", text);
    return stanza;
}

#endif
