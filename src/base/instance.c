#include "base/instance.h"

#include <errno.h>
#include <limits.h>

static bool is_main(const char *name)
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
    if (asprintf(ret, NABAZTAGD_SYSCONFDIR "/%s.conf", is_main(name) ? "nabaztagd" : name) >= 0)
        return 0;
    *ret = NULL;
    return -ENOMEM;
}

void instance_unit(const char *name, char ret[INSTANCE_UNIT_SIZE])
{
    snprintf(ret, INSTANCE_UNIT_SIZE, "nabaztagd%s%s", is_main(name) ? "" : "@",
             is_main(name) ? "" : name);
}

void instance_look_as_service(const char *name)
{
    char unit[INSTANCE_UNIT_SIZE], path[PATH_MAX];

    if (getenv("STATE_DIRECTORY"))
        return;
    snprintf(path, sizeof(path), "/var/lib/nabaztagd%s%s", is_main(name) ? "" : "-",
             is_main(name) ? "" : name);
    setenv("STATE_DIRECTORY", path, 1);
    instance_unit(name, unit);
    snprintf(path, sizeof(path), "/run/credentials/%s.service", unit);
    if (access(path, F_OK) == 0)
        setenv("CREDENTIALS_DIRECTORY", path, 1);
    else if (is_main(name))
        setenv("CREDENTIALS_DIRECTORY", "/etc/credstore", 1);
}
