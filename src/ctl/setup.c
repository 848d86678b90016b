/* setup: from nothing to a rabbit that is configured and runs. */
#include "ctl/setup.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/instance.h"
#include "base/json.h"
#include "base/parse.h"
#include "ctl/spawn.h"

const struct verb_option setup_options[] = {
    [SETUP_ACCOUNT] = {"account", "JID", "the rabbit's address: name@domain or domain"},
    [SETUP_OWNER] = {"owner", "JID", "whom it obeys, several in quotes; or none"},
    [SETUP_BOARD] = {"board", "BOARD", "sim, the name of a profile, or the path of one"},
    [SETUP_LANGUAGE] = {"language", "en|fr|de|it", "what it writes in"},
    [SETUP_CONFIG] = {"config", "FILE", "write this one instead of the service's"},
    [SETUP_START] = {"start", "yes|no", "whether to start the service afterwards"},
    {NULL, NULL, NULL},
};

void setup_note(struct setup *setup, const char *format, ...)
{
    va_list arguments;
    char *note;

    if (setup->note_count == SETUP_NOTES_MAX)
        return;
    va_start(arguments, format);
    if (vasprintf(&note, format, arguments) >= 0)
        setup->notes[setup->note_count++] = note;
    va_end(arguments);
}

static void clear(struct setup *setup)
{
    for (size_t i = 0; i < SETUP_QUESTIONS; i++) {
        free(setup->old[i]);
        free(setup->answers[i]);
    }
    for (size_t i = 0; i < setup->note_count; i++)
        free(setup->notes[i]);
    free(setup->chip);
    free(setup->usual);
    boards_clear(&setup->boards);
}

/* ---- before the questions ---- */

/* The service reads no other file. */
static int check_start(const struct setup *setup)
{
    const char *value = setup->ctl->values[SETUP_START];
    bool start = false;

    if (value && parse_bool(value, &start) < 0)
        return ctl_complain(setup->ctl, EX_USAGE, "--start: expected yes or no");
    if (start && !setup->is_service)
        return ctl_complain(setup->ctl, EX_USAGE,
                            "--start yes is for the service, which systemd runs with %s and on the "
                            "system's bus",
                            setup->usual);
    return 0;
}

static int prepare(struct setup *setup)
{
    static const char *const folders[] = {CONFIG_BOARD_FOLDERS, NULL};
    struct ctl *ctl = setup->ctl;

    if (!instance_is_valid(ctl->instance))
        return ctl_complain(ctl, EX_USAGE, "--instance: expected letters, digits, - _ and .");
    if (instance_config(ctl->instance, &setup->usual) < 0 ||
        boards_read(&setup->boards, folders) < 0)
        return ctl_complain(ctl, EX_OSERR, "%s", strerror(ENOMEM));
    setup->path = ctl->values[SETUP_CONFIG] ? ctl->values[SETUP_CONFIG] : setup->usual;
    setup->is_service =
        streq(setup->path, setup->usual) && streq(ctl->which, "system") && sd_booted() > 0;
    evidence_gather(&setup->evidence, "");
    board_guess(&setup->evidence, &setup->guess);
    return check_start(setup);
}

/* ---- the service ---- */

static bool wants_start(const struct setup *setup)
{
    const char *value = setup->ctl->values[SETUP_START];
    char line[8];

    if (value)
        return streq(value, "yes");
    if (!setup->asks || !setup->is_service)
        return false;
    for (;;) {
        fputs("\nStart it now, and whenever the computer starts [Y/n]: ", stdout);
        int r = setup_read_line(line, sizeof(line));

        if (r == -ENODATA)
            return false;
        if (r == 0 && (!*line || strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0))
            return true;
        if (r == 0 && (strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0))
            return false;
    }
}

/* Has the service begun before the file was written, by whomever? By ages: clocks are set. */
static bool is_older(const char *unit, const char *path)
{
    const char *const command[] = {
        "systemctl", "show", "--value", "--property=ActiveEnterTimestampMonotonic", unit, NULL};
    _cleanup_(freep) char *began = NULL;
    struct stat status;

    if (stat(path, &status) < 0 || spawn_run(command, &began) != 0)
        return true;
    return clock_now_usec() - strtoull(began, NULL, 10) >
           clock_real_usec() - clock_timespec_usec(&status.st_mtim);
}

/* A reload would not do: another board wants a start. */
static int start(struct setup *setup)
{
    char unit[INSTANCE_UNIT_SIZE];
    const char *commands[][5] = {
        {"systemctl", "--quiet", "enable", unit, NULL},
        {"systemctl", "--quiet", "restart", unit, NULL},
    };

    instance_unit(setup->ctl->instance, unit);
    if (!setup->changed && !is_older(unit, setup->path))
        commands[1][2] = "start";
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        _cleanup_(freep) char *said = NULL;
        int r = spawn_run(commands[i], &said);

        if (r != 0)
            return ctl_complain(setup->ctl, EX_UNAVAILABLE,
                                "%s is well, but `systemctl %s %s` failed: %s", setup->path,
                                commands[i][2], unit, r < 0 ? strerror(-r) : said);
    }
    setup->started = true;
    return 0;
}

/* ---- what is told ---- */

static void print_json(const struct setup *setup)
{
    const struct {
        const char *name, *text;
    } texts[] = {
        {"path", setup->path},
        {"account", setup->answers[SETUP_ACCOUNT]},
        {"owner", setup->answers[SETUP_OWNER]},
        {"board", setup->answers[SETUP_BOARD]},
        {"language", setup->answers[SETUP_LANGUAGE]},
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        printf("%c\"%s\":", i ? ',' : '{', texts[i].name);
        json_print_text(stdout, texts[i].text);
    }
    printf(",\"changed\":%s,\"started\":%s,\"notes\":[", setup->changed ? "true" : "false",
           setup->started ? "true" : "false");
    for (size_t i = 0; i < setup->note_count; i++) {
        fputs(i ? "," : "", stdout);
        json_print_text(stdout, setup->notes[i]);
    }
    puts("]}");
}

static void tell_written(const struct setup *setup)
{
    printf("%s%s %s.\n", setup->asks ? "\n" : "", setup->path,
           setup->changed ? "is written" : "says all that already");
    for (size_t i = 0; i < setup->note_count; i++)
        puts(setup->notes[i]);
    if (!setup->password_told)
        puts("The rabbit registers its account by itself; where there is one already, [account] "
             "password-file\nnames the file of its password: nabaztagd.conf(5).");
}

static void tell_next(const struct setup *setup)
{
    char unit[INSTANCE_UNIT_SIZE];

    instance_unit(setup->ctl->instance, unit);
    if (setup->started)
        printf("%s runs. See how it is: nabaztagctl status\n", unit);
    else if (setup->is_service)
        printf("To start it: systemctl enable --now %s; if it runs: systemctl restart %s\n", unit,
               unit);
}

int verb_setup(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    struct setup setup = {.ctl = ctl, .asks = !ctl->json && isatty(STDIN_FILENO)};
    int status = prepare(&setup);

    if (!status)
        status = setup_read(&setup);
    if (!status && setup.asks)
        printf("This writes %s. Enter takes what stands in brackets.\n", setup.path);
    if (!status)
        status = setup_ask(&setup);
    if (!status)
        status = setup_write(&setup);
    if (!status && !ctl->json)
        tell_written(&setup);
    if (!status && wants_start(&setup))
        status = start(&setup);
    if (!status && ctl->json)
        print_json(&setup);
    else if (!status)
        tell_next(&setup);
    clear(&setup);
    return status;
}
