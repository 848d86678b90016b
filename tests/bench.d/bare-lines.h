/*
 * As little as a program can do with GPIO lines: one output, one input. The peer of
 * src/body/lines.h in tests/bench; bare-lines-gpiod1.c or bare-lines-gpiod2.c.
 */
#ifndef BARE_LINES_H
#define BARE_LINES_H

#include <stdbool.h>

/* Requests both; returns the descriptor that tells of edges, or -1. */
int bare_lines_open(const char *chip_path, unsigned output, unsigned input);
void bare_lines_set(bool level);
/* Waits for an edge; returns whether it fell. */
bool bare_lines_fell(void);

#endif
