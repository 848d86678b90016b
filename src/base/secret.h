/*
 * Passwords in memory: wiped when freed, never logged, compared in full. No state, any thread.
 */
#ifndef NABAZTAGD_BASE_SECRET_H
#define NABAZTAGD_BASE_SECRET_H

#include "base/util.h"

/* Wipes and frees. Accepts NULL, returns NULL. */
char *secret_free(char *secret);

static inline void secret_freep(char **secret)
{
    *secret = secret_free(*secret);
}

/*
 * Reads a secret from a file; one trailing newline is dropped. Returns 0, -ENODATA when it is
 * empty, -E2BIG above LIMIT_SECRET_FILE, -EILSEQ when it holds a NUL, a control character or broken
 * UTF-8, or -errno.
 */
int secret_read_file(char **ret, const char *path);

/* A fresh password of `length` characters a-z0-9 from the kernel's random source (5.1 bits each).
 */
int secret_generate(char **ret, size_t length);

/* The same with the digits 0-9a-f. */
int secret_generate_hex(char **ret, size_t length);

#endif
