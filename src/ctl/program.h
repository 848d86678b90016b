/*
 * Running programs: nabaztagd from beside this one, and others by their names. No shell. No state;
 * one thread.
 */
#ifndef NABAZTAGD_CTL_PROGRAM_H
#define NABAZTAGD_CTL_PROGRAM_H

#include <sys/types.h>

#include "base/util.h"

/*
 * Starts argv[0], which is looked for in the folder of this program, then in PATH. `output` becomes
 * its stdout; -1: ours. Returns 0 or -errno.
 */
int program_start(pid_t *ret, char *const argv[], int output);

/* Its exit status when it has ended, 128 and the number of the signal that ended it, or -errno. */
int program_wait(pid_t process);

#endif
