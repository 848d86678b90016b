#include "base/bus-name.h"

#include <ctype.h>

void bus_name(const char *instance, char ret[BUS_NAME_SIZE])
{
    const char *gap = isdigit((unsigned char)*instance) ? "_" : "";
    int n = snprintf(ret, BUS_NAME_SIZE, "io.github.nabaztagd.%s", gap);

    snprintf(ret + n, BUS_NAME_SIZE - (size_t)n, "%s", instance);
    for (char *c = ret + n; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c))
            *c = '_';
}

static int open_address(sd_bus **ret, const char *address)
{
    sd_bus *bus;
    int r = sd_bus_new(&bus);

    if (r < 0)
        return r;
    r = sd_bus_set_address(bus, address);
    if (r >= 0)
        r = sd_bus_set_bus_client(bus, true);
    if (r >= 0)
        r = sd_bus_start(bus);
    if (r < 0) {
        sd_bus_unref(bus);
        return r;
    }
    *ret = bus;
    return 0;
}

int bus_open(sd_bus **ret, const char *which)
{
    int r = streq(which, "system") ? sd_bus_open_system(ret)
            : streq(which, "user") ? sd_bus_open_user(ret)
                                   : open_address(ret, which);

    return r < 0 ? r : 0;
}
