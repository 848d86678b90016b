#include "ctl/complete.h"

/* What may stand for the names of arguments. */
static const struct {
    const char *argument, *words;
} kinds[] = {
    {"LEFT", "home"},
    {"RIGHT", "home"},
    {"POSITION", "home"},
    {"WHERE", "nose|left|middle|right|bottom|all"},
    {"COLOUR", "off|red|orange|yellow|green|cyan|blue|violet|magenta|pink|white"},
    {"WHICH", "system|user"},
};

/* "home|LEFT": each of these words but names of other things. */
static void offer_words(const char *words, const char *help)
{
    while (*words) {
        size_t n = strcspn(words, "|]");

        printf("%.*s\t%s\n", (int)n, words, help);
        words += n + strspn(words + n, "|]");
    }
}

/* What may stand for an argument of this name: "COLOUR", "[ears|leds|button]", "FILE". */
static int offer_argument(const char *argument, const char *help)
{
    if (streq(argument, "FILE"))
        return COMPLETE_FILES;
    if (strchr(argument, '|'))
        offer_words(argument + (*argument == '['), help);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (streq(kinds[i].argument, argument))
            offer_words(kinds[i].words, help);
    return EXIT_SUCCESS;
}

/* The argument at `index` of "LEFT RIGHT"; false: there is none. */
static bool nth_argument(const char *arguments, int index, char *ret, size_t size)
{
    for (; index > 0; index--) {
        arguments += strcspn(arguments, " ");
        arguments += strspn(arguments, " ");
    }
    snprintf(ret, size, "%.*s", (int)strcspn(arguments, " "), arguments);
    return *ret;
}

static void offer_options(const struct verb_option *options)
{
    for (; options && options->name; options++)
        printf("--%s\t%s\n", options->name, options->help);
}

static void offer_verbs(void)
{
    for (const struct verb *verb = verb_table; verb->name; verb++)
        printf("%s\t%s\n", verb->name, verb->help);
}

/* The option that `word` is and whose value comes behind it, or NULL. */
static const struct verb_option *option_before(const struct verb_option *options, const char *word)
{
    for (; options && options->name && after_prefix(word, "--"); options++)
        if (streq(options->name, word + 2) && *options->argument)
            return options;
    return NULL;
}

static int complete_verb(const struct verb *verb, char **words, int count)
{
    const struct verb_option *option = NULL;
    int arguments = 0;
    char argument[64];

    for (int i = 0; i < count - 1; i++) {
        bool is_value = option;

        option = is_value ? NULL : option_before(verb->options, words[i]);
        arguments += !is_value && !option && !after_prefix(words[i], "--");
    }
    if (option)
        return offer_argument(option->argument, option->help);
    offer_options(verb->options);
    if (!nth_argument(verb->arguments, arguments, argument, sizeof(argument)))
        return EXIT_SUCCESS;
    return offer_argument(argument, verb->help);
}

int complete(char **words, int count)
{
    const struct verb_option *option = NULL;

    for (int i = 0; i < count - 1; i++) {
        const struct verb *verb = option ? NULL : verb_find(words[i]);

        if (verb)
            return complete_verb(verb, words + i + 1, count - i - 1);
        option = option ? NULL : option_before(ctl_options, words[i]);
    }
    if (option)
        return offer_argument(option->argument, option->help);
    offer_options(ctl_options);
    offer_verbs();
    return EXIT_SUCCESS;
}
