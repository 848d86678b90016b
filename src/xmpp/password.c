#include "xmpp/password.h"

#include <errno.h>

#include "base/parse.h"

static unsigned value_of(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

int password_xor(char ret[PASSWORD_DIGITS + 1], const char *password, const char *serial)
{
    static const char digits[] = "0123456789abcdef";
    char key[PASSWORD_DIGITS + 1];

    if (parse_serial(serial, key) < 0 || parse_serial(password, ret) < 0)
        return -EINVAL;
    for (size_t i = 0; i < PASSWORD_DIGITS; i++)
        ret[i] = digits[value_of(ret[i]) ^ value_of(key[i])];
    return 0;
}
