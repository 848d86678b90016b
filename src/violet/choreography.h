/*
 * Choreographies (.chor): what LEDs and ears do, and when. Source: the firmware's runChorCmd,
 * OpenJabNab's Choregraphy, Violet's DanceGenerator. Four bytes that say nothing, then records
 * "wait, opcode, arguments". A cursor goes through the caller's bytes and allocates nothing. Pure:
 * the dice are the caller's; any thread.
 */
#ifndef NABAZTAGD_VIOLET_CHOREOGRAPHY_H
#define NABAZTAGD_VIOLET_CHOREOGRAPHY_H

#include "base/util.h"

enum choreography_what {
    CHOREOGRAPHY_FRAME,     /* nothing to see: from now on waits count in `number` × 10 ms */
    CHOREOGRAPHY_LED,       /* one LED in `color` */
    CHOREOGRAPHY_LEDS,      /* all LEDs in `color` */
    CHOREOGRAPHY_OFF,       /* one LED dark */
    CHOREOGRAPHY_PALETTE,   /* one LED in colour `number` of the palette, 0 to 7 */
    CHOREOGRAPHY_EAR,       /* an ear to position `number`, 0 to 255; above 16: with extra turns */
    CHOREOGRAPHY_TUNE,      /* one of 24 short tunes, at random */
    CHOREOGRAPHY_ADVANCE,   /* an ear by `number`, in its tai-chi direction */
    CHOREOGRAPHY_DIRECTION, /* the tai-chi direction of an ear */
    CHOREOGRAPHY_WAIT,      /* until ears and sound rest: see choreography_again() */
    CHOREOGRAPHY_GUARD,     /* the dice decide about the next `skip` bytes; the cursor sees to it */
};

/* LEDs as the body counts them: 0 nose, 1 left, 2 middle, 3 right, 4 bottom. Ears: 0 left, 1
 * right. */
#define CHOREOGRAPHY_LED_COUNT 5
#define CHOREOGRAPHY_EAR_COUNT 2

struct choreography_action {
    uint64_t usec; /* when, counted from the start */
    enum choreography_what what;
    unsigned led, ear, number;
    bool is_backward;
    uint32_t color;
    unsigned skip;
    uint8_t wait; /* as in the record, in frames */
};

struct choreography {
    const uint8_t *data;
    size_t size, at; /* `at`: the next record */
    size_t last;     /* the record that was told last */
    uint64_t usec;   /* of what was told last */
    uint64_t scale;  /* µs of one wait */
    bool is_started; /* the first wait byte does not count */
    bool is_again;   /* the next record is the last one once more */
};

/* What a guard asks: its records are run when the answer equals its number. The firmware draws one
 * number, 0 to 29, for the whole of a tai-chi: an answer that stays is what guards in a row want.
 */
typedef unsigned (*choreography_dice)(void *userdata);

/* The bytes must stay. Returns 0, or -E2BIG above LIMIT_CHOREOGRAPHY_BYTES. LEDs are dark at the
 * start: that is the caller's. */
int choreography_start(struct choreography *ret, const uint8_t *data, size_t size);

/*
 * The next action, in order of time; false at the end: of the data, or where an unknown opcode
 * stands. LEDs and ears that do not exist are passed over. Between two actions there may be no
 * time, so a caller that runs what is due has to bound how many in one turn.
 */
bool choreography_next(struct choreography *choreography, choreography_dice dice, void *userdata,
                       struct choreography_action *ret);

/* After CHOREOGRAPHY_WAIT, when ears or sound are still busy at that time: the next action is the
 * same once more, one of its own waits later, or LIMIT_CHOREOGRAPHY_POLL_USEC. */
void choreography_again(struct choreography *choreography);

/* After choreography_next() returned false: when it is over. An unknown opcode ends it at its own
 * time, after its wait. */
uint64_t choreography_end_usec(const struct choreography *choreography);

/* Whether a LED or an ear of such a number exists, where the action is about one. */
bool choreography_is_possible(const struct choreography_action *action);

/*
 * Reads one record at *at, and moves *at behind it. Returns 0, or -ENODATA where the choreography
 * ends. For tools: `usec` is 0, and no LED or ear is too high.
 */
int choreography_read(const uint8_t *data, size_t size, size_t *at,
                      struct choreography_action *ret);

/* Makes a choreography in the caller's buffer. */
struct choreography_writer {
    uint8_t *data;
    size_t size, used;
};

/* Return 0, or -ENOSPC when the buffer is too small; choreography_add() -EINVAL when no record can
 * say so. */
int choreography_begin(struct choreography_writer *writer, uint8_t *data, size_t size);
int choreography_add(struct choreography_writer *writer, const struct choreography_action *action);
/* With the length in front and a zero record behind, as servers write it; without this it is as the
 * firmware has it. */
int choreography_end(struct choreography_writer *writer);

#endif
