/* The texts of the violet dialect, byte for byte as the original's. */
#include "helper.h"

#include "xmpp/violet-text.h"

#define SESSION "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"

static const struct {
    enum violet_text which;
    const char *resource, *argument, *body, *expected;
} cases[] = {
    {VIOLET_HEADER, NULL, NULL, NULL,
     "<?xml version='1.0' encoding='UTF-8'?>\n<stream:stream to='ojn.example' "
     "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>\n"},
    {VIOLET_AUTH, NULL, NULL, NULL,
     "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='DIGEST-MD5'/>"},
    {VIOLET_RESPONSE, NULL, "YQ=", NULL,
     "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>YQ=</response>"},
    {VIOLET_LAST_RESPONSE, NULL, NULL, NULL,
     "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"},
    {VIOLET_REGISTER_GET, NULL, NULL, NULL,
     "<iq type='get' id='7'><query xmlns='violet:iq:register'/></iq>"},
    {VIOLET_REGISTER_SET, NULL, "2097b6826465", NULL,
     "<iq to='ojn.example' type='set' id='7'><query xmlns=\"violet:iq:register\">"
     "<username>0019db01dbd7</username><password>2097b6826465</password></query></iq>"},
    {VIOLET_BIND, NULL, "boot", NULL,
     "<iq from=\"0019db01dbd7@ojn.example/\" to=\"ojn.example\" type='set' id='7'><bind "
     "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>boot</resource></bind></iq>"},
    {VIOLET_BIND_STRICT, NULL, "boot", NULL,
     "<iq to=\"ojn.example\" type='set' id='7'><bind "
     "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>boot</resource></bind></iq>"},
    {VIOLET_BIND, "boot", "idle", NULL,
     "<iq from=\"0019db01dbd7@ojn.example/boot\" to=\"ojn.example\" type='set' id='7'><bind "
     "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>idle</resource></bind></iq>"},
    {VIOLET_SESSION, "boot", NULL, NULL,
     "<iq from='0019db01dbd7@ojn.example/boot' to='ojn.example' type='set' id='7'>" SESSION},
    {VIOLET_SOURCES, "boot", NULL, NULL,
     "<iq from='0019db01dbd7@ojn.example/boot' to='net.violet.platform@ojn.example/sources' "
     "type='get' id='7'><query xmlns=\"violet:iq:sources\"><packet xmlns=\"violet:packet\" "
     "format=\"1.0\"/></query></iq>"},
    {VIOLET_PRESENCE, "idle", NULL, NULL,
     "<presence from='0019db01dbd7@ojn.example/idle' id='7'></presence>"},
    {VIOLET_UNBIND, "idle", "boot", NULL,
     "<iq from='0019db01dbd7@ojn.example/boot' to='ojn.example' type='set' id='7'><unbind "
     "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>boot</resource></unbind></iq>"},
    {VIOLET_MESSAGE, "idle", "int@xmpp.objects.violet.net/int", "<ears/>",
     "<message from='0019db01dbd7@ojn.example/idle' to='int@xmpp.objects.violet.net/int' "
     "id='7'><ears/></message>"},
    {VIOLET_MESSAGE_PLAIN, NULL, "p@ojn.example/a'><evil/>", "<ears/>",
     "<message to='p@ojn.example/a&apos;&gt;&lt;evil/&gt;'><ears/></message>"},
    /* A resource that a server made up cannot leave its quotes. */
    {VIOLET_PRESENCE, "a'/><b c=\"&", NULL, NULL,
     "<presence from='0019db01dbd7@ojn.example/a&apos;/&gt;&lt;b c=&quot;&amp;' "
     "id='7'></presence>"},
};

static void test_texts(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct violet_words words = {
            .local = "0019db01dbd7",
            .domain = "ojn.example",
            .resource = cases[i].resource,
            .argument = cases[i].argument,
            .body = cases[i].body,
            .id = 7,
        };
        char *text = violet_text(cases[i].which, &words);

        assert_string_equal(text, cases[i].expected);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
