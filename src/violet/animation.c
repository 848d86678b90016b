#include "violet/animation.h"

#include "violet/ambient.h"

#define STEP_USEC  (10 * USEC_PER_MSEC)
#define FRAME_SIZE 4 /* three digits, and a space or the end */

#define NOSE_PHASES     8
#define NOSE_PHASE_USEC (256 * USEC_PER_MSEC)
#define NOSE_COLOR      0xff00ff

#define PULSE_STEPS     256
#define PULSE_STEP_USEC (16 * USEC_PER_MSEC)

static const uint32_t colors[16] = {
    0x000000, 0xff0000, 0x00ff00, 0xffff00, 0x0000ff, 0xff00ff, 0x00ffff, 0xffffff,
    0x808080, 0xff8080, 0x80ff80, 0xffcc00, 0x8080ff, 0xff80ff, 0x80ffff, 0xff8000,
};

/* How long a frame stands, in units of 10 ms, and the colours of left, middle and right in each. */
struct animation {
    uint8_t tempo;
    const char *frames;
};

static const struct animation weather[] = {
    {25, "333 333 333 333 333 000 000 000"},
    {125, "030 404"},
    {25, "444 444 444 444 444 000"},
    {20, "000 040 404 000 004 400 000 040 004"},
    {40, "400 000 004 000 040 000 004 000 040 000 400 000"},
    {25, "043 000 000 000 000 430 043 000 000 034 340"},
};

static const struct animation stock[] = {
    {7, "00b 0b0 b00 000 000 000"}, {14, "00b 0b0 b00 000"},
    {28, "00b 0b0 b00 000"},        {28, "0b0 000"},
    {28, "b00 0b0 00b 000"},        {14, "b00 0b0 00b 000"},
    {7, "b00 0b0 00b 000 000 000"},
};

static const struct animation traffic[] = {
    {100, "101 101 101 000 000 000"}, {100, "010 101 000 000 000"}, {50, "010 101 000 000 000"},
    {25, "010 101 000 000 000"},      {12, "010 101 000 000 000"},  {8, "010 101 000 000 000"},
    {4, "010 101 010 101 000 000"},
};

static const struct animation mail[] = {
    {70, "500 050 005 050"},
    {56, "050 000"},
    {56, "505 000"},
    {56, "555 000"},
};

static const struct animation air[] = {
    {42, "666 666 666 000"},
    {42, "666 666 666 000"},
    {42, "666 666 666 000"},
    {42, "666 666 666 000"},
    {42, "666 666 666 000"},
    {14, "066 660 666 666 666 666 606 006 000 060 066 666 666 666 660 606 066"},
    {14, "066 660 666 666 666 666 606 006 000 060 066 666 666 666 660 606 066"},
    {14, "066 660 666 666 666 666 606 006 000 060 066 666 666 666 660 606 066"},
    {14, "060 066 666 600 000 060 066 000 660 666 006 600 060 000 606 060"},
    {14, "060 066 666 600 000 060 066 000 660 666 006 600 060 000 606 060"},
    {14, "060 066 666 600 000 060 066 000 660 666 006 600 060 000 606 060"},
};

static const struct {
    const struct animation *animations;
    size_t count;
} services[AMBIENT_SERVICE_END] = {
    [AMBIENT_WEATHER] = {weather, ARRAY_SIZE(weather)},
    [AMBIENT_STOCK] = {stock, ARRAY_SIZE(stock)},
    [AMBIENT_TRAFFIC] = {traffic, ARRAY_SIZE(traffic)},
    [AMBIENT_MAIL] = {mail, ARRAY_SIZE(mail)},
    [AMBIENT_AIR] = {air, ARRAY_SIZE(air)},
};

/* From dark to half the light of a pulse; the other three quarters mirror it. */
static const uint8_t pulse[PULSE_STEPS / 4 + 1] = {
    0,  0,  0,  0,  1,   1,   1,   2,   2,   3,   4,   5,   5,   6,   7,  9,  10,
    11, 12, 14, 15, 17,  18,  20,  21,  23,  25,  27,  29,  31,  33,  35, 37, 40,
    42, 44, 47, 49, 52,  54,  57,  59,  62,  65,  67,  70,  73,  76,  79, 82, 85,
    88, 90, 93, 97, 100, 103, 106, 109, 112, 115, 118, 121, 124, 128,
};

/* Of the base, by number. */
static const uint32_t pulse_colors[] = {0x000000, 0x000001, 0x000100, 0x000101,
                                        0x010000, 0x010001, 0x010100, 0x010101};

static const struct animation *find(unsigned service, unsigned value)
{
    if (service >= AMBIENT_SERVICE_END || value >= services[service].count)
        return NULL;
    return &services[service].animations[value];
}

static uint32_t color_of(char digit)
{
    return colors[digit <= '9' ? digit - '0' : digit - 'a' + 10];
}

/* How many steps from `at` on the frame is the same; 0: always. */
static size_t same_frames(const char *frames, size_t count, size_t at)
{
    for (size_t i = 1; i < count; i++)
        if (memcmp(frames + FRAME_SIZE * at, frames + FRAME_SIZE * ((at + i) % count),
                   FRAME_SIZE - 1) != 0)
            return i;
    return 0;
}

bool animation_show(unsigned service, unsigned value, uint64_t usec,
                    uint32_t ret[ANIMATION_LED_COUNT], uint64_t *ret_left)
{
    const struct animation *animation = find(service, value);
    uint64_t step;
    size_t count, at, same;

    memset(ret, 0, ANIMATION_LED_COUNT * sizeof(*ret));
    *ret_left = USEC_NEVER;
    if (!animation)
        return false;
    step = animation->tempo * STEP_USEC;
    count = (strlen(animation->frames) + 1) / FRAME_SIZE;
    at = usec / step % count;
    same = same_frames(animation->frames, count, at);
    if (same > 0)
        *ret_left = same * step - usec % step;
    for (size_t i = 0; i < ANIMATION_LED_COUNT; i++)
        ret[i] = color_of(animation->frames[FRAME_SIZE * at + i]);
    return true;
}

uint64_t animation_length(unsigned service, unsigned value)
{
    const struct animation *animation = find(service, value);

    return animation ? (strlen(animation->frames) + 1) / FRAME_SIZE * animation->tempo * STEP_USEC
                     : 0;
}

uint32_t animation_color(unsigned index)
{
    return colors[index % ARRAY_SIZE(colors)];
}

static uint32_t nose_in(unsigned value, uint64_t phase)
{
    phase %= NOSE_PHASES;
    return (value >= 1 && phase == 1) || (value >= 2 && phase == 3) ? NOSE_COLOR : 0;
}

uint32_t animation_nose(unsigned value, uint64_t usec, uint64_t *ret_left)
{
    uint64_t phase = usec / NOSE_PHASE_USEC;
    uint32_t color = nose_in(value, phase);

    *ret_left = USEC_NEVER;
    for (unsigned i = 1; i < NOSE_PHASES; i++)
        if (nose_in(value, phase + i) != color) {
            *ret_left = i * NOSE_PHASE_USEC - usec % NOSE_PHASE_USEC;
            break;
        }
    return color;
}

/* Dark at 0, 255 in the middle. */
static unsigned pulse_at(uint64_t step)
{
    unsigned i = (unsigned)(step % PULSE_STEPS);

    if (i > PULSE_STEPS / 2)
        i = PULSE_STEPS - i;
    return i <= PULSE_STEPS / 4 ? pulse[i] : 255U - pulse[PULSE_STEPS / 2 - i];
}

uint32_t animation_base(unsigned color, uint64_t usec, uint64_t *ret_left)
{
    uint64_t step = usec / PULSE_STEP_USEC;
    unsigned same = 1;

    *ret_left = USEC_NEVER;
    if (color == 0 || color >= ARRAY_SIZE(pulse_colors))
        return 0;
    while (pulse_at(step + same) == pulse_at(step))
        same++;
    *ret_left = same * PULSE_STEP_USEC - usec % PULSE_STEP_USEC;
    return pulse_at(step) * pulse_colors[color];
}

uint64_t animation_taichi_delay(unsigned value, unsigned drawn)
{
    unsigned often = value == TAICHI_RARE ? TAICHI_OFTEN : value == TAICHI_OFTEN ? TAICHI_RARE : 80;

    if (value == 0)
        return USEC_NEVER;
    return often * USEC_PER_MIN * (64 + drawn % 128) / 128;
}
