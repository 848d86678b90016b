/*
 * Threads that take no signals, which are main's. No state; main thread.
 */
#ifndef NABAZTAGD_BASE_THREAD_H
#define NABAZTAGD_BASE_THREAD_H

#include <pthread.h>

/* `name` is what tools show: at most 15 bytes. Returns 0 or -errno. */
int thread_start(pthread_t *ret, const char *name, void *(*run)(void *argument), void *argument);

#endif
