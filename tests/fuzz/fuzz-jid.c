/*
 * Jabber identifiers: what is taken for one stays the same when it is read again, and as a bare JID
 * equals itself. The same bytes are read as an XEP-0203 stamp.
 */
#include "base/jid.h"
#include "fuzz.h"
#include "rabbit/chat.h"
#include "xmpp/stanza.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *bare = NULL, *again = NULL;
    struct jid jid;

    if (jid_parse(text, &jid) == 0) {
        require(jid.domain && *jid.domain && strlen(jid.domain) <= JID_PART_MAX);
        jid_clear(&jid);
    }
    if (jid_bare(text, &bare) == 0) {
        require(jid_bare(bare, &again) == 0 && streq(bare, again));
        require(!strchr(bare, '/') && stanza_same_jid(bare, again));
    }
    chat_is_stale(text, 1792000000);
    free(bare);
    free(again);
    free(text);
    return 0;
}
