/*
 * What fuzz targets share. A target is one function that takes any bytes; libFuzzer calls it with
 * what it makes up, replay.c with the files of a corpus. What must hold is checked with require(),
 * whatever NDEBUG says.
 */
#ifndef NABAZTAGD_TESTS_FUZZ_H
#define NABAZTAGD_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define require(condition)                                                                \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a string, allocated; a NUL among them ends it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    require(text);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
