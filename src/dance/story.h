/*
 * The login story told by the bottom LED, one steady colour each, so that a rabbit without a screen
 * still says where it is. Owned by nobody (no state); main thread.
 */
#ifndef NABAZTAGD_DANCE_STORY_H
#define NABAZTAGD_DANCE_STORY_H

#include "body/body.h"

enum story {
    STORY_NONE,        /* dark: not configured */
    STORY_CONNECTING,  /* blue */
    STORY_REJECTED,    /* red */
    STORY_REGISTERING, /* amber */
    STORY_ONLINE,      /* green */
    STORY_WAITING,     /* violet: trouble, will try again */
    STORY_COUNT,
};

/* Shows it. */
void story_show(struct body *body, enum story story);

#endif
