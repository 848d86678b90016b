#include "xmpp/sasl.h"

#include <ctype.h>
#include <errno.h>
#include <gsasl.h>

#include "base/limits.h"
#include "base/parse.h"
#include "base/secret.h"

struct mechanism {
    const char *name;
    bool client_first; /* <auth> carries an initial response */
    bool must_prove;   /* a success without the server's proof is worth nothing */
    bool cleartext;    /* shows the password to whoever listens */
};

static const struct mechanism mechanisms[] = {
    {.name = "SCRAM-SHA-256", .client_first = true, .must_prove = true},
    {.name = "SCRAM-SHA-1", .client_first = true, .must_prove = true},
    {.name = "DIGEST-MD5"},
    {.name = "PLAIN", .client_first = true, .cleartext = true},
};

struct sasl {
    const struct mechanism *mechanism;
    Gsasl *library;
    Gsasl_session *session;
    unsigned rounds;
    bool proven;
};

static void gsasl_freep(char **pointer)
{
    gsasl_free(*pointer);
}

static const struct mechanism *find_mechanism(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++)
        if (streq(mechanisms[i].name, name))
            return &mechanisms[i];
    return NULL;
}

static bool contains(const char *const *list, const char *name)
{
    for (; *list; list++)
        if (streq(*list, name))
            return true;
    return false;
}

const char *sasl_choose(char *const *allowed, const char *const *offered, bool secured,
                        bool plaintext)
{
    for (; *allowed; allowed++) {
        const struct mechanism *mechanism = find_mechanism(*allowed);

        if (mechanism && contains(offered, mechanism->name) &&
            (secured || plaintext || !mechanism->cleartext))
            return mechanism->name;
    }
    return NULL;
}

int sasl_new(struct sasl **ret, const char *mechanism, const char *user, const char *password,
             const char *domain)
{
    struct sasl *sasl = calloc(1, sizeof(*sasl));

    if (!sasl)
        return -ENOMEM;
    sasl->mechanism = find_mechanism(mechanism);
    if (!sasl->mechanism || gsasl_init(&sasl->library) != GSASL_OK ||
        gsasl_client_start(sasl->library, mechanism, &sasl->session) != GSASL_OK) {
        sasl_free(sasl);
        return -ENOTSUP;
    }
    if (gsasl_property_set(sasl->session, GSASL_AUTHID, user) != GSASL_OK ||
        gsasl_property_set(sasl->session, GSASL_PASSWORD, password) != GSASL_OK ||
        gsasl_property_set(sasl->session, GSASL_SERVICE, "xmpp") != GSASL_OK ||
        gsasl_property_set(sasl->session, GSASL_HOSTNAME, domain) != GSASL_OK) {
        sasl_free(sasl);
        return -ENOMEM;
    }
    *ret = sasl;
    return 0;
}

struct sasl *sasl_free(struct sasl *sasl)
{
    if (!sasl)
        return NULL;
    if (sasl->session)
        gsasl_finish(sasl->session);
    if (sasl->library)
        gsasl_done(sasl->library);
    free(sasl);
    return NULL;
}

const char *sasl_mechanism(const struct sasl *sasl)
{
    return sasl->mechanism->name;
}

/* Decodes base64 after taking white space out (some servers break lines) into a message that also
 * ends with a NUL. */
static int decode(const char *text, char **ret, size_t *ret_size)
{
    _cleanup_(freep) char *packed = NULL;
    _cleanup_(gsasl_freep) char *raw = NULL;
    size_t used = 0;

    if (!text)
        text = "";
    if (strlen(text) > LIMIT_SASL_TEXT)
        return -EBADMSG;
    packed = malloc(strlen(text) + 1);
    if (!packed)
        return -ENOMEM;
    for (; *text; text++)
        if (!isspace((unsigned char)*text))
            packed[used++] = *text;
    if (gsasl_base64_from(packed, used, &raw, ret_size) != GSASL_OK || memchr(raw, '\0', *ret_size))
        return -EBADMSG;
    *ret = strndup(raw, *ret_size);
    return *ret ? 0 : -ENOMEM;
}

/* An iteration count "i=N" that would keep us busy for minutes? `message` is a server-first-message
 * (RFC 5802 7). */
static bool too_many_iterations(const char *message)
{
    unsigned count;

    for (const char *at = message; (at = strstr(at, ",i=")); at += 3) {
        char digits[16];
        size_t n = strspn(at + 3, "0123456789");

        if (n >= sizeof(digits))
            return true;
        memcpy(digits, at + 3, n);
        digits[n] = '\0';
        if (parse_unsigned(digits, 0, LIMIT_SCRAM_ITERATIONS, &count) == -ERANGE)
            return true;
    }
    return false;
}

/* One step of the mechanism. The proof is wrong when it fails at the point where the server should
 * have proven itself. */
static int step(struct sasl *sasl, const char *input, size_t size, char **ret)
{
    _cleanup_(gsasl_freep) char *output = NULL;
    size_t output_size = 0;
    int r = gsasl_step(sasl->session, input, size, &output, &output_size);

    if (r != GSASL_OK && r != GSASL_NEEDS_MORE) {
        bool at_proof = r == GSASL_AUTHENTICATION_ERROR || sasl->rounds > 1;

        return r == GSASL_MALLOC_ERROR ? -ENOMEM : at_proof ? -EKEYREJECTED : -EBADMSG;
    }
    sasl->proven = r == GSASL_OK;
    r = gsasl_base64_to(output, output_size, ret, NULL);
    if (output)
        explicit_bzero(output, output_size);
    return r == GSASL_OK ? 0 : -ENOMEM;
}

int sasl_start(struct sasl *sasl, char **ret)
{
    *ret = NULL;
    return sasl->mechanism->client_first ? step(sasl, NULL, 0, ret) : 0;
}

int sasl_respond(struct sasl *sasl, const char *challenge, char **ret)
{
    _cleanup_(freep) char *message = NULL;
    size_t size = 0;
    int r;

    if (++sasl->rounds > LIMIT_SASL_ROUNDS)
        return -ELOOP;
    r = decode(challenge, &message, &size);
    if (r < 0)
        return r;
    if (size == 0) /* libgsasl would answer it with nothing; no mechanism of ours begins so */
        return -EBADMSG;
    if (sasl->mechanism->must_prove && too_many_iterations(message))
        return -ERANGE;
    return step(sasl, message, size, ret);
}

int sasl_succeed(struct sasl *sasl, const char *data)
{
    _cleanup_(secret_freep) char *ignored = NULL;

    if (data && data[strspn(data, " \t\r\n=")] && !sasl->proven &&
        sasl_respond(sasl, data, &ignored) < 0)
        return -EKEYREJECTED;
    return sasl->proven || !sasl->mechanism->must_prove ? 0 : -EKEYREJECTED;
}
