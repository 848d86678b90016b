/*
 * The server's answers to a registration: a form is filled in, a refusal understood. Whatever it
 * is, there is an answer or a cause.
 */
#include <errno.h>

#include "base/util.h"
#include "fuzz.h"
#include "xmpp/register.h"

static void fill_in(xmpp_ctx_t *ctx, xmpp_stanza_t *iq)
{
    static const struct register_fields fields = {"jabber:iq:register", "f81edfee27c1", "secret",
                                                  "Nabaztag", NULL};
    xmpp_stanza_t *query = xmpp_stanza_get_child_by_ns(iq, fields.ns), *answer = NULL;
    struct failure failure = {.kind = FAILURE_NONE};
    int r = query ? register_fill_in(&answer, ctx, query, &fields, &failure) : -ENOENT;

    if (r == 0) {
        require(streq_ptr(xmpp_stanza_get_ns(answer), fields.ns));
        xmpp_stanza_release(answer);
    }
    require(r != -EPROTO || (failure.kind != FAILURE_NONE && *failure.cause));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    xmpp_stanza_t *iq = xmpp_stanza_new_from_string(ctx, text);

    if (iq && xmpp_stanza_is_tag(iq)) {
        fill_in(ctx, iq);
        for (int set = 0; set < 2; set++) {
            struct failure failure = {.kind = FAILURE_NONE};

            register_refusal(iq, set, &failure);
            require(after_prefix(failure.cause, "register-"));
        }
    }
    if (iq)
        xmpp_stanza_release(iq);
    xmpp_ctx_free(ctx);
    free(text);
    return 0;
}
