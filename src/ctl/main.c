/*
 * nabaztagctl: argv and exit status. It knows the rabbit by the bus alone.
 */
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <sysexits.h>

#include "ctl/complete.h"

static const char usage[] = "Usage: nabaztagctl [OPTION]… VERB …\n"
                            "Talks to nabaztagd, the brain of a Nabaztag rabbit.\n"
                            "\n";

enum { OPTION_BUS, OPTION_INSTANCE, OPTION_JSON, OPTION_VERSION, OPTION_HELP, OPTION_COUNT };

const struct verb_option ctl_options[] = {
    [OPTION_BUS] = {"bus", "WHICH", "the bus it is on: system (default), user or an address"},
    [OPTION_INSTANCE] = {"instance", "NAME", "which rabbit; default main"},
    [OPTION_JSON] = {"json", "", "print one object a line, errors too"},
    [OPTION_VERSION] = {"version", "", "print the version"},
    [OPTION_HELP] = {"help", "", "print this"},
    [OPTION_COUNT] = {NULL, NULL, NULL},
};

/* The second column begins at 28. */
static void print_row(const char *indent, const char *name, const char *arguments, const char *help)
{
    int n = printf("%s%s%s%s", indent, name, *arguments ? " " : "", arguments);

    printf("%*s%s\n", n < 28 ? 28 - n : 1, "", help);
}

static void print_options(const char *indent, const struct verb_option *options)
{
    for (; options && options->name; options++)
        print_row(indent, options->name, options->argument, options->help);
}

static void print_help(void)
{
    fputs(usage, stdout);
    print_options("  --", ctl_options);
    putchar('\n');
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        print_row("  ", verb->name, verb->arguments, verb->help);
        print_options("    --", verb->options);
    }
}

/* They end at the verb, which may have its own; "-3" behind it is a number. Returns which one comes
 * next, -1: none, or '?'. */
static int next_option(int argc, char **argv)
{
    struct option options[OPTION_COUNT + 1] = {{.name = NULL}};

    for (int i = 0; i < OPTION_COUNT; i++)
        options[i] =
            (struct option){.name = ctl_options[i].name,
                            .has_arg = *ctl_options[i].argument ? required_argument : no_argument,
                            .val = i};
    return getopt_long(argc, argv, "+", options, NULL);
}

/* Returns 0, 1 when all is done, or -1. */
static int parse_options(struct ctl *ctl, int argc, char **argv)
{
    int option;

    while ((option = next_option(argc, argv)) >= 0) {
        if (option == OPTION_BUS)
            ctl->which = optarg;
        else if (option == OPTION_INSTANCE)
            ctl->instance = optarg;
        else if (option == OPTION_JSON)
            ctl->json = true;
        else if (option == OPTION_VERSION)
            puts("nabaztagctl " NABAZTAGD_VERSION);
        else if (option == OPTION_HELP)
            print_help();
        else
            return -1;
        if (option == OPTION_VERSION || option == OPTION_HELP)
            return 1;
    }
    return optind < argc ? 0 : -1;
}

/* `nabaztagctl --complete -- WORD…`, as the shells say it. */
static bool is_completion(int argc, char **argv)
{
    return argc > 3 && streq(argv[1], "--complete") && streq(argv[2], "--");
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.which = "system", .instance = "main"};
    const char *no_color = getenv("NO_COLOR");
    int r, status;

    if (is_completion(argc, argv))
        return complete(argv + 3, argc - 3);
    r = parse_options(&ctl, argc, argv);
    if (r > 0)
        return EXIT_SUCCESS;
    if (r < 0) {
        fputs("Try nabaztagctl --help\n", stderr);
        return EX_USAGE;
    }
    /* Behind the verb as well: that is where people type it. */
    if (argc - optind > 1 && streq(argv[argc - 1], "--json")) {
        ctl.json = true;
        argc--;
    }
    setlocale(LC_CTYPE, "");
    ctl.draws = isatty(STDOUT_FILENO) && streq(nl_langinfo(CODESET), "UTF-8");
    ctl.colors = !no_color || !*no_color;
    bus_name(ctl.instance, ctl.name);
    status = ctl_run(&ctl, argv + optind, argc - optind);
    sd_bus_flush_close_unref(ctl.bus);
    return fflush(stdout) == 0 ? status : EX_IOERR;
}
