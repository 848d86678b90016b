/*
 * DIGEST-MD5 challenges: what is taken from them can be answered, and stays within its quotes.
 */
#include "fuzz.h"
#include "xmpp/digest.h"

#define LOGIN_CNONCE "0123456789528"

static const char sent_cnonce[] = "cnonce=\"" LOGIN_CNONCE "\0\",nc=";

static bool is_within_quotes(const char *text)
{
    return strlen(text) <= LIMIT_DIGEST_FIELD && !strpbrk(text, "\"\\\r\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct digest_challenge challenge;
    struct digest_login login = {"0019db01dbd7",    "2097b6826465", NULL,
                                 challenge.nonce,   LOGIN_CNONCE,   "xmpp/almacska",
                                 DIGEST_NUL_AS_SENT};
    char text[DIGEST_RESPONSE_MAX];
    size_t n;

    if (digest_challenge_parse(&challenge, (const char *)data, size) < 0)
        return 0;
    require(is_within_quotes(challenge.realm) && is_within_quotes(challenge.nonce));
    if (challenge.has_realm)
        login.realm = challenge.realm;
    require(digest_respond(&login, text, sizeof(text), &n) == 0);
    require(memmem(text, n, sent_cnonce, sizeof(sent_cnonce) - 1));
    digest_check(&login, challenge.rspauth);
    return 0;
}
