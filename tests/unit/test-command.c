/* What people say, in four languages and any spelling, to a simulated body. */
#include "helper.h"

#include <errno.h>

#include "base/parse.h"
#include "rabbit/command.h"
#include "rabbit/turn.h"

struct talk {
    sd_event *event;
    struct config *config;
    struct body *body;
    struct trial *trial;
    struct sleep *sleep;
    char reply[COMMAND_REPLY_MAX];
    const struct command *command;
    struct command_context context;
    enum command_result result;
};

static void on_button(enum button_event event, void *userdata)
{
}

static void on_ears_settled(void *userdata)
{
}

static void on_ears_moved(unsigned left, unsigned right, void *userdata)
{
}

static void on_sleep(bool asleep, void *userdata)
{
    struct talk *talk = userdata;

    assert_int_equal(sleep_is_asleep(talk->sleep), asleep);
}

static void on_droop(void *userdata)
{
}

static int set_up(void **state)
{
    static const struct sleep_listener sleep_listener = {.on_changed = on_sleep,
                                                         .on_droop = on_droop};
    static const struct body_listener listener = {
        .on_button = on_button, .on_ears_settled = on_ears_settled, .on_ears_moved = on_ears_moved};
    struct talk *talk = calloc(1, sizeof(*talk));

    assert_non_null(talk);
    talk->config = config_from("[body]\nboard = sim\n");
    assert_true(sd_event_new(&talk->event) >= 0);
    assert_int_equal(body_new(&talk->body, talk->event, talk->config, &listener, talk, NULL), 0);
    assert_int_equal(trial_new(&talk->trial, talk->body), 0);
    assert_int_equal(sleep_new(&talk->sleep, NULL, &sleep_listener, talk), 0);
    *state = talk;
    return 0;
}

static int tear_down(void **state)
{
    struct talk *talk = *state;

    trial_free(talk->trial);
    sleep_free(talk->sleep);
    body_free(talk->body);
    sd_event_unref(talk->event);
    config_free(talk->config);
    free(talk);
    return 0;
}

/* Says it to a rabbit of that language. */
static void say_in(struct talk *talk, enum language language, const char *text)
{
    memset(talk->reply, '#', sizeof(talk->reply));
    talk->context = (struct command_context){.body = talk->body,
                                             .trial = talk->trial,
                                             .sleep = talk->sleep,
                                             .status = "a@b online",
                                             .language = language};
    talk->command = (const struct command *)"?";
    talk->result = command_run(text, &talk->context, talk->reply, &talk->command);
    assert_non_null(memchr(talk->reply, '\0', sizeof(talk->reply)));
}

static const char *say(struct talk *talk, const char *text)
{
    say_in(talk, LANGUAGE_EN, text);
    return talk->reply;
}

static const char *word_of(const struct talk *talk)
{
    return talk->command ? talk->command->words[LANGUAGE_EN] : NULL;
}

static void test_folding(void **state)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"ears 3 10", "ears 3 10"},
        {"EARS", "ears"},
        {"/ears", " ears"},
        {"!ears", " ears"},
        {"Ears: 3, 10.", "ears  3  10 "},
        {"3/10", "3 10"},
        {"#FF0000", "#ff0000"},
        {"-1 +1", "-1 +1"},
        {"état État ÉTAT", "etat etat etat"},
        {"e\xcc\x81tat", "etat"}, /* as some keyboards send it: letter, then accent */
        {"ÀÁÂÃÄÅ àáâãäå", "aaaaaa aaaaaa"},
        {"ÈÉÊË ÌÍÎÏ ÒÓÔÕÖØ ÙÚÛÜ Ý Ñ Ç", "eeee iiii oooooo uuuu y n c"},
        {"èéêë ìíîï òóôõöø ùúûü ýÿ ñ ç", "eeee iiii oooooo uuuu yy n c"},
        {"æÆœŒßẞ", "aeaeoeoessss"},
        {"×÷", "  "},
        {"« nez »", "  nez  "},
        {"nose\tred\r\n", "nose red  "},
        {"ears\xff"
         "3",
         "ears 3"},
        {"\xc3", " "},
        {"🐰", " "},
        {"", ""},
    };
    char folded[100];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        command_fold(cases[i].text, folded, sizeof(folded));
        if (!streq(folded, cases[i].folded))
            fail_msg("\"%s\" became \"%s\"", cases[i].text, folded);
    }
}

static void test_folding_is_bounded(void **state)
{
    static const char *const units[] = {"x", "ß", "é", "🐰", "\xff", "e\xcc\x81", "æ"};
    char text[3000], folded[100];

    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        size_t unit = strlen(units[i]), n = 0;

        for (; n + unit < sizeof(text); n += unit)
            memcpy(text + n, units[i], unit);
        text[n] = '\0';
        for (size_t size = 4; size <= sizeof(folded); size++) {
            memset(folded, '#', sizeof(folded));
            command_fold(text, folded, size);
            assert_in_range(strlen(folded), 1, size - 1);
            for (size_t at = size; at < sizeof(folded); at++)
                assert_int_equal(folded[at], '#');
        }
    }
}

static void test_words_of_four_languages(void **state)
{
    static const struct {
        const char *text;
        const char *command;
        enum language language;
        const char *reply;
    } cases[] = {
        {"nose red", "nose", LANGUAGE_EN, "nose red"},
        {"nez rouge", "nose", LANGUAGE_FR, "nez rouge"},
        {"Nase rot", "nose", LANGUAGE_DE, "nase rot"},
        {"naso rosso", "nose", LANGUAGE_IT, "naso rosso"},
        {"/nose red", "nose", LANGUAGE_EN, "nose red"},
        {"!nose red!", "nose", LANGUAGE_EN, "nose red"},
        {"  NOSE,  Red. ", "nose", LANGUAGE_EN, "nose red"},
        {"état", "status", LANGUAGE_FR, NULL},
        {"ETAT", "status", LANGUAGE_FR, NULL},
        {"e\xcc\x81tat", "status", LANGUAGE_FR, NULL},
        {"Zustand?", "status", LANGUAGE_DE, NULL},
        {"stato", "status", LANGUAGE_IT, NULL},
        {"aide", "help", LANGUAGE_FR, NULL},
        {"hilfe", "help", LANGUAGE_DE, NULL},
        {"aiuto", "help", LANGUAGE_IT, NULL},
        {"Ohren", "ears", LANGUAGE_DE, NULL},
        {"oreilles", "ears", LANGUAGE_FR, NULL},
        {"orecchie", "ears", LANGUAGE_IT, NULL},
        {"gauche", "left", LANGUAGE_FR, NULL},
        {"links", "left", LANGUAGE_DE, NULL},
        {"sinistra", "left", LANGUAGE_IT, NULL},
        {"droite", "right", LANGUAGE_FR, NULL},
        {"rechts", "right", LANGUAGE_DE, NULL},
        {"destra", "right", LANGUAGE_IT, NULL},
        {"arrête", "stop", LANGUAGE_FR, NULL},
        {"halt", "stop", LANGUAGE_DE, NULL},
        {"ferma", "stop", LANGUAGE_IT, NULL},
        {"dors", "sleep", LANGUAGE_FR, NULL},
        {"schlaf", "sleep", LANGUAGE_DE, NULL},
        {"dormi", "sleep", LANGUAGE_IT, NULL},
        {"réveil", "wake", LANGUAGE_FR, NULL},
        {"wach", "wake", LANGUAGE_DE, NULL},
        {"sveglia", "wake", LANGUAGE_IT, NULL},
        {"prova", "test", LANGUAGE_IT, NULL},
    };
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        for (unsigned own = 0; own < LANGUAGE_COUNT; own++) {
            sleep_set(talk->sleep, false, 0);
            say_in(talk, (enum language)own, cases[i].text);
            if (!streq_ptr(word_of(talk), cases[i].command) ||
                talk->context.language != cases[i].language ||
                (cases[i].reply && !streq(talk->reply, cases[i].reply)))
                fail_msg("%s: %s", cases[i].text, talk->reply);
        }
}

static void test_nose(void **state)
{
    static const struct {
        const char *text;
        uint32_t color;
    } cases[] = {
        {"nose red", 0xff0000},    {"nose #00Ff7f", 0x00ff7f}, {"nose 0000ff", 0x0000ff},
        {"nose off", 0},           {"nez éteint", 0},          {"nase grün", 0x00ff00},
        {"NASE GRÜN", 0x00ff00},   {"nase gruen", 0x00ff00},   {"nase weiß", 0xffffff},
        {"nase türkis", 0x00ff80}, {"nase tuerkis", 0x00ff80}, {"naso giallo", 0xffff00},
        {"nose: blue!", 0x0000ff},
    };
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        body_led_set(talk->body, LED_NOSE, 0x123456);
        say(talk, cases[i].text);
        assert_int_equal(talk->result, COMMAND_DONE);
        if (body_led_get(talk->body, LED_NOSE) != cases[i].color)
            fail_msg("%s: %s", cases[i].text, talk->reply);
    }
    assert_string_equal(say(talk, "nose #00FF00"), "nose #00ff00");
}

static void test_usage(void **state)
{
    static const struct {
        const char *text, *reply;
    } cases[] = {
        {"nose", "nose red | #ff0000 | off: lights the nose in a colour"},
        {"nose redd", "nose red | #ff0000 | off: lights the nose in a colour"},
        {"nose red blue", "nose red | #ff0000 | off: lights the nose in a colour"},
        {"nez", "nez red | #ff0000 | off: allume le nez dans une couleur"},
        {"ears", "ears 0-16 0-16: turns the ears; 0 is up, 10 is down"},
        {"ears 3", "ears 0-16 0-16: turns the ears; 0 is up, 10 is down"},
        {"ears 3 17", "ears 0-16 0-16: turns the ears; 0 is up, 10 is down"},
        {"ears -17 3", "ears 0-16 0-16: turns the ears; 0 is up, 10 is down"},
        {"ears 3 +17", "ears 0-16 0-16: turns the ears; 0 is up, 10 is down"},
        {"ears + -", "ears 0-16 0-16: turns the ears; 0 is up, 10 is down"},
        {"ears 3 10 1", "ears 0-16 0-16: turns the ears; 0 is up, 10 is down"},
        {"ears 99999999999999999999 1", "ears 0-16 0-16: turns the ears; 0 is up, 10 is down"},
        {"status now", "status: says how I am"},
        {"zustand jetzt", "zustand: sagt, wie es mir geht"},
        {"left", "left 0-16 | +N | -N | home: turns the left ear; +N forward, -N backward"},
        {"left 17", "left 0-16 | +N | -N | home: turns the left ear; +N forward, -N backward"},
        {"left 1 2", "left 0-16 | +N | -N | home: turns the left ear; +N forward, -N backward"},
        {"rechts --3",
         "rechts 0-16 | +N | -N | home: dreht das rechte Ohr; +N vorwärts, -N rückwärts"},
        {"led", "led nose|left|middle|right|bottom|all red|#ff0000|off: lights an LED in a colour"},
        {"led red",
         "led nose|left|middle|right|bottom|all red|#ff0000|off: lights an LED in a colour"},
        {"led nose redd",
         "led nose|left|middle|right|bottom|all red|#ff0000|off: lights an LED in a colour"},
        {"led tail red",
         "led nose|left|middle|right|bottom|all red|#ff0000|off: lights an LED in a colour"},
        {"led nose red blue",
         "led nose|left|middle|right|bottom|all red|#ff0000|off: lights an LED in a colour"},
        {"home now", "home: finds the ears' places anew, also when they were stuck"},
        {"test tail", "test [ears | leds | button]: moves each part in turn"},
        {"test ears leds", "test [ears | leds | button]: moves each part in turn"},
        {"stop it", "stop: stops the ears and whatever plays"},
        {"sleep well", "sleep: dark and still until you say wake"},
        {"wake up", "wake: wakes me up"},
        {"help what", "help [word]: lists what I understand"},
        {"help ears nose", "help [word]: lists what I understand"},
    };
    struct talk *talk = *state;

    body_led_set(talk->body, LED_NOSE, 0x123456);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        say(talk, cases[i].text);
        assert_string_equal(talk->reply, cases[i].reply);
        assert_int_equal(talk->result, COMMAND_USAGE);
    }
    assert_int_equal(body_led_get(talk->body, LED_NOSE), 0x123456);
}

static void test_help(void **state)
{
    struct talk *talk = *state;

    assert_string_equal(say(talk, "help ears"),
                        "ears 0-16 0-16: turns the ears; 0 is up, 10 is down");
    assert_string_equal(say(talk, "help status"), "status: says how I am");
    assert_string_equal(say(talk, "aide état"), "état: dit comment je vais");
    assert_string_equal(say(talk, "aide etat"), "état: dit comment je vais");

    /* Every command on a line of its own, in the language asked in. */
    for (unsigned language = 0; language < LANGUAGE_COUNT; language++) {
        static const char *const helps[] = {"help", "aide", "hilfe", "aiuto"};
        const char *line = say(talk, helps[language]);

        for (const struct command *const *at = command_table; *at; at++) {
            size_t n = strlen((*at)->words[language]);

            assert_memory_equal(line, (*at)->words[language], n);
            assert_true(line[n] == ' ' || line[n] == ':');
            assert_non_null(strstr(line, (*at)->help[language]));
            line = strchr(line, '\n');
            assert_int_equal(line != NULL, at[1] != NULL);
            line = line ? line + 1 : NULL;
        }
    }
}

/* Every row is complete, and its example does what it should. */
static void test_table(void **state)
{
    struct talk *talk = *state;

    for (const struct command *const *at = command_table; *at; at++) {
        sleep_set(talk->sleep, false, 0);
        for (unsigned i = 0; i < LANGUAGE_COUNT; i++) {
            assert_true(text_is_clean((*at)->words[i]) && *(*at)->words[i]);
            assert_true(text_is_clean((*at)->help[i]) && *(*at)->help[i]);
        }
        say(talk, (*at)->example);
        assert_ptr_equal(talk->command, *at);
        assert_true(talk->result != COMMAND_USAGE);
        assert_true(talk->result != COMMAND_WHEN_RESTS || (*at)->finish);
    }
}

static void test_status(void **state)
{
    struct talk *talk = *state;

    body_led_set(talk->body, LED_NOSE, 0x00ff7f);
    assert_string_equal(say(talk, "status"), "a@b online, nose #00ff7f");
    body_led_set(talk->body, LED_NOSE, 0);
    assert_string_equal(say(talk, "status"), "a@b online, nose off");
}

static void test_unknown_words(void **state)
{
    static const struct {
        const char *text, *reply;
        enum language language;
    } cases[] = {
        {"eras 3 10", "I do not know \"eras\"; did you mean \"ears\"?", LANGUAGE_EN},
        {"nos", "I do not know \"nos\"; did you mean \"nose\"?", LANGUAGE_EN},
        {"/halp", "I do not know \"halp\"; did you mean \"help\"?", LANGUAGE_EN},
        {"somersault", "I do not know \"somersault\"; try \"help\"?", LANGUAGE_EN},
        {"", "I do not know \"?\"; try \"help\"?", LANGUAGE_EN},
        {"🐰!", "I do not know \"?\"; try \"help\"?", LANGUAGE_EN},
        {"nezz", "Je ne connais pas « nezz » ; vouliez-vous dire « nez » ?", LANGUAGE_FR},
        {"hilfr", "Das kenne ich nicht: „hilfr“; war das gemeint: „hilfe“?", LANGUAGE_DE},
        {"nasoo", "Non conosco «nasoo»; intendevi «naso»?", LANGUAGE_IT},
        {"capriola", "Non conosco «capriola»; prova «aiuto»?", LANGUAGE_IT},
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
         "I do not know \"abcdefghijklmnopqrstuvwxyzabcdefghijklmn\"; try \"help\"?", LANGUAGE_EN},
    };
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        say_in(talk, cases[i].language, cases[i].text);
        assert_string_equal(talk->reply, cases[i].reply);
        assert_int_equal(talk->result, COMMAND_USAGE);
        assert_null(talk->command);
        assert_int_equal(talk->context.language, cases[i].language);
    }
}

/* The ears begin to turn; that they arrive is the body's affair and tested with it. */
static void test_ears(void **state)
{
    static const char *const moves[] = {"ears 3 10", "ears home",   "ears home 5", "/Ears 16, 0!",
                                        "ears 3/10", "ears +3 -16", "ears home -1"};
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
        say(talk, moves[i]);
        assert_int_equal(talk->result, COMMAND_WHEN_RESTS);
        assert_string_equal(word_of(talk), "ears");
        assert_false(body_ears_settled(talk->body));
    }
    command_finish(talk->command, &talk->context, talk->reply);
    assert_string_equal(talk->reply, "ears ? / ?");
    say(talk, "oreilles 0 0");
    command_finish(talk->command, &talk->context, talk->reply);
    assert_string_equal(talk->reply, "oreilles ? / ?");
}

static void test_one_ear(void **state)
{
    static const char *const moves[] = {"left 5", "left 0", "links +16", "gauche -3", "left home"};
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
        say(talk, moves[i]);
        assert_int_equal(talk->result, COMMAND_WHEN_RESTS);
        assert_string_equal(word_of(talk), "left");
    }
    command_finish(talk->command, &talk->context, talk->reply);
    assert_string_equal(talk->reply, "left ?");
    say(talk, "destra 16");
    command_finish(talk->command, &talk->context, talk->reply);
    assert_string_equal(talk->reply, "destra ?");
}

static void test_turns(void **state)
{
    static const struct {
        const char *word;
        int result;
        struct turn turn;
    } cases[] = {
        {"0", 0, {false, 0}},     {"16", 0, {false, 16}},   {"home", 0, {false, 0}},
        {"+1", 0, {true, 1}},     {"-1", 0, {true, -1}},    {"+16", 0, {true, 16}},
        {"-16", 0, {true, -16}},  {"+0", 0, {true, 0}},     {"17", -ERANGE, {false, 7}},
        {"-17", -ERANGE, {0, 7}}, {"+17", -ERANGE, {0, 7}}, {"+", -EINVAL, {0, 7}},
        {"", -EINVAL, {0, 7}},    {"3-", -EINVAL, {0, 7}},  {"+-3", -EINVAL, {0, 7}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct turn turn = {.is_relative = false, .holes = 7};

        assert_int_equal(turn_parse(cases[i].word, &turn), cases[i].result);
        assert_int_equal(turn.is_relative, cases[i].turn.is_relative);
        assert_int_equal(turn.holes, cases[i].turn.holes);
    }
}

static void test_leds(void **state)
{
    static const struct {
        const char *text;
        unsigned leds; /* that are lit, nose first */
        uint32_t color;
    } cases[] = {
        {"led nose red", 1, 0xff0000},      {"led nez rouge", 1, 0xff0000},
        {"LED Nase rot", 1, 0xff0000},      {"led naso rosso", 1, 0xff0000},
        {"led left #00ff7f", 2, 0x00ff7f},  {"led gauche vert", 2, 0x00ff00},
        {"led links grün", 2, 0x00ff00},    {"led sinistra verde", 2, 0x00ff00},
        {"led middle blue", 4, 0x0000ff},   {"led milieu bleu", 4, 0x0000ff},
        {"led Mitte blau", 4, 0x0000ff},    {"led centro blu", 4, 0x0000ff},
        {"led right white", 8, 0xffffff},   {"led droite blanc", 8, 0xffffff},
        {"led rechts weiß", 8, 0xffffff},   {"led destra bianco", 8, 0xffffff},
        {"led bottom red", 16, 0xff0000},   {"led base red", 16, 0xff0000},
        {"led bas rouge", 16, 0xff0000},    {"led unten rot", 16, 0xff0000},
        {"led basso rosso", 16, 0xff0000},  {"/led all yellow!", 31, 0xffff00},
        {"led tout jaune", 31, 0xffff00},   {"led alle gelb", 31, 0xffff00},
        {"led tutti giallo", 31, 0xffff00}, {"led all off", 31, 0},
        {"led tout éteint", 31, 0},         {"led alle aus", 31, 0},
        {"led tutti spento", 31, 0},
    };
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (enum led_index led = 0; led < LED_COUNT; led++)
            body_led_set(talk->body, led, 0x123456);
        say(talk, cases[i].text);
        assert_int_equal(talk->result, COMMAND_DONE);
        for (enum led_index led = 0; led < LED_COUNT; led++)
            if (body_led_get(talk->body, led) !=
                (cases[i].leds & 1U << led ? cases[i].color : 0x123456))
                fail_msg("%s: LED %s", cases[i].text, led_name(led));
    }
    assert_string_equal(say(talk, "LED, Left: #00FF00!"), "led left #00ff00");
}

/* A sleeper does not move or light anything, says so, and answers the rest. */
static void test_asleep(void **state)
{
    static const char *const refusals[LANGUAGE_COUNT] = {
        "I am asleep; say wake first", "Je dors ; dites d'abord réveil",
        "Ich schlafe; sag zuerst wach", "Sto dormendo; prima di' sveglia"};
    static const char *const refused[] = {"ears", "left", "right", "home", "nose", "led", "test"};
    struct talk *talk = *state;

    for (const struct command *const *at = command_table; *at; at++) {
        bool expected = false;

        for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
            expected = expected || streq((*at)->words[LANGUAGE_EN], refused[i]);
        for (unsigned i = 0; i < LANGUAGE_COUNT; i++) {
            sleep_set(talk->sleep, true, 0);
            say_in(talk, (enum language)i, (*at)->words[i]);
            assert_ptr_equal(talk->command, *at);
            assert_int_equal(talk->result == COMMAND_ASLEEP, expected);
            if (expected)
                assert_string_equal(talk->reply, refusals[talk->context.language]);
        }
    }
    sleep_set(talk->sleep, true, 0);
    body_led_set(talk->body, LED_NOSE, 0x123456);
    say(talk, "nose red");
    say(talk, "led all red");
    say(talk, "test");
    assert_int_equal(body_led_get(talk->body, LED_NOSE), 0x123456);
    assert_false(trial_is_running(talk->trial));
}

static void test_sleep_and_wake(void **state)
{
    struct talk *talk = *state;

    say(talk, "schlaf");
    assert_int_equal(talk->result, COMMAND_WHEN_RESTS);
    assert_true(sleep_is_asleep(talk->sleep));
    command_finish(talk->command, &talk->context, talk->reply);
    assert_string_equal(talk->reply, "schlafe, Ohren ? / ?");
    say(talk, "wake");
    assert_int_equal(talk->result, COMMAND_WHEN_RESTS);
    assert_false(sleep_is_asleep(talk->sleep));
    command_finish(talk->command, &talk->context, talk->reply);
    assert_string_equal(talk->reply, "awake, ears ? / ?");
}

/* Whatever is to be seen now ends a trial; whoever only asks does not. */
static void test_trial(void **state)
{
    static const char *const ends[] = {"nose red",  "led left red", "left 3", "ears 3 10",
                                       "ears home", "home",         "stop"};
    static const char *const goes_on[] = {"status", "help", "nose", "left 17", "test button"};
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        say(talk, i % 2 ? "test ears" : "test leds");
        assert_int_equal(talk->result, COMMAND_WHEN_RESTS);
        assert_true(trial_is_running(talk->trial));
        say(talk, ends[i]);
        if (trial_is_running(talk->trial))
            fail_msg("%s", ends[i]);
    }
    say(talk, "test");
    for (size_t i = 0; i < ARRAY_SIZE(goes_on); i++) {
        say(talk, goes_on[i]);
        if (!trial_is_running(talk->trial))
            fail_msg("%s", goes_on[i]);
    }
    assert_string_equal(say(talk, "test button"),
                        "Press my button: I tell my owners of every click");
    say(talk, "prova orecchie");
    command_finish(talk->command, &talk->context, talk->reply);
    assert_string_equal(talk->reply, "prova fermata, orecchie ? / ?");
    say(talk, "stop");
    command_finish(talk->command, &talk->context, talk->reply);
    assert_string_equal(talk->reply, "stopped, ears ? / ?");
}

static void test_describing_ears(void **state)
{
    struct talk *talk = *state;
    char text[32];

    command_describe_ears(talk->body, "/", text, sizeof(text));
    assert_string_equal(text, "?/?");
    command_describe_ears(talk->body, " / ", text, 4);
    assert_string_equal(text, "? /");
}

static void test_many_words(void **state)
{
    struct talk *talk = *state;
    char text[LIMIT_COMMAND_TEXT * 4];

    for (unsigned words = 1; words < 60; words++) {
        strcpy(text, "status");
        for (unsigned i = 0; i < words; i++)
            strcat(text, " x");
        assert_string_equal(say(talk, text), "status: says how I am");
    }
}

static void test_long_texts(void **state)
{
    static const char *const units[] = {"x", "ß", " ", "status ", "🐰", "\xff", "\xcc\x81"};
    struct talk *talk = *state;
    char *text = calloc(1, 100001);

    assert_non_null(text);
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        size_t unit = strlen(units[i]), n = 0;

        for (; n + unit < 100000; n += unit)
            memcpy(text + n, units[i], unit);
        text[n] = '\0';
        say(talk, text);
        assert_in_range(strlen(talk->reply), 10, 100);
        memcpy(text, "nose red ", 9);
        body_led_set(talk->body, LED_NOSE, 0);
        say(talk, text);
        assert_string_equal(word_of(talk), "nose");
    }
    free(text);
}

/* A fixed pseudo-random sequence: a failure can be repeated. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void test_random_bytes(void **state)
{
    static const char *const starts[] = {"",     "ears ", "nose ", "status ", "help ", "état ",
                                         "\xc3", "/",     "led ",  "left ",   "test ", "sleep"};
    struct talk *talk = *state;
    uint32_t seed = 1;

    for (unsigned i = 0; i < 20000; i++) {
        char text[80];
        size_t n = (size_t)snprintf(text, sizeof(text), "%s", starts[next_random(&seed) % 12]);
        size_t end = n + next_random(&seed) % (sizeof(text) - n);
        bool printable = next_random(&seed) & 1;

        for (; n < end; n++)
            text[n] = (char)(printable ? ' ' + next_random(&seed) % 95 : next_random(&seed) % 256);
        text[n] = '\0';
        say_in(talk, (enum language)(i % LANGUAGE_COUNT), text);
        if (talk->result == COMMAND_ASLEEP)
            sleep_set(talk->sleep, false, 0);
        else if (talk->result == COMMAND_WHEN_RESTS)
            continue;
        else
            assert_true(talk->result == COMMAND_DONE || talk->result == COMMAND_USAGE);
        assert_true(*talk->reply);
        for (char *line = strtok(talk->reply, "\n"); line; line = strtok(NULL, "\n"))
            assert_true(text_is_clean(line));
    }
}

int main(void)
{
#define in_talk(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_folding_is_bounded),
        in_talk(test_words_of_four_languages),
        in_talk(test_nose),
        in_talk(test_usage),
        in_talk(test_help),
        in_talk(test_table),
        in_talk(test_status),
        in_talk(test_unknown_words),
        in_talk(test_ears),
        in_talk(test_one_ear),
        cmocka_unit_test(test_turns),
        in_talk(test_leds),
        in_talk(test_asleep),
        in_talk(test_sleep_and_wake),
        in_talk(test_trial),
        in_talk(test_describing_ears),
        in_talk(test_many_words),
        in_talk(test_long_texts),
        in_talk(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
