/*
 * What the board's part of the configuration means: which lines the body asks for, and what is
 * wrong with it. Pure, main thread.
 */
#ifndef NABAZTAGD_BODY_BOARD_H
#define NABAZTAGD_BODY_BOARD_H

#include "base/config.h"
#include "body/lines.h"

/* Whether the body is the simulated rabbit. */
bool board_is_sim(const struct config *config);

/* "simulated body", or the name of the board's profile; for people, allocated. Returns 0 or
 * -ENOMEM.
 */
int board_name(const struct config *config, char **ret);

/* How the motor of an ear (0 left, 1 right) is driven; the simulated rabbit has IN/IN. */
enum bridge board_bridge(const struct config *config, size_t ear);

/*
 * The body's own lines, by enum line; `what` is NULL where the board has none: of another bridge,
 * or of an ear or button that is not there. Returns LINE_COUNT. The simulated rabbit has all that
 * its bridge needs, with empty specs.
 */
size_t board_wants(const struct config *config, struct line_want wants[LINE_COUNT]);

/* Adds all that is wrong with the board: its lines, bridges and LEDs. Nothing is opened. */
void board_check(const struct config *config, struct config_problems *problems);

#endif
