#include "rabbit/command.h"

#include <errno.h>

#include "base/clock.h"
#include "base/parse.h"

/* Latin letters with accents, folded to what a keyboard without them types. */
static const struct fold {
    const char *from, *to;
} folds[] = {
    {"à", "a"}, {"á", "a"},  {"â", "a"},  {"ã", "a"},  {"å", "a"},  {"ä", "a"}, {"æ", "ae"},
    {"ç", "c"}, {"è", "e"},  {"é", "e"},  {"ê", "e"},  {"ë", "e"},  {"ì", "i"}, {"í", "i"},
    {"î", "i"}, {"ï", "i"},  {"ñ", "n"},  {"ò", "o"},  {"ó", "o"},  {"ô", "o"}, {"õ", "o"},
    {"ö", "o"}, {"ø", "o"},  {"ù", "u"},  {"ú", "u"},  {"û", "u"},  {"ü", "u"}, {"ý", "y"},
    {"ÿ", "y"}, {"œ", "oe"}, {"Œ", "oe"}, {"ß", "ss"}, {"ẞ", "ss"},
};

/* What stands for the character at `text`, of `n` bytes. */
static const char *fold_sequence(const char *text, size_t n)
{
    char lower[5] = "";

    memcpy(lower, text, n);
    /* U+00C0 to U+00DE stand 32 before their small letters; what follows them is ß. */
    if (n == 2 && text[0] == '\xc3' && text[1] != '\x9f')
        lower[1] |= 0x20;
    for (size_t i = 0; i < ARRAY_SIZE(folds); i++)
        if (streq(folds[i].from, lower))
            return folds[i].to;
    /* U+0300 to U+036F are accents that follow their letter. */
    return n == 2 && strcmp(lower, "\u0300") >= 0 && strcmp(lower, "\u036f") <= 0 ? "" : " ";
}

static char fold_ascii(char c)
{
    c = ascii_lower(c);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("#+-", c))
        return c;
    return ' ';
}

void command_fold(const char *text, char *ret, size_t size)
{
    size_t used = 0;

    while (*text && used + 3 < size) {
        size_t n = utf8_sequence(text);

        if (n > 1)
            used += (size_t)snprintf(ret + used, size - used, "%s", fold_sequence(text, n));
        else
            ret[used++] = fold_ascii(*text);
        text += n ? n : 1;
    }
    ret[used] = '\0';
}

static size_t split(char *text, const char **words, size_t max)
{
    size_t count = 0;
    char *position;

    for (char *word = strtok_r(text, " ", &position); word && count < max;
         word = strtok_r(NULL, " ", &position))
        words[count++] = word;
    return count;
}

static bool is_word(const char *folded, const char *word)
{
    char other[64];

    command_fold(word, other, sizeof(other));
    return streq(folded, other);
}

const struct command *command_find(const char *word, enum language *language)
{
    for (const struct command *const *at = command_table; *at; at++) {
        if (is_word(word, (*at)->words[*language]))
            return *at;
        for (unsigned i = 0; i < LANGUAGE_COUNT; i++)
            if (is_word(word, (*at)->words[i])) {
                *language = (enum language)i;
                return *at;
            }
    }
    return NULL;
}

static const char *nearest_word(const char *word, enum language language)
{
    const char *words[64];
    size_t n = 0;

    for (const struct command *const *at = command_table; *at && n < ARRAY_SIZE(words) - 1; at++)
        words[n++] = (*at)->words[language];
    words[n] = NULL;
    return text_nearest(word, words);
}

static void reply_unknown(const char *word, enum language language, char *reply)
{
    static const struct {
        const char *unknown, *meant, *otherwise, *end;
    } texts[LANGUAGE_COUNT] = {
        {"I do not know \"", "\"; did you mean \"", "\"; try \"", "\"?"},
        {"Je ne connais pas « ", " » ; vouliez-vous dire « ", " » ; essayez « ", " » ?"},
        {"Das kenne ich nicht: „", "“; war das gemeint: „", "“; weiter hilft „", "“?"},
        {"Non conosco «", "»; intendevi «", "»; prova «", "»?"},
    };
    static const char *const help[LANGUAGE_COUNT] = {"help", "aide", "hilfe", "aiuto"};
    const char *nearest = nearest_word(word, language);

    snprintf(reply, COMMAND_REPLY_MAX, "%s%.40s%s%s%s", texts[language].unknown, word,
             nearest ? texts[language].meant : texts[language].otherwise,
             nearest ? nearest : help[language], texts[language].end);
}

static void reply_usage(const struct command *command, enum language language, char *reply)
{
    snprintf(reply, COMMAND_REPLY_MAX, "%s%s%s: %s", command->words[language],
             *command->arguments ? " " : "", command->arguments, command->help[language]);
}

static enum command_result reply_asleep(struct command_call *call)
{
    static const char *const texts[LANGUAGE_COUNT] = {
        "I am asleep; say wake first", "Je dors ; dites d'abord réveil",
        "Ich schlafe; sag zuerst wach", "Sto dormendo; prima di' sveglia"};

    snprintf(call->reply, COMMAND_REPLY_MAX, "%s", texts[call->language]);
    return COMMAND_ASLEEP;
}

enum command_result command_run(const char *text, struct command_context *context, char *reply,
                                const struct command **ret_command)
{
    char folded[LIMIT_COMMAND_TEXT * 2];
    const char *words[LIMIT_COMMAND_WORDS + 1];
    struct command_call call = {.context = context, .reply = reply};
    enum command_result result;
    size_t count;

    command_fold(text, folded, sizeof(folded));
    count = split(folded, words, ARRAY_SIZE(words));
    *reply = '\0';
    *ret_command = count ? command_find(words[0], &context->language) : NULL;
    if (!*ret_command) {
        reply_unknown(count ? words[0] : "?", context->language, reply);
        return COMMAND_USAGE;
    }
    call.language = context->language;
    call.count = count - 1;
    memcpy(call.arguments, words + 1, call.count * sizeof(words[0]));
    if ((*ret_command)->wakeful && sleep_is_asleep(context->sleep))
        return reply_asleep(&call);
    result = (*ret_command)->run(&call);
    if (result == COMMAND_USAGE)
        reply_usage(*ret_command, call.language, reply);
    return result;
}

int command_finish(const struct command *command, struct command_context *context, char *reply)
{
    struct command_call call = {.context = context, .language = context->language, .reply = reply};

    command->finish(&call);
    return call.stuck ? -EIO : 0;
}

void command_end_play(struct command_context *context)
{
    trial_stop(context->trial);
    if (context->show)
        show_stop(context->show, clock_now_usec());
}

static void describe_ear(const struct body *body, enum ear_index ear, char *ret, size_t size)
{
    int position = body_ear_position(body, ear);

    if (position >= 0)
        snprintf(ret, size, "%d", position);
    else
        snprintf(ret, size, "?");
}

void command_describe_ears(const struct body *body, const char *between, char *ret, size_t size)
{
    char left[12], right[12];

    describe_ear(body, EAR_LEFT, left, sizeof(left));
    describe_ear(body, EAR_RIGHT, right, sizeof(right));
    snprintf(ret, size, "%s%s%s", left, between, right);
}

static const char *stuck_mark(struct command_call *call, bool is_left, bool is_right)
{
    static const char *const marks[LANGUAGE_COUNT] = {" (stuck)", " (bloquée)", " (klemmt)",
                                                      " (bloccata)"};
    const struct body *body = call->context->body;

    call->stuck = (is_left && body_ear_state(body, EAR_LEFT) == EAR_BROKEN) ||
                  (is_right && body_ear_state(body, EAR_RIGHT) == EAR_BROKEN);
    return call->stuck ? marks[call->language] : "";
}

void command_reply_ears(struct command_call *call, const char *word)
{
    char ears[32];

    command_describe_ears(call->context->body, " / ", ears, sizeof(ears));
    snprintf(call->reply, COMMAND_REPLY_MAX, "%s %s%s", word, ears, stuck_mark(call, true, true));
}

void command_reply_ear(struct command_call *call, const char *word, enum ear_index ear)
{
    char text[12];

    describe_ear(call->context->body, ear, text, sizeof(text));
    snprintf(call->reply, COMMAND_REPLY_MAX, "%s %s%s", word, text,
             stuck_mark(call, ear == EAR_LEFT, ear == EAR_RIGHT));
}

void command_finish_ears(struct command_call *call)
{
    static const char *const words[LANGUAGE_COUNT] = {"ears", "oreilles", "ohren", "orecchie"};

    command_reply_ears(call, words[call->language]);
}

void command_finish_sleep(struct command_call *call)
{
    static const char *const words[LANGUAGE_COUNT][2] = {
        {"awake, ears", "asleep, ears"},
        {"réveillé, oreilles", "endormi, oreilles"},
        {"wach, Ohren", "schlafe, Ohren"},
        {"sveglio, orecchie", "dormo, orecchie"}};

    command_reply_ears(call, words[call->language][sleep_is_asleep(call->context->sleep)]);
}
