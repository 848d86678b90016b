#include "xmpp/stanza.h"

#include <errno.h>

xmpp_stanza_t *stanza_new(xmpp_ctx_t *ctx, const char *name, const char *ns)
{
    xmpp_stanza_t *stanza = xmpp_stanza_new(ctx);

    if (!stanza)
        return NULL;
    if (xmpp_stanza_set_name(stanza, name) == XMPP_EOK &&
        (!ns || xmpp_stanza_set_ns(stanza, ns) == XMPP_EOK))
        return stanza;
    xmpp_stanza_release(stanza);
    return NULL;
}

int stanza_set_text(xmpp_stanza_t *stanza, const char *text)
{
    xmpp_stanza_t *node = xmpp_stanza_new(xmpp_stanza_get_context(stanza));

    if (!node)
        return -ENOMEM;
    if (xmpp_stanza_set_text(node, text) != XMPP_EOK) {
        xmpp_stanza_release(node);
        return -ENOMEM;
    }
    return xmpp_stanza_add_child_ex(stanza, node, 0) == XMPP_EOK ? 0 : -ENOMEM;
}

int stanza_add_text_child(xmpp_stanza_t *parent, const char *name, const char *text)
{
    xmpp_stanza_t *child = stanza_new(xmpp_stanza_get_context(parent), name, NULL);

    if (!child)
        return -ENOMEM;
    if (stanza_set_text(child, text) < 0) {
        xmpp_stanza_release(child);
        return -ENOMEM;
    }
    return xmpp_stanza_add_child_ex(parent, child, 0) == XMPP_EOK ? 0 : -ENOMEM;
}

char *stanza_child_text(xmpp_stanza_t *stanza, const char *name)
{
    xmpp_stanza_t *child = xmpp_stanza_get_child_by_name(stanza, name);

    return child ? xmpp_stanza_get_text(child) : NULL;
}

const char *stanza_condition(xmpp_stanza_t *parent)
{
    for (xmpp_stanza_t *child = xmpp_stanza_get_children(parent); child;
         child = xmpp_stanza_get_next(child)) {
        const char *name = xmpp_stanza_get_name(child);

        if (name && !streq(name, "text"))
            return name;
    }
    return NULL;
}

const char *stanza_error_condition(xmpp_stanza_t *stanza)
{
    xmpp_stanza_t *error = xmpp_stanza_get_child_by_name(stanza, "error");

    return error ? stanza_condition(error) : NULL;
}

const char *stanza_error_type(xmpp_stanza_t *stanza)
{
    xmpp_stanza_t *error = xmpp_stanza_get_child_by_name(stanza, "error");

    return error ? xmpp_stanza_get_type(error) : NULL;
}

void stanza_error_text(xmpp_stanza_t *stanza, char *ret, size_t size)
{
    xmpp_stanza_t *error = xmpp_stanza_get_child_by_name(stanza, "error");
    char *text = error ? stanza_child_text(error, "text") : NULL;

    snprintf(ret, size, "%s", text ? text : "");
    if (text)
        xmpp_free(xmpp_stanza_get_context(stanza), text);
}

xmpp_stanza_t *stanza_add(xmpp_stanza_t *parent, const char *name, const char *ns)
{
    xmpp_stanza_t *child = stanza_new(xmpp_stanza_get_context(parent), name, ns);

    if (child)
        xmpp_stanza_add_child_ex(parent, child, 0);
    return child;
}

int stanza_set(xmpp_stanza_t *stanza, const char *const *pairs)
{
    for (; pairs[0]; pairs += 2)
        if (xmpp_stanza_set_attribute(stanza, pairs[0], pairs[1]) != XMPP_EOK)
            return -ENOMEM;
    return 0;
}

bool stanza_is(xmpp_stanza_t *stanza, const char *name, const char *ns)
{
    return xmpp_stanza_is_tag(stanza) && streq_ptr(xmpp_stanza_get_name(stanza), name) &&
           streq_ptr(xmpp_stanza_get_ns(stanza), ns);
}

xmpp_stanza_t *stanza_only_child(xmpp_stanza_t *stanza)
{
    xmpp_stanza_t *only = NULL;

    for (xmpp_stanza_t *child = xmpp_stanza_get_children(stanza); child;
         child = xmpp_stanza_get_next(child)) {
        if (!xmpp_stanza_is_tag(child))
            continue;
        if (only)
            return NULL;
        only = child;
    }
    return only;
}

int stanza_single_quote(char **ret, size_t *ret_size, const char *text, size_t size)
{
    static const char apostrophe[] = "&apos;";
    size_t count = 0;
    char *copy, *end;

    for (size_t i = 0; i < size; i++)
        count += text[i] == '\'';
    copy = end = malloc(size + count * (strlen(apostrophe) - 1) + 1);
    if (!copy)
        return -ENOMEM;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\'')
            end = mempcpy(end, apostrophe, strlen(apostrophe));
        else
            *end++ = (char)(text[i] == '"' ? '\'' : text[i]);
    *end = '\0';
    *ret = copy;
    *ret_size = (size_t)(end - copy);
    return 0;
}

bool stanza_same_jid(const char *a, const char *b)
{
    for (; *a && *a != '/'; a++, b++)
        if (ascii_lower(*a) != ascii_lower(*b))
            return false;
    return streq(a, b);
}
