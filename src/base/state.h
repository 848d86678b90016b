/*
 * State files: small text files in the state directory, replaced as a whole (write, fsync, rename,
 * fsync of the directory) so that a power cut leaves the old one or the new one. Mode 0600 in a
 * directory of mode 0700. Their first line is a header, "nabaztagd-THING VERSION": a file of a
 * newer version is neither understood nor replaced, so that a downgrade loses nothing. Main thread.
 */
#ifndef NABAZTAGD_BASE_STATE_H
#define NABAZTAGD_BASE_STATE_H

#include "base/util.h"

/* $STATE_DIRECTORY (its first folder), else /var/lib/nabaztagd. */
const char *state_directory(void);

/*
 * Reads a whole file. Returns 0 with an allocated, NUL-terminated text, -ENOENT, -EFBIG above
 * LIMIT_STATE_FILE, -EBADMSG when it holds a NUL, or -errno. The caller wipes it when it holds a
 * secret.
 */
int state_read(const char *directory, const char *name, char **ret);

/* Whether a text that was read begins with `header`, a whole line. Returns 0, -ENOTSUP when it is
 * of a newer version, or -EBADMSG. */
int state_check(const char *text, const char *header);

/*
 * Replaces the file, making the directory if need be. Returns 0, -ENOTSUP when the old file has the
 * header of `text` with a newer version, or -errno; on failure the old file is untouched.
 */
int state_write(const char *directory, const char *name, const char *text);

/*
 * What is wrong with a state or password file (an error of this module's or of base/secret.h's),
 * and what to do about it: two ends of a sentence.
 */
struct state_trouble {
    const char *what, *remedy;
};

struct state_trouble state_explain(int error);

#endif
