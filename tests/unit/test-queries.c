/* What the platform asks about the rabbit: who may, and what exactly it is told. */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>

#include "rabbit/net-facts.h"
#include "rabbit/queries.h"
#include "xmpp/disco.h"

#define PLATFORM "net.violet.platform@almacska/sources"
#define ASK(node, more)                          \
    "<iq type='set' id='7' from='" PLATFORM "'>" \
    "<command xmlns='http://jabber.org/protocol/commands' node='" node "'" more "/></iq>"

struct asked {
    struct wire *wire;
    struct queries *queries;
    const struct queries_facts *facts;
    unsigned looks, renames;
    char *name;
};

static bool on_may_ask(const char *jid, void *userdata)
{
    return streq_ptr(jid, PLATFORM);
}

static void on_look(struct queries_facts *facts, void *userdata)
{
    struct asked *asked = userdata;

    asked->looks++;
    assert_non_null(facts->net_ip);
    assert_non_null(facts->net_mask);
    assert_non_null(facts->net_gateway);
    assert_non_null(facts->net_dns);
    assert_null(facts->login);
    *facts = *asked->facts;
}

static void on_rename(const char *which, const char *name, void *userdata)
{
    struct asked *asked = userdata;

    asked->renames++;
    assert_string_equal(which, "int");
    assert_int_equal(strdup_to(&asked->name, name), 0);
}

static int set_up(void **state)
{
    static const struct queries_listener listener = {
        .may_ask = on_may_ask, .look = on_look, .on_rename = on_rename};
    struct asked *asked = calloc(1, sizeof(*asked));
    void *wire;

    assert_non_null(asked);
    wire_setup(&wire);
    asked->wire = wire;
    assert_int_equal(queries_new(&asked->queries, asked->wire->router, &listener, asked), 0);
    *state = asked;
    return 0;
}

static int tear_down(void **state)
{
    struct asked *asked = *state;
    void *wire = asked->wire;

    queries_free(asked->queries);
    wire_teardown(&wire);
    free(asked->name);
    free(asked);
    return 0;
}

/* The fields of an answer as lines of "name=value"; the rest of it must be as it has to be. */
static char *fields_of(struct wire *wire, xmpp_stanza_t *answer, const char *node)
{
    xmpp_stanza_t *command = stanza_only_child(answer), *form, *item;
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    assert_string_equal(xmpp_stanza_get_type(answer), "result");
    assert_string_equal(xmpp_stanza_get_to(answer), PLATFORM);
    assert_true(stanza_is(command, "command", DISCO_COMMANDS));
    assert_string_equal(xmpp_stanza_get_attribute(command, "node"), node);
    assert_string_equal(xmpp_stanza_get_attribute(command, "status"), "completed");
    form = stanza_only_child(command);
    assert_true(stanza_is(form, "x", "jabber:x:data"));
    assert_string_equal(xmpp_stanza_get_type(form), "result");
    item = stanza_only_child(form);
    assert_string_equal(xmpp_stanza_get_name(item), "item");
    for (xmpp_stanza_t *field = xmpp_stanza_get_children(item); field;
         field = xmpp_stanza_get_next(field)) {
        char *value = stanza_child_text(field, "value");

        assert_string_equal(xmpp_stanza_get_name(field), "field");
        assert_string_equal(xmpp_stanza_get_name(stanza_only_child(field)), "value");
        fprintf(file, "%s=%s\n", xmpp_stanza_get_attribute(field, "var"), value ? value : "");
        if (value)
            xmpp_free(wire->foreign, value);
    }
    assert_int_equal(fclose(file), 0);
    return text;
}

static void test_config(void **state)
{
    static const struct queries_facts facts = {
        .bytecode_revision = "nabaztagd <0.1>",
        .wifi_ssid = "Almacska",
        .wifi_crypt = "3",
        .net_ip = "192.168.1.20",
        .net_mask = "255.255.255.0",
        .net_gateway = "192.168.1.1",
        .net_dns = "192.168.1.2",
        .server_url = "almacska/vl",
        .login = "0013d3849bba",
    };
    struct asked *asked = *state;

    asked->facts = &facts;
    _cleanup_(freep) char *text =
        fields_of(asked->wire, wire_ask(asked->wire, ASK("getconfig", "")), "getconfig");
    assert_string_equal(text, "bytecode_revision=nabaztagd <0.1>\n"
                              "wifi_ssid=QWxtYWNza2E=\n"
                              "wifi_crypt=3\n"
                              "net_dhcp=0\n"
                              "net_ip=192.168.1.20\n"
                              "net_mask=255.255.255.0\n"
                              "net_gateway=192.168.1.1\n"
                              "net_dns=192.168.1.2\n"
                              "server_url=almacska/vl\n"
                              "login=MDAxM2QzODQ5YmJh\n"
                              "proxy_enabled=0\n"
                              "proxy_ip=\n"
                              "proxy_port=0\n");
}

static void test_running_state(void **state)
{
    static const struct queries_facts facts = {
        .connection_mode = "tcp",
        .state = "Free",
        .resource = "asleep",
        .it_state = "1",
        .sleep_state = "2",
        .streaming_state = "3",
        .processing_state = "4",
        .processing_wait_state = "5",
        .busy_state = "6",
        .it_app = "app",
        .run = "7",
        .net_ip = "192.168.1.20",
    };
    struct asked *asked = *state;

    asked->facts = &facts;
    _cleanup_(freep) char *text = fields_of(
        asked->wire, wire_ask(asked->wire, ASK("getrunningstate", "")), "getrunningstate");
    assert_string_equal(text, "connection_mode=tcp\n"
                              "net_ip=192.168.1.20\n"
                              "net_mask=\n"
                              "net_gateway=\n"
                              "net_dns=\n"
                              "sState=Free\n"
                              "sResource=asleep\n"
                              "gItState=1\n"
                              "gSleepState=2\n"
                              "gStreamingState=3\n"
                              "gProcessingState=4\n"
                              "gProcessingWaitState=5\n"
                              "gBusyState=6\n"
                              "gItApp=app\n"
                              "run=7\n");
}

/* Nothing known: empty, 0, and the firmware's base64 of nothing. */
static void test_nothing_known(void **state)
{
    static const struct queries_facts facts = {0};
    struct asked *asked = *state;

    asked->facts = &facts;
    _cleanup_(freep) char *config =
        fields_of(asked->wire, wire_ask(asked->wire, ASK("getconfig", "")), "getconfig");
    _cleanup_(freep) char *running = fields_of(
        asked->wire, wire_ask(asked->wire, ASK("getrunningstate", "")), "getrunningstate");
    assert_string_equal(config, "bytecode_revision=\nwifi_ssid=A=\nwifi_crypt=0\nnet_dhcp=0\n"
                                "net_ip=\nnet_mask=\nnet_gateway=\nnet_dns=\nserver_url=\n"
                                "login=A=\nproxy_enabled=0\nproxy_ip=\nproxy_port=0\n");
    assert_string_equal(running, "connection_mode=\nnet_ip=\nnet_mask=\nnet_gateway=\nnet_dns=\n"
                                 "sState=\nsResource=\ngItState=0\ngSleepState=0\n"
                                 "gStreamingState=0\ngProcessingState=0\ngProcessingWaitState=0\n"
                                 "gBusyState=0\ngItApp=\nrun=0\n");
}

static const char *session_of(xmpp_stanza_t *answer)
{
    return xmpp_stanza_get_attribute(stanza_only_child(answer), "sessionid");
}

static void test_session(void **state)
{
    static const struct queries_facts facts = {0};
    struct asked *asked = *state;

    asked->facts = &facts;
    assert_null(session_of(wire_ask(asked->wire, ASK("getconfig", ""))));
    assert_string_equal(
        session_of(wire_ask(asked->wire, ASK("getconfig", " sessionid='a&lt;b' action='execute'"))),
        "a<b");
}

static void test_refusals(void **state)
{
    struct asked *asked = *state;

    expect_error(wire_ask(asked->wire, ASK("other", "")), "7", PLATFORM, "cancel",
                 "item-not-found");
    expect_error(wire_ask(asked->wire, "<iq type='set' id='7' from='" PLATFORM "'>"
                                       "<command xmlns='http://jabber.org/protocol/commands'/>"
                                       "</iq>"),
                 "7", PLATFORM, "cancel", "item-not-found");
    expect_error(wire_ask(asked->wire, "<iq type='set' id='7' from='eve@b/c'>"
                                       "<command xmlns='http://jabber.org/protocol/commands'"
                                       " node='getconfig'/></iq>"),
                 "7", "eve@b/c", "auth", "forbidden");
    expect_error(wire_ask(asked->wire, "<iq type='set' id='7'>"
                                       "<command xmlns='http://jabber.org/protocol/commands'"
                                       " node='other'/></iq>"),
                 "7", NULL, "auth", "forbidden");
    assert_int_equal(asked->looks, 0);
}

/* What disco lists is there; afterwards nothing is. */
static void test_listed_commands_are_served(void **state)
{
    static const struct queries_facts facts = {0};
    struct asked *asked = *state;
    char text[512];

    asked->facts = &facts;
    for (const struct disco_command *row = disco_commands(); row->node; row++) {
        snprintf(text, sizeof(text), ASK("%s", ""), row->node);
        assert_string_equal(xmpp_stanza_get_type(wire_ask(asked->wire, text)), "result");
    }
    assert_int_equal(asked->looks, 2);
    asked->queries = queries_free(asked->queries);
    expect_error(wire_ask(asked->wire, text), "7", PLATFORM, "cancel", "service-unavailable");
}

/* Other names */

static xmpp_stanza_t *give_names(struct asked *asked, const char *from, const char *children)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "<iq type='set' id='7' from='%s'><addresses xmlns='violet:iq:addresses'>%s"
             "</addresses></iq>",
             from, children);
    return wire_ask(asked->wire, text);
}

#define NAME_64 "0123456789.abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnop"

static void test_good_names(void **state)
{
    static const char *const good[] = {"a", "new-int.2", NAME_64};
    struct asked *asked = *state;
    char text[256];

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        snprintf(text, sizeof(text), "<asr>BAD NAME</asr><int>%s</int><rfid>r</rfid>", good[i]);
        xmpp_stanza_t *answer = give_names(asked, PLATFORM, text);

        assert_string_equal(xmpp_stanza_get_type(answer), "result");
        assert_null(xmpp_stanza_get_children(answer));
        assert_string_equal(asked->name, good[i]);
    }
    assert_int_equal(asked->renames, ARRAY_SIZE(good));
}

static void test_bad_names(void **state)
{
    static const char *const bad[] = {"<int/>",
                                      "<int></int>",
                                      "<int>a b</int>",
                                      "<int>Int</int>",
                                      "<int>a@b</int>",
                                      "<int>a/b</int>",
                                      "<int>&lt;</int>",
                                      "<int>\xc3\xa9</int>",
                                      "<int><name>a</name> </int>",
                                      "<int>" NAME_64 "x</int>"};
    struct asked *asked = *state;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        expect_error(give_names(asked, PLATFORM, bad[i]), "7", PLATFORM, "modify", "bad-request");
    expect_error(give_names(asked, "eve@b/c", "<int>a</int>"), "7", "eve@b/c", "auth", "forbidden");
    assert_int_equal(asked->renames, 0);
}

static void test_names_of_others(void **state)
{
    struct asked *asked = *state;

    assert_string_equal(xmpp_stanza_get_type(give_names(asked, PLATFORM,
                                                        "<asr>a</asr><ppt>p</ppt><rfid>r</rfid>"
                                                        "<itmode>i</itmode><sources>s</sources>")),
                        "result");
    assert_string_equal(xmpp_stanza_get_type(give_names(asked, PLATFORM, "")), "result");
    assert_int_equal(asked->renames, 0);
    asked->queries = queries_free(asked->queries);
    expect_error(give_names(asked, PLATFORM, ""), "7", PLATFORM, "cancel", "service-unavailable");
}

/* Our own network */

#define ROUTE_HEAD \
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

/* The kernel prints addresses in the machine's order. */
static void print_line(char ret[128], const char *interface, const char *gateway, unsigned flags,
                       unsigned metric)
{
    struct in_addr address;

    assert_int_equal(inet_pton(AF_INET, gateway, &address), 1);
    snprintf(ret, 128, "%s\t00000000\t%08X\t%04X\t0\t0\t%u\t00000000\t0\t0\t0\n", interface,
             address.s_addr, flags, metric);
}

static void test_routes(void **state)
{
    static const char local[] = "eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                                "eth1\t00000000\t010200C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n";
    char worse[128], down[128], refused[128], best[128], equal[128], direct[128], text[1024];
    struct net_facts facts = {.interface = "old", .gateway = "old"};

    print_line(worse, "eth0", "192.0.2.1", 3, 600);
    print_line(down, "eth2", "192.0.2.2", 2, 1);
    print_line(refused, "eth3", "192.0.2.3", 0x203, 1);
    print_line(best, "wlan0", "198.51.100.7", 3, 100);
    print_line(equal, "wlan1", "198.51.100.8", 3, 100);
    print_line(direct, "ppp0", "0.0.0.0", 1, 5);

    snprintf(text, sizeof(text), ROUTE_HEAD "%s%s%s%s%s%s", local, worse, down, refused, best,
             equal);
    assert_int_equal(net_facts_take_route(&facts, text), 0);
    assert_string_equal(facts.interface, "wlan0");
    assert_string_equal(facts.gateway, "198.51.100.7");

    snprintf(text, sizeof(text), ROUTE_HEAD "%s%s", direct, best);
    assert_int_equal(net_facts_take_route(&facts, text), 0);
    assert_string_equal(facts.interface, "ppp0");
    assert_string_equal(facts.gateway, "");

    snprintf(text, sizeof(text), ROUTE_HEAD "%s%s%s", local, down, refused);
    assert_int_equal(net_facts_take_route(&facts, text), -ENOENT);
    assert_string_equal(facts.interface, "ppp0");
    assert_int_equal(net_facts_take_route(&facts, ""), -ENOENT);
    assert_int_equal(net_facts_take_route(&facts, "eth0\t00000000\t0102"), -ENOENT);
}

static void test_dns(void **state)
{
    static const struct {
        const char *text, *expected; /* NULL: none */
    } cases[] = {
        {"nameserver 192.0.2.53\nnameserver 192.0.2.54\n", "192.0.2.53"},
        {"# nameserver 192.0.2.1\nsearch lan\nnameserver\t2001:db8::53 # first", "2001:db8::53"},
        {"nameserver name.example\nnameservers 192.0.2.1\nnameserver 192.0.2.2", "192.0.2.2"},
        {"nameserver\nnameserver 192.0.2.1", "192.0.2.1"},
        {"nameserver 192.0.2.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", NULL},
        {"nameserver \n192.0.2.1", NULL},
        {"nameserver", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct net_facts facts = {.dns = ""};

        assert_int_equal(net_facts_take_dns(&facts, cases[i].text),
                         cases[i].expected ? 0 : -ENOENT);
        assert_string_equal(facts.dns, cases[i].expected ? cases[i].expected : "");
    }
}

static bool is_empty_or_address(const char *text)
{
    struct in6_addr space;

    return !*text || inet_pton(AF_INET, text, &space) == 1 ||
           inet_pton(AF_INET6, text, &space) == 1;
}

/* Of whatever machine this is: an address never comes without its mask. */
static void test_this_machine(void **state)
{
    struct net_facts facts;

    net_facts_look(&facts);
    assert_true(is_empty_or_address(facts.ip));
    assert_true(is_empty_or_address(facts.mask));
    assert_true(is_empty_or_address(facts.gateway));
    assert_true(is_empty_or_address(facts.dns));
    assert_int_equal(!*facts.ip, !*facts.mask);
    if (*facts.gateway)
        assert_true(*facts.interface);
}

int main(void)
{
#define asking(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        asking(test_config),          asking(test_running_state),
        asking(test_nothing_known),   asking(test_session),
        asking(test_refusals),        asking(test_listed_commands_are_served),
        asking(test_good_names),      asking(test_bad_names),
        asking(test_names_of_others), cmocka_unit_test(test_routes),
        cmocka_unit_test(test_dns),   cmocka_unit_test(test_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
