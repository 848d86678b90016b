#include "xmpp/order.h"

#include <errno.h>

#include "base/secret.h"

static void free_list(char **list)
{
    for (char **at = list; at && *at; at++)
        free(*at);
    free(list);
}

static int copy_list(char ***ret, char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    *ret = calloc(n + 1, sizeof(char *));
    if (!*ret)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (strdup_to(&(*ret)[i], list[i]) < 0)
            return -ENOMEM;
    return 0;
}

int order_copy(struct order **ret, const struct order *order)
{
    _cleanup_(order_freep) struct order *copy = calloc(1, sizeof(*copy));
    const size_t strings[] = {offsetof(struct order, local),      offsetof(struct order, domain),
                              offsetof(struct order, resource),   offsetof(struct order, host),
                              offsetof(struct order, password),   offsetof(struct order, name),
                              offsetof(struct order, email),      offsetof(struct order, ca_file),
                              offsetof(struct order, fingerprint)};

    if (!copy)
        return -ENOMEM;
    copy->purpose = order->purpose;
    copy->port = order->port;
    copy->password_is_fresh = order->password_is_fresh;
    copy->dialect = order->dialect;
    copy->tls = order->tls;
    copy->plaintext = order->plaintext;
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        if (strdup_to((char **)((char *)copy + strings[i]),
                      *(char *const *)((const char *)order + strings[i])) < 0)
            return -ENOMEM;
    if (copy_list(&copy->mechanisms, order->mechanisms) < 0)
        return -ENOMEM;
    *ret = copy;
    copy = NULL;
    return 0;
}

struct order *order_free(struct order *order)
{
    if (!order)
        return NULL;
    secret_free(order->password);
    free(order->local);
    free(order->domain);
    free(order->resource);
    free(order->host);
    free(order->name);
    free(order->email);
    free(order->ca_file);
    free(order->fingerprint);
    free_list(order->mechanisms);
    free(order);
    return NULL;
}
