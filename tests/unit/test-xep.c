/* What the XEPs answer, parsed back, and the hash of XEP-0115 against the XEP's own examples. */
#include "wire.h"

#include "xmpp/caps.h"
#include "xmpp/disco.h"

#define NS_INFO "http://jabber.org/protocol/disco#info"

static void test_caps_examples(void **state)
{
    static const char *const simple[] = {"client/pc//Exodus 0.9.1",
                                         "http://jabber.org/protocol/caps",
                                         NS_INFO,
                                         "http://jabber.org/protocol/disco#items",
                                         "http://jabber.org/protocol/muc",
                                         NULL};
    static const char *const complex[] = {"client/pc/el/\xce\xa8 0.11",
                                          "client/pc/en/Psi 0.11",
                                          "http://jabber.org/protocol/caps",
                                          NS_INFO,
                                          "http://jabber.org/protocol/disco#items",
                                          "http://jabber.org/protocol/muc",
                                          "urn:xmpp:dataforms:softwareinfo",
                                          "ip_version",
                                          "ipv4",
                                          "ipv6",
                                          "os",
                                          "Mac",
                                          "os_version",
                                          "10.5.1",
                                          "software",
                                          "Psi",
                                          "software_version",
                                          "0.11",
                                          NULL};
    char ver[CAPS_VER_SIZE];

    assert_int_equal(caps_hash(ver, simple), 0);
    assert_string_equal(ver, "QgayPKawpkPSDYmwT/WM94uAlu0=");
    assert_int_equal(caps_hash(ver, complex), 0);
    assert_string_equal(ver, "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

static void test_features(void **state)
{
    static const char *const expected[] = {"http://jabber.org/protocol/caps",
                                           NS_INFO,
                                           "http://jabber.org/protocol/disco#items",
                                           DISCO_COMMANDS,
                                           "jabber:iq:version",
                                           "urn:xmpp:ping"};
    _cleanup_(freep) const char **features = NULL;
    size_t found = 0;

    assert_int_equal(disco_features(&features), 0);
    for (size_t i = 0; features[i]; i++) {
        if (i > 0)
            assert_true(strcmp(features[i - 1], features[i]) < 0);
        for (size_t k = 0; k < ARRAY_SIZE(expected); k++)
            found += streq(features[i], expected[k]);
    }
    assert_int_equal(found, ARRAY_SIZE(expected));
}

static xmpp_stanza_t *query_of(xmpp_stanza_t *answer, const char *ns)
{
    xmpp_stanza_t *query;

    assert_string_equal(xmpp_stanza_get_type(answer), "result");
    assert_string_equal(xmpp_stanza_get_id(answer), "7");
    assert_string_equal(xmpp_stanza_get_to(answer), "a@b/c");
    query = stanza_only_child(answer);
    assert_non_null(query);
    assert_true(stanza_is(query, "query", ns));
    return query;
}

/* Hashes a disco#info answer as those do who check what our presence claims. */
static void hash_answer(xmpp_stanza_t *query, char *ret)
{
    const char *parts[64] = {0};
    char identity[128];
    size_t count = 1;
    xmpp_stanza_t *child = xmpp_stanza_get_children(query);

    assert_string_equal(xmpp_stanza_get_name(child), "identity");
    assert_string_equal(xmpp_stanza_get_attribute(child, "category"), "client");
    assert_string_equal(xmpp_stanza_get_attribute(child, "type"), "bot");
    snprintf(identity, sizeof(identity), "client/bot//%s",
             xmpp_stanza_get_attribute(child, "name"));
    parts[0] = identity;
    while ((child = xmpp_stanza_get_next(child))) {
        assert_string_equal(xmpp_stanza_get_name(child), "feature");
        assert_true(count < ARRAY_SIZE(parts) - 1);
        parts[count++] = xmpp_stanza_get_attribute(child, "var");
    }
    assert_int_equal(caps_hash(ret, parts), 0);
}

static void test_info_and_caps_agree(void **state)
{
    struct wire *wire = *state;
    _cleanup_(stanza_releasep) xmpp_stanza_t *caps = NULL;
    char text[512], ver[CAPS_VER_SIZE], node[128];
    xmpp_stanza_t *query;

    assert_int_equal(caps_element(&caps, wire->router), 0);
    assert_true(stanza_is(caps, "c", "http://jabber.org/protocol/caps"));
    assert_string_equal(xmpp_stanza_get_attribute(caps, "hash"), "sha-1");
    assert_string_equal(xmpp_stanza_get_attribute(caps, "node"), "https://nabaztagd.github.io");

    query = query_of(
        wire_ask(wire, "<iq type='get' id='7' from='a@b/c'><query xmlns='" NS_INFO "'/></iq>"),
        NS_INFO);
    assert_null(xmpp_stanza_get_attribute(query, "node"));
    assert_string_equal(xmpp_stanza_get_attribute(xmpp_stanza_get_children(query), "name"),
                        wire_identity.name);
    hash_answer(query, ver);
    assert_string_equal(ver, xmpp_stanza_get_attribute(caps, "ver"));

    snprintf(node, sizeof(node), "https://nabaztagd.github.io#%s", ver);
    snprintf(text, sizeof(text),
             "<iq type='get' id='7' from='a@b/c'><query xmlns='" NS_INFO "' node='%s'/></iq>",
             node);
    query = query_of(wire_ask(wire, text), NS_INFO);
    assert_string_equal(xmpp_stanza_get_attribute(query, "node"), node);
    hash_answer(query, ver);
    assert_string_equal(ver, xmpp_stanza_get_attribute(caps, "ver"));
}

static void test_nodes(void **state)
{
    static const char *const nodes[] = {"", "commands", "https://nabaztagd.github.io",
                                        "https://nabaztagd.github.io#",
                                        "https://nabaztagd.github.io#QgayPKawpkPSDYmwT/WM94uAlu0="};
    static const char *const what[] = {"info", "items"};
    char text[512];

    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
        for (size_t k = 0; k < ARRAY_SIZE(what); k++) {
            snprintf(text, sizeof(text),
                     "<iq type='get' id='7' from='a@b/c'>"
                     "<query xmlns='http://jabber.org/protocol/disco#%s' node='%s'/></iq>",
                     what[k], nodes[i]);
            expect_error(wire_ask(*state, text), "7", "a@b/c", "cancel", "item-not-found");
        }
}

static void test_items(void **state)
{
    xmpp_stanza_t *query =
        query_of(wire_ask(*state, "<iq type='get' id='7' from='a@b/c'>"
                                  "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>"),
                 "http://jabber.org/protocol/disco#items");

    assert_null(xmpp_stanza_get_children(query));
}

/* The ad-hoc commands */

static void test_command_items(void **state)
{
    xmpp_stanza_t *query =
        query_of(wire_ask(*state, "<iq type='get' id='7' from='a@b/c'>"
                                  "<query xmlns='http://jabber.org/protocol/disco#items'"
                                  " node='http://jabber.org/protocol/commands'/></iq>"),
                 "http://jabber.org/protocol/disco#items");
    xmpp_stanza_t *item = xmpp_stanza_get_children(query);

    assert_string_equal(xmpp_stanza_get_attribute(query, "node"), DISCO_COMMANDS);
    for (const struct disco_command *row = disco_commands(); row->node; row++) {
        assert_string_equal(xmpp_stanza_get_name(item), "item");
        assert_string_equal(xmpp_stanza_get_attribute(item, "jid"), WIRE_JID);
        assert_string_equal(xmpp_stanza_get_attribute(item, "node"), row->node);
        assert_string_equal(xmpp_stanza_get_attribute(item, "name"), row->name);
        item = xmpp_stanza_get_next(item);
    }
    assert_null(item);
}

static void test_command_info(void **state)
{
    static const char *const nodes[] = {"getconfig", "getrunningstate"};
    static const char *const vars[] = {"http://jabber.org/protocol/commands", "jabber:x:data"};
    char text[512];

    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
        snprintf(text, sizeof(text),
                 "<iq type='get' id='7' from='a@b/c'><query xmlns='" NS_INFO "' node='%s'/></iq>",
                 nodes[i]);
        xmpp_stanza_t *query = query_of(wire_ask(*state, text), NS_INFO);
        xmpp_stanza_t *child = xmpp_stanza_get_children(query);

        assert_string_equal(xmpp_stanza_get_attribute(query, "node"), nodes[i]);
        assert_string_equal(xmpp_stanza_get_name(child), "identity");
        assert_string_equal(xmpp_stanza_get_attribute(child, "category"), "automation");
        assert_string_equal(xmpp_stanza_get_attribute(child, "type"), "command-node");
        for (size_t k = 0; k < ARRAY_SIZE(vars); k++) {
            child = xmpp_stanza_get_next(child);
            assert_string_equal(xmpp_stanza_get_name(child), "feature");
            assert_string_equal(xmpp_stanza_get_attribute(child, "var"), vars[k]);
        }
        assert_null(xmpp_stanza_get_next(child));
    }
}

static void test_only_gets(void **state)
{
    static const char *const payloads[] = {
        "<query xmlns='" NS_INFO "'/>", "<query xmlns='http://jabber.org/protocol/disco#items'/>",
        "<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='jabber:iq:version'/>"};
    char text[256];

    for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
        snprintf(text, sizeof(text), "<iq type='set' id='7' from='a@b/c'>%s</iq>", payloads[i]);
        expect_error(wire_ask(*state, text), "7", "a@b/c", "cancel", "service-unavailable");
    }
}

static void test_ping(void **state)
{
    xmpp_stanza_t *answer = wire_ask(*state, "<iq type='get' id='7' from='almacska'>"
                                             "<ping xmlns='urn:xmpp:ping'/></iq>");

    assert_string_equal(xmpp_stanza_get_type(answer), "result");
    assert_string_equal(xmpp_stanza_get_id(answer), "7");
    assert_string_equal(xmpp_stanza_get_to(answer), "almacska");
    assert_null(xmpp_stanza_get_children(answer));

    answer = wire_ask(*state, "<iq type='get' id='8'><ping xmlns='urn:xmpp:ping'/></iq>");
    assert_string_equal(xmpp_stanza_get_type(answer), "result");
    assert_null(xmpp_stanza_get_to(answer));
}

static void test_version(void **state)
{
    struct wire *wire = *state;
    xmpp_stanza_t *query = query_of(wire_ask(wire, "<iq type='get' id='7' from='a@b/c'>"
                                                   "<query xmlns='jabber:iq:version'/></iq>"),
                                    "jabber:iq:version");
    char *name = stanza_child_text(query, "name");
    char *version = stanza_child_text(query, "version");

    assert_string_equal(name, "nabaztagd");
    assert_string_equal(version, "0.1.0");
    assert_null(xmpp_stanza_get_child_by_name(query, "os"));
    xmpp_free(wire->foreign, name);
    xmpp_free(wire->foreign, version);
}

int main(void)
{
#define on_wire(test) cmocka_unit_test_setup_teardown(test, wire_setup, wire_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caps_examples),
        cmocka_unit_test(test_features),
        on_wire(test_info_and_caps_agree),
        on_wire(test_nodes),
        on_wire(test_items),
        on_wire(test_command_items),
        on_wire(test_command_info),
        on_wire(test_only_gets),
        on_wire(test_ping),
        on_wire(test_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
