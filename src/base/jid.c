#include "base/jid.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/parse.h"

static void lower_ascii(char *text)
{
    for (; *text; text++)
        *text = ascii_lower(*text);
}

static bool is_address_literal(const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];
    char inner[INET6_ADDRSTRLEN] = "";
    size_t n = strlen(text);

    if (n < 2 || n - 2 >= sizeof(inner) || text[0] != '[' || text[n - 1] != ']')
        return false;
    memcpy(inner, text + 1, n - 2);
    return inet_pton(AF_INET6, inner, address) == 1;
}

/* A host name as in text_is_host(), but letters beyond ASCII are let through: whether such a name
 * exists, DNS knows. */
static bool domain_is_valid(const char *text)
{
    char ascii[JID_PART_MAX + 1];
    size_t n = strlen(text);

    if (is_address_literal(text))
        return true;
    if (n > HOST_NAME_LENGTH_MAX || strchr(text, ':') || !text_is_clean(text))
        return false;
    for (size_t i = 0; i <= n; i++)
        ascii[i] = text[i] & 0x80 ? 'x' : text[i];
    return text_is_host(ascii);
}

static bool local_is_valid(const char *text)
{
    return *text && strlen(text) <= JID_PART_MAX && !strpbrk(text, " \"&'/:<>@") &&
           text_is_clean(text);
}

static bool resource_is_valid(const char *text)
{
    return *text && strlen(text) <= JID_PART_MAX && text_is_clean(text);
}

/* Splits `text` in place (RFC 7622 3.1): the first "/" comes before any "@" is looked for. */
static int split(char *text, const char **ret_local, const char **ret_domain,
                 const char **ret_resource)
{
    char *slash = strchr(text, '/'), *at, *domain;

    if (slash)
        *slash = '\0';
    at = strchr(text, '@');
    if (at)
        *at = '\0';
    domain = at ? at + 1 : text;
    lower_ascii(text);
    lower_ascii(domain);

    /* A final dot is the same domain (RFC 7622 3.2). */
    size_t n = strlen(domain);
    if (n > 1 && domain[n - 1] == '.')
        domain[n - 1] = '\0';

    *ret_local = at ? text : NULL;
    *ret_domain = domain;
    *ret_resource = slash ? slash + 1 : NULL;
    if ((at && !local_is_valid(text)) || !domain_is_valid(domain) ||
        (slash && !resource_is_valid(slash + 1)))
        return -EINVAL;
    return 0;
}

int jid_parse(const char *text, struct jid *ret)
{
    _cleanup_(freep) char *copy = strdup(text);
    const char *local, *domain, *resource;
    struct jid jid = {0};
    int r;

    if (!copy)
        return -ENOMEM;
    r = split(copy, &local, &domain, &resource);
    if (r < 0)
        return r;
    if (strdup_to(&jid.local, local) < 0 || strdup_to(&jid.domain, domain) < 0 ||
        strdup_to(&jid.resource, resource) < 0) {
        jid_clear(&jid);
        return -ENOMEM;
    }
    *ret = jid;
    return 0;
}

void jid_clear(struct jid *jid)
{
    free(jid->local);
    free(jid->domain);
    free(jid->resource);
    *jid = (struct jid){0};
}

int jid_to_bare(const struct jid *jid, char **ret)
{
    if (asprintf(ret, "%s%s%s", jid->local ? jid->local : "", jid->local ? "@" : "", jid->domain) >=
        0)
        return 0;
    *ret = NULL;
    return -ENOMEM;
}

int jid_bare(const char *text, char **ret)
{
    _cleanup_(jid_clear) struct jid jid = {0};
    int r = jid_parse(text, &jid);

    return r < 0 ? r : jid_to_bare(&jid, ret);
}
