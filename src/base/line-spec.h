/*
 * How a GPIO line is written in a configuration: "[CHIP:]LINE[,active-low][,pull-up|,pull-down]".
 * LINE is a line's name or its offset, CHIP a chip's label, name or path. Pure, any thread.
 */
#ifndef NABAZTAGD_BASE_LINE_SPEC_H
#define NABAZTAGD_BASE_LINE_SPEC_H

#include "base/util.h"

#define LINE_SPEC_NAME_MAX 64 /* the kernel's names have 31 bytes; a chip may be a path */

enum line_bias { BIAS_AS_IS, BIAS_PULL_UP, BIAS_PULL_DOWN };

struct line_spec {
    char chip[LINE_SPEC_NAME_MAX]; /* "": the one of [gpio] chip */
    char line[LINE_SPEC_NAME_MAX];
    bool active_low;
    enum line_bias bias;
};

/* Returns 0 or -EINVAL. */
int line_spec_parse(const char *text, struct line_spec *ret);

/* Whether LINE is an offset, and which. */
bool line_spec_offset(const struct line_spec *spec, unsigned *ret);

#endif
