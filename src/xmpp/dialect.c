#include "xmpp/dialect.h"

const struct dialect_ops *dialect_find(enum dialect dialect)
{
    static const struct dialect_ops *const dialects[] = {
        [DIALECT_STANDARD] = &dialect_standard,
        [DIALECT_VIOLET] = &dialect_violet,
    };

    return dialects[dialect];
}
