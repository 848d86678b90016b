#include "body/ear-encoder.h"

#define DARK_MIN_USEC (10 * USEC_PER_MSEC) /* less is chatter: holes are 90 ms apart */
#define BURSTS_MAX    50                   /* a second; an ear that turns in 3 s makes 14 edges */

static bool is_bad(struct ear_encoder *encoder, uint64_t usec)
{
    if (usec - encoder->second_usec >= USEC_PER_SEC) {
        encoder->second_usec = usec;
        encoder->bursts = 0;
    }
    if (usec - encoder->burst_usec >= DARK_MIN_USEC) {
        encoder->burst_usec = usec;
        encoder->bursts++;
    }
    return encoder->bursts > BURSTS_MAX;
}

enum ear_edge ear_encoder_edge(struct ear_encoder *encoder, bool level, uint64_t usec)
{
    if (level == encoder->level)
        return EAR_EDGE_NONE;

    bool was_dark = usec - encoder->dark_usec >= DARK_MIN_USEC;
    encoder->level = level;
    if (level)
        encoder->dark_usec = usec;
    if (is_bad(encoder, usec))
        return EAR_EDGE_BAD;
    return level ? EAR_EDGE_RISE : was_dark ? EAR_EDGE_COUNT : EAR_EDGE_CHATTER;
}
