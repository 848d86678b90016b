#include "dance/taichi.h"

#include <assert.h>

#include "violet/choreography.h"

#define FRAME   20 /* × 10 ms */
#define HOLES   4
#define BREATHS 8        /* frames of breathing in, and of breathing out */
#define BREATH  0x040a07 /* what a frame adds: a soft green */

#define BOTH_EARS 2

/* No ear goes past 0: forward that would be a turn more. */
#define BACKWARD_FROM 9

static const struct {
    unsigned ear; /* counted from the one that begins */
    bool is_return;
} moves[] = {{0, false}, {1, false}, {0, true}, {1, true}, {BOTH_EARS, false}, {BOTH_EARS, true}};

static void add(struct choreography_writer *writer, struct choreography_action action)
{
    int r = choreography_add(writer, &action);

    assert(r == 0);
    (void)r;
}

static void move(struct choreography_writer *writer, unsigned ear, unsigned position,
                 bool is_return)
{
    bool is_backward = (position >= BACKWARD_FROM) != is_return;

    add(writer, (struct choreography_action){
                    .what = CHOREOGRAPHY_DIRECTION, .ear = ear, .is_backward = is_backward});
    add(writer,
        (struct choreography_action){.what = CHOREOGRAPHY_ADVANCE, .ear = ear, .number = HOLES});
}

static void breathe(struct choreography_writer *writer)
{
    for (unsigned i = 1; i <= 2 * BREATHS; i++) {
        unsigned depth = i <= BREATHS ? i : 2 * BREATHS - i;

        add(writer, (struct choreography_action){
                        .what = CHOREOGRAPHY_LEDS, .wait = 1, .color = depth * BREATH});
    }
}

size_t taichi_write(uint8_t ret[TAICHI_SIZE], unsigned first_ear, const unsigned positions[2])
{
    struct choreography_writer writer;
    int r = choreography_begin(&writer, ret, TAICHI_SIZE);

    assert(r == 0);
    (void)r;
    add(&writer, (struct choreography_action){.what = CHOREOGRAPHY_FRAME, .number = FRAME});
    for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
        for (unsigned ear = 0; ear < CHOREOGRAPHY_EAR_COUNT; ear++)
            if (moves[i].ear == BOTH_EARS || moves[i].ear == (ear != first_ear))
                move(&writer, ear, positions[ear], moves[i].is_return);
        breathe(&writer);
        add(&writer, (struct choreography_action){.what = CHOREOGRAPHY_WAIT, .wait = 1});
    }
    return writer.used;
}
