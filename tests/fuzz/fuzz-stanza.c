/*
 * Stanzas of a bound session, a line each, through the router and all XEPs to the chat: whatever
 * comes, what goes out is well-formed, and nobody but the owner is answered in a chat.
 */
#include <systemd/sd-event.h>

#include "base/config.h"
#include "base/jid.h"
#include "base/log.h"
#include "body/body.h"
#include "fuzz.h"
#include "rabbit/access.h"
#include "rabbit/chat.h"
#include "xmpp/router.h"

#define OWNER "juliet@almacska"

struct world {
    sd_event *event;
    struct config *config;
    struct command_context context;
    struct access *access;
    struct router *router;
    struct chat *chat;
    xmpp_ctx_t *ctx;
};

static void check_sent(struct world *world, const char *text)
{
    xmpp_stanza_t *sent = xmpp_stanza_new_from_string(world->ctx, text);

    require(sent);
    if (streq(xmpp_stanza_get_name(sent), "message")) {
        _cleanup_(freep) char *to = NULL;

        require(jid_bare(xmpp_stanza_get_to(sent), &to) == 0 && streq(to, OWNER));
    }
    xmpp_stanza_release(sent);
}

static int on_send(const char *text, size_t size, void *userdata)
{
    require(strlen(text) == size);
    check_sent(userdata, text);
    return 0;
}

static void on_message(xmpp_stanza_t *message, void *userdata)
{
    chat_on_message(((struct world *)userdata)->chat, message);
}

static void on_presence(xmpp_stanza_t *presence, void *userdata)
{
}

static void describe(char *ret, size_t size, void *userdata)
{
    snprintf(ret, size, "fuzzed");
}

static void on_button(enum button_event event, void *userdata)
{
}

static void on_ears_settled(void *userdata)
{
}

static void on_ears_moved(unsigned left, unsigned right, void *userdata)
{
}

static void on_sleep(bool asleep, void *userdata)
{
}

static void on_droop(void *userdata)
{
}

static void set_up(struct world *world)
{
    static const struct router_identity identity = {
        .software = "nabaztagd", .version = "0", .name = "Nabaztag"};
    static const struct router_listener router_listener = {on_send, on_message, on_presence};
    static const struct body_listener body_listener = {
        .on_button = on_button, .on_ears_settled = on_ears_settled, .on_ears_moved = on_ears_moved};
    static const struct chat_listener chat_listener = {describe};
    static const struct sleep_listener sleep_listener = {.on_changed = on_sleep,
                                                         .on_droop = on_droop};
    static char text[] = "[access]\nowners = " OWNER "\n";
    struct config_problems problems = {.count = 0};
    FILE *file = fmemopen(text, sizeof(text) - 1, "r");

    log_set_level(-1);
    require(file && config_load_stream(&world->config, file, "fuzz", &problems) == 0);
    config_problems_clear(&problems);
    fclose(file);
    world->ctx = xmpp_ctx_new(NULL, NULL);
    require(world->ctx && sd_event_new(&world->event) >= 0);
    require(body_new(&world->context.body, world->event, world->config, &body_listener, world,
                     NULL) == 0);
    require(trial_new(&world->context.trial, world->context.body) == 0);
    require(sleep_new(&world->context.sleep, NULL, &sleep_listener, world) == 0);
    require(access_new(&world->access, world->config) == 0);
    require(router_new(&world->router, world->event, &identity, &router_listener, world) == 0);
    require(chat_new(&world->chat, world->config, world->access, world->router, &world->context,
                     &chat_listener, world) == 0);
    require(router_bind(world->router, "f81edfee27c1@almacska/nabaztagd") == 0);
}

static void tear_down(struct world *world)
{
    chat_free(world->chat);
    router_free(world->router);
    access_free(world->access);
    trial_free(world->context.trial);
    sleep_free(world->context.sleep);
    body_free(world->context.body);
    config_free(world->config);
    xmpp_ctx_free(world->ctx);
    sd_event_unref(world->event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text, *line;
    struct world world = {.event = NULL};

    set_up(&world);
    while ((line = strsep(&rest, "\n"))) {
        xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(world.ctx, line);

        if (stanza && xmpp_stanza_is_tag(stanza))
            router_dispatch(world.router, stanza);
        if (stanza)
            xmpp_stanza_release(stanza);
    }
    chat_on_rest(world.chat);
    tear_down(&world);
    free(text);
    return 0;
}
