/*
 * How the platform's servers are told a password in a registration: XORed, hex digit by hex digit,
 * with the rabbit's serial. Source: the firmware's XorHexStr, OpenJabNab's plugin_auth. Passwords
 * are secret_generate_hex() of PASSWORD_DIGITS. Pure; any thread.
 */
#ifndef NABAZTAGD_XMPP_PASSWORD_H
#define NABAZTAGD_XMPP_PASSWORD_H

#include "base/util.h"

#define PASSWORD_DIGITS 12

/* Writes the lower-case digits and a NUL: for the wire from the clear one, and back. Returns 0, or
 * -EINVAL when one of them is not PASSWORD_DIGITS hex digits. */
int password_xor(char ret[PASSWORD_DIGITS + 1], const char *password, const char *serial);

#endif
