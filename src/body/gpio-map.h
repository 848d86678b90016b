/*
 * Where wanted lines are: finds the chip and the offset of each, and says in a sentence what is in
 * the way. Owned by one struct lines_gpiod, used by its thread.
 */
#ifndef NABAZTAGD_BODY_GPIO_MAP_H
#define NABAZTAGD_BODY_GPIO_MAP_H

#include "body/lines-gpiod.h"

#define GPIO_CHIPS_MAX 8 /* of one set of lines */

struct gpio_chip {
    struct gpiod_chip *handle;
    struct gpio_chip_info info;
};

struct gpio_place {
    const char *what; /* NULL: there is no such line */
    unsigned chip;    /* in gpio_map.chips */
    unsigned offset;
};

struct gpio_map {
    const struct gpio_library *library;
    struct gpio_chip chips[GPIO_CHIPS_MAX];
    unsigned chip_count;
    struct gpio_place places[LINES_MAX]; /* as the wants */
};

/*
 * Opens the chips and fills in the places of `wants` (`chip` is for specs that name none). A
 * line that somebody holds already is a fault: nothing was touched yet. On failure, too, the map is
 * to be cleared. Returns 0 or -errno with the fault filled in.
 */
int gpio_map_fill(struct gpio_map *map, const struct gpio_library *library, const char *chip,
                  const struct line_want *wants, size_t count, struct body_fault *ret_fault);

/* What there is to see of one line without touching it. */
struct gpio_look {
    struct gpio_chip_info chip; /* name "": not found */
    struct body_fault fault;
};

/* As gpio_map_fill() for a single line; nothing stays open. Returns 0 (it is free) or -errno. */
int gpio_map_look(const struct gpio_library *library, const char *chip,
                  const struct line_want *want, struct gpio_look *ret);

/* Closes the chips. */
void gpio_map_clear(struct gpio_map *map);

/* Says what `error` (-errno) of a request for, or of the use of, a line means. Returns `error`. */
int gpio_map_fault(struct gpio_map *map, const struct gpio_place *place, int error,
                   struct body_fault *ret_fault);

#endif
