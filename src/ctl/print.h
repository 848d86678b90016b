/*
 * What comes from the bus, printed: as JSON, or for people. No state; one thread.
 */
#ifndef NABAZTAGD_CTL_PRINT_H
#define NABAZTAGD_CTL_PRINT_H

#include <systemd/sd-bus.h>

#include "base/util.h"

/*
 * The next value of `message`. For people: without quotes and brackets, and with nothing in it that
 * a terminal obeys. Returns 0 or -errno.
 */
int print_value(FILE *out, sd_bus_message *message, bool json);

#endif
