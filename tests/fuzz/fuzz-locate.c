/*
 * Answers to locate.jsp: what is read of one can be written as one and is read from it again, and
 * what it names are hosts that downloads can be allowed from.
 */
#include "fuzz.h"
#include "web/address.h"
#include "web/locate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct locate_answer answer, again;
    char error[160] = "", text[4 * LOCATE_HOST_SIZE], port[8] = "";
    struct allow *allow = NULL;
    int n;

    if (locate_parse(&answer, (const char *)data, size, error, sizeof(error)) < 0) {
        require(*error);
        return 0;
    }
    if (answer.port)
        snprintf(port, sizeof(port), ":%u", answer.port);
    n = snprintf(text, sizeof(text), "%s%s\n%s%s\nxmpp_domain %s%s\n", *answer.ping ? "ping " : "",
                 answer.ping, *answer.broad ? "broad " : "", answer.broad, answer.domain, port);
    require(locate_parse(&again, text, (size_t)n, error, sizeof(error)) == 0);
    require(strcmp(again.ping, answer.ping) == 0 && strcmp(again.broad, answer.broad) == 0);
    require(strcmp(again.domain, answer.domain) == 0 && again.port == answer.port);

    /* curl may think less of a host than we do, but never fall over one */
    if (allow_new(&allow, &(struct allow_names){.ping = answer.ping, .broad = answer.broad}) == 0)
        allow_free(allow);
    return 0;
}
