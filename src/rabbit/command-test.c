/* test [ears|leds|button]: moves each part in turn, for a person to look at. */
#include "base/clock.h"
#include "rabbit/command.h"

#define BUTTON (1U << 7) /* beside enum trial_part: the person's part */

static const struct {
    const char *word; /* folded */
    unsigned parts;
} parts_table[] = {
    {"ears", TRIAL_EARS}, {"oreilles", TRIAL_EARS}, {"ohren", TRIAL_EARS}, {"orecchie", TRIAL_EARS},
    {"leds", TRIAL_LEDS}, {"led", TRIAL_LEDS},      {"button", BUTTON},    {"bouton", BUTTON},
    {"knopf", BUTTON},    {"pulsante", BUTTON},
};

static unsigned find_parts(const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(parts_table); i++)
        if (streq(parts_table[i].word, word))
            return parts_table[i].parts;
    return 0;
}

static void finish(struct command_call *call)
{
    static const char *const texts[LANGUAGE_COUNT][2] = {
        {"test stopped, ears", "tested, ears"},
        {"test arrêté, oreilles", "testé, oreilles"},
        {"Probe abgebrochen, Ohren", "geprobt, Ohren"},
        {"prova fermata, orecchie", "provato, orecchie"}};

    command_reply_ears(call, texts[call->language][trial_is_complete(call->context->trial)]);
}

static enum command_result ask_for_press(struct command_call *call)
{
    static const char *const texts[LANGUAGE_COUNT] = {
        "Press my button: I tell my owners of every click",
        "Appuyez sur mon bouton : je dis chaque clic à mes propriétaires",
        "Drück meinen Knopf: Ich sage jeden Klick meinen Besitzern",
        "Premi il mio pulsante: dico ogni clic ai miei proprietari"};

    snprintf(call->reply, COMMAND_REPLY_MAX, "%s", texts[call->language]);
    return COMMAND_DONE;
}

static enum command_result run(struct command_call *call)
{
    unsigned parts = TRIAL_EARS | TRIAL_LEDS;

    if (call->count > 0)
        parts = call->count == 1 ? find_parts(call->arguments[0]) : 0;
    if (!parts)
        return COMMAND_USAGE;
    if (parts == BUTTON)
        return ask_for_press(call);
    command_end_play(call->context);
    trial_start(call->context->trial, parts, clock_now_usec());
    return COMMAND_WHEN_RESTS;
}

const struct command command_test = {
    .words = {"test", "teste", "teste", "prova"},
    .arguments = "[ears | leds | button]",
    .example = "test leds",
    .help = {"moves each part in turn", "essaie chaque partie l'une après l'autre",
             "bewegt alle Teile der Reihe nach", "prova ogni parte a turno"},
    .wakeful = true,
    .run = run,
    .finish = finish,
};
