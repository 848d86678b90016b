/*
 * Two things libstrophe leaves as expat has them, and a stream cannot have so:
 *
 * Document types are not allowed (RFC 6120 11.1); with them go all entities but XML's own five.
 *
 * Since 2.6.0, and in distributions' updates of older versions, expat puts off looking again at a
 * token that came in pieces until it has twice as much text. A file goes on; a stanza whose last
 * tag came in three pieces would wait for the next one.
 */
#include "xmpp/parser-guard.h"

#include <dlfcn.h>
#include <expat.h>

#include "base/util.h"

typedef void (*set_element_handler)(XML_Parser, XML_StartElementHandler, XML_EndElementHandler);
typedef XML_Bool (*set_reparse_deferral)(XML_Parser, XML_Bool);

/* The one parser of this thread: what handlers are given is libstrophe's. */
static _Thread_local XML_Parser current;

/* Stopped for good: for libstrophe that is an error like any other in XML. */
static void XMLCALL on_doctype(void *userdata, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    XML_StopParser(current, XML_FALSE);
}

/* libstrophe calls this once for every stream, on a parser that is new or reset. */
void XMLCALL XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler start,
                                   XML_EndElementHandler end)
{
    set_element_handler set;
    set_reparse_deferral defer; /* missing where there is no deferral */

    *(void **)&set = dlsym(RTLD_NEXT, "XML_SetElementHandler");
    *(void **)&defer = dlsym(RTLD_NEXT, "XML_SetReparseDeferralEnabled");
    current = parser;
    set(parser, start, end);
    if (defer)
        defer(parser, XML_FALSE);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
}

void parser_guard_use(void)
{
}
