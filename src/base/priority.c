#include "base/priority.h"

#include <errno.h>
#include <sched.h>

int priority_raise(int priority)
{
    const struct sched_param param = {.sched_priority = priority};

    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) < 0 ? -errno : 0;
}
