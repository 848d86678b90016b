/*
 * Why a connection ended or was refused: a cause token (the contract's NAB_CAUSE), what kind of
 * trouble it is for the session, and one sentence with the remedy. Plain data, handed from the link
 * thread to the main thread.
 */
#ifndef NABAZTAGD_XMPP_FAILURE_H
#define NABAZTAGD_XMPP_FAILURE_H

#include "base/util.h"

enum failure_kind {
    FAILURE_NONE,
    FAILURE_NETWORK,      /* try again soon */
    FAILURE_REJECTED,     /* SASL not-authorized: the one that leads to report and registration */
    FAILURE_REFUSED,      /* the server does not want us: try again later */
    FAILURE_REGISTER_GET, /* no form, or none that a rabbit can fill in */
    FAILURE_REGISTER_SET, /* the filled-in form was refused */
    FAILURE_REGISTER_CONFLICT, /* the account exists */
};

/* Room for the longest remedy behind the longest detail. */
#define FAILURE_TEXT 448

struct failure {
    enum failure_kind kind;
    char cause[64];
    char text[FAILURE_TEXT];
    bool submitted; /* a registration had been sent, so it may have been carried out */
};

/*
 * Fills in a failure. `cause` is a token; "sasl-", "stream-" and "silent-" tokens carry a condition
 * or stage behind the dash. `detail` (printf style, NULL: none) is what was seen, a clause; foreign
 * text in it must have been cut to LIMIT_FOREIGN_TEXT. The kind and the remedy come from one table.
 */
void failure_set(struct failure *failure, const char *cause, const char *detail, ...)
    _printf_(3, 4);

/* What is to be done about a cause: the end of the text above. Static. */
const char *failure_remedy(const char *cause);

/* Appends a condition that a server sent to a token prefix, if it looks like one ([a-z-], at most
 * 40), else "unknown". */
void failure_token(char *ret, size_t size, const char *prefix, const char *condition);

#endif
