/*
 * Small things every floor needs: scope-bound clean-up, array length, string comparison, time
 * units. No state, any thread.
 */
#ifndef NABAZTAGD_BASE_UTIL_H
#define NABAZTAGD_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls f(&variable) when the variable goes out of scope. */
#define _cleanup_(f)            __attribute__((cleanup(f)))
#define _printf_(string, first) __attribute__((format(printf, string, first)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC  UINT64_C(1000000)
#define USEC_PER_MIN  (60 * USEC_PER_SEC)
#define USEC_NEVER    UINT64_MAX

static inline uint64_t usec_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t usec_later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline bool streq(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* As streq(), for strings that may be absent: two absent ones are equal. */
static inline bool streq_ptr(const char *a, const char *b)
{
    return a && b ? streq(a, b) : a == b;
}

/* Lower case, of ASCII letters alone and in any locale. */
static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What follows `prefix` in `text`, or NULL when it does not begin so. */
static inline const char *after_prefix(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static inline bool ends_with(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && streq(text + n - m, suffix);
}

static inline void freep(void *pointer)
{
    free(*(void **)pointer);
}

static inline void fclosep(FILE **file)
{
    if (*file)
        fclose(*file);
}

static inline void closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Replaces *ret with a copy of `text` (NULL: with nothing). Returns 0 or -ENOMEM. */
int strdup_to(char **ret, const char *text);

#endif
