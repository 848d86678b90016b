#include "dance/pose.h"

#define DROOPING  10
#define FADE_USEC USEC_PER_SEC

/* A broken ear stays as it is: nobody is to be woken by it. */
void pose_droop(struct body *body)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++)
        body_ear_go(body, i, DROOPING, EAR_SHORTEST);
}

void pose_sleep(struct body *body)
{
    body_fade_dark(body, true, FADE_USEC);
    pose_droop(body);
}

void pose_wake(struct body *body)
{
    body_fade_dark(body, false, FADE_USEC);
    body_home(body);
}
