#include "base/instance.h"

#include <errno.h>

bool instance_is_valid(const char *name)
{
    return *name && strlen(name) < 64 && *name != '.' &&
           !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")];
}

int instance_config(const char *name, char **ret)
{
    if (asprintf(ret, NABAZTAGD_SYSCONFDIR "/%s.conf", streq(name, "main") ? "nabaztagd" : name) >=
        0)
        return 0;
    *ret = NULL;
    return -ENOMEM;
}
