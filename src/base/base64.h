/*
 * Base64 (RFC 4648) as the rabbit platform has it: read with what its encoders leave out, written
 * right or as the original firmware writes it. Source: the firmware's b64, which sends one "="
 * where two are due and "A=" for nothing. Pure; any thread.
 */
#ifndef NABAZTAGD_BASE_BASE64_H
#define NABAZTAGD_BASE_BASE64_H

#include "base/util.h"

enum base64_style { BASE64_STANDARD, BASE64_FIRMWARE };

/* Room for the text of so many bytes in either style, and a NUL. */
#define BASE64_TEXT_SIZE(bytes) ((bytes) / 3 * 4 + 5)

/*
 * Reads `length` characters into `ret`, which has room for `size` bytes. White space may be
 * anywhere, "=" may be missing at the end. Returns 0, -EBADMSG for anything else that is no base64,
 * or -E2BIG when there is no room.
 */
int base64_decode(uint8_t *ret, size_t size, size_t *ret_size, const char *text, size_t length);

/* Writes the text and a NUL to `ret`, which has room for BASE64_TEXT_SIZE(size). Returns its
 * length. */
size_t base64_encode(char *ret, const uint8_t *data, size_t size, enum base64_style style);

#endif
