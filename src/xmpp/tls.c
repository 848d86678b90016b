#include "xmpp/tls.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* What the verifier found during a handshake. */
struct handshake {
    bool pinned;
    struct tls_sight *sight; /* or NULL */
    char cause[32];
    char error[128];
};

/* libstrophe's certificate handler has no userdata and the handshake is synchronous: the one this
 * thread is in. */
static _Thread_local struct handshake *current;

static const char *cause_of(const char *error)
{
    if (strcasestr(error, "expired") || strcasestr(error, "not yet valid"))
        return "cert-expired";
    if (strcasestr(error, "hostname mismatch") || strcasestr(error, "IP address mismatch"))
        return "cert-name";
    return "cert-untrusted";
}

static void see_text(const xmpp_tlscert_t *certificate, xmpp_cert_element_t element, char *ret,
                     size_t size)
{
    const char *text = xmpp_tlscert_get_string(certificate, element);

    snprintf(ret, size, "%s", text ? text : "");
}

static size_t add_name(const GENERAL_NAME *name, char *ret, size_t size)
{
    int type;
    const ASN1_STRING *text = GENERAL_NAME_get0_value(name, &type);

    if (type != GEN_DNS)
        return 0;
    return (size_t)snprintf(ret, size, " %.*s", ASN1_STRING_length(text),
                            (const char *)ASN1_STRING_get0_data(text));
}

/* libstrophe has a function for them that tells none. */
static void see_names(const xmpp_tlscert_t *certificate, char *ret, size_t size)
{
    const char *pem = xmpp_tlscert_get_pem(certificate);
    BIO *bio = pem ? BIO_new_mem_buf(pem, -1) : NULL;
    X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    GENERAL_NAMES *names = x509 ? X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL) : NULL;
    size_t used = 0;

    for (int i = 0; used < size && i < sk_GENERAL_NAME_num(names); i++)
        used += add_name(sk_GENERAL_NAME_value(names, i), ret + used, size - used);
    GENERAL_NAMES_free(names);
    X509_free(x509);
    BIO_free(bio);
}

static void see(const xmpp_tlscert_t *certificate, struct tls_sight *ret)
{
    *ret = (struct tls_sight){.names = ""};
    see_text(certificate, XMPP_CERT_ISSUER, ret->issuer, sizeof(ret->issuer));
    see_text(certificate, XMPP_CERT_NOTBEFORE, ret->not_before, sizeof(ret->not_before));
    see_text(certificate, XMPP_CERT_NOTAFTER, ret->not_after, sizeof(ret->not_after));
    see_text(certificate, XMPP_CERT_FINGERPRINT_SHA256, ret->fingerprint, sizeof(ret->fingerprint));
    see_names(certificate, ret->names, sizeof(ret->names));
}

/* Called for each thing wrong with a certificate: 1 to go on all the same. A pinned one is compared
 * afterwards. */
static int on_bad_certificate(const xmpp_tlscert_t *cert, const char *const error)
{
    if (!current)
        return 0;
    if (!*current->cause) {
        if (current->sight && cert)
            see(cert, current->sight);
        snprintf(current->cause, sizeof(current->cause), "%s", cause_of(error ? error : ""));
        snprintf(current->error, sizeof(current->error), "%s", error ? error : "no reason given");
    }
    return current->pinned;
}

/* "0a1b2c3d.0", as openssl-rehash(1) names them. */
static bool is_hashed(const struct dirent *entry)
{
    const char *name = entry->d_name;

    return strspn(name, "0123456789abcdef") == 8 && streq(name + 8, ".0");
}

static bool has_hashed_folder(void)
{
    DIR *folder = opendir(X509_get_default_cert_dir());
    const struct dirent *entry;
    bool found = false;

    while (folder && !found && (entry = readdir(folder)))
        found = is_hashed(entry);
    if (folder)
        closedir(folder);
    return found;
}

void tls_initialize(void)
{
    const char *file = X509_get_default_cert_file_env(), *folder = X509_get_default_cert_dir_env();

    if (!getenv(file) && !getenv(folder) && has_hashed_folder())
        setenv(file, "/dev/null", 1);
}

int tls_prepare(xmpp_conn_t *conn, const struct order *order)
{
    /* In a raw connection libstrophe leaves starting TLS to us; what counts is that it is not
     * disabled. */
    long flags = order->tls == TLS_OFF ? XMPP_CONN_FLAG_DISABLE_TLS : 0;

    xmpp_conn_set_certfail_handler(conn, on_bad_certificate);
    if (order->ca_file)
        xmpp_conn_set_cafile(conn, order->ca_file);
    return xmpp_conn_set_flags(conn, flags) == XMPP_EOK ? 0 : -EINVAL;
}

/* With a pin exactly this certificate will do, whatever else is right or wrong with it. */
static int compare_pin(const xmpp_tlscert_t *certificate, const char *pin,
                       struct failure *ret_failure)
{
    const char *seen =
        certificate ? xmpp_tlscert_get_string(certificate, XMPP_CERT_FINGERPRINT_SHA256) : NULL;
    int r = seen && streq(seen, pin) ? 0 : -EPROTO;

    if (r < 0)
        failure_set(ret_failure, "cert-pin", "it has %s", seen ? seen : "no fingerprint");
    return r;
}

/* Trusted or pinned: the certificate of a handshake that succeeded. */
static int look_at_certificate(xmpp_conn_t *conn, const char *pin, struct tls_sight *ret_sight,
                               struct failure *ret_failure)
{
    xmpp_tlscert_t *certificate = xmpp_conn_get_peer_cert(conn);
    int r = pin ? compare_pin(certificate, pin, ret_failure) : 0;

    if (certificate && ret_sight)
        see(certificate, ret_sight);
    if (certificate)
        xmpp_tlscert_free(certificate);
    return r;
}

int tls_start(xmpp_conn_t *conn, const struct order *order, struct tls_sight *ret_sight,
              struct failure *ret_failure)
{
    struct handshake handshake = {.pinned = order->fingerprint, .sight = ret_sight};
    int r;

    current = &handshake;
    r = xmpp_conn_tls_start(conn);
    current = NULL;
    if (r != XMPP_EOK || !xmpp_conn_is_secured(conn)) {
        bool blamed = *handshake.cause && !handshake.pinned;

        failure_set(ret_failure, blamed ? handshake.cause : "tls-failed", blamed ? "%s" : NULL,
                    handshake.error);
        return -EPROTO;
    }
    if (!order->fingerprint && !ret_sight)
        return 0;
    return look_at_certificate(conn, order->fingerprint, ret_sight, ret_failure);
}
