/*
 * A server's half of a SASL login, a line a message. The first line names the mechanism; a line
 * that begins with "=" is the data of <success/>, one with "+" a challenge in the clear, any other
 * a challenge as it stands. NONCE in the clear stands for the client's own.
 */
#include <gsasl.h>

#include "base/secret.h"
#include "base/util.h"
#include "fuzz.h"
#include "xmpp/sasl.h"

/* libgsasl forgets what it had read of a DIGEST-MD5 challenge that turns out to be malformed. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libgsasl.so\n";
}

static char nonce[256];

/* Remembers what follows "r=" of a SCRAM message. */
static void learn_nonce(const char *base64)
{
    char *text;
    size_t size;

    *nonce = '\0';
    if (!base64 || gsasl_base64_from(base64, strlen(base64), &text, &size) != GSASL_OK)
        return;
    char *copy = strndup(text, size), *at = copy ? strstr(copy, ",r=") : NULL;
    if (at)
        snprintf(nonce, sizeof(nonce), "%s", at + 3);
    free(copy);
    gsasl_free(text);
}

/* Base64 of a message in the clear, allocated. */
static char *encode(const char *text)
{
    const char *at = strstr(text, "NONCE");
    char *clear, *base64;

    if (at)
        require(asprintf(&clear, "%.*s%s%s", (int)(at - text), text, nonce, at + 5) >= 0);
    else
        require(asprintf(&clear, "%s", text) >= 0);
    require(gsasl_base64_to(clear, strlen(clear), &base64, NULL) == GSASL_OK);
    free(clear);
    return base64;
}

static void say(struct sasl *sasl, const char *line)
{
    _cleanup_(secret_freep) char *response = NULL;

    if (*line == '=') {
        sasl_succeed(sasl, line + 1);
    } else if (*line == '+') {
        char *base64 = encode(line + 1);

        require((sasl_respond(sasl, base64, &response) == 0) == (response != NULL));
        gsasl_free(base64);
    } else {
        require((sasl_respond(sasl, line, &response) == 0) == (response != NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text;
    const char *mechanism = strsep(&rest, "\n"), *line;
    _cleanup_(secret_freep) char *initial = NULL;
    struct sasl *sasl = NULL;

    if (sasl_new(&sasl, mechanism, "f81edfee27c1", "secret", "almacska") == 0) {
        require(sasl_start(sasl, &initial) == 0);
        learn_nonce(initial);
        while ((line = strsep(&rest, "\n")))
            say(sasl, line);
    }
    sasl_free(sasl);
    free(text);
    return 0;
}
