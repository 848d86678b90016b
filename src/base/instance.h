/*
 * Several rabbits on one machine: what an instance may be called, its unit, where its files lie.
 * No state; any thread.
 */
#ifndef NABAZTAGD_BASE_INSTANCE_H
#define NABAZTAGD_BASE_INSTANCE_H

#include "base/util.h"

/* Names go into paths, units and bus names. */
bool instance_is_valid(const char *name);

/* The first rabbit, whose unit and files have no name of an instance. */
bool instance_is_main(const char *name);

/* The configuration file of an instance, allocated: that of "main" is nabaztagd.conf. Returns 0 or
 * -ENOMEM. */
int instance_config(const char *name, char **ret);

/* "nabaztagd", "nabaztagd@kitchen" */
#define INSTANCE_UNIT_SIZE 96
void instance_unit(const char *name, char ret[INSTANCE_UNIT_SIZE]);

/* For one who is not the service and looks at what that has: sets STATE_DIRECTORY and
 * CREDENTIALS_DIRECTORY as systemd does for it, unless somebody has set the former. The credential
 * of a service that does not run is seen when it is the first rabbit's. */
void instance_look_as_service(const char *name);

#endif
