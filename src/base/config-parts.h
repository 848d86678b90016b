/*
 * What the files config*.c share, and nobody else: where values came from, and collecting problems.
 */
#ifndef NABAZTAGD_BASE_CONFIG_PARTS_H
#define NABAZTAGD_BASE_CONFIG_PARTS_H

#include "base/config.h"
#include "base/options.h"

struct config_origin {
    char *place; /* "FILE:LINE" of the line that set the option last; NULL: it has its default */
    bool set;    /* there was such a line, though perhaps an empty one */
    bool wrong;  /* that line's value was refused */
};

/* "FILE:LINE", allocated; without a line (0) the file alone. Returns 0 or -ENOMEM. */
int config_place(char **ret, const char *file, unsigned line);

/* Adds a problem. Where memory or LIMIT_CONFIG_PROBLEMS forbids it, it is still counted. */
void config_problem(struct config_problems *problems, bool note, const char *place,
                    const char *format, ...) _printf_(4, 5);

/*
 * Reads one file into `config`, over what earlier files have set; a board profile (`board`) goes
 * beneath that, and may have its own sections alone. Wrong lines become problems and are skipped.
 * Returns 0 (with problems or without), or -errno when the file cannot be read.
 */
int config_read(struct config *config, FILE *file, const char *name, bool board,
                struct config_problems *problems);

/* Settings that are well written, but wrong: files that cannot be read, settings that exclude each
 * other. */
void config_check(const struct config *config, struct config_problems *problems);

#endif
