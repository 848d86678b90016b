#include "dance/pose.h"

#define DROOPING 10

/* A broken ear stays as it is: nobody is to be woken by it. */
void pose_droop(struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        body_ear_go(body, i, DROOPING, EAR_SHORTEST);
}

void pose_sleep(struct body *body, uint64_t fade_usec)
{
    body_fade_dark(body, true, fade_usec);
    pose_droop(body);
}

void pose_wake(struct body *body)
{
    body_fade_dark(body, false, POSE_FADE_USEC);
    body_home(body);
}
