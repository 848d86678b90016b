/*
 * What a back end on libgpiod provides: a thin row of functions over one version of the library,
 * struct gpio_library. All that the versions have in common is above it: where lines are and what
 * is wrong with them in gpio-map.c, the lines themselves in lines-gpiod.c. Chips and requests
 * belong to whoever opened them; used by one thread at a time.
 *
 * Levels are physical here. What is active low, and that edges of each input come on a descriptor
 * of its own, is the same for both versions that way: the old one can do it no other way.
 */
#ifndef NABAZTAGD_BODY_LINES_GPIOD_H
#define NABAZTAGD_BODY_LINES_GPIOD_H

#include "body/lines.h"

#define GPIO_CONSUMER "nabaztagd" /* who holds our lines, as others see it */
#define GPIO_NAME_MAX 32          /* the kernel's, with the NUL */
#define GPIO_EDGES    16          /* so many of one line wait in the kernel; what is more is lost */

struct gpiod_chip;   /* libgpiod's own */
struct gpio_request; /* the back end's own */

struct gpio_chip_info {
    char name[GPIO_NAME_MAX]; /* "gpiochip0" */
    char label[GPIO_NAME_MAX];
    unsigned lines;
};

/* Lines of one chip that are requested together: outputs, or a single input. */
struct gpio_order {
    unsigned offsets[LINES_MAX], count;
    bool output;
    unsigned levels; /* outputs: what they start with, bit n for the n-th of them */
    bool edges;
    enum line_bias bias;
};

struct gpio_edge {
    bool level;
    uint64_t usec; /* CLOCK_MONOTONIC, the kernel's */
};

/* Results are 0 or -errno where nothing else is said. */
struct gpio_library {
    const char *folder; /* where devices are: "/dev" */

    int (*open)(struct gpiod_chip **ret, const char *path);
    void (*close)(struct gpiod_chip *chip);
    int (*describe)(struct gpiod_chip *chip, struct gpio_chip_info *ret);
    /* The offset of the line of that name; -ENOENT when there is none. */
    int (*find)(struct gpiod_chip *chip, const char *name, unsigned *ret);
    /* Whether somebody holds the line (0, 1) and who: "" when that is not known. */
    int (*is_used)(struct gpiod_chip *chip, unsigned offset, char ret_holder[GPIO_NAME_MAX]);

    /* All or none. The chip has to stay open for as long. */
    int (*request)(struct gpio_request **ret, struct gpiod_chip *chip,
                   const struct gpio_order *order);
    void (*release)(struct gpio_request *request);
    /* Sets the outputs in `mask`, bit n for the n-th of the order. */
    int (*set)(struct gpio_request *request, unsigned mask, unsigned levels);
    /* The level of the input: 0 or 1. */
    int (*get)(struct gpio_request *request);
    /* Becomes readable with edges, and hangs up when the chip is gone. Stays the request's. */
    int (*fd)(struct gpio_request *request);
    /* Takes the edges that wait and returns how many; none: -EAGAIN. Never waits. */
    int (*read)(struct gpio_request *request, struct gpio_edge ret[GPIO_EDGES]);
};

/* The one that was compiled: lines-gpiod1.c or lines-gpiod2.c. */
extern const struct gpio_library gpio_library;

/* lines_gpiod_new() with a library of the caller's choice. */
int lines_gpiod_new_with(struct lines **ret, const struct gpio_library *library, sd_event *event,
                         const char *chip, const struct line_want *wants, size_t count,
                         struct body_fault *ret_fault);

#endif
