/*
 * Choreographies: time never goes back, only real LEDs and ears are named, and what is read is the
 * same when it is written and read again. The first byte is what the dice say.
 */
#include "base/limits.h"
#include "fuzz.h"
#include "violet/choreography.h"

static unsigned draw(void *userdata)
{
    return *(const uint8_t *)userdata % 30;
}

static void run(const uint8_t *data, size_t size, uint8_t drawn)
{
    struct choreography choreography;
    struct choreography_action action;
    unsigned asked = 0;
    uint64_t usec = 0;

    require(choreography_start(&choreography, data, size) == 0);
    while (choreography_next(&choreography, draw, &drawn, &action)) {
        require(action.usec >= usec && choreography_is_possible(&action));
        require(action.what != CHOREOGRAPHY_GUARD);
        usec = action.usec;
        if (action.what == CHOREOGRAPHY_WAIT && asked++ % 3)
            choreography_again(&choreography);
    }
}

static void write_again(const uint8_t *data, size_t size)
{
    struct choreography_writer writer;
    struct choreography_action action, again;
    uint8_t *copy = malloc(size + 8);
    size_t at = 4, copied = 4;

    require(copy && choreography_begin(&writer, copy, size + 8) == 0);
    while (choreography_read(data, size, &at, &action) == 0) {
        require(choreography_add(&writer, &action) == 0 && writer.used == at);
        require(choreography_read(copy, writer.used, &copied, &again) == 0 && copied == at);
        require(again.what == action.what && again.led == action.led && again.ear == action.ear);
        require(again.number == action.number && again.is_backward == action.is_backward);
        require(again.color == action.color && again.skip == action.skip);
        require(again.wait == action.wait);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > LIMIT_CHOREOGRAPHY_BYTES)
        return 0;
    run(data, size, size > 0 ? data[0] : 0);
    write_again(data, size);
    return 0;
}
