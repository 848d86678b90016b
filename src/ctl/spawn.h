/*
 * Other programs, run and waited for, without a shell. No state; one thread.
 */
#ifndef NABAZTAGD_CTL_SPAWN_H
#define NABAZTAGD_CTL_SPAWN_H

#include "base/util.h"

#define SPAWN_OUTPUT_MAX 65536 /* bytes that are kept */

/*
 * Runs argv[0] (a path, or a name in PATH) with nothing to read. All that it prints, to stderr as
 * well, is *ret_output, allocated, without newlines at its end. Returns its exit status, 128 and
 * more when a signal ended it, or -errno when it could not be run.
 */
int spawn_run(const char *const argv[], char **ret_output);

/* Runs it with our own input and output. Returns as spawn_run(). */
int spawn_run_through(const char *const argv[]);

/* The nabaztagd that lies beside this program, else the name alone, for PATH; allocated. Returns 0
 * or -ENOMEM. */
int spawn_find_daemon(char **ret);

#endif
