/* ears LEFT RIGHT: turns both ears and says where they came to rest. */
#include "base/parse.h"
#include "rabbit/command.h"

extern const struct command command_ears;

/* A hole, or home for the upright one. */
static int parse_position(const char *word, unsigned *ret)
{
    if (streq(word, "home")) {
        *ret = 0;
        return 0;
    }
    return parse_unsigned(word, 0, EAR_POSITIONS - 1, ret);
}

static bool is_broken(const struct body *body, enum ear_index ear)
{
    return body_ear_state(body, ear) == EAR_BROKEN;
}

static void finish(struct command_call *call)
{
    static const char *const stuck[LANGUAGE_COUNT] = {" (stuck)", " (bloquées)", " (klemmt)",
                                                      " (bloccate)"};
    const struct body *body = call->context->body;
    bool broken = is_broken(body, EAR_LEFT) || is_broken(body, EAR_RIGHT);
    char ears[32];

    command_describe_ears(body, " / ", ears, sizeof(ears));
    snprintf(call->reply, COMMAND_REPLY_MAX, "%s %s%s", command_ears.words[call->language], ears,
             broken ? stuck[call->language] : "");
}

static enum command_result run(struct command_call *call)
{
    struct body *body = call->context->body;
    unsigned left, right;

    if (call->count == 1 && streq(call->arguments[0], "home")) {
        body_home(body);
        return COMMAND_WHEN_RESTS;
    }
    if (call->count != 2 || parse_position(call->arguments[0], &left) < 0 ||
        parse_position(call->arguments[1], &right) < 0)
        return COMMAND_USAGE;
    body_ear_go(body, EAR_LEFT, left, EAR_FORWARD);
    body_ear_go(body, EAR_RIGHT, right, EAR_FORWARD);
    return COMMAND_WHEN_RESTS;
}

const struct command command_ears = {
    .words = {"ears", "oreilles", "ohren", "orecchie"},
    .arguments = "0-16 0-16",
    .example = "ears 3 10",
    .help = {"turns the ears; 0 is up, 10 is down", "tourne les oreilles ; 0 en haut, 10 en bas",
             "dreht die Ohren; 0 ist oben, 10 ist unten",
             "gira le orecchie; 0 in alto, 10 in basso"},
    .run = run,
    .finish = finish,
};
