/*
 * Whether the kernel leaves outputs as they are when the process that drove them has died. Pure but
 * for sysfs; any thread.
 */
#ifndef NABAZTAGD_BODY_PERSIST_H
#define NABAZTAGD_BODY_PERSIST_H

#include "base/util.h"

/* The driver that does so, as the kernel's command line calls it, or NULL. `sysfs` is where sysfs
 * is mounted. */
const char *persist_driver(const char *sysfs);

#endif
