#include "violet/choreography.h"

#include <errno.h>

#include "base/limits.h"

#define HEADER_SIZE   4
#define TRAILER_SIZE  4
#define RECORD_HEAD   2 /* wait and opcode */
#define ARGUMENTS_MAX 6
#define FRAME_USEC    (10 * USEC_PER_MSEC)
#define PALETTE_MASK  7

/* Where its arguments stand, counted from 1; 0: it has none of the kind. */
struct opcode {
    bool is_known;
    uint8_t what, size, led, ear, number, color, way, skip;
};

static const struct opcode opcodes[] = {
    [1] = {true, CHOREOGRAPHY_FRAME, 1, .number = 1},
    [7] = {true, CHOREOGRAPHY_LED, 6, .led = 1, .color = 2},
    [8] = {true, CHOREOGRAPHY_EAR, 3, .ear = 1, .number = 2, .way = 3},
    [9] = {true, CHOREOGRAPHY_LEDS, 3, .color = 1},
    [10] = {true, CHOREOGRAPHY_OFF, 1, .led = 1},
    [14] = {true, CHOREOGRAPHY_PALETTE, 2, .led = 1, .number = 2},
    [16] = {true, CHOREOGRAPHY_TUNE, .size = 0},
    [17] = {true, CHOREOGRAPHY_ADVANCE, 2, .ear = 1, .number = 2},
    [18] = {true, CHOREOGRAPHY_GUARD, 3, .number = 1, .skip = 2},
    [19] = {true, CHOREOGRAPHY_WAIT, .size = 0},
    [20] = {true, CHOREOGRAPHY_DIRECTION, 2, .ear = 1, .way = 2},
};

/* Files count LEDs from the bottom up; the same way back. Numbers of no LED stay such. */
static unsigned turn_led(unsigned number)
{
    return number < CHOREOGRAPHY_LED_COUNT ? CHOREOGRAPHY_LED_COUNT - 1 - number : number;
}

static void read_arguments(const struct opcode *opcode, const uint8_t *arguments,
                           struct choreography_action *ret)
{
    const uint8_t *before = arguments - 1; /* places count from 1 */

    if (opcode->led)
        ret->led = turn_led(before[opcode->led]);
    if (opcode->ear)
        ret->ear = before[opcode->ear];
    if (opcode->number)
        ret->number = before[opcode->number];
    if (opcode->way)
        ret->is_backward = before[opcode->way] != 0;
    if (opcode->color)
        ret->color = (uint32_t)before[opcode->color] << 16 | before[opcode->color + 1] << 8 |
                     before[opcode->color + 2];
    if (opcode->skip)
        ret->skip = (unsigned)before[opcode->skip] << 8 | before[opcode->skip + 1];
    if (ret->what == CHOREOGRAPHY_PALETTE)
        ret->number &= PALETTE_MASK;
}

int choreography_read(const uint8_t *data, size_t size, size_t *at, struct choreography_action *ret)
{
    const struct opcode *opcode;
    uint8_t code;

    if (*at >= size || size - *at < RECORD_HEAD)
        return -ENODATA;
    code = data[*at + 1];
    if (code >= ARRAY_SIZE(opcodes) || !opcodes[code].is_known)
        return -ENODATA;
    opcode = &opcodes[code];
    if (size - *at - RECORD_HEAD < opcode->size)
        return -ENODATA;
    *ret = (struct choreography_action){.what = opcode->what, .wait = data[*at]};
    read_arguments(opcode, data + *at + RECORD_HEAD, ret);
    *at += RECORD_HEAD + opcode->size;
    return 0;
}

bool choreography_is_possible(const struct choreography_action *action)
{
    return action->led < CHOREOGRAPHY_LED_COUNT && action->ear < CHOREOGRAPHY_EAR_COUNT;
}

int choreography_start(struct choreography *ret, const uint8_t *data, size_t size)
{
    if (size > LIMIT_CHOREOGRAPHY_BYTES)
        return -E2BIG;
    *ret = (struct choreography){.data = data, .size = size, .at = HEADER_SIZE};
    return 0;
}

/* How long the record waits for what comes before it. */
static uint64_t wait_usec(const struct choreography *choreography, unsigned wait)
{
    uint64_t usec = wait * choreography->scale;

    if (choreography->is_again)
        return usec_later(usec, LIMIT_CHOREOGRAPHY_POLL_USEC);
    return choreography->is_started ? usec : 0;
}

static bool take_record(struct choreography *choreography, struct choreography_action *ret)
{
    size_t at = choreography->at;

    if (choreography_read(choreography->data, choreography->size, &at, ret) < 0)
        return false;
    choreography->last = choreography->at;
    choreography->at = at;
    choreography->usec += wait_usec(choreography, ret->wait);
    choreography->is_started = true;
    choreography->is_again = false;
    ret->usec = choreography->usec;
    return true;
}

static void pass_guard(struct choreography *choreography, const struct choreography_action *guard,
                       unsigned drawn)
{
    size_t left = choreography->size - choreography->at;

    if (drawn != guard->number)
        choreography->at += guard->skip < left ? guard->skip : left;
}

bool choreography_next(struct choreography *choreography, choreography_dice dice, void *userdata,
                       struct choreography_action *ret)
{
    while (take_record(choreography, ret)) {
        if (ret->what == CHOREOGRAPHY_GUARD) {
            pass_guard(choreography, ret, dice(userdata));
            continue;
        }
        if (ret->what == CHOREOGRAPHY_FRAME)
            choreography->scale = ret->number * FRAME_USEC;
        if (choreography_is_possible(ret))
            return true;
    }
    return false;
}

void choreography_again(struct choreography *choreography)
{
    choreography->at = choreography->last;
    choreography->is_again = true;
}

uint64_t choreography_end_usec(const struct choreography *choreography)
{
    size_t at = choreography->at;
    bool is_record = at < choreography->size && choreography->size - at >= RECORD_HEAD;

    return choreography->usec + (is_record ? wait_usec(choreography, choreography->data[at]) : 0);
}

/* ---- writing ---- */

static int put(struct choreography_writer *writer, const uint8_t *bytes, size_t size)
{
    if (size > writer->size - writer->used)
        return -ENOSPC;
    memcpy(writer->data + writer->used, bytes, size);
    writer->used += size;
    return 0;
}

int choreography_begin(struct choreography_writer *writer, uint8_t *data, size_t size)
{
    static const uint8_t header[HEADER_SIZE] = {1, 1, 1, 1};

    *writer = (struct choreography_writer){data, size, 0};
    return put(writer, header, sizeof(header));
}

static void write_arguments(const struct opcode *opcode, const struct choreography_action *action,
                            uint8_t *arguments)
{
    uint8_t *before = arguments - 1;

    if (opcode->led)
        before[opcode->led] = (uint8_t)turn_led(action->led);
    if (opcode->ear)
        before[opcode->ear] = (uint8_t)action->ear;
    if (opcode->number)
        before[opcode->number] = (uint8_t)action->number;
    if (opcode->way)
        before[opcode->way] = action->is_backward;
    if (opcode->color) {
        before[opcode->color] = (uint8_t)(action->color >> 16);
        before[opcode->color + 1] = (uint8_t)(action->color >> 8);
        before[opcode->color + 2] = (uint8_t)action->color;
    }
    if (opcode->skip) {
        before[opcode->skip] = (uint8_t)(action->skip >> 8);
        before[opcode->skip + 1] = (uint8_t)action->skip;
    }
}

static uint8_t code_of(enum choreography_what what)
{
    uint8_t code = 0;

    while (!opcodes[code].is_known || opcodes[code].what != what)
        code++;
    return code;
}

int choreography_add(struct choreography_writer *writer, const struct choreography_action *action)
{
    uint8_t record[RECORD_HEAD + ARGUMENTS_MAX] = {action->wait, code_of(action->what)};
    const struct opcode *opcode = &opcodes[record[1]];

    if (action->led > UINT8_MAX || action->ear > UINT8_MAX || action->number > UINT8_MAX ||
        action->skip > UINT16_MAX || action->color > 0xffffff)
        return -EINVAL;
    write_arguments(opcode, action, record + RECORD_HEAD);
    return put(writer, record, RECORD_HEAD + opcode->size);
}

int choreography_end(struct choreography_writer *writer)
{
    static const uint8_t trailer[TRAILER_SIZE] = {0};
    size_t length = writer->used - HEADER_SIZE;
    int r = put(writer, trailer, sizeof(trailer));

    if (r < 0)
        return r;
    for (unsigned i = 0; i < HEADER_SIZE; i++)
        writer->data[i] = (uint8_t)(length >> (8 * (HEADER_SIZE - 1 - i)));
    return 0;
}
