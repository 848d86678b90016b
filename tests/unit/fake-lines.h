/*
 * Output lines that write down what is set, for tests of LED drivers: any thread. They fail on
 * demand.
 */
#ifndef NABAZTAGD_TESTS_FAKE_LINES_H
#define NABAZTAGD_TESTS_FAKE_LINES_H

#include "helper.h"

#include <errno.h>
#include <pthread.h>

#include "body/lines.h"

struct fake_set {
    unsigned mask, levels;
};

struct fake_lines {
    struct lines lines;
    pthread_mutex_t lock;
    unsigned state;             /* of all lines */
    struct fake_set sets[4096]; /* of `count`, as many as have room */
    size_t count, frees;
    int fails_after; /* so many sets are good; -1: all */
    void (*on_set)(struct fake_lines *fake, unsigned before, unsigned after);
};

static int fake_set(struct lines *lines, unsigned mask, unsigned levels)
{
    struct fake_lines *fake = (struct fake_lines *)lines;
    unsigned before, result = 0;

    pthread_mutex_lock(&fake->lock);
    if (fake->count < ARRAY_SIZE(fake->sets))
        fake->sets[fake->count] = (struct fake_set){mask, levels};
    fake->count++;
    before = fake->state;
    if (fake->fails_after == 0) {
        result = EIO;
    } else {
        fake->fails_after -= fake->fails_after > 0;
        fake->state = (before & ~mask) | (levels & mask);
        if (fake->on_set)
            fake->on_set(fake, before, fake->state);
    }
    pthread_mutex_unlock(&fake->lock);
    return -(int)result;
}

static struct lines *fake_free(struct lines *lines)
{
    ((struct fake_lines *)lines)->frees++;
    return NULL;
}

static const struct lines_ops fake_ops = {.set = fake_set, .free = fake_free};

#define FAKE_LINES        \
    ((struct fake_lines){ \
        .lines = {.ops = &fake_ops}, .lock = PTHREAD_MUTEX_INITIALIZER, .fails_after = -1})

#endif
