/*
 * The rabbit's serial number: configured, else the one kept in the state directory, else the
 * permanent address of the first network interface (kept from then on). No state in memory; main
 * thread.
 */
#ifndef NABAZTAGD_RABBIT_SERIAL_H
#define NABAZTAGD_RABBIT_SERIAL_H

#include "base/config.h"

/*
 * 12 lower-case hex digits. Returns 0, -ENODEV when no interface has an address, or -errno when the
 * kept one cannot be read (a new one is not made up then). Not being able to keep it is no error:
 * the interface stays.
 */
int serial_find(const struct config *config, const char *directory, char ret[13]);

/* The same, and nothing is written. */
int serial_look(const struct config *config, const char *directory, char ret[13]);

/* One clause on why there is none, by what these have returned. */
void serial_explain(int error, const char *directory, char *ret, size_t size);

#endif
