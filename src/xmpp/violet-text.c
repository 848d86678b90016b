#include "xmpp/violet-text.h"

/* $l local part, $d domain, $r resource, $j JID without it, $a argument, $i id, $b body. */
static const char *const templates[] = {
    [VIOLET_HEADER] = "<?xml version='1.0' encoding='UTF-8'?>\n"
                      "<stream:stream to='$d' xmlns='jabber:client' "
                      "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>\n",
    [VIOLET_AUTH] = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='DIGEST-MD5'/>",
    [VIOLET_RESPONSE] = "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>$a</response>",
    [VIOLET_LAST_RESPONSE] = "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    [VIOLET_REGISTER_GET] = "<iq type='get' id='$i'><query xmlns='violet:iq:register'/></iq>",
    [VIOLET_REGISTER_SET] = "<iq to='$d' type='set' id='$i'><query xmlns=\"violet:iq:register\">"
                            "<username>$l</username><password>$a</password></query></iq>",
    [VIOLET_BIND_STRICT] = "<iq to=\"$d\" type='set' id='$i'>"
                           "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                           "<resource>$a</resource></bind></iq>",
    [VIOLET_BIND] = "<iq from=\"$j/$r\" to=\"$d\" type='set' id='$i'>"
                    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                    "<resource>$a</resource></bind></iq>",
    [VIOLET_SESSION] = "<iq from='$j/$r' to='$d' type='set' id='$i'>"
                       "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
    [VIOLET_SOURCES] =
        "<iq from='$j/$r' to='net.violet.platform@$d/sources' type='get' id='$i'>"
        "<query xmlns=\"violet:iq:sources\"><packet xmlns=\"violet:packet\" format=\"1.0\"/>"
        "</query></iq>",
    [VIOLET_PRESENCE] = "<presence from='$j/$r' id='$i'></presence>",
    [VIOLET_UNBIND] = "<iq from='$j/$a' to='$d' type='set' id='$i'>"
                      "<unbind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                      "<resource>$a</resource></unbind></iq>",
    [VIOLET_MESSAGE] = "<message from='$j/$r' to='$a' id='$i'>$b</message>",
    [VIOLET_MESSAGE_PLAIN] = "<message to='$a'>$b</message>",
};

static void put_escaped(FILE *out, const char *text)
{
    static const struct {
        char character;
        const char *name;
    } escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&apos;"}, {'"', "&quot;"}};

    for (; text && *text; text++) {
        size_t i = 0;

        while (i < ARRAY_SIZE(escapes) && escapes[i].character != *text)
            i++;
        if (i < ARRAY_SIZE(escapes))
            fputs(escapes[i].name, out);
        else
            fputc(*text, out);
    }
}

static void put_word(FILE *out, char letter, const struct violet_words *words)
{
    const char *const texts[] = {
        ['l'] = words->local,
        ['d'] = words->domain,
        ['r'] = words->resource,
        ['a'] = words->argument,
    };

    if (letter == 'i')
        fprintf(out, "%u", words->id);
    else if (letter == 'b')
        fputs(words->body ? words->body : "", out);
    else if (letter == 'j') {
        put_word(out, 'l', words);
        fputc('@', out);
        put_word(out, 'd', words);
    } else
        put_escaped(out, texts[(unsigned char)letter]);
}

char *violet_text(enum violet_text which, const struct violet_words *words)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (const char *at = templates[which]; *at; at++)
        if (*at == '$')
            put_word(out, *++at, words);
        else
            fputc(*at, out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
