/*
 * Stream features, failures and errors as elements: what is made of them is bounded and, as a
 * token, in our own alphabet.
 */
#include "base/util.h"
#include "fuzz.h"
#include "xmpp/failure.h"
#include "xmpp/offer.h"
#include "xmpp/sasl.h"
#include "xmpp/stanza.h"

static void check_token(const char *condition)
{
    char cause[64];

    failure_token(cause, sizeof(cause), "stream-", condition);
    require(strlen(cause) < sizeof(cause) - 1);
    require(cause[strspn(cause, "abcdefghijklmnopqrstuvwxyz-")] == '\0');
}

static void look_at(xmpp_stanza_t *stanza)
{
    static char *const allowed[] = {(char *)"SCRAM-SHA-1", (char *)"PLAIN", NULL};
    char text[LIMIT_FOREIGN_TEXT];
    struct offer offer;
    const char *chosen;

    offer_read(&offer, stanza);
    require(offer.count <= LIMIT_FEATURES && !offer.list[offer.count]);
    offer_describe(&offer, text, sizeof(text));
    require(*text);
    chosen = sasl_choose(allowed, offer.list, false, false);
    require(!chosen || streq(chosen, "SCRAM-SHA-1"));
    check_token(stanza_condition(stanza));
    check_token(stanza_error_condition(stanza));
    stanza_error_text(stanza, text, sizeof(text));
    stanza_error_type(stanza);
    stanza_only_child(stanza);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(ctx, text);

    if (stanza && xmpp_stanza_is_tag(stanza))
        look_at(stanza);
    if (stanza)
        xmpp_stanza_release(stanza);
    xmpp_ctx_free(ctx);
    free(text);
    return 0;
}
