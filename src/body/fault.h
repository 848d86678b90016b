/*
 * What is wrong with the hardware, for people: filled in by whoever notices it on this floor, told
 * by the upper ones. A plain value, main thread.
 */
#ifndef NABAZTAGD_BODY_FAULT_H
#define NABAZTAGD_BODY_FAULT_H

#include "base/util.h"

struct body_fault {
    const char *cause; /* a token, static: "gpio-busy" */
    char text[256]; /* what it is and what to do: "line 17 (…) of nabsim is held by gpio-keys" */
};

/* Fills in `fault`, which may be NULL, and returns `error`. */
int body_fault_set(struct body_fault *fault, int error, const char *cause, const char *format, ...)
    _printf_(4, 5);

#endif
