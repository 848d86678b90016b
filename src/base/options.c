#include "base/options.h"

#include <errno.h>

#include "base/parse.h"

static const struct option_section sections[] = {
    {"account", "Who the rabbit is on its XMPP server."},
    {"tls", "How the connection to the server is protected."},
    {"sasl", "How the rabbit proves its password."},
    {"report", "The hook of the platform: told when the server rejects the rabbit's login."},
    {"rabbit", "The rabbit itself."},
    {"body", "The hardware."},
    {"button", "The button on the rabbit's head."},
    {"sim", "The simulated rabbit, used with board = sim."},
    {"access", "Whom the rabbit obeys. Nobody else is answered."},
    {"violet", "The packets of a Violet platform."},
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
     .help = "The server's dialect of XMPP: standard, or violet (not spoken by this release)."},
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
     .help = "Which hardware the rabbit has. This release knows the simulated rabbit alone: sim"},
    {.section = "body",
     .key = "brightness",
     .type = &option_number,
     .offset = AT(body.brightness),
     .fallback = "100",
     .low = "0",
     .high = "100",
     .help = "Of the LEDs, in percent."},

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
