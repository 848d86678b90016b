/* status: how the rabbit is. */
#include "base/parse.h"
#include "ctl/ctl.h"
#include "ctl/drawing.h"
#include "ctl/print.h"

struct seen {
    struct drawing drawing;
    const char *status; /* the message's */
};

static int read_status(sd_bus_message *message, struct seen *seen)
{
    return sd_bus_message_read(message, "s", &seen->status);
}

static int read_ears(sd_bus_message *message, struct seen *seen)
{
    return sd_bus_message_read(message, "(ii)", &seen->drawing.ears[0], &seen->drawing.ears[1]);
}

static int read_asleep(sd_bus_message *message, struct seen *seen)
{
    int asleep = 0, r = sd_bus_message_read(message, "b", &asleep);

    seen->drawing.asleep = asleep;
    return r;
}

static int read_leds(sd_bus_message *message, struct seen *seen)
{
    static const char *const names[DRAWING_LEDS] = {"nose", "left", "middle", "right", "bottom"};
    const char *name, *color;
    int r = sd_bus_message_enter_container(message, 'a', "{ss}");

    while (r >= 0 && (r = sd_bus_message_read(message, "{ss}", &name, &color)) > 0)
        for (size_t i = 0; i < DRAWING_LEDS; i++)
            if (streq(names[i], name))
                parse_color(color, &seen->drawing.leds[i]);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static const struct reader {
    const char *name, *type;
    int (*read)(sd_bus_message *message, struct seen *seen);
} readers[] = {
    {"Status", "s", read_status},
    {"Ears", "(ii)", read_ears},
    {"Leds", "a{ss}", read_leds},
    {"Asleep", "b", read_asleep},
};

static int read_property(sd_bus_message *message, const char *name, void *userdata)
{
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
        if (!streq(readers[i].name, name))
            continue;

        int r = sd_bus_message_enter_container(message, 'v', readers[i].type);
        if (r >= 0)
            r = readers[i].read(message, userdata);
        return r < 0 ? r : sd_bus_message_exit_container(message);
    }
    return 0;
}

static int print_seen(const struct ctl *ctl, sd_bus_message *message)
{
    struct seen seen = {.drawing = {.ears = {-1, -1}}, .status = "?"};
    int r = ctl_read_properties(message, read_property, &seen);

    if (r < 0)
        return r;
    if (ctl->draws)
        drawing_print(stdout, &seen.drawing, ctl->colors);
    puts(seen.status);
    return 0;
}

int verb_status(struct ctl *ctl, const struct verb *verb, char **words, int count)
{
    sd_bus_message *message = NULL;
    int status =
        ctl_call(ctl, "org.freedesktop.DBus.Properties", "GetAll", &message, "s", BUS_INTERFACE);

    if (status)
        return status;

    int r = ctl->json ? print_value(stdout, message, true) : print_seen(ctl, message);
    if (ctl->json)
        putchar('\n');
    sd_bus_message_unref(message);
    return r < 0 ? ctl_fail(ctl, r, NULL) : EXIT_SUCCESS;
}
