/*
 * Strict parsers: the whole text must fit, nothing is guessed, trimmed or rounded. Pure, any
 * thread. All return 0 or -EINVAL (-ERANGE: well formed, but outside the limits) and touch *ret
 * only on success.
 */
#ifndef NABAZTAGD_BASE_PARSE_H
#define NABAZTAGD_BASE_PARSE_H

#include "base/util.h"

#define HOST_NAME_LENGTH_MAX 253

/* yes or no */
int parse_bool(const char *text, bool *ret);

/* Decimal digits alone, low ≤ value ≤ high. */
int parse_unsigned(const char *text, unsigned low, unsigned high, unsigned *ret);

/* Optional sign and decimal digits. */
int parse_int(const char *text, int low, int high, int *ret);

/* A decimal number with a unit: us, ms, s, min, h. "10s", "5min". */
int parse_usec(const char *text, uint64_t *ret);

/* Six hex digits, with or without '#', or one of the colour names of parse_color_names. 0xrrggbb.
 */
int parse_color(const char *text, uint32_t *ret);

/* "host", "host:port", "[v6]:port" → *ret_host (allocated, without brackets), *ret_port (0: none
 * given). */
int parse_host_port(const char *text, char **ret_host, uint16_t *ret_port);

/* A host name in ASCII (letters, digits, "-", "_" between dots), an IPv4 address, or a bare IPv6
 * address? */
bool text_is_host(const char *text);

/* 64 hex digits, colons allowed between pairs → 64 lower-case digits and NUL. */
int parse_fingerprint(const char *text, char ret[65]);

/* 12 hex digits → lower case and NUL. */
int parse_serial(const char *text, char ret[13]);

/* Valid UTF-8 without NUL and without control characters? */
bool text_is_clean(const char *text);

/* Copies text so that it is clean: what is not becomes '?'. Cut between characters where it is
 * longer than `size` - 1 bytes; `ret` may be `text`. */
void text_clean(char *ret, size_t size, const char *text);

/* Length in bytes of the well-formed UTF-8 sequence at `text` (1–4), or 0 when it is broken or at
 * its end. */
size_t utf8_sequence(const char *text);

/* Which of `words` (NULL-terminated) was probably meant by `text`, or NULL when none is near. For
 * "did you mean". */
const char *text_nearest(const char *text, const char *const words[]);

#endif
