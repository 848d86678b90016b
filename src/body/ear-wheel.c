#include "body/ear-wheel.h"

#define HOLE_AFTER_GAP  14
#define HOLE_BEFORE_GAP 13

int ear_wheel_hole(int position)
{
    int rest = position % EAR_POSITIONS;
    return rest < 0 ? rest + EAR_POSITIONS : rest;
}

void ear_wheel_start(struct ear_wheel *wheel)
{
    wheel->counts = 0;
}

void ear_wheel_count(struct ear_wheel *wheel, uint64_t usec)
{
    if (wheel->counts > EAR_POSITIONS) {
        memmove(wheel->intervals, wheel->intervals + 1,
                (EAR_POSITIONS - 1) * sizeof(*wheel->intervals));
        wheel->intervals[EAR_POSITIONS - 1] = usec - wheel->counted_usec;
    } else if (wheel->counts > 0) {
        wheel->intervals[wheel->counts - 1] = usec - wheel->counted_usec;
    }
    wheel->counts++;
    wheel->counted_usec = usec;
}

static int compare_usec(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/*
 * Which of the 17 intervals of a whole turn is the gap, or -1 when that is not plain: a longest one
 * far beyond the others is a stall, and so is a second long one.
 */
static int find_gap(const uint64_t intervals[EAR_POSITIONS], uint64_t *ret_boundary)
{
    uint64_t sorted[EAR_POSITIONS];
    memcpy(sorted, intervals, sizeof(sorted));
    qsort(sorted, EAR_POSITIONS, sizeof(*sorted), compare_usec);

    uint64_t gap = sorted[EAR_POSITIONS - 1], normal = sorted[EAR_POSITIONS - 2];
    if (2 * gap < 3 * normal || gap > 5 * normal || normal > 2 * sorted[EAR_POSITIONS / 2])
        return -1;

    *ret_boundary = (gap + normal) / 2;
    for (int i = 0; i < EAR_POSITIONS; i++)
        if (intervals[i] == gap)
            return i;
    return -1;
}

int ear_wheel_home(struct ear_wheel *wheel, int direction)
{
    if (wheel->counts <= EAR_POSITIONS)
        return -1;

    int gap = find_gap(wheel->intervals, &wheel->boundary_usec);
    if (gap < 0)
        return -1;

    int since = EAR_POSITIONS - 1 - gap;
    return ear_wheel_hole(direction > 0 ? HOLE_AFTER_GAP + since : HOLE_BEFORE_GAP - since);
}

bool ear_wheel_is_learnt(const struct ear_wheel *wheel)
{
    return wheel->boundary_usec != 0;
}

/* 17 holes have 16 intervals between them. No gap among these: it lies beyond the last hole. */
int ear_wheel_read(const struct ear_wheel *wheel)
{
    int gap = EAR_POSITIONS - 1;

    for (int i = 0; i < EAR_POSITIONS - 1; i++) {
        if (wheel->intervals[i] <= wheel->boundary_usec)
            continue;
        if (gap != EAR_POSITIONS - 1 || wheel->intervals[i] > 2 * wheel->boundary_usec)
            return -1;
        gap = i;
    }
    return ear_wheel_hole(HOLE_BEFORE_GAP - (gap + 1));
}
