#include "xmpp/failure.h"

#include <stdarg.h>

struct cause {
    const char *token; /* with a trailing dash: a family of tokens */
    enum failure_kind kind;
    const char *what;
    const char *remedy;
};

static const struct cause causes[] = {
    {"dns", FAILURE_NETWORK, "the server's name has no address",
     "check [account] jid or server, and the resolver"},
    {"refused", FAILURE_NETWORK, "the connection was refused",
     "check that the XMPP server runs and [account] server"},
    {"unreachable", FAILURE_NETWORK, "the server cannot be reached",
     "check the network and [account] server"},
    {"silent-", FAILURE_NETWORK, "the server fell silent",
     "check that the port speaks XMPP; it is tried again"},
    {"tls-not-offered", FAILURE_NETWORK, "the server offers no TLS",
     "set [tls] mode = optional or off only if the network is trusted"},
    {"tls-failed", FAILURE_NETWORK, "the TLS handshake failed",
     "check the server's TLS set-up and [tls] mode"},
    {"cert-untrusted", FAILURE_NETWORK, "the server's certificate is not trusted",
     "set [tls] ca-file or fingerprint"},
    {"cert-name", FAILURE_NETWORK, "the server's certificate is for another name",
     "check [account] jid, or set [tls] fingerprint"},
    {"cert-expired", FAILURE_NETWORK, "the server's certificate is outside its dates",
     "check the clock, renew the certificate, or set [tls] fingerprint"},
    {"cert-pin", FAILURE_NETWORK, "the server's certificate is not the pinned one",
     "if the server changed its certificate, change [tls] fingerprint"},
    {"no-mechanism", FAILURE_REFUSED, "the server offers no login mechanism that is allowed",
     "see [sasl] mechanisms and plaintext"},
    {"rejected", FAILURE_REJECTED, "the server rejected the login",
     "the account is registered anew if that is allowed"},
    {"sasl-", FAILURE_REFUSED, "the server refused the login", "ask the server's administrator"},
    {"proof-invalid", FAILURE_REFUSED, "the server could not prove that it knows the password",
     "this may be an impostor; check [account] server"},
    {"stream-conflict", FAILURE_REFUSED, "another client took over this resource",
     "make sure only one rabbit uses this account and resource"},
    {"stream-", FAILURE_NETWORK, "the server ended the stream", "it is tried again"},
    {"bind-failed", FAILURE_REFUSED, "the server refused the resource", "check [account] resource"},
    {"register-closed", FAILURE_REGISTER_GET, "the server does not let accounts be registered",
     "open registration on the server, or make the account there and set [account] password-file"},
    {"register-unsupported", FAILURE_REGISTER_GET,
     "the server's registration cannot be filled in by a rabbit",
     "make the account on the server and set [account] password-file"},
    {"register-refused", FAILURE_REGISTER_SET, "the server refused the registration",
     "see [account] name and email, or ask the server's administrator"},
    {"register-wait", FAILURE_REGISTER_SET, "the server wants us to wait before registering",
     "it is tried again later"},
    {"register-conflict", FAILURE_REGISTER_CONFLICT, "the account exists with another password",
     "set its password in [account] password-file, or delete it on the server"},
    {"protocol", FAILURE_NETWORK, "the server broke the protocol",
     "check that the port speaks XMPP"},
    {"ping-timeout", FAILURE_NETWORK, "the server does not answer any more", "it is tried again"},
    {"eof", FAILURE_NETWORK, "the server closed the connection", "it is tried again"},
    {"too-large", FAILURE_NETWORK, "the server sent more than a rabbit can hold",
     "it is tried again"},
};

static bool cause_matches(const struct cause *cause, const char *token)
{
    size_t n = strlen(cause->token);

    return cause->token[n - 1] == '-' ? strncmp(token, cause->token, n) == 0
                                      : streq(token, cause->token);
}

static const struct cause *find_cause(const char *token)
{
    static const struct cause unknown = {"protocol", FAILURE_NETWORK, "the connection failed",
                                         "it is tried again"};

    for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
        if (cause_matches(&causes[i], token))
            return &causes[i];
    return &unknown;
}

const char *failure_remedy(const char *cause)
{
    return find_cause(cause)->remedy;
}

void failure_set(struct failure *failure, const char *cause, const char *detail, ...)
{
    const struct cause *row = find_cause(cause);
    char seen[256] = "";
    va_list arguments;

    if (detail) {
        va_start(arguments, detail);
        vsnprintf(seen, sizeof(seen), detail, arguments);
        va_end(arguments);
    }
    failure->kind = row->kind;
    snprintf(failure->cause, sizeof(failure->cause), "%s", cause);
    snprintf(failure->text, sizeof(failure->text), "%s%s%s%s; %s", row->what, *seen ? " (" : "",
             seen, *seen ? ")" : "", row->remedy);
}

void failure_token(char *ret, size_t size, const char *prefix, const char *condition)
{
    size_t n = condition ? strspn(condition, "abcdefghijklmnopqrstuvwxyz-") : 0;

    if (n == 0 || n > 40 || condition[n])
        condition = "unknown";
    snprintf(ret, size, "%s%s", prefix, condition);
}
