#include "body/light.h"

/* 65535 × (n / 255) to the power of 2.2, rounded up: so each differs from the next. */
static const uint16_t lights[256] = {
    0,     1,     2,     4,     8,     12,    18,    25,    33,    42,    53,    66,    79,
    94,    111,   129,   149,   170,   193,   217,   243,   270,   299,   330,   362,   396,
    432,   469,   508,   549,   592,   636,   682,   730,   779,   830,   883,   938,   995,
    1053,  1114,  1176,  1240,  1306,  1374,  1443,  1515,  1588,  1663,  1740,  1819,  1900,
    1983,  2068,  2155,  2244,  2334,  2427,  2522,  2618,  2717,  2818,  2920,  3025,  3131,
    3240,  3351,  3463,  3578,  3695,  3814,  3935,  4058,  4183,  4310,  4439,  4570,  4703,
    4839,  4976,  5116,  5258,  5402,  5547,  5696,  5846,  5998,  6153,  6309,  6468,  6629,
    6792,  6957,  7125,  7295,  7466,  7640,  7816,  7995,  8175,  8358,  8543,  8730,  8920,
    9111,  9305,  9501,  9700,  9900,  10103, 10308, 10515, 10725, 10936, 11151, 11367, 11585,
    11806, 12029, 12255, 12482, 12712, 12945, 13179, 13416, 13655, 13897, 14141, 14387, 14635,
    14886, 15139, 15394, 15652, 15912, 16175, 16439, 16706, 16976, 17248, 17522, 17798, 18077,
    18358, 18642, 18928, 19216, 19507, 19800, 20096, 20394, 20694, 20997, 21302, 21609, 21919,
    22232, 22546, 22863, 23183, 23505, 23829, 24156, 24485, 24817, 25151, 25488, 25827, 26168,
    26512, 26858, 27207, 27558, 27912, 28268, 28627, 28988, 29352, 29718, 30086, 30457, 30831,
    31207, 31585, 31966, 32350, 32736, 33124, 33515, 33908, 34304, 34703, 35104, 35507, 35913,
    36322, 36733, 37146, 37562, 37981, 38402, 38826, 39252, 39681, 40112, 40546, 40982, 41421,
    41863, 42307, 42754, 43203, 43654, 44109, 44566, 45025, 45487, 45952, 46419, 46889, 47361,
    47836, 48313, 48793, 49276, 49761, 50249, 50739, 51233, 51728, 52226, 52727, 53231, 53737,
    54246, 54757, 55271, 55787, 56306, 56828, 57353, 57880, 58409, 58942, 59477, 60014, 60554,
    61097, 61643, 62191, 62742, 63295, 63851, 64410, 64971, 65535,
};

uint16_t light_decode(uint8_t value)
{
    return lights[value];
}

/* The nearest one. */
uint8_t light_encode(uint16_t light)
{
    unsigned low = 0, high = 255;

    while (high - low > 1) {
        unsigned middle = (low + high) / 2;

        if (lights[middle] <= light)
            low = middle;
        else
            high = middle;
    }
    if (light > 0 && low == 0)
        return 1;
    return (uint8_t)(light - lights[low] < lights[high] - light ? low : high);
}

static uint16_t channel(uint32_t color, unsigned shift, unsigned percent)
{
    return lights[((color >> shift & 0xff) * percent + 50) / 100];
}

struct led_light light_from_color(uint32_t color, unsigned percent)
{
    return (struct led_light){.red = channel(color, 16, percent),
                              .green = channel(color, 8, percent),
                              .blue = channel(color, 0, percent)};
}

unsigned light_to_steps(uint16_t light, unsigned steps)
{
    uint64_t step = ((uint64_t)light * steps + LIGHT_FULL / 2) / LIGHT_FULL;

    return light > 0 && step == 0 ? 1 : (unsigned)step;
}

unsigned light_to_hue(const struct led_light *light)
{
    unsigned red = light->red, green = light->green, blue = light->blue;
    unsigned most = red > green ? red : green, lit = 0;

    most = blue > most ? blue : most;
    lit |= (most > 0 && 2 * red >= most) << 0;
    lit |= (most > 0 && 2 * green >= most) << 1;
    lit |= (most > 0 && 2 * blue >= most) << 2;
    return lit;
}
