/*
 * The bus as the daemon and nabaztagctl both know it: what things are called there, and which bus
 * it is. No state; any thread.
 */
#ifndef NABAZTAGD_BASE_BUS_NAME_H
#define NABAZTAGD_BASE_BUS_NAME_H

#include <systemd/sd-bus.h>

#include "base/util.h"

#define BUS_PATH       "/io/github/nabaztagd"
#define BUS_INTERFACE  "io.github.nabaztagd.Rabbit1"
#define BUS_ERROR_BASE "io.github.nabaztagd.Error."

/* What Command() and the methods made of it may answer in place of a reply. */
#define BUS_ERROR_USAGE          BUS_ERROR_BASE "Usage"         /* not understood */
#define BUS_ERROR_ASLEEP         BUS_ERROR_BASE "Asleep"        /* say wake first */
#define BUS_ERROR_STUCK          BUS_ERROR_BASE "Stuck"         /* done, but an ear is broken */
#define BUS_ERROR_BUSY           BUS_ERROR_BASE "Busy"          /* too many wait for an answer */
#define BUS_ERROR_NOT_CONFIGURED BUS_ERROR_BASE "NotConfigured" /* see the configuration */
#define BUS_ERROR_ONLINE         BUS_ERROR_BASE "Online"        /* there is nothing to register */
#define BUS_ERROR_HOOK_FAILED    BUS_ERROR_BASE "HookFailed"    /* the report did not arrive */
#define BUS_ERROR_FAILED         BUS_ERROR_BASE "Failed"

#define BUS_NAME_SIZE 96

/* "io.github.nabaztagd.INSTANCE": what no name may hold becomes '_', and one stands before a digit,
 * which no part of a name may begin with. */
void bus_name(const char *instance, char ret[BUS_NAME_SIZE]);

/*
 * Begins to connect to the bus called "system", "user", or by a D-Bus address. Does not wait: what
 * goes wrong later shows in sd_bus_process(). Returns 0 or -errno.
 */
int bus_open(sd_bus **ret, const char *which);

#endif
