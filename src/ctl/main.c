/*
 * nabaztagctl: argv and exit status. It knows the rabbit by the bus alone.
 */
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <sysexits.h>

#include "ctl/ctl.h"

static const char usage[] =
    "Usage: nabaztagctl [OPTION]… VERB …\n"
    "Talks to nabaztagd, the brain of a Nabaztag rabbit.\n"
    "\n"
    "  --bus WHICH      the bus it is on: system (default), user or an address\n"
    "  --instance NAME  which rabbit; default main\n"
    "  --json           print one object a line, errors too\n"
    "  --version        print the version\n"
    "  --help           print this\n"
    "\n";

/* The second column begins at 28. */
static void print_row(const char *indent, const char *name, const char *arguments, const char *help)
{
    int n = printf("%s%s%s%s", indent, name, *arguments ? " " : "", arguments);

    printf("%*s%s\n", n < 28 ? 28 - n : 1, "", help);
}

static void print_help(void)
{
    fputs(usage, stdout);
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        print_row("  ", verb->name, verb->arguments, verb->help);
        for (const struct verb_option *option = verb->options; option && option->name; option++)
            print_row("    --", option->name, option->argument, option->help);
    }
}

enum { OPTION_BUS, OPTION_INSTANCE, OPTION_JSON, OPTION_VERSION, OPTION_HELP };

static const struct option options[] = {
    {"bus", required_argument, NULL, OPTION_BUS},
    {"instance", required_argument, NULL, OPTION_INSTANCE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* They end at the verb, which may have its own; "-3" behind it is a number. Returns 0, 1 when all
 * is done, or -1. */
static int parse_options(struct ctl *ctl, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) >= 0) {
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

int main(int argc, char **argv)
{
    struct ctl ctl = {.which = "system", .instance = "main"};
    const char *no_color = getenv("NO_COLOR");
    int r = parse_options(&ctl, argc, argv), status;

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
