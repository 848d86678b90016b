#include "xmpp/offer.h"

#define SPACE " \t\r\n"

static void add(struct offer *offer, const char *text)
{
    size_t n;

    text += strspn(text, SPACE);
    n = strcspn(text, SPACE);
    if (n == 0 || n >= OFFER_NAME || offer->count == LIMIT_FEATURES)
        return;
    memcpy(offer->names[offer->count], text, n);
    offer->names[offer->count][n] = '\0';
    offer->list[offer->count] = offer->names[offer->count];
    offer->count++;
}

void offer_read(struct offer *ret, xmpp_stanza_t *features)
{
    xmpp_stanza_t *mechanisms =
        xmpp_stanza_get_child_by_name_and_ns(features, "mechanisms", XMPP_NS_SASL);

    *ret = (struct offer){.count = 0};
    for (xmpp_stanza_t *child = mechanisms ? xmpp_stanza_get_children(mechanisms) : NULL; child;
         child = xmpp_stanza_get_next(child)) {
        /* There may be more than names: XEP-0233 puts a <hostname/> here. */
        bool named = streq_ptr(xmpp_stanza_get_name(child), "mechanism");
        char *text = named ? xmpp_stanza_get_text(child) : NULL;

        if (!text)
            continue;
        add(ret, text);
        xmpp_free(xmpp_stanza_get_context(child), text);
    }
}

void offer_copy(struct offer *ret, const struct offer *offer)
{
    *ret = *offer;
    for (size_t i = 0; i < offer->count; i++)
        ret->list[i] = ret->names[i];
}

void offer_describe(const struct offer *offer, char *ret, size_t size)
{
    size_t used = 0;

    snprintf(ret, size, "none");
    for (size_t i = 0; i < offer->count && used < size - 1; i++)
        used += (size_t)snprintf(ret + used, size - used, "%s%s", i ? " " : "", offer->list[i]);
}
