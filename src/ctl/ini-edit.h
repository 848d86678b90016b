/*
 * Changes one value in the text of a configuration file as a careful person does: all other lines,
 * comments among them, stay as they are. Sees lines as base/config-read.c does. Pure.
 */
#ifndef NABAZTAGD_CTL_INI_EDIT_H
#define NABAZTAGD_CTL_INI_EDIT_H

#include "base/util.h"

/* The value as it is written, indented lines joined by blanks; allocated, NULL when nothing sets
 * it. Returns 0 or -ENOMEM. */
int ini_get(const char *text, const char *section, const char *key, char **ret);

/*
 * Replaces *text, which is allocated, by one that sets the key to `value`: where it is set, else at
 * a comment such as "#key =", else behind the last key of its section, which is appended if need
 * be. What is too long for a line becomes a list of indented ones. "" empties a key that is set,
 * and sets none. Returns 0, -EINVAL for what would not be read again as that value, -ERANGE for
 * words longer than a line, or -ENOMEM; *text is untouched then.
 */
int ini_set(char **text, const char *section, const char *key, const char *value);

#endif
