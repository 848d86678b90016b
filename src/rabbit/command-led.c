/* led WHERE COLOUR: lights one LED or all of them. */
#include "base/parse.h"
#include "rabbit/command.h"

extern const struct command command_led;

#define NOSE   (1U << LED_NOSE)
#define LEFT   (1U << LED_LEFT)
#define MIDDLE (1U << LED_MIDDLE)
#define RIGHT  (1U << LED_RIGHT)
#define BOTTOM (1U << LED_BOTTOM)
#define ALL    (NOSE | LEFT | MIDDLE | RIGHT | BOTTOM)

/* Folded, in four languages. */
static const struct {
    const char *word;
    unsigned leds;
} places[] = {
    {"nose", NOSE},     {"nez", NOSE},      {"nase", NOSE},    {"naso", NOSE},
    {"left", LEFT},     {"gauche", LEFT},   {"links", LEFT},   {"sinistra", LEFT},
    {"middle", MIDDLE}, {"milieu", MIDDLE}, {"mitte", MIDDLE}, {"centro", MIDDLE},
    {"right", RIGHT},   {"droite", RIGHT},  {"rechts", RIGHT}, {"destra", RIGHT},
    {"bottom", BOTTOM}, {"base", BOTTOM},   {"bas", BOTTOM},   {"unten", BOTTOM},
    {"basso", BOTTOM},  {"socle", BOTTOM},  {"boden", BOTTOM}, {"sotto", BOTTOM},
    {"center", MIDDLE}, {"centre", MIDDLE}, {"all", ALL},      {"tout", ALL},
    {"toutes", ALL},    {"alle", ALL},      {"tutti", ALL},    {"tutto", ALL},
};

static unsigned find_place(const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        if (streq(places[i].word, word))
            return places[i].leds;
    return 0;
}

static enum command_result run(struct command_call *call)
{
    unsigned leds = call->count == 2 ? find_place(call->arguments[0]) : 0;
    uint32_t color;

    if (!leds || parse_color(call->arguments[1], &color) < 0)
        return COMMAND_USAGE;
    command_end_play(call->context);
    for (enum led_index i = 0; i < LED_COUNT; i++)
        if (leds & 1U << i)
            body_led_set(call->context->body, i, color);
    snprintf(call->reply, COMMAND_REPLY_MAX, "%s %s %s", command_led.words[call->language],
             call->arguments[0], call->arguments[1]);
    return COMMAND_DONE;
}

const struct command command_led = {
    .words = {"led", "led", "led", "led"},
    .arguments = "nose|left|middle|right|bottom|all red|#ff0000|off",
    .example = "led left green",
    .help = {"lights an LED in a colour", "allume une LED dans une couleur", "färbt eine LED",
             "accende un LED di un colore"},
    .wakeful = true,
    .run = run,
};
