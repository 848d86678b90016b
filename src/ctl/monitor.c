/* monitor: events as they happen, until it is interrupted. */
#include <inttypes.h>
#include <time.h>

#include "ctl/ctl.h"
#include "ctl/print.h"

static void print_time(bool json)
{
    struct timespec now;
    struct tm local;
    char text[16] = "";

    clock_gettime(CLOCK_REALTIME, &now);
    if (json) {
        printf("{\"time\":%lld.%03ld,", (long long)now.tv_sec, now.tv_nsec / 1000000);
        return;
    }
    if (localtime_r(&now.tv_sec, &local))
        strftime(text, sizeof(text), "%H:%M:%S", &local);
    printf("%s ", text);
}

/* A signal of the rabbit's own, with its arguments. */
static int print_signal(const struct ctl *ctl, sd_bus_message *signal)
{
    const char *member = sd_bus_message_get_member(signal);
    int r = 0;

    print_time(ctl->json);
    printf(ctl->json ? "\"event\":\"%s\",\"arguments\":[" : "%s", member);
    for (bool first = true; r >= 0 && !sd_bus_message_at_end(signal, true); first = false) {
        fputs(!ctl->json ? " " : first ? "" : ",", stdout);
        r = print_value(stdout, signal, ctl->json);
    }
    puts(ctl->json ? "]}" : "");
    return r;
}

static int print_named(const char *name, sd_bus_message *signal)
{
    int r;

    print_time(false);
    printf("%s ", name);
    r = print_value(stdout, signal, false);
    putchar('\n');
    return r;
}

/* One line a property; the line of all of them is left out. */
static int print_change(sd_bus_message *signal)
{
    const char *name;
    int r;

    while ((r = sd_bus_message_enter_container(signal, 'e', "sv")) > 0) {
        r = sd_bus_message_read(signal, "s", &name);
        if (r >= 0 && streq(name, "Status"))
            r = sd_bus_message_skip(signal, "v");
        else if (r >= 0)
            r = print_named(name, signal);
        if (r >= 0)
            r = sd_bus_message_exit_container(signal);
        if (r < 0)
            return r;
    }
    return r;
}

static int print_changes(const struct ctl *ctl, sd_bus_message *signal)
{
    int r = sd_bus_message_skip(signal, "s");

    if (r < 0)
        return r;
    if (ctl->json) {
        print_time(true);
        fputs("\"event\":\"Changed\",\"properties\":", stdout);
        r = print_value(stdout, signal, true);
        puts("}");
        return r;
    }
    r = sd_bus_message_enter_container(signal, 'a', "{sv}");
    return r < 0 ? r : print_change(signal);
}

static int on_signal(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    const struct ctl *ctl = userdata;

    if (sd_bus_message_is_signal(signal, "org.freedesktop.DBus.Properties", "PropertiesChanged"))
        print_changes(ctl, signal);
    else if (sd_bus_message_is_signal(signal, BUS_INTERFACE, NULL))
        print_signal(ctl, signal);
    return 0;
}

/* The daemon has ended, or started. */
static int on_owner(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
    const struct ctl *ctl = userdata;
    const char *name, *old, *new;

    if (sd_bus_message_read(signal, "sss", &name, &old, &new) < 0)
        return 0;
    print_time(ctl->json);
    printf(ctl->json ? "\"event\":\"%s\"}\n" : "%s\n", *new ? "Started" : "Ended");
    return 0;
}

int verb_monitor(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    return ctl_follow(ctl, on_signal, on_owner, verb_status);
}
