/* XEP-0115: Entity Capabilities. */
#include <errno.h>
#include <openssl/evp.h>

#include "xmpp/caps.h"
#include "xmpp/disco.h"
#include "xmpp/stanza.h"
#include "xmpp/xep.h"

#define NS_CAPS   "http://jabber.org/protocol/caps"
#define CAPS_NODE "https://nabaztagd.github.io"

static int digest_parts(EVP_MD_CTX *ctx, const char *const *parts, unsigned char *ret)
{
    int good = EVP_DigestInit_ex(ctx, EVP_sha1(), NULL);

    for (; good && *parts; parts++)
        good = EVP_DigestUpdate(ctx, *parts, strlen(*parts)) && EVP_DigestUpdate(ctx, "<", 1);
    return good && EVP_DigestFinal_ex(ctx, ret, NULL) ? 0 : -EIO;
}

int caps_hash(char ret[CAPS_VER_SIZE], const char *const *parts)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int r = ctx ? digest_parts(ctx, parts, digest) : -EIO;

    EVP_MD_CTX_free(ctx);
    if (r < 0)
        return r;
    EVP_EncodeBlock((unsigned char *)ret, digest, XMPP_SHA1_DIGEST_SIZE);
    return 0;
}

/* The identity, then all features. */
static int make_parts(const char ***ret, const char *identity)
{
    _cleanup_(freep) const char **features = NULL;
    const char **parts;
    size_t count = 0;
    int r = disco_features(&features);

    if (r < 0)
        return r;
    while (features[count])
        count++;
    parts = calloc(count + 2, sizeof(*parts));
    if (!parts)
        return -ENOMEM;
    parts[0] = identity;
    memcpy(parts + 1, features, count * sizeof(*parts));
    *ret = parts;
    return 0;
}

int caps_ver(char ret[CAPS_VER_SIZE], const struct router *router)
{
    _cleanup_(freep) const char **parts = NULL;
    _cleanup_(freep) char *identity = NULL;
    int r;

    if (asprintf(&identity, DISCO_CATEGORY "/" DISCO_TYPE "//%s", router_identity(router)->name) <
        0) {
        identity = NULL;
        return -ENOMEM;
    }
    r = make_parts(&parts, identity);
    return r < 0 ? r : caps_hash(ret, parts);
}

bool caps_is_our_node(const struct router *router, const char *node)
{
    char ver[CAPS_VER_SIZE];
    const char *rest = after_prefix(node, CAPS_NODE "#");

    return rest && caps_ver(ver, router) >= 0 && streq(rest, ver);
}

int caps_element(xmpp_stanza_t **ret, struct router *router)
{
    char ver[CAPS_VER_SIZE];
    const char *const pairs[] = {"hash", "sha-1", "node", CAPS_NODE, "ver", ver, NULL};
    xmpp_stanza_t *caps;
    int r = caps_ver(ver, router);

    if (r < 0)
        return r;
    caps = stanza_new(router_context(router), "c", NS_CAPS);
    if (!caps)
        return -ENOMEM;
    r = stanza_set(caps, pairs);
    if (r < 0) {
        xmpp_stanza_release(caps);
        return r;
    }
    *ret = caps;
    return 0;
}

static const char *const features[] = {NS_CAPS, NULL};

const struct xep xep_caps = {.number = "0115", .features = features};
