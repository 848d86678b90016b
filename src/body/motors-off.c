#include "body/motors-off.h"

#include "body/board.h"
#include "body/lines.h"

/* A motor brakes only as long as its lines are held, where the kernel lets them float afterwards.
 */
#define BRAKE_USEC (50 * USEC_PER_MSEC)

int motors_off(const struct config *config, struct body_fault *ret_fault)
{
    struct line_want wants[LINE_COUNT];
    struct lines *held[LINE_COUNT] = {NULL};
    unsigned count = 0;
    int result = 0;

    if (board_is_sim(config))
        return 0;
    board_wants(config, wants);
    /* ENABLE before PHASE, which alone would turn a running motor round. */
    for (size_t i = LINE_COUNT; i-- > 0;) {
        if (!wants[i].what || !wants[i].output)
            continue;
        int r = lines_gpiod_new(&held[count], NULL, config->gpio.chip, &wants[i], 1,
                                result == 0 ? ret_fault : NULL);
        count += r == 0;
        result = result == 0 ? r : result;
    }
    if (count > 0)
        usleep(BRAKE_USEC);
    while (count > 0)
        lines_free(held[--count]);
    return result;
}
