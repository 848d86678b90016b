#include "base/util.h"

#include <errno.h>

int strdup_to(char **ret, const char *text)
{
    char *copy = NULL;

    if (text) {
        copy = strdup(text);
        if (!copy)
            return -ENOMEM;
    }
    free(*ret);
    *ret = copy;
    return 0;
}
