#include "xmpp/tls-versions.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#define ANSWER_MAX 16384 /* bytes of header, features and <proceed/> */

static const struct {
    int version;
    const char *name;
} versions[] = {
    {TLS1_3_VERSION, "TLS 1.3"},
    {TLS1_2_VERSION, "TLS 1.2"},
    {TLS1_1_VERSION, "TLS 1.1"},
    {TLS1_VERSION, "TLS 1.0"},
};

static bool say(int fd, const char *text)
{
    size_t size = strlen(text);

    return send(fd, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* Reads up to and with `word`: what comes after it would be the handshake's. */
static bool hear(int fd, const char *word)
{
    size_t matched = 0;
    char byte;

    for (size_t i = 0; i < ANSWER_MAX && recv(fd, &byte, 1, 0) == 1; i++) {
        matched = byte == word[matched] ? matched + 1 : byte == word[0];
        if (!word[matched])
            return true;
    }
    return false;
}

/* RFC 6120 5.4 */
static bool ask_for_tls(int fd, const char *domain)
{
    char header[512];
    int n = snprintf(header, sizeof(header),
                     "<?xml version='1.0'?><stream:stream to='%s' version='1.0' "
                     "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
                     domain);

    return n < (int)sizeof(header) && !strpbrk(domain, "'<&") && say(fd, header) &&
           hear(fd, "</stream:features>") &&
           say(fd, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") && hear(fd, "<proceed") &&
           hear(fd, ">");
}

static bool shake_hands(int fd, const char *domain, SSL_CTX *context)
{
    SSL *ssl = SSL_new(context);
    bool good = ssl && SSL_set_tlsext_host_name(ssl, domain) == 1 && SSL_set_fd(ssl, fd) == 1 &&
                SSL_connect(ssl) == 1;

    SSL_free(ssl);
    return good;
}

/* Old versions need ciphers that are not allowed any more where something is said. */
static SSL_CTX *make_context(int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context && (SSL_CTX_set_min_proto_version(context, version) != 1 ||
                    SSL_CTX_set_max_proto_version(context, version) != 1 ||
                    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0") != 1)) {
        SSL_CTX_free(context);
        context = NULL;
    }
    return context;
}

static bool takes(int fd, const char *domain, bool direct, int version)
{
    SSL_CTX *context = make_context(version);
    bool good = context && (direct || ask_for_tls(fd, domain)) && shake_hands(fd, domain, context);

    SSL_CTX_free(context);
    return good;
}

void tls_versions(tls_dialer dial, void *userdata, const char *domain, bool direct, char *ret,
                  size_t size)
{
    size_t used = 0;

    *ret = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(versions) && used < size; i++) {
        _cleanup_(closep) int fd = dial(userdata);

        if (fd < 0)
            return;
        if (takes(fd, domain, direct, versions[i].version))
            used += (size_t)snprintf(ret + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     versions[i].name);
    }
}
