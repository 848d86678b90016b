#include "base/instance.h"

#include <errno.h>
#include <limits.h>

bool instance_is_main(const char *name)
{
    return streq(name, "main");
}

bool instance_is_valid(const char *name)
{
    return *name && strlen(name) < 64 && *name != '.' &&
           !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")];
}

int instance_config(const char *name, char **ret)
{
    if (asprintf(ret, NABAZTAGD_SYSCONFDIR "/%s.conf",
                 instance_is_main(name) ? "nabaztagd" : name) >= 0)
        return 0;
    *ret = NULL;
    return -ENOMEM;
}

static void full_name(const char *name, char separator, char ret[INSTANCE_UNIT_SIZE])
{
    if (instance_is_main(name))
        snprintf(ret, INSTANCE_UNIT_SIZE, "nabaztagd");
    else
        snprintf(ret, INSTANCE_UNIT_SIZE, "nabaztagd%c%s", separator, name);
}

void instance_unit(const char *name, char ret[INSTANCE_UNIT_SIZE])
{
    full_name(name, '@', ret);
}

void instance_look_as_service(const char *name)
{
    char unit[INSTANCE_UNIT_SIZE], folder[INSTANCE_UNIT_SIZE], path[PATH_MAX];

    if (getenv("STATE_DIRECTORY"))
        return;
    full_name(name, '-', folder);
    snprintf(path, sizeof(path), "/var/lib/%s", folder);
    setenv("STATE_DIRECTORY", path, 1);
    instance_unit(name, unit);
    snprintf(path, sizeof(path), "/run/credentials/%s.service", unit);
    if (access(path, F_OK) == 0)
        setenv("CREDENTIALS_DIRECTORY", path, 1);
    else if (instance_is_main(name))
        setenv("CREDENTIALS_DIRECTORY", "/etc/credstore", 1);
}
