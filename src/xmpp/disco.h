/*
 * What we are, as XEP-0030 and XEP-0115 tell others: the same facts once as an answer and once as a
 * hash in every presence. No state; main thread.
 */
#ifndef NABAZTAGD_XMPP_DISCO_H
#define NABAZTAGD_XMPP_DISCO_H

#include "xmpp/router.h"

#define DISCO_CATEGORY "client"
#define DISCO_TYPE     "bot"

/*
 * The features of all rows of the table, sorted bytewise, each once, ended by NULL. The array is
 * allocated, the strings are not. Returns 0 or -ENOMEM.
 */
int disco_features(const char ***ret);

#endif
