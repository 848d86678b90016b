/* XEP-0050: Ad-Hoc Commands. Which there are; rabbit/queries.c runs them. */
#include "xmpp/disco.h"
#include "xmpp/xep.h"

static const struct disco_command commands[] = {
    {DISCO_GETCONFIG, "Configuration"},
    {DISCO_GETRUNNINGSTATE, "State"},
    {0},
};

const struct disco_command *disco_commands(void)
{
    return commands;
}

static const char *const features[] = {DISCO_COMMANDS, NULL};

const struct xep xep_adhoc = {.number = "0050", .features = features};
