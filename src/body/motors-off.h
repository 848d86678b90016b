/*
 * Switches a board's motors off without the daemon: for `nabaztagd --motors-off`, which the service
 * runs when the daemon has ended in whatever way. A call, main thread.
 */
#ifndef NABAZTAGD_BODY_MOTORS_OFF_H
#define NABAZTAGD_BODY_MOTORS_OFF_H

#include "base/config.h"
#include "body/fault.h"

/*
 * Requests each motor line as an inactive output, waits for the motors to brake, and lets go. A
 * line that cannot be had does not keep the others from it. Returns 0 (also for the simulated
 * rabbit), or the -errno of the first failure with its fault: -EALREADY when a daemon is running
 * that holds the line, -EBUSY when somebody else does.
 */
int motors_off(const struct config *config, struct body_fault *ret_fault);

#endif
