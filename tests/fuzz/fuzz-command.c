/*
 * What a person may say: folding stays inside its buffer and is stable, and every text gets a reply
 * of bounded length.
 */
#include <systemd/sd-event.h>

#include "base/config.h"
#include "fuzz.h"
#include "rabbit/command.h"

static void check_fold(const char *text)
{
    char once[COMMAND_REPLY_MAX], twice[COMMAND_REPLY_MAX], little[7];

    command_fold(text, once, sizeof(once));
    command_fold(once, twice, sizeof(twice));
    require(streq(once, twice));
    command_fold(text, little, sizeof(little));
    require(strlen(little) < sizeof(little));
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct body_listener listener = {
        .on_button = on_button, .on_ears_settled = on_ears_settled, .on_ears_moved = on_ears_moved};
    static const struct sleep_listener sleep_listener = {.on_changed = on_sleep,
                                                         .on_droop = on_droop};
    char *text = fuzz_text(data, size), reply[COMMAND_REPLY_MAX] = "";
    struct config config = {.body = {.board = (char *)"sim", .brightness = 100}};
    struct command_context context = {.status = "fuzzed", .language = LANGUAGE_FR};
    const struct command *command = NULL;
    sd_event *event = NULL;

    check_fold(text);
    require(sd_event_new(&event) >= 0);
    require(body_new(&context.body, event, &config, &listener, NULL, NULL) == 0);
    require(trial_new(&context.trial, context.body) == 0);
    require(sleep_new(&context.sleep, NULL, &sleep_listener, NULL) == 0);
    if (command_run(text, &context, reply, &command) == COMMAND_WHEN_RESTS)
        command_finish(command, &context, reply);
    require(*reply && memchr(reply, '\0', sizeof(reply)));
    trial_free(context.trial);
    sleep_free(context.sleep);
    body_free(context.body);
    sd_event_unref(event);
    free(text);
    return 0;
}
