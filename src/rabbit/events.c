#include "rabbit/events.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/message-id.h"
#include "base/state.h"
#include "body/persist.h"
#include "dance/pose.h"
#include "xmpp/stanza.h"

#define AMBER     0xff8000
#define NS_BUTTON "violet:nabaztag:button"
#define NS_EARS   "violet:nabaztag:ears"

struct events {
    const struct config *config;
    const struct events_listener *listener;
    void *userdata;

    struct body *body;
    struct trial *trial;
    struct show *show;
    struct sleep *sleep;
    sd_event_source *timer, *post;
    uint64_t due_usec; /* of the timer: when sleep, trial or show are due */
    enum story story;
    bool is_news;            /* the show has changed, and nobody was told yet */
    bool was_trial;          /* running, when we looked last: life is suspended */
    bool was_in_hand;        /* an ear was in one, when we looked last */
    struct body_fault fault; /* cause NULL: there is none */
    bool broken[EAR_COUNT];  /* told already */

    bool in_program;                     /* one ran when the button went down, */
    char program_id[LIMIT_EVENT_ID + 1]; /* with this ID */

    struct owners *owners; /* NULL until there are some */
    struct router *router;
};

/* ---- what is told to owners ---- */

/* A payload of these elements, name and text in turns, NULL-terminated; NULL: out of memory. */
static xmpp_stanza_t *make_payload(struct events *events, const char *name, const char *ns,
                                   const char *const *children)
{
    xmpp_stanza_t *payload = stanza_new(router_context(events->router), name, ns);

    for (; payload && *children; children += 2)
        if (stanza_add_text_child(payload, children[0], children[1]) < 0) {
            xmpp_stanza_release(payload);
            return NULL;
        }
    return payload;
}

/* Returns how many were told. */
static unsigned tell(struct events *events, const char *text, const char *name, const char *ns,
                     const char *const *children)
{
    xmpp_stanza_t *payload = events->owners ? make_payload(events, name, ns, children) : NULL;
    unsigned told = payload ? owners_tell(events->owners, text, payload) : 0;

    if (payload)
        xmpp_stanza_release(payload);
    return told;
}

static void tell_clicks(struct events *events, unsigned clicks)
{
    static const char *const texts[LANGUAGE_COUNT][2] = {{"Click!", "Double click!"},
                                                         {"Clic !", "Double clic !"},
                                                         {"Klick!", "Doppelklick!"},
                                                         {"Clic!", "Doppio clic!"}};
    const char *text = texts[events->config->rabbit.language][clicks > 1];
    unsigned told = tell(events, text, "button", NS_BUTTON,
                         (const char *const[]){"clic", clicks > 1 ? "2" : "1", NULL});

    log_event(LOG_INFO, MESSAGE_BUTTON, NULL, "The button was %s, %u of the owners told",
              clicks > 1 ? "double-clicked" : "clicked", told);
}

static void tell_ears(struct events *events, unsigned left, unsigned right)
{
    static const char *const texts[LANGUAGE_COUNT] = {
        "My ears were turned to", "On a tourné mes oreilles :", "Meine Ohren wurden gedreht:",
        "Mi hanno girato le orecchie:"};
    char text[100], l[12], r[12];
    unsigned told;

    snprintf(l, sizeof(l), "%u", left);
    snprintf(r, sizeof(r), "%u", right);
    snprintf(text, sizeof(text), "%s %s / %s", texts[events->config->rabbit.language], l, r);
    told = tell(events, text, "ears", NS_EARS, (const char *const[]){"left", l, "right", r, NULL});
    log_event(LOG_INFO, MESSAGE_EARS_MOVED, NULL,
              "A hand turned the ears to %u / %u, %u of the owners told", left, right, told);
}

/* ---- the button ---- */

static void on_long_press(struct events *events)
{
    bool asleep = sleep_is_asleep(events->sleep);

    log_event(LOG_INFO, MESSAGE_BUTTON, NULL, "The button was held: the rabbit %s",
              asleep ? "wakes up" : "falls asleep");
    sleep_set(events->sleep, !asleep, clock_now_usec());
}

/* The program that the press ends: the second of a double click finds none any more. */
static void note_program(struct events *events)
{
    const char *id = show_event_id(events->show);

    if (!id)
        return;
    events->in_program = true;
    snprintf(events->program_id, sizeof(events->program_id), "%s",
             strlen(id) <= LIMIT_EVENT_ID ? id : "");
}

static void forget_program(struct events *events)
{
    events->in_program = false;
    events->program_id[0] = '\0';
}

/* A button that is pressed stops what plays, at once: who presses it does not wait to see whether
 * that becomes a double click. */
static void stop_playing(struct events *events)
{
    note_program(events);
    trial_stop(events->trial);
    show_stop(events->show, clock_now_usec());
    if (!body_ears_settled(events->body))
        body_stop(events->body);
}

static void on_clicks(struct events *events, unsigned clicks)
{
    bool in_program = events->in_program;
    char id[LIMIT_EVENT_ID + 1];

    snprintf(id, sizeof(id), "%s", events->program_id);
    forget_program(events);
    tell_clicks(events, clicks);
    if (events->listener->on_clicks)
        events->listener->on_clicks(clicks, in_program, id, events->userdata);
}

static void on_button(enum button_event event, void *userdata)
{
    static const char *const names[] = {[BUTTON_CLICK] = "click",
                                        [BUTTON_DOUBLE_CLICK] = "double-click",
                                        [BUTTON_LONG_PRESS] = "long-press"};
    struct events *events = userdata;

    if (names[event])
        events->listener->on_press(names[event], events->userdata);
    if (event == BUTTON_LONG_PRESS)
        on_long_press(events);
    else if (sleep_is_asleep(events->sleep))
        return; /* protocol.md, section 6 */
    else if (event == BUTTON_DOWN)
        stop_playing(events);
    else if (event == BUTTON_CLICK || event == BUTTON_DOUBLE_CLICK)
        on_clicks(events, event == BUTTON_DOUBLE_CLICK ? 2 : 1);
}

/* ---- from the body ---- */

/* Once for each time that it breaks: `home` mends it, or nothing does. */
static void note_ears(struct events *events)
{
    for (enum ear_index i = 0; i < EAR_COUNT; i++) {
        const struct log_field fields[] = {
            {"NAB_EAR", ear_name(i)}, {"NAB_CAUSE", "ear-broken"}, {NULL, NULL}};
        bool broken = body_ear_state(events->body, i) == EAR_BROKEN;

        if (broken && !events->broken[i])
            log_event(LOG_WARNING, MESSAGE_EAR_BROKEN, fields,
                      "The %s ear does not turn as its motor does and is left alone; see that "
                      "nothing holds it, then tell the rabbit `home`",
                      ear_name(i));
        events->broken[i] = broken;
    }
}

static void on_ears_settled(void *userdata)
{
    struct events *events = userdata;

    note_ears(events);
    trial_on_ears_settled(events->trial, clock_now_usec());
    show_on_ears_settled(events->show, clock_now_usec());
    events->listener->on_status(events->userdata);
}

static void on_ears_moved(unsigned left, unsigned right, void *userdata)
{
    struct events *events = userdata;

    life_on_ears_moved(show_life(events->show), left, right);
    events->listener->on_turn(left, right, events->userdata);
    if (sleep_is_asleep(events->sleep))
        sleep_disturb(events->sleep, clock_now_usec());
    else
        tell_ears(events, left, right);
    on_ears_settled(events);
}

static void on_ears_strayed(void *userdata)
{
    struct events *events = userdata;

    sleep_disturb(events->sleep, clock_now_usec());
    events->listener->on_status(events->userdata);
}

static void note_fault(struct events *events, const struct body_fault *fault)
{
    const struct log_field fields[] = {{"NAB_CAUSE", fault->cause}, {NULL, NULL}};

    if (streq_ptr(events->fault.cause, fault->cause) && streq(events->fault.text, fault->text))
        return;
    events->fault = *fault;
    log_event(LOG_WARNING, MESSAGE_BODY_FAILED, fields, "The body does not work: %s", fault->text);
}

static void note_no_fault(struct events *events)
{
    if (!events->fault.cause)
        return;
    events->fault = (struct body_fault){.cause = NULL};
    log_event(LOG_INFO, MESSAGE_BODY_WORKS, NULL, "The body works again");
}

static void on_fault(const struct body_fault *fault, void *userdata)
{
    struct events *events = userdata;

    if (fault)
        note_fault(events, fault);
    else
        note_no_fault(events);
    events->listener->on_status(events->userdata);
}

/* ---- sleep ---- */

static void on_sleep_changed(bool asleep, void *userdata)
{
    struct events *events = userdata;
    struct life *life = show_life(events->show);

    forget_program(events);
    trial_stop(events->trial);
    if (asleep)
        life_suspend(life, LIFE_ASLEEP);
    show_stop(events->show, clock_now_usec());
    if (asleep) {
        pose_sleep(events->body, POSE_FADE_USEC);
    } else {
        pose_wake(events->body);
        life_resume(life, LIFE_ASLEEP, clock_now_usec());
    }
    events->listener->on_sleep(events->userdata);
    events->listener->on_status(events->userdata);
}

static void on_droop(void *userdata)
{
    pose_droop(((struct events *)userdata)->body);
}

/* ---- what is shown ---- */

/* Online, the bottom LED is life's own as long as there is a platform. */
static void show_story(struct events *events)
{
    struct life *life = show_life(events->show);

    if (events->story != STORY_ONLINE || life_is_suspended(life, LIFE_AWAY))
        story_show(events->body, events->story);
}

static void on_show(void *userdata)
{
    struct events *events = userdata;

    if (show_event_id(events->show))
        trial_stop(events->trial);
    else
        show_story(events); /* a choreography has had the LED */
    events->is_news = true;
}

/* Whoever hears it may make the rabbit play, sleep or wake: not while it is just doing that. */
static void tell_show(struct events *events)
{
    while (events->is_news) {
        events->is_news = false;
        if (events->listener->on_show)
            events->listener->on_show(events->userdata);
    }
}

/* Life gives way to a trial. One that a program has ended leaves life to that. */
static void note_trial(struct events *events)
{
    bool is_trial = trial_is_running(events->trial);
    struct life *life = show_life(events->show);

    if (is_trial == events->was_trial)
        return;
    events->was_trial = is_trial;
    if (is_trial)
        life_suspend(life, LIFE_PLAYING);
    else if (!show_event_id(events->show))
        life_resume(life, LIFE_PLAYING, clock_now_usec());
}

/* Who turns an ear sees that the rabbit feels it: life gives way to amber until it knows how the
 * ears stand. */
static void note_hand(struct events *events)
{
    bool in_hand = body_in_hand(events->body);
    struct life *life = show_life(events->show);

    if (in_hand == events->was_in_hand)
        return;
    events->was_in_hand = in_hand;
    if (!in_hand) {
        life_resume(life, LIFE_DETECTING, clock_now_usec());
    } else if (!life_is_suspended(life, LIFE_ANY)) {
        life_suspend(life, LIFE_DETECTING);
        for (enum led_index i = 0; i < LED_COUNT; i++)
            body_led_set(events->body, i, AMBER);
    }
}

/* ---- time ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct events *events = userdata;

    events->due_usec = USEC_NEVER;
    sleep_tick(events->sleep, clock_now_usec());
    trial_tick(events->trial, clock_now_usec());
    show_tick(events->show, clock_now_usec());
    return 0;
}

static void arm_timer(struct events *events)
{
    uint64_t due = usec_earlier(sleep_deadline(events->sleep), trial_deadline(events->trial));

    due = usec_earlier(due, show_deadline(events->show));
    if (due == events->due_usec)
        return;
    events->due_usec = due;
    sd_event_source_set_time(events->timer, due);
    sd_event_source_set_enabled(events->timer, SD_EVENT_ONESHOT);
}

/* After whatever happened, commands included: they may have changed what is due when, and the last
 * one of them may be over. */
static int on_post(sd_event_source *source, void *userdata)
{
    struct events *events = userdata;

    tell_show(events);
    note_trial(events);
    note_hand(events);
    if (body_ears_settled(events->body) && !trial_is_running(events->trial) &&
        !show_is_running(events->show))
        events->listener->on_rest(events->userdata);
    arm_timer(events);
    return 0;
}

static int add_sources(struct events *events, sd_event *event)
{
    int r = sd_event_add_time(event, &events->timer, CLOCK_MONOTONIC, USEC_NEVER, USEC_PER_MSEC,
                              on_timer, events);

    events->due_usec = USEC_NEVER;
    return r < 0 ? r : sd_event_add_post(event, &events->post, on_post, events);
}

/* ---- what the rabbit sees ---- */

struct command_context events_context(const struct events *events)
{
    return (struct command_context){
        .body = events->body, .trial = events->trial, .show = events->show, .sleep = events->sleep};
}

const struct body_fault *events_fault(const struct events *events)
{
    return &events->fault;
}

bool events_is_asleep(const struct events *events)
{
    return sleep_is_asleep(events->sleep);
}

struct show *events_show(const struct events *events)
{
    return events->show;
}

void events_show_story(struct events *events, enum story story)
{
    events->story = story;
    show_story(events);
}

void events_describe(const struct events *events, char *ret, size_t size)
{
    char ears[32];

    command_describe_ears(events->body, "/", ears, sizeof(ears));
    snprintf(ret, size, "%sears %s, %s%s%s", events_is_asleep(events) ? "asleep, " : "", ears,
             body_description(events->body), events->fault.cause ? ", body: " : "",
             events->fault.text);
}

void events_set_owners(struct events *events, struct owners *owners, struct router *router)
{
    events->owners = owners;
    events->router = router;
}

void events_reconfigure(struct events *events, const struct config *config)
{
    events->config = config;
    body_reconfigure(events->body, config);
}

/* ---- life ---- */

static void warn_of_motors(const struct config *config)
{
    const char *driver = streq(config->body.board, "sim") ? NULL : persist_driver("/sys");

    if (driver)
        log_event(LOG_WARNING, MESSAGE_OUTPUTS_STAY, NULL,
                  "Should the daemon be killed, a motor that turns goes on turning: this kernel "
                  "leaves outputs as they are; set dtparam=strict_gpiod in config.txt, or "
                  "%s.persist_gpio_outputs=n on its command line",
                  driver);
}

static int build_body(struct events *events, sd_event *event)
{
    static const struct body_listener listener = {
        .on_button = on_button,
        .on_ears_settled = on_ears_settled,
        .on_ears_moved = on_ears_moved,
        .on_ears_strayed = on_ears_strayed,
        .on_fault = on_fault,
    };
    struct body_fault fault = {.cause = "gpio-failed"};
    int r = body_new(&events->body, event, events->config, &listener, events, &fault);

    if (r < 0)
        log_event(LOG_ERR, MESSAGE_BODY_FAILED,
                  (const struct log_field[]){{"NAB_CAUSE", fault.cause}, {NULL, NULL}},
                  "The body cannot be used: %s", fault.text);
    if (r > 0)
        note_fault(events, &fault);
    warn_of_motors(events->config);
    return r;
}

/* The body first of all: motors off. It is still dark when it learns that it sleeps. */
static int build(struct events *events, sd_event *event)
{
    static const struct sleep_listener sleep_listener = {.on_changed = on_sleep_changed,
                                                         .on_droop = on_droop};
    static const struct show_listener show_listener = {.on_changed = on_show};
    int r = build_body(events, event);

    if (r >= 0)
        r = sleep_new(&events->sleep, state_directory(), &sleep_listener, events);
    if (r == 0)
        r = trial_new(&events->trial, events->body);
    if (r == 0)
        r = show_new(&events->show, events->body, &show_listener, events);
    if (r == 0)
        r = add_sources(events, event);
    if (r >= 0 && sleep_is_asleep(events->sleep)) {
        life_suspend(show_life(events->show), LIFE_ASLEEP);
        pose_sleep(events->body, 0);
    }
    return r < 0 ? r : 0;
}

int events_new(struct events **ret, sd_event *event, const struct config *config,
               const struct events_listener *listener, void *userdata)
{
    struct events *events = calloc(1, sizeof(*events));
    int r;

    if (!events)
        return -ENOMEM;
    events->config = config;
    events->listener = listener;
    events->userdata = userdata;
    r = build(events, event);
    if (r < 0) {
        events_free(events);
        return r;
    }
    *ret = events;
    return 0;
}

struct events *events_free(struct events *events)
{
    if (!events)
        return NULL;
    body_free(events->body);
    sd_event_source_disable_unref(events->post);
    sd_event_source_disable_unref(events->timer);
    trial_free(events->trial);
    show_free(events->show);
    sleep_free(events->sleep);
    free(events);
    return NULL;
}
