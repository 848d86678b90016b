/*
 * What we are, as XEP-0030 and XEP-0115 tell others: the same facts once as an answer and once as a
 * hash in every presence. No state; main thread.
 */
#ifndef NABAZTAGD_XMPP_DISCO_H
#define NABAZTAGD_XMPP_DISCO_H

#include "xmpp/router.h"

#define DISCO_CATEGORY "client"
#define DISCO_TYPE     "bot"

/* The node of the ad-hoc commands (XEP-0050), which is their namespace too, and their own nodes. */
#define DISCO_COMMANDS        "http://jabber.org/protocol/commands"
#define DISCO_GETCONFIG       "getconfig"
#define DISCO_GETRUNNINGSTATE "getrunningstate"

struct disco_command {
    const char *node, *name;
};

/* Ended by a row without node. */
const struct disco_command *disco_commands(void);

/*
 * The features of all rows of the table, sorted bytewise, each once, ended by NULL. The array is
 * allocated, the strings are not. Returns 0 or -ENOMEM.
 */
int disco_features(const char ***ret);

#endif
