/*
 * Whose packets are obeyed: [violet] platforms, matched against the sender of each packet without
 * an allocation. Pure; any thread.
 */
#ifndef NABAZTAGD_RABBIT_TRUST_H
#define NABAZTAGD_RABBIT_TRUST_H

#include "base/config.h"

enum trust { TRUST_NONE, TRUST_ANY, TRUST_NAMED }; /* TRUST_ANY: only as one of *@domain */

/*
 * `from`: any JID as it came; NULL is not trusted. In the violet dialect, where nobody is named,
 * the platforms of OpenJabNab and Violet at `domain` (NULL: that of [account] jid) are.
 */
enum trust trust_in(const struct config *config, const char *domain, const char *from);

/* Is this entry of [violet] platforms *@domain? */
bool trust_is_any(const char *platform);

#endif
