/* The four questions, and the answers that are taken. */
#include <errno.h>
#include <sysexits.h>

#include "base/parse.h"
#include "ctl/ini-edit.h"
#include "ctl/setup.h"

#define ANSWER_MAX   1000 /* bytes */
#define TRIES_MAX    5
#define NOBODY       "none" /* no owner */
#define PROBLEM_SIZE 300

static const struct question {
    struct option option;
    const char *title, *text;
} questions[SETUP_QUESTIONS] = {
    [SETUP_ACCOUNT] = {{.section = "account", .key = "jid", .type = &option_account},
                       "Account",
                       "The rabbit's address on its XMPP server: name@domain. With the domain "
                       "alone its\nserial number is its name."},
    [SETUP_OWNER] = {{.section = "access", .key = "owners", .type = &option_people},
                     "Owner",
                     "Whom it obeys: your own address, or several. " NOBODY
                     ": nobody, so that it heeds no chat."},
    [SETUP_BOARD] = {{.section = "body", .key = "board", .type = &option_text},
                     "Board",
                     "What moves its ears: one of these, or the full path of a profile."},
    [SETUP_LANGUAGE] = {{.section = "rabbit", .key = "language", .type = &option_language},
                        "Language",
                        "What it writes in: en, fr, de or it."},
};

const struct option *setup_option(enum setup_question question)
{
    return &questions[question].option;
}

char *setup_words(const char *text)
{
    char *words = strdup(text), *end = words;

    for (const char *c = words; c && *c; c++) {
        bool blank = *c == ' ' || *c == '\t';

        if (!blank)
            *end++ = *c;
        else if (end > words && end[-1] != ' ')
            *end++ = ' ';
    }
    if (end > words && end[-1] == ' ')
        end--;
    if (words)
        *end = '\0';
    return words;
}

/* ---- what is wrong with an answer ---- */

static int parse_answer(const struct option *option, const char *text)
{
    union {
        char *text;
        char **list;
        unsigned choice;
    } field = {.text = NULL};
    _cleanup_(freep) char *copy = strdup(text);
    char *rest = copy, *word;
    int r = copy ? 0 : -ENOMEM;

    if (r == 0 && !option->type->is_list)
        r = option->type->parse(option, text, &field);
    while (r == 0 && option->type->is_list && (word = strsep(&rest, " ")))
        r = option->type->parse(option, word, &field);
    option->type->clear(&field);
    return r;
}

/* Whether the daemon would read it again as it is. */
static int check_line(const struct option *option, const char *text)
{
    _cleanup_(freep) char *file = strdup("");

    return file ? ini_set(&file, option->section, option->key, text) : -ENOMEM;
}

static bool board_is_known(const struct setup *setup, const char *text)
{
    return board_find(&setup->boards, text) || (*text == '/' && access(text, R_OK) == 0);
}

static void explain_board(const struct setup *setup, const char *text, char ret[PROBLEM_SIZE])
{
    const char *names[BOARDS_MAX + 1] = {NULL}, *nearest;

    for (size_t i = 0; i < setup->boards.count; i++)
        names[i] = setup->boards.list[i].name;
    nearest = text_nearest(text, names);
    snprintf(ret, PROBLEM_SIZE, "expected a board that there is, or the full path of a profile%s%s",
             nearest ? "; did you mean " : "", nearest ? nearest : "");
}

/* Returns whether the answer is taken; else `ret` says what was expected. */
static bool check_answer(const struct setup *setup, enum setup_question which, const char *text,
                         char ret[PROBLEM_SIZE])
{
    const struct option *option = &questions[which].option;
    int r;

    if (which == SETUP_OWNER && !*text)
        return true;
    r = parse_answer(option, text);
    if (r == 0 && which == SETUP_BOARD && !board_is_known(setup, text)) {
        explain_board(setup, text, ret);
        return false;
    }
    if (r == -EEXIST)
        snprintf(ret, PROBLEM_SIZE, "expected each only once");
    else if (r < 0)
        snprintf(ret, PROBLEM_SIZE, "expected %s", option->type->expected);
    else if (check_line(option, text) < 0)
        snprintf(ret, PROBLEM_SIZE,
                 "expected something that can stand in a file, in lines of 190 bytes");
    else
        return true;
    return false;
}

/* Keeps what was said. Returns whether it is an answer; else `problem` says what was expected. */
static bool take_answer(struct setup *setup, enum setup_question which, const char *said,
                        char problem[PROBLEM_SIZE])
{
    char *answer = setup_words(said);

    free(setup->answers[which]);
    setup->answers[which] = answer;
    if (!answer) {
        snprintf(problem, PROBLEM_SIZE, "expected more memory");
        return false;
    }
    if (which == SETUP_OWNER && streq(answer, NOBODY))
        *answer = '\0';
    return check_answer(setup, which, answer, problem);
}

/* ---- what goes without saying ---- */

static const char *language_of_environment(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *value = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(variables) && (!value || !*value); i++)
        value = getenv(variables[i]);
    for (size_t i = 0; value && i < LANGUAGE_COUNT; i++)
        if (strncmp(value, language_names[i], 2) == 0 && strchr("_.@", value[2]))
            return language_names[i];
    return language_names[LANGUAGE_EN];
}

/* What the file says already, unless it is wrong; else what can be known. NULL: nothing. */
static const char *propose(const struct setup *setup, enum setup_question which)
{
    const char *old = setup->old[which], *board = setup->guess.board;
    char problem[PROBLEM_SIZE];

    if (old && check_answer(setup, which, old, problem))
        return old;
    if (which == SETUP_BOARD && board && board_find(&setup->boards, board))
        return board;
    return which == SETUP_LANGUAGE ? language_of_environment() : NULL;
}

/* ---- a person ---- */

int setup_read_line(char *line, size_t size)
{
    size_t length;

    fflush(stdout);
    if (!fgets(line, (int)size, stdin))
        return -ENODATA;
    length = strcspn(line, "\n");
    if (line[length] == '\n' || length < size - 1) {
        line[length] = '\0';
        return 0;
    }
    while (fgets(line, (int)size, stdin) && !strchr(line, '\n'))
        ;
    return -EMSGSIZE;
}

static void explain(const struct setup *setup, enum setup_question which)
{
    printf("\n%s\n", questions[which].text);
    if (which != SETUP_BOARD)
        return;
    for (size_t i = 0; i < setup->boards.count; i++)
        printf("  %-16s %s\n", setup->boards.list[i].name, setup->boards.list[i].about);
    puts(setup->guess.reason);
}

static int give_up(const struct setup *setup, int status, const char *why)
{
    return ctl_complain(setup->ctl, status, "%s; nothing was written", why);
}

static bool said_something(const char *line)
{
    return line[strspn(line, " \t")];
}

/* The answer to one question; `proposal` is what an empty line means. */
static int ask(struct setup *setup, enum setup_question which, const char *proposal)
{
    char line[ANSWER_MAX], problem[PROBLEM_SIZE];

    explain(setup, which);
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        int r;

        printf("%s%s%s%s: ", questions[which].title, proposal ? " [" : "", proposal ? proposal : "",
               proposal ? "]" : "");
        r = setup_read_line(line, sizeof(line));
        if (r == -ENODATA) {
            putchar('\n');
            return give_up(setup, EX_NOINPUT, "No answer");
        }
        if (r < 0)
            snprintf(problem, sizeof(problem), "expected less than %d bytes", ANSWER_MAX);
        else if (take_answer(setup, which, said_something(line) || !proposal ? line : proposal,
                             problem))
            return 0;
        printf("That is not it: %s.\n", problem);
    }
    return give_up(setup, EX_DATAERR, "No answer that can be taken");
}

/* ---- all of them ---- */

static int complain_of_silence(const struct setup *setup, enum setup_question which)
{
    const struct verb_option *option = &setup_options[which];
    bool is_board = which == SETUP_BOARD;

    return ctl_complain(setup->ctl, EX_USAGE, "There is nobody to ask: say --%s %s%s%s",
                        option->name, option->argument, is_board ? ". " : "",
                        is_board ? setup->guess.reason : "");
}

static int find_answer(struct setup *setup, enum setup_question which)
{
    const char *proposal = propose(setup, which);
    char problem[PROBLEM_SIZE];

    if (setup->asks)
        return ask(setup, which, !proposal && which == SETUP_OWNER ? NOBODY : proposal);
    if (proposal && take_answer(setup, which, proposal, problem))
        return 0;
    return complain_of_silence(setup, which);
}

int setup_ask(struct setup *setup)
{
    const char *const *said = setup->ctl->values;
    char problem[PROBLEM_SIZE];
    int status = 0;

    for (size_t i = 0; i < SETUP_QUESTIONS; i++)
        if (said[i] && !take_answer(setup, (enum setup_question)i, said[i], problem))
            return ctl_complain(setup->ctl, EX_USAGE, "--%s: %s", setup_options[i].name, problem);
    for (size_t i = 0; !status && i < SETUP_QUESTIONS; i++)
        if (!said[i])
            status = find_answer(setup, (enum setup_question)i);
    return status;
}
