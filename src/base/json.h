/*
 * What is printed for programs. No state, any thread.
 */
#ifndef NABAZTAGD_BASE_JSON_H
#define NABAZTAGD_BASE_JSON_H

#include "base/util.h"

/* As a string of JSON, quotes included. */
void json_print_text(FILE *out, const char *text);

#endif
