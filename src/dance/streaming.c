#include "dance/streaming.h"

#include <errno.h>

#include "dance/ears.h"

#define TEMPO_USEC     (160 * USEC_PER_MSEC)
#define TEMPO_MORE_MAX 89 /* ms */
#define LOOPS_MIN      3
#define LOOPS_MAX      20
#define COLORS         3 /* of a sequence: head, belly, feet */
#define CHANCE_MIN     4 /* one in so many sequences moves the ears, at the least */
#define FRAME_SIZE     (LED_COUNT + 1)

/* A frame has the LEDs in the body's order: 0 to 2 one of the sequence's colours, a dot dark. No
 * frame is as the one before it, and never are all LEDs on and off in turns. */
static const char *const dances[] = {
    /* walk: a light to and fro, with steps */
    ".1... ..1.. ...12 ..1.2 .1... ..1.. ...12 ..1.2 "
    ".1... ..1.. ...12 ..1.2 01... 0.1.. 0..12 ..1.2 "
    ".1... ..1.. ...12 ..1.2 .1... ..1.. ...12 ..1.2 "
    ".1... ..1.. ...12 ..1.2 01... 0.1.. 0..12 ..1.2 "
    ".1... ..1.. ...12 ..1.2 .1... ..1.. ...12 ..1.2 "
    ".1... ..1.. ...12 ..1.2 01... 0.1.. 0..12 ..1.2",
    /* spring: it rises from the feet and leaves through the nose */
    "....2 .1..2 .11.2 .1112 01112 0111. 0.11. 0..1. "
    "0.... ....2 ...12 ..112 .1112 01112 0111. 011.. "
    "01... 0.... ....2 .1..2 .11.2 .1112 01112 0111. "
    "0.11. 0..1. 0.... ....2 ...12 ..112 .1112 01112 "
    "0111. 011.. 01... 0.... ....2 .1..2 .11.2 .1112 "
    "01112 0111. 0.11. 0..1. 0.... ....2 ...12 ..112 "
    ".1112 01112 0111. 011.. 01... 0.... ..0.. .....",
    /* swing: from one side to the other */
    ".1..2 .10.2 0..1. 0.21. .1..2 .10.. 0..1. ..21. "
    ".1..2 .10.2 0..1. 0.21. .1..2 .10.. 0..1. ..21. "
    ".1..2 .10.2 0..1. 0.21. .1..2 .10.. 0..1. ..21. "
    ".1..2 .10.2 0..1. 0.21. .1..2 .10.. 0..1. ..21. "
    ".1..2 .10.2 0..1. 0.21. .1..2 .10.. 0..1. ..21. "
    ".1..2 .10.2 0..1. 0.21.",
    /* wheel: round with a tail, and back */
    "02... 2..0. ...20 .0..2 02... 2..0. ..120 .01.2 "
    "02... 2..0. ...20 .0..2 02... 2..0. ..120 .01.2 "
    "20... .2..0 ...02 0..2. 20... .2..0 ..102 0.12. "
    "20... .2..0 ...02 0..2. 20... .2..0 ..102 0.12. "
    "02... 2..0. ...20 .0..2 02... 2..0. ..120 .01.2 "
    "02... 2..0. ...20 .0..2 02... 2..0. ..120 .01.2 "
    "20... .2..0 ...02 0..2. 20... .2..0 ..102 0.12. "
    "20... .2..0 ...02 0..2. 20... .2..0 ..102 0.12.",
};

static const unsigned ear_places[] = {0, 5, 10, 14};

struct streaming {
    struct body *body;
    struct streaming_options options;
    bool is_running;
    uint64_t due_usec;

    /* The sequence. */
    const char *frames;
    size_t count, at;
    unsigned loops; /* that are left, this one included */
    uint64_t tempo_usec;
    uint32_t colors[COLORS];

    unsigned chance; /* the ears move with the next sequence once in so many times; 0: surely */
    bool has_moved;
};

static unsigned draw(struct streaming *streaming, unsigned max)
{
    return (unsigned)streaming->options.random(0, max, streaming->options.userdata);
}

/* ---- a sequence ---- */

static void send_ears(struct streaming *streaming, unsigned left, unsigned right)
{
    streaming->has_moved = true;
    ears_go(streaming->body, EAR_LEFT, left, EAR_FORWARD);
    ears_go(streaming->body, EAR_RIGHT, right, EAR_FORWARD);
}

static void raise_one_ear(struct streaming *streaming)
{
    bool is_left = draw(streaming, 1) == 1;

    send_ears(streaming, is_left ? 0 : 10, is_left ? 10 : 0);
}

/* Less and less often, and then often again. */
static void move_ears(struct streaming *streaming)
{
    unsigned left, right;

    if (streaming->chance > 1 && draw(streaming, streaming->chance - 1) != 0)
        return;
    left = ear_places[draw(streaming, ARRAY_SIZE(ear_places) - 1)];
    right = ear_places[draw(streaming, ARRAY_SIZE(ear_places) - 1)];
    send_ears(streaming, left, right);
    streaming->chance = streaming->chance < CHANCE_MIN ? streaming->chance + 1 : 0;
}

static void choose_colors(struct streaming *streaming)
{
    struct colors *colors = &streaming->options.colors;

    if (colors->is_random) {
        colors_choose(colors, draw(streaming, PALETTE_RANDOM - 1));
        colors->is_random = true;
    }
    for (unsigned i = 0; i < COLORS; i++)
        streaming->colors[i] = colors->list[draw(streaming, PALETTE_COLORS - 2)]; /* not black */
}

static void begin_sequence(struct streaming *streaming)
{
    bool is_first = !streaming->frames;

    if (!streaming->options.leaves_ears && is_first)
        raise_one_ear(streaming);
    else if (!streaming->options.leaves_ears)
        move_ears(streaming);
    streaming->frames = dances[draw(streaming, ARRAY_SIZE(dances) - 1)];
    streaming->count = (strlen(streaming->frames) + 1) / FRAME_SIZE;
    streaming->at = 0;
    streaming->tempo_usec = TEMPO_USEC + draw(streaming, TEMPO_MORE_MAX) * USEC_PER_MSEC;
    streaming->loops = LOOPS_MIN + draw(streaming, LOOPS_MAX - LOOPS_MIN);
    choose_colors(streaming);
}

/* ---- frames ---- */

static void show(struct streaming *streaming, const char *frame)
{
    for (enum led_index i = 0; i < LED_COUNT; i++) {
        uint32_t color = frame[i] == '.' ? 0 : streaming->colors[frame[i] - '0'];

        if (body_led_get(streaming->body, i) != color)
            body_led_set(streaming->body, i, color);
    }
}

static void step(struct streaming *streaming, uint64_t now_usec)
{
    if (streaming->at == streaming->count) {
        streaming->at = 0;
        if (--streaming->loops == 0)
            begin_sequence(streaming);
    }
    show(streaming, streaming->frames + FRAME_SIZE * streaming->at);
    streaming->at++;
    streaming->due_usec = now_usec + streaming->tempo_usec;
}

void streaming_start(struct streaming *streaming, const struct streaming_options *options,
                     uint64_t now_usec)
{
    streaming_stop(streaming);
    streaming->options = *options;
    streaming->is_running = true;
    streaming->has_moved = false;
    streaming->frames = NULL;
    streaming->chance = 0;
    for (enum led_index i = 0; i < LED_COUNT; i++)
        body_led_set(streaming->body, i, 0);
    begin_sequence(streaming);
    step(streaming, now_usec);
}

void streaming_stop(struct streaming *streaming)
{
    if (!streaming->is_running)
        return;
    streaming->is_running = false;
    streaming->due_usec = USEC_NEVER;
    if (streaming->has_moved && !body_ears_settled(streaming->body))
        body_stop(streaming->body);
}

bool streaming_is_running(const struct streaming *streaming)
{
    return streaming->is_running;
}

uint64_t streaming_deadline(const struct streaming *streaming)
{
    return streaming->due_usec;
}

void streaming_tick(struct streaming *streaming, uint64_t now_usec)
{
    if (now_usec >= streaming->due_usec)
        step(streaming, now_usec);
}

/* ---- life ---- */

int streaming_new(struct streaming **ret, struct body *body)
{
    struct streaming *streaming = calloc(1, sizeof(*streaming));

    if (!streaming)
        return -ENOMEM;
    streaming->body = body;
    streaming->due_usec = USEC_NEVER;
    *ret = streaming;
    return 0;
}

struct streaming *streaming_free(struct streaming *streaming)
{
    free(streaming);
    return NULL;
}
