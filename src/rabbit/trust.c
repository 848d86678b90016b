#include "rabbit/trust.h"

static const char *const usual_platforms[] = {"net.openjabnab.platform", "net.violet.platform"};

/* Is `text`, `length` bytes long, this word, whatever the case of its ASCII letters? */
static bool is_word(const char *text, size_t length, const char *word, size_t word_length)
{
    if (length != word_length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (ascii_lower(text[i]) != ascii_lower(word[i]))
            return false;
    return true;
}

/* The halves of a JID, borrowed. */
struct halves {
    const char *local, *domain; /* local NULL: there is none */
    size_t local_length, domain_length;
};

/* Nothing is allocated here, and nothing made even: whoever spells a JID in a strange way is not
 * let in. */
static struct halves halve(const char *jid)
{
    size_t bare = strcspn(jid, "/"), local = strcspn(jid, "@/");

    if (local == bare)
        return (struct halves){NULL, jid, 0, bare};
    return (struct halves){jid, jid + local + 1, local, bare - local - 1};
}

static bool same_domain(const struct halves *a, const struct halves *b)
{
    return is_word(a->domain, a->domain_length, b->domain, b->domain_length);
}

static bool is_any(const struct halves *pattern)
{
    return pattern->local && pattern->local_length == 1 && pattern->local[0] == '*';
}

static enum trust match(const struct halves *jid, const char *text)
{
    const struct halves pattern = halve(text);

    if (!same_domain(jid, &pattern) || !jid->local != !pattern.local)
        return TRUST_NONE;
    if (is_any(&pattern))
        return jid->local_length > 0 ? TRUST_ANY : TRUST_NONE;
    if (!jid->local || is_word(jid->local, jid->local_length, pattern.local, pattern.local_length))
        return TRUST_NAMED;
    return TRUST_NONE;
}

/* Those who are obeyed in the violet dialect when nobody is named. */
static bool is_usual(const struct config *config, const char *domain, const struct halves *jid)
{
    const char *own = domain ? domain : config->account.jid;
    const struct halves home = halve(own ? own : "");

    if (!jid->local || home.domain_length == 0 || !same_domain(jid, &home))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(usual_platforms); i++)
        if (is_word(jid->local, jid->local_length, usual_platforms[i], strlen(usual_platforms[i])))
            return true;
    return false;
}

bool trust_is_any(const char *platform)
{
    const struct halves pattern = halve(platform);

    return is_any(&pattern);
}

enum trust trust_in(const struct config *config, const char *domain, const char *from)
{
    char *const *list = config->violet.platforms;
    const struct halves jid = halve(from ? from : "");
    enum trust best = TRUST_NONE;

    if (jid.domain_length == 0)
        return TRUST_NONE;
    if (!*list && config_is_violet(config))
        return is_usual(config, domain, &jid) ? TRUST_NAMED : TRUST_NONE;
    for (; *list && best < TRUST_NAMED; list++) {
        enum trust this = match(&jid, *list);

        best = this > best ? this : best;
    }
    return best;
}
