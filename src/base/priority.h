/*
 * Real-time priority for threads that others wait for in ms: the one that stops motors and makes
 * the LEDs dance, and that of software PWM. Where it is not allowed (RLIMIT_RTPRIO) all goes on
 * without. No state; any thread, for itself.
 */
#ifndef NABAZTAGD_BASE_PRIORITY_H
#define NABAZTAGD_BASE_PRIORITY_H

/* PWM is cut finer than anything the main loop does. */
enum { PRIORITY_LOOP = 1, PRIORITY_GUARD = 2, PRIORITY_PWM = 5 };

/* For the calling thread; those that it makes are ordinary ones. Returns 0 or -errno. */
int priority_raise(int priority);

#endif
