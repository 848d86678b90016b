/*
 * nabaztagd: argv, configuration, signals, sd_notify. Everything else lives below.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/instance.h"
#include "base/log.h"
#include "base/message-id.h"
#include "base/priority.h"
#include "body/board.h"
#include "body/body.h"
#include "body/motors-off.h"
#include "rabbit/body-test.h"
#include "rabbit/doctor.h"
#include "rabbit/rabbit.h"
#include "xmpp/tls.h"

/* After SIGTERM the server has so long to say goodbye; the contract is 3 s for all. */
#define STOP_USEC (1500 * USEC_PER_MSEC)

enum mode {
    MODE_RUN,
    MODE_CHECK,
    MODE_DUMP,
    MODE_DOCTOR,
    MODE_TEST_BODY,
    MODE_MOTORS_OFF,
    MODE_VERSION,
    MODE_HELP,
};

struct arguments {
    enum mode mode;
    const char *instance;
    const char *config; /* NULL: the usual place */
    bool json;
    const char *bus;
};

struct daemon {
    sd_event *event;
    struct config *config;
    char *path, *drop_ins;
    bool optional; /* the configuration file may be missing */
    bool stopping;
    struct rabbit *rabbit;
    sd_event_source *watchdog;
    uint64_t watchdog_usec;
};

static const char usage[] =
    "Usage: nabaztagd [OPTION]…\n"
    "The brain of a Nabaztag rabbit: bridges it to XMPP.\n"
    "\n"
    "  --config FILE      read FILE, then FILE.d/*.conf\n"
    "  --instance NAME    read " NABAZTAGD_SYSCONFDIR "/NAME.conf (NAME other than main)\n"
    "  --bus WHICH        be on this bus: system (default), user, an address or none\n"
    "  --log-level LEVEL  err, warning, notice, info (default) or debug\n"
    "  --check            name every problem of the configuration, then exit with 0 (none) or 1\n"
    "  --dump-config      print every key, its value and where it comes from\n"
    "  --doctor           look for all that keeps the rabbit from coming online or moving; --json: "
    "for programs\n"
    "  --motors-off       switch the motors off, as the service does when the daemon has ended\n"
    "  --test-body        move each part of the body in turn and ask what you saw\n"
    "  --version          print the version\n"
    "  --help             print this\n";

/* Arguments */

static int take_option(struct arguments *arguments, int option)
{
    switch (option) {
    case 'c':
        arguments->config = optarg;
        return 0;
    case 'i':
        arguments->instance = optarg;
        return instance_is_valid(optarg) ? 0 : -EINVAL;
    case 'b':
        arguments->bus = optarg;
        return 0;
    case 'l':
        if (log_level_from_string(optarg) < 0)
            return -EINVAL;
        log_set_level(log_level_from_string(optarg));
        return 0;
    case 'j':
        arguments->json = true;
        return 0;
    case 'm':
        return 0; /* getopt has set the mode */
    default:
        return -EINVAL;
    }
}

static int parse_arguments(struct arguments *ret, int argc, char **argv)
{
    int mode = MODE_RUN, option;
    const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"instance", required_argument, NULL, 'i'},
        {"bus", required_argument, NULL, 'b'},
        {"log-level", required_argument, NULL, 'l'},
        {"check", no_argument, &mode, MODE_CHECK},
        {"dump-config", no_argument, &mode, MODE_DUMP},
        {"doctor", no_argument, &mode, MODE_DOCTOR},
        {"json", no_argument, NULL, 'j'},
        {"motors-off", no_argument, &mode, MODE_MOTORS_OFF},
        {"test-body", no_argument, &mode, MODE_TEST_BODY},
        {"version", no_argument, &mode, MODE_VERSION},
        {"help", no_argument, &mode, MODE_HELP},
        {NULL, 0, NULL, 0},
    };

    *ret = (struct arguments){.instance = "main", .bus = "system"};
    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
        if (option != 0 && take_option(ret, option) < 0)
            return -EINVAL;
    ret->mode = (enum mode)mode;
    return optind == argc && (!ret->json || mode == MODE_DOCTOR) ? 0 : -EINVAL;
}

static int find_files(struct daemon *daemon, const struct arguments *arguments)
{
    int r;

    daemon->optional = !arguments->config;
    if (arguments->config)
        r = strdup_to(&daemon->path, arguments->config);
    else
        r = instance_config(arguments->instance, &daemon->path);
    if (r < 0 || asprintf(&daemon->drop_ins, "%s.d", daemon->path) < 0)
        return -ENOMEM;
    return 0;
}

/* Configuration */

static int load(struct daemon *daemon, struct config **ret, struct config_problems *problems)
{
    int r = config_load(ret, daemon->path, daemon->drop_ins, daemon->optional, problems);

    if (r < 0)
        return r;
    board_check(*ret, problems);
    if (problems->errors == 0)
        return 0;
    *ret = config_free(*ret);
    return -EINVAL;
}

static int check(struct daemon *daemon)
{
    _cleanup_(config_freep) struct config *config = NULL;
    struct config_problems problems = {.count = 0};
    int r = load(daemon, &config, &problems);

    for (size_t i = 0; i < problems.count; i++)
        printf("%s: %s%s\n", problems.list[i].place, problems.list[i].note ? "note: " : "",
               problems.list[i].text);
    config_problems_clear(&problems);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void log_problems(const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        if (!problems->list[i].note)
            log_event(LOG_ERR, MESSAGE_CONFIG_REFUSED, NULL, "%s: %s", problems->list[i].place,
                      problems->list[i].text);
}

static int load_or_log(struct daemon *daemon, struct config **ret)
{
    struct config_problems problems = {.count = 0};
    int r = load(daemon, ret, &problems);

    if (r < 0)
        log_problems(&problems);
    config_problems_clear(&problems);
    return r;
}

static int dump(struct daemon *daemon)
{
    _cleanup_(config_freep) struct config *config = NULL;

    if (load_or_log(daemon, &config) < 0)
        return EX_CONFIG;
    return config_dump(config, stdout) < 0 ? EX_IOERR : EXIT_SUCCESS;
}

/* A wrong board is not cured by trying again: EX_CONFIG keeps systemd from that. */
static int exit_status_of(int error)
{
    static const struct {
        int error, status;
    } statuses[] = {
        {-EBUSY, EX_TEMPFAIL},     {-EALREADY, EX_TEMPFAIL},  {-EACCES, EX_NOPERM},
        {-ENOMEM, EX_OSERR},       {-ERANGE, EX_CONFIG},      {-EEXIST, EX_CONFIG},
        {-ENODEV, EX_UNAVAILABLE}, {-ENOENT, EX_UNAVAILABLE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
        if (statuses[i].error == error)
            return statuses[i].status;
    return error < 0 ? EX_IOERR : EXIT_SUCCESS;
}

static int switch_motors_off(struct daemon *daemon)
{
    _cleanup_(config_freep) struct config *config = NULL;
    struct body_fault fault;

    if (load_or_log(daemon, &config) < 0)
        return EX_CONFIG;
    int r = motors_off(config, &fault);
    if (r < 0)
        log_event(LOG_ERR, MESSAGE_BODY_FAILED,
                  (struct log_field[]){{"NAB_CAUSE", fault.cause}, {NULL, NULL}},
                  "The motors cannot be switched off: %s", fault.text);
    return exit_status_of(r);
}

/* Running */

static void on_status(const char *status, void *userdata)
{
    sd_notifyf(0, "STATUS=%s", status);
    log_debug("Status: %s", status);
}

static void on_stopped(void *userdata)
{
    struct daemon *daemon = userdata;

    sd_event_exit(daemon->event, EXIT_SUCCESS);
}

static int on_stop_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
    on_stopped(userdata);
    return 0;
}

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info,
                        void *userdata)
{
    struct daemon *daemon = userdata;

    daemon->stopping = true;
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    sd_notify(0, "STOPPING=1\nSTATUS=stopping");
    log_event(LOG_INFO, MESSAGE_STOPPED, NULL, "Stopping");
    if (sd_event_add_time(daemon->event, NULL, CLOCK_MONOTONIC, clock_now_usec() + STOP_USEC,
                          USEC_PER_MSEC, on_stop_timeout, daemon) < 0)
        on_stopped(daemon);
    rabbit_stop(daemon->rabbit);
    return 0;
}

static void reload(struct daemon *daemon)
{
    struct config *config = NULL, *old = daemon->config;

    if (load_or_log(daemon, &config) < 0) {
        log_event(LOG_ERR, MESSAGE_CONFIG_REFUSED, NULL,
                  "The new configuration is refused, the old one stays");
        return;
    }
    if (rabbit_reload(daemon->rabbit, config) < 0) {
        log_error("The new configuration could not be taken for want of memory");
        config_free(config);
        return;
    }
    daemon->config = config;
    config_free(old);
    log_event(LOG_INFO, MESSAGE_CONFIG_RELOADED, NULL, "The configuration was read anew");
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    struct daemon *daemon = userdata;

    if (daemon->stopping)
        return 0;
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)clock_now_usec());
    reload(daemon);
    sd_notify(0, "READY=1");
    return 0;
}

/* Fed by this loop, and only while the link thread is alive or inside the limit of its stage. */
static int on_watchdog(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct daemon *daemon = userdata;

    if (rabbit_is_healthy(daemon->rabbit))
        sd_notify(0, "WATCHDOG=1");
    else
        log_event(LOG_WARNING, MESSAGE_LINK_STUCK, NULL,
                  "The link thread does not answer; the watchdog is not fed");
    sd_event_source_set_time(source, clock_now_usec() + daemon->watchdog_usec / 3);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int set_up_signals(struct daemon *daemon)
{
    sigset_t signals;
    int r;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    r = sd_event_add_signal(daemon->event, NULL, SIGTERM, on_terminate, daemon);
    if (r >= 0)
        r = sd_event_add_signal(daemon->event, NULL, SIGINT, on_terminate, daemon);
    if (r >= 0)
        r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
    return r;
}

static int set_up_watchdog(struct daemon *daemon)
{
    int r = sd_watchdog_enabled(0, &daemon->watchdog_usec);

    if (r <= 0)
        return r;
    return sd_event_add_time(daemon->event, &daemon->watchdog, CLOCK_MONOTONIC,
                             clock_now_usec() + daemon->watchdog_usec / 3, USEC_PER_SEC,
                             on_watchdog, daemon);
}

/* The motors shall not outlive the one who could stop them. What is left to do is the signal's own.
 */
static void on_deadly_signal(int signal)
{
    body_panic();
    raise(signal);
}

/* A process that is stopped by its terminal would let them run, too. */
static void guard_motors(void)
{
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGQUIT, SIGSYS};
    static const int ignored[] = {SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
    const struct sigaction action = {.sa_handler = on_deadly_signal, .sa_flags = SA_RESETHAND};

    for (size_t i = 0; i < ARRAY_SIZE(deadly); i++)
        sigaction(deadly[i], &action, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
        signal(ignored[i], SIG_IGN);
}

/* Passwords are in memory: no core files. And a dead resolver shall not hold the link thread for a
 * minute. */
static void harden(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
    tls_initialize();
    guard_motors();
}

static int test_body(struct daemon *daemon)
{
    if (load_or_log(daemon, &daemon->config) < 0)
        return EX_CONFIG;
    guard_motors();
    return body_test_run(daemon->config, STDIN_FILENO, stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int examine(const struct daemon *daemon, const struct arguments *arguments)
{
    instance_look_as_service(arguments->instance);
    harden();
    signal(SIGPIPE, SIG_IGN);
    return doctor_run(daemon->path, daemon->drop_ins, daemon->optional, arguments->json, stdout);
}

/* Returns an exit status; says what went wrong. */
static int set_up(struct daemon *daemon, const struct arguments *arguments)
{
    static const struct rabbit_listener listener = {.on_status = on_status,
                                                    .on_stopped = on_stopped};
    const struct timing timing = timing_default();
    int r = sd_event_default(&daemon->event);

    if (r >= 0)
        r = set_up_signals(daemon);
    if (r >= 0)
        r = set_up_watchdog(daemon);
    if (r < 0) {
        log_error("Cannot start: %s", strerror(-r));
        return EX_OSERR;
    }
    r = rabbit_new(&daemon->rabbit, daemon->event, daemon->config, daemon->path, &timing, &listener,
                   daemon);
    if (r < 0)
        return exit_status_of(r);
    if (!streq(arguments->bus, "none"))
        r = rabbit_serve(daemon->rabbit, arguments->bus, arguments->instance);
    if (r < 0)
        log_warning("Going on without the bus: %s", strerror(-r));
    return EXIT_SUCCESS;
}

static int run(struct daemon *daemon, const struct arguments *arguments)
{
    int r = load_or_log(daemon, &daemon->config);

    if (r < 0)
        return EX_CONFIG;
    harden();
    r = priority_raise(PRIORITY_LOOP);
    if (r < 0)
        log_debug("Motors and dances may be late on a busy machine: %s", strerror(-r));
    r = set_up(daemon, arguments);
    if (r != EXIT_SUCCESS)
        return r;
    log_event(LOG_INFO, MESSAGE_STARTED, NULL, "nabaztagd %s with %s", NABAZTAGD_VERSION,
              daemon->path);
    sd_notify(0, "READY=1");
    if (rabbit_start(daemon->rabbit) < 0)
        log_debug("Waiting for a better configuration");
    r = sd_event_loop(daemon->event);
    return r < 0 ? EX_SOFTWARE : r;
}

static void clean_up(struct daemon *daemon, int status)
{
    bool clean = rabbit_free(daemon->rabbit);

    if (!clean) /* the link thread is still inside the resolver: leave it no memory to stumble over
                 */
        _exit(status);
    sd_event_source_disable_unref(daemon->watchdog);
    sd_event_unref(daemon->event);
    config_free(daemon->config);
    free(daemon->path);
    free(daemon->drop_ins);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct daemon daemon = {.event = NULL};
    int status = EXIT_SUCCESS;

    log_open();
    if (parse_arguments(&arguments, argc, argv) < 0) {
        fputs("Try nabaztagd --help\n", stderr);
        return EX_USAGE;
    }
    if (find_files(&daemon, &arguments) < 0)
        return EX_OSERR;
    if (arguments.mode == MODE_VERSION)
        puts("nabaztagd " NABAZTAGD_VERSION);
    else if (arguments.mode == MODE_HELP)
        fputs(usage, stdout);
    else if (arguments.mode == MODE_CHECK)
        status = check(&daemon);
    else if (arguments.mode == MODE_DUMP)
        status = dump(&daemon);
    else if (arguments.mode == MODE_DOCTOR)
        status = examine(&daemon, &arguments);
    else if (arguments.mode == MODE_MOTORS_OFF)
        status = switch_motors_off(&daemon);
    else if (arguments.mode == MODE_TEST_BODY)
        status = test_body(&daemon);
    else
        status = run(&daemon, &arguments);
    clean_up(&daemon, status);
    return status;
}
