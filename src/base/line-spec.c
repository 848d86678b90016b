#include "base/line-spec.h"

#include <errno.h>

#include "base/parse.h"

#define OFFSET_MAX 4095

static int copy_name(const char *text, size_t length, char ret[LINE_SPEC_NAME_MAX])
{
    if (length == 0 || length >= LINE_SPEC_NAME_MAX)
        return -EINVAL;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~' || text[i] == ',')
            return -EINVAL;
    memcpy(ret, text, length);
    ret[length] = '\0';
    return 0;
}

static int take_flag(const char *flag, size_t length, struct line_spec *spec)
{
    static const struct {
        const char *name;
        bool active_low;
        enum line_bias bias;
    } flags[] = {
        {"active-low", true, BIAS_AS_IS},
        {"pull-up", false, BIAS_PULL_UP},
        {"pull-down", false, BIAS_PULL_DOWN},
    };

    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (strlen(flags[i].name) != length || strncmp(flags[i].name, flag, length) != 0)
            continue;
        if ((flags[i].active_low && spec->active_low) ||
            (flags[i].bias != BIAS_AS_IS && spec->bias != BIAS_AS_IS))
            return -EINVAL;
        spec->active_low = spec->active_low || flags[i].active_low;
        if (flags[i].bias != BIAS_AS_IS)
            spec->bias = flags[i].bias;
        return 0;
    }
    return -EINVAL;
}

int line_spec_parse(const char *text, struct line_spec *ret)
{
    size_t length = strcspn(text, ",");
    const char *colon = memrchr(text, ':', length), *name = colon ? colon + 1 : text;
    int r;

    *ret = (struct line_spec){.bias = BIAS_AS_IS};
    r = colon ? copy_name(text, (size_t)(colon - text), ret->chip) : 0;
    if (r == 0)
        r = copy_name(name, length - (size_t)(name - text), ret->line);
    for (const char *flag = text + length; r == 0 && *flag; flag += length) {
        length = strcspn(++flag, ",");
        r = take_flag(flag, length, ret);
    }
    return r;
}

bool line_spec_offset(const struct line_spec *spec, unsigned *ret)
{
    return parse_unsigned(spec->line, 0, OFFSET_MAX, ret) == 0;
}
