/*
 * The encoder of one ear: tells holes from chatter, and a good encoder from a bad one (gpio.md,
 * sections 2.4 and 7.2). Pure; a part of struct ear. Main thread.
 *
 * A hole counts when the line was dark for 10 ms before it. More than 50 edges in a second are more
 * than an ear or a hand can make: the encoder is bad. Edges closer than 10 ms are one burst there,
 * since a comparator may well chatter at every flank of a good wheel.
 */
#ifndef NABAZTAGD_BODY_EAR_ENCODER_H
#define NABAZTAGD_BODY_EAR_ENCODER_H

#include "base/util.h"

enum ear_edge {
    EAR_EDGE_NONE,    /* nothing new */
    EAR_EDGE_RISE,    /* out of a hole, or so it seems */
    EAR_EDGE_CHATTER, /* back in the hole that it only seemed to leave */
    EAR_EDGE_COUNT,   /* into a hole */
    EAR_EDGE_BAD,     /* any edge, from a bad encoder */
};

/* Starts as all zeros but for the level. */
struct ear_encoder {
    bool level;         /* true in the dark */
    uint64_t dark_usec; /* since when, if it is */

    unsigned bursts; /* since second_usec, when a second began */
    uint64_t second_usec, burst_usec;
};

enum ear_edge ear_encoder_edge(struct ear_encoder *encoder, bool level, uint64_t usec);

#endif
