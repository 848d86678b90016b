/*
 * Which board a rabbit has: the profiles that are installed, and what can be seen of this computer
 * to tell between them. Lives in the frame of whoever asks; one thread.
 */
#ifndef NABAZTAGD_CTL_BOARDS_H
#define NABAZTAGD_CTL_BOARDS_H

#include "base/util.h"

#define BOARDS_MAX 64
#define CHIPS_MAX  16
#define CARDS_MAX  8

/* What there is to see. */
struct evidence {
    char model[96];            /* of the computer, from its device tree; "": it has none */
    char hat[96];              /* the add-on board that says who it is; "": none does */
    char chips[CHIPS_MAX][32]; /* labels of GPIO chips */
    size_t chip_count;
    char cards[CARDS_MAX][32]; /* names of sound cards */
    size_t card_count;
    bool hidden; /* there are GPIO chips that we may not look at */
};

struct guess {
    const char *board; /* NULL: it cannot be known */
    char reason[400];  /* in either case, a sentence */
};

/* Looks at files below `root`, which is "" but in tests. */
void evidence_gather(struct evidence *ret, const char *root);

/* Pure, both. */
bool evidence_has_chip(const struct evidence *evidence, const char *label);
void board_guess(const struct evidence *evidence, struct guess *ret);

struct board {
    char *name;
    char *about; /* the first line of its profile, or "" */
    char *path;  /* NULL: it needs none */
};

struct boards {
    struct board list[BOARDS_MAX];
    size_t count;
};

/* sim, and the profiles in `folders` (ends with NULL) by name; one that comes later in another
 * folder is hidden by the first. Returns 0 or -ENOMEM; cleared by boards_clear() in both cases. */
int boards_read(struct boards *ret, const char *const folders[]);
void boards_clear(struct boards *boards);

/* NULL when there is none of that name. */
const struct board *board_find(const struct boards *boards, const char *name);

#endif
