/*
 * Several rabbits on one machine: what an instance may be called, and where its configuration lies.
 * No state; any thread.
 */
#ifndef NABAZTAGD_BASE_INSTANCE_H
#define NABAZTAGD_BASE_INSTANCE_H

#include "base/util.h"

/* Names go into paths, units and bus names. */
bool instance_is_valid(const char *name);

/* The configuration file of an instance, allocated: that of "main" is nabaztagd.conf. Returns 0 or
 * -ENOMEM. */
int instance_config(const char *name, char **ret);

#endif
