#include "base/options.h"

#include <errno.h>

#include "base/parse.h"

static const struct option_section sections[] = {
    {.name = "account", .help = "Who the rabbit is on its XMPP server."},
    {.name = "tls", .help = "How the connection to the server is protected."},
    {.name = "sasl", .help = "How the rabbit proves its password."},
    {.name = "report",
     .help = "The hook of the platform: told when the server rejects the rabbit's login."},
    {.name = "rabbit", .help = "The rabbit itself."},
    {.name = "body", .help = "The hardware."},
    {.name = "gpio",
     .help = "The GPIO chip. This section and those up to [leds] are what a board profile holds.",
     .board = true},
    {.name = "ear-left", .help = "The left ear, as seen from the front.", .board = true},
    {.name = "ear-right", .help = "The right ear, as seen from the front.", .board = true},
    {.name = "button", .help = "The button on the rabbit's head.", .board = true},
    {.name = "leds", .help = "The five RGB LEDs.", .board = true},
    {.name = "sim", .help = "The simulated rabbit, used with board = sim."},
    {.name = "access", .help = "Whom the rabbit obeys. Nobody else is answered."},
    {.name = "violet", .help = "The packets of a Violet platform."},
};

#define AT(field) offsetof(struct config, field)

static const struct option options[] = {
    {.section = "account",
     .key = "jid",
     .type = &option_account,
     .offset = AT(account.jid),
     .help = "The rabbit's address: local@domain, or the domain alone (then the serial is the "
             "local part).\n"
             "Nothing happens until it is set."},
    {.section = "account",
     .key = "resource",
     .type = &option_resource,
     .offset = AT(account.resource),
     .fallback = "nabaztagd",
     .help = "Tells this login from others of the same account (standard dialect only)."},
    {.section = "account",
     .key = "server",
     .type = &option_server,
     .offset = AT(account.server),
     .help = "Connect to this host[:port] instead of asking DNS for the domain's server."},
    {.section = "account",
     .key = "dialect",
     .type = &option_dialect,
     .offset = AT(account.dialect),
     .fallback = "standard",
     .help = "The server's dialect of XMPP: standard, or violet (Violet's own servers and "
             "OpenJabNab)."},
    {.section = "account",
     .key = "password-file",
     .type = &option_path,
     .offset = AT(account.password_file),
     .help =
         "A file that holds the password; one newline at its end is dropped.\n"
         "Without it: the systemd credential nabaztagd.password, else what a registration stored."},
    {.section = "account",
     .key = "register",
     .type = &option_bool,
     .offset = AT(account.register_account),
     .fallback = "yes",
     .help =
         "Register the account on the server when it is missing or its password was forgotten."},
    {.section = "account",
     .key = "name",
     .type = &option_text,
     .offset = AT(account.name),
     .help = "For registration forms that ask for a name. Without it: the serial."},
    {.section = "account",
     .key = "email",
     .type = &option_email,
     .offset = AT(account.email),
     .help = "For registration forms that ask for an e-mail address."},

    {.section = "tls",
     .key = "mode",
     .type = &option_tls_mode,
     .offset = AT(tls.mode),
     .fallback = "required",
     .violet_fallback = "off",
     .help = "required (STARTTLS or nothing), optional, direct (TLS from the first byte) or off."},
    {.section = "tls",
     .key = "ca-file",
     .type = &option_path,
     .offset = AT(tls.ca_file),
     .help = "A PEM file of certificates that are trusted besides the system's."},
    {.section = "tls",
     .key = "fingerprint",
     .type = &option_fingerprint,
     .offset = AT(tls.fingerprint),
     .help =
         "SHA-256 of the server's certificate. Exactly this certificate is accepted, whatever its\n"
         "name, date or issuer, and no other."},

    {.section = "sasl",
     .key = "mechanisms",
     .type = &option_mechanisms,
     .offset = AT(sasl.mechanisms),
     .fallback = "SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5 PLAIN",
     .violet_fallback = "DIGEST-MD5",
     .help = "What may be used, in order of preference."},
    {.section = "sasl",
     .key = "plaintext",
     .type = &option_bool,
     .offset = AT(sasl.plaintext),
     .fallback = "no",
     .help = "Allow PLAIN, and the registration of a configured password, without TLS."},

    {.section = "report",
     .key = "url",
     .type = &option_url,
     .offset = AT(report.url),
     .help = "The full URL of the hook, e.g. http://almacska:3000/vl/sendMailXMPP.jsp"},
    {.section = "report",
     .key = "timeout",
     .type = &option_time,
     .offset = AT(report.timeout_usec),
     .fallback = "10s",
     .low = "100ms",
     .high = "10min",
     .help = "How long its answer is waited for."},

    {.section = "rabbit",
     .key = "serial",
     .type = &option_serial,
     .offset = AT(rabbit.serial),
     .help = "12 hex digits. Without it: the address of the first Ethernet or Wi-Fi interface."},
    {.section = "rabbit",
     .key = "version",
     .type = &option_text,
     .offset = AT(rabbit.version),
     .fallback = "18673",
     .help = "The firmware version that reports tell."},
    {.section = "rabbit",
     .key = "locate",
     .type = &option_url,
     .offset = AT(rabbit.locate),
     .help = "Violet dialect: the base URL whose locate.jsp names the servers."},
    {.section = "rabbit",
     .key = "name",
     .type = &option_text,
     .offset = AT(rabbit.name),
     .fallback = "Nabaztag",
     .help = "What people see."},
    {.section = "rabbit",
     .key = "language",
     .type = &option_language,
     .offset = AT(rabbit.language),
     .fallback = "en",
     .help = "What the rabbit writes in: en, fr, de or it."},

    {.section = "body",
     .key = "board",
     .type = &option_text,
     .offset = AT(body.board),
     .fallback = "sim",
     .help = "The hardware: sim (a simulated rabbit), the name of a board profile, or the path of "
             "one.\n"
             "Keys of the profile may be set in this file as well: they win."},
    {.section = "body",
     .key = "brightness",
     .type = &option_number,
     .offset = AT(body.brightness),
     .fallback = "100",
     .low = "0",
     .high = "100",
     .help = "Of the LEDs, in percent."},

    {.section = "gpio",
     .key = "chip",
     .type = &option_text,
     .offset = AT(gpio.chip),
     .help = "The chip's label (best: it never changes), name or path. Lines are written as\n"
             "[CHIP:]LINE[,active-low][,pull-up|,pull-down], LINE being a line's name or offset."},

    {.section = "ear-left",
     .key = "bridge",
     .type = &option_bridge,
     .offset = AT(ears[0].bridge),
     .fallback = "in-in",
     .help = "How the motor is driven: in-in (forward, backward), in-in-en (forward, backward, "
             "enable) or\n"
             "phase-enable (phase, which is active to go forward, and enable)."},
    {.section = "ear-left",
     .key = "forward",
     .type = &option_line,
     .offset = AT(ears[0].forward),
     .help = "The line that turns the ear forward, from 0 (up) to 1."},
    {.section = "ear-left",
     .key = "backward",
     .type = &option_line,
     .offset = AT(ears[0].backward),
     .help = "The line that turns it backward."},
    {.section = "ear-left",
     .key = "phase",
     .type = &option_line,
     .offset = AT(ears[0].phase),
     .help = "The line that says which way: active is forward."},
    {.section = "ear-left",
     .key = "enable",
     .type = &option_line,
     .offset = AT(ears[0].enable),
     .help = "The line that lets the bridge drive the motor."},
    {.section = "ear-left",
     .key = "encoder",
     .type = &option_line,
     .offset = AT(ears[0].encoder),
     .help = "The line of the light barrier: inactive in a hole of the wheel."},

    {.section = "ear-right",
     .key = "bridge",
     .type = &option_bridge,
     .offset = AT(ears[1].bridge),
     .fallback = "in-in",
     .help = "How the motor is driven: in-in (forward, backward), in-in-en (forward, backward, "
             "enable) or\n"
             "phase-enable (phase, which is active to go forward, and enable)."},
    {.section = "ear-right",
     .key = "forward",
     .type = &option_line,
     .offset = AT(ears[1].forward),
     .help = "The line that turns the ear forward, from 0 (up) to 1."},
    {.section = "ear-right",
     .key = "backward",
     .type = &option_line,
     .offset = AT(ears[1].backward),
     .help = "The line that turns it backward."},
    {.section = "ear-right",
     .key = "phase",
     .type = &option_line,
     .offset = AT(ears[1].phase),
     .help = "The line that says which way: active is forward."},
    {.section = "ear-right",
     .key = "enable",
     .type = &option_line,
     .offset = AT(ears[1].enable),
     .help = "The line that lets the bridge drive the motor."},
    {.section = "ear-right",
     .key = "encoder",
     .type = &option_line,
     .offset = AT(ears[1].encoder),
     .help = "The line of the light barrier: inactive in a hole of the wheel."},

    {.section = "button",
     .key = "line",
     .type = &option_line,
     .offset = AT(button.line),
     .help = "The button's line; active is pressed."},
    {.section = "button",
     .key = "debounce",
     .type = &option_time,
     .offset = AT(button.debounce_usec),
     .fallback = "20ms",
     .low = "5ms",
     .high = "250ms",
     .help = "Changes that follow each other faster are not a finger."},
    {.section = "button",
     .key = "double",
     .type = &option_time,
     .offset = AT(button.double_usec),
     .fallback = "500ms",
     .low = "50ms",
     .high = "5s",
     .help = "A second press within this time makes a double click."},
    {.section = "button",
     .key = "long",
     .type = &option_time,
     .offset = AT(button.long_usec),
     .fallback = "1500ms",
     .low = "100ms",
     .high = "30s",
     .help = "From here on a press is a long one."},

    {.section = "leds",
     .key = "driver",
     .type = &option_word,
     .offset = AT(leds.driver),
     .fallback = "none",
     .help = "How the LEDs are driven: none, gpio (on and off), pwm (by software), class (the "
             "kernel's LED\n"
             "class), tlc5922 (the original rabbit's chip) or apa102."},
    {.section = "leds",
     .key = "nose",
     .type = &option_words,
     .offset = AT(leds.at[0]),
     .help = "Where the LED is. gpio, pwm: three lines, red, green, blue. class: its name, or "
             "three names.\n"
             "tlc5922: the first of its three channels. apa102: its place in the chain, from 0."},
    {.section = "leds",
     .key = "left",
     .type = &option_words,
     .offset = AT(leds.at[1]),
     .help = "As nose."},
    {.section = "leds",
     .key = "middle",
     .type = &option_words,
     .offset = AT(leds.at[2]),
     .help = "As nose."},
    {.section = "leds",
     .key = "right",
     .type = &option_words,
     .offset = AT(leds.at[3]),
     .help = "As nose."},
    {.section = "leds",
     .key = "bottom",
     .type = &option_words,
     .offset = AT(leds.at[4]),
     .help = "As nose."},
    {.section = "leds",
     .key = "order",
     .type = &option_order,
     .offset = AT(leds.order),
     .fallback = "rgb",
     .help = "The order of the colours: one for all, or five from nose to bottom (rgb rgb grb rgb "
             "rgb).\n"
             "grb: green is where red should be, and the other way round."},
    {.section = "leds",
     .key = "data",
     .type = &option_line,
     .offset = AT(leds.data),
     .help = "tlc5922, apa102: the line of the data."},
    {.section = "leds",
     .key = "clock",
     .type = &option_line,
     .offset = AT(leds.clock),
     .help = "tlc5922, apa102: the line of the clock."},
    {.section = "leds",
     .key = "mode",
     .type = &option_line,
     .offset = AT(leds.mode),
     .help = "tlc5922: the line that is active for dot correction."},
    {.section = "leds",
     .key = "latch",
     .type = &option_line,
     .offset = AT(leds.latch),
     .help = "tlc5922: the line that takes over what was sent."},

    {.section = "sim",
     .key = "socket",
     .type = &option_socket_path,
     .offset = AT(sim.socket),
     .help = "The path of a socket that shows and moves the simulated body."},

    {.section = "access",
     .key = "owners",
     .type = &option_people,
     .offset = AT(access.owners),
     .help = "JIDs of those who may do everything and are told when the button is pressed."},
    {.section = "access",
     .key = "users",
     .type = &option_people,
     .offset = AT(access.users),
     .help = "JIDs of those who may play with the rabbit, less often."},
    {.section = "access",
     .key = "rooms",
     .type = &option_rooms,
     .offset = AT(access.rooms),
     .help = "JIDs of chat rooms whose members are obeyed."},
    {.section = "access",
     .key = "fetch",
     .type = &option_hosts,
     .offset = AT(access.fetch),
     .help = "Hosts that URLs may name besides the platform's own."},

    {.section = "violet",
     .key = "platforms",
     .type = &option_platforms,
     .offset = AT(violet.platforms),
     .help = "Whose packets are obeyed: a JID, a domain (matches only what the domain itself "
             "sends), or\n"
             "*@domain. Without it: nobody."},
};

const struct option *option_at(size_t index)
{
    return index < ARRAY_SIZE(options) ? &options[index] : NULL;
}

const struct option *option_find(const char *section, const char *key)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (streq(options[i].section, section) && streq(options[i].key, key))
            return &options[i];
    return NULL;
}

const struct option_section *option_section_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
        if (streq(sections[i].name, name))
            return &sections[i];
    return NULL;
}

size_t option_index(const struct option *option)
{
    return (size_t)(option - options);
}

void *option_field(const struct option *option, struct config *config)
{
    return (char *)config + option->offset;
}

const void *option_field_const(const struct option *option, const struct config *config)
{
    return (const char *)config + option->offset;
}

int option_expected(const struct option *option, char **ret)
{
    int r = option->low ? asprintf(ret, "%s, from %s to %s", option->type->expected, option->low,
                                   option->high)
                        : asprintf(ret, "%s", option->type->expected);

    if (r >= 0)
        return 0;
    *ret = NULL;
    return -ENOMEM;
}

const char *option_nearest_key(const char *section, const char *key)
{
    const char *keys[ARRAY_SIZE(options) + 1] = {NULL};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (streq(options[i].section, section))
            keys[n++] = options[i].key;
    return text_nearest(key, keys);
}

const char *option_nearest_section(const char *name)
{
    const char *names[ARRAY_SIZE(sections) + 1] = {NULL};

    for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
        names[i] = sections[i].name;
    return text_nearest(name, names);
}
