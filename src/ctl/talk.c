/* The bus as the verbs need it, and what to do when it does not go well. */
#include <errno.h>
#include <stdarg.h>
#include <sysexits.h>

#include "base/instance.h"
#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

/* A trial of all parts takes longest. */
#define ANSWER_USEC (3 * USEC_PER_MIN)

int ctl_connect(struct ctl *ctl)
{
    int r;

    if (ctl->bus)
        return 0;
    r = bus_open(&ctl->bus, ctl->which);
    if (r < 0)
        return ctl_complain(ctl, EX_UNAVAILABLE,
                            "There is no bus (%s): %s; nabaztagd and nabaztagctl meet on one, see "
                            "--bus",
                            ctl->which, strerror(-r));
    sd_bus_set_method_call_timeout(ctl->bus, ANSWER_USEC);
    return 0;
}

int ctl_call(struct ctl *ctl, const char *interface, const char *method, sd_bus_message **ret,
             const char *types, ...)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message *call = NULL;
    va_list arguments;
    int status = ctl_connect(ctl), r;

    if (status)
        return status;
    r = sd_bus_message_new_method_call(ctl->bus, &call, ctl->name, BUS_PATH, interface, method);
    va_start(arguments, types);
    if (r >= 0)
        r = sd_bus_message_appendv(call, types, arguments);
    va_end(arguments);
    if (r >= 0)
        r = sd_bus_call(ctl->bus, call, 0, &error, ret);
    if (r < 0)
        status = ctl_fail(ctl, r, &error);
    sd_bus_message_unref(call);
    sd_bus_error_free(&error);
    return status;
}

static int listen_to(struct ctl *ctl, sd_bus_message_handler_t on_signal,
                     sd_bus_message_handler_t on_owner)
{
    char match[256];
    int r = sd_bus_match_signal(ctl->bus, NULL, ctl->name, BUS_PATH, NULL, NULL, on_signal, ctl);

    if (r < 0)
        return r;
    snprintf(match, sizeof(match),
             "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
             ctl->name);
    return sd_bus_add_match(ctl->bus, NULL, match, on_owner, ctl);
}

int ctl_follow(struct ctl *ctl, sd_bus_message_handler_t on_signal,
               sd_bus_message_handler_t on_owner, verb_run begin)
{
    int r, status = ctl_connect(ctl);

    if (status)
        return status;
    r = listen_to(ctl, on_signal, on_owner);
    if (r < 0)
        return ctl_fail(ctl, r, NULL);
    status = begin(ctl, NULL, NULL, 0);
    while (!status) {
        r = sd_bus_process(ctl->bus, NULL);
        if (r == 0)
            r = sd_bus_wait(ctl->bus, UINT64_MAX);
        if (r < 0)
            status = ctl_complain(ctl, EX_UNAVAILABLE, "The bus is gone: %s", strerror(-r));
    }
    return status;
}

/* ---- errors ---- */

int ctl_complain(const struct ctl *ctl, int status, const char *format, ...)
{
    _cleanup_(freep) char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    if (!text)
        return EX_OSERR;
    if (!ctl->json) {
        fprintf(stderr, "%s\n", text);
        return status;
    }
    fputs("{\"error\":", stdout);
    json_print_text(stdout, text);
    printf(",\"status\":%d}\n", status);
    return status;
}

int ctl_read_properties(sd_bus_message *message,
                        int (*on_property)(sd_bus_message *message, const char *name,
                                           void *userdata),
                        void *userdata)
{
    const char *name;
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");

    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = sd_bus_message_read(message, "s", &name);
        if (r >= 0)
            r = on_property(message, name, userdata);
        if (r == 0)
            r = sd_bus_message_skip(message, "v");
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    return r;
}

void ctl_describe_start(const struct ctl *ctl, char *ret, size_t size)
{
    bool is_main = instance_is_main(ctl->instance);
    char unit[INSTANCE_UNIT_SIZE];

    instance_unit(ctl->instance, unit);
    if (streq(ctl->which, "system"))
        snprintf(ret, size, "systemctl start %s", unit);
    else
        snprintf(ret, size, "nabaztagd --bus %s%s%s", ctl->which, is_main ? "" : " --instance ",
                 is_main ? "" : ctl->instance);
}

static int fail_absent(const struct ctl *ctl, int status, const sd_bus_error *error)
{
    char service[512];

    ctl_describe_start(ctl, service, sizeof(service));
    return ctl_complain(ctl, status, "nabaztagd is not running; start it: %s", service);
}

static int fail_denied(const struct ctl *ctl, int status, const sd_bus_error *error)
{
    return ctl_complain(ctl, status,
                        "You may look at the rabbit, but not make it act; as root: adduser NAME "
                        "nabaztagd, then log in anew");
}

static int fail_silent(const struct ctl *ctl, int status, const sd_bus_error *error)
{
    char unit[INSTANCE_UNIT_SIZE];

    instance_unit(ctl->instance, unit);
    return ctl_complain(ctl, status, "nabaztagd does not answer; look at: journalctl -u %s", unit);
}

static int fail_older(const struct ctl *ctl, int status, const sd_bus_error *error)
{
    return ctl_complain(ctl, status,
                        "nabaztagd is of another version than nabaztagctl; restart it (%s)",
                        error->message);
}

static int fail_said(const struct ctl *ctl, int status, const sd_bus_error *error)
{
    return ctl_complain(ctl, status, "%s", error->message);
}

static int fail_hook(const struct ctl *ctl, int status, const sd_bus_error *error)
{
    return ctl_complain(ctl, status, "The report did not arrive: %s; see [report] url",
                        error->message);
}

static const struct trouble {
    const char *name;
    int status;
    int (*fail)(const struct ctl *ctl, int status, const sd_bus_error *error);
} troubles[] = {
    {SD_BUS_ERROR_SERVICE_UNKNOWN, EX_UNAVAILABLE, fail_absent},
    {SD_BUS_ERROR_NAME_HAS_NO_OWNER, EX_UNAVAILABLE, fail_absent},
    {SD_BUS_ERROR_ACCESS_DENIED, EX_NOPERM, fail_denied},
    {SD_BUS_ERROR_NO_REPLY, EX_TEMPFAIL, fail_silent},
    {SD_BUS_ERROR_TIMEOUT, EX_TEMPFAIL, fail_silent},
    {SD_BUS_ERROR_UNKNOWN_METHOD, EX_PROTOCOL, fail_older},
    {SD_BUS_ERROR_UNKNOWN_INTERFACE, EX_PROTOCOL, fail_older},
    {SD_BUS_ERROR_UNKNOWN_OBJECT, EX_PROTOCOL, fail_older},
    {BUS_ERROR_USAGE, EX_USAGE, fail_said},
    {BUS_ERROR_ASLEEP, EX_TEMPFAIL, fail_said},
    {BUS_ERROR_STUCK, EX_IOERR, fail_said},
    {BUS_ERROR_BUSY, EX_TEMPFAIL, fail_said},
    {BUS_ERROR_NOT_CONFIGURED, EX_CONFIG, fail_said},
    {BUS_ERROR_ONLINE, EX_TEMPFAIL, fail_said},
    {BUS_ERROR_HOOK_FAILED, EX_PROTOCOL, fail_hook},
};

int ctl_fail(const struct ctl *ctl, int r, const sd_bus_error *error)
{
    for (size_t i = 0; error && i < ARRAY_SIZE(troubles); i++)
        if (sd_bus_error_has_name(error, troubles[i].name))
            return troubles[i].fail(ctl, troubles[i].status, error);
    return ctl_complain(ctl, r == -ECONNRESET ? EX_UNAVAILABLE : EX_SOFTWARE, "It went wrong: %s",
                        error && error->message ? error->message : strerror(-r));
}
