/*
 * Makes the XML parser inside libstrophe safe for streams. libstrophe shows no parser, but it looks
 * expat's functions up like any other: ours stands before the library's own. Link thread.
 */
#ifndef NABAZTAGD_XMPP_PARSER_GUARD_H
#define NABAZTAGD_XMPP_PARSER_GUARD_H

/* Calling it keeps the guard in the program; it does nothing else. */
void parser_guard_use(void);

#endif
