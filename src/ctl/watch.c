/* watch: the rabbit as it is, drawn anew whenever that changes. */
#include <signal.h>
#include <sysexits.h>

#include "ctl/ctl.h"

/* Those of xterm, which all terminals know that know colours. */
#define OTHER_SCREEN "\033[?1049h\033[?25l"
#define USUAL_SCREEN "\033[?25h\033[?1049l"
#define CLEAR        "\033[H\033[J"

/* A signal handler has no userdata. */
static void on_interrupt(int signal)
{
    static const char back[] = USUAL_SCREEN;

    /* A terminal that is gone takes nothing. */
    if (write(STDOUT_FILENO, back, sizeof(back) - 1) != 0)
        raise(signal);
}

/* Each of them ends the program after its handler: SA_RESETHAND. */
static void leave_screen_in_order(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction action = {.sa_handler = on_interrupt,
                                     .sa_flags = (int)SA_RESETHAND | SA_NODEFER};

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &action, NULL);
}

static int draw(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    int status;

    fputs(CLEAR, stdout);
    status = verb_status(ctl, verb, words, count);
    fputs("Ctrl-C ends this\n", stdout);
    fflush(stdout);
    return status;
}

static int on_change(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    draw(userdata, NULL, NULL, 0);
    return 0;
}

/* Until it is back the last thing that was seen stays. */
static int on_owner(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    const char *name, *old, *new;

    if (sd_bus_message_read(signal, "sss", &name, &old, &new) >= 0 && *new)
        return on_change(signal, userdata, error);
    fputs("nabaztagd has ended\n", stdout);
    fflush(stdout);
    return 0;
}

int verb_watch(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    int status = ctl_connect(ctl);

    if (!ctl->draws || ctl->json)
        return ctl_complain(ctl, EX_USAGE,
                            "watch draws on a terminal that knows UTF-8; nabaztagctl monitor "
                            "prints what happens");
    if (status)
        return status;
    setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    leave_screen_in_order();
    fputs(OTHER_SCREEN, stdout);
    status = ctl_follow(ctl, on_change, on_owner, draw);
    fputs(USUAL_SCREEN, stdout);
    return status;
}
