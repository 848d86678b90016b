/* Probes of the body: who has its lines, who else would move it, what stays on when we die. Only
 * information is asked for: no line is requested, no motor turns. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>

#include "body/board.h"
#include "body/gpio-map.h"
#include "body/leds.h"
#include "body/persist.h"
#include "rabbit/doctor-probes.h"

#define GPIO_GROUP "gpio"

/* ---- lines ---- */

struct lines_seen {
    unsigned free, ours, bad;
    const char *lost_chip;           /* its lines are not looked at any more */
    char device[16 + GPIO_NAME_MAX]; /* of the last chip that was found */
};

/* The sentence of a fault closes with what to do, but for those that quote the kernel. */
static void tell_fault(struct doctor *doctor, const struct body_fault *fault)
{
    char text[sizeof(fault->text)];
    char *colon = NULL;

    memcpy(text, fault->text, sizeof(text));
    for (char *at = strstr(text, ": "); at; at = strstr(at + 1, ": "))
        colon = at;
    if (!colon || streq(fault->cause, "gpio-failed")) {
        doctor_tell(doctor, VERDICT_FAILED, fault->cause,
                    "see [gpio] in nabaztagd.conf(5), and the kernel's messages (journalctl -k)",
                    "%s", text);
        return;
    }
    *colon = '\0';
    doctor_tell(doctor, VERDICT_FAILED, fault->cause, colon + strlen(": "), "%s", text);
}

static void look_at(struct doctor *doctor, const struct line_want *want, struct lines_seen *seen)
{
    const char *chip = *want->spec.chip ? want->spec.chip : doctor->config->gpio.chip;
    struct gpio_look look;
    int r;

    if (!want->what || streq_ptr(chip, seen->lost_chip))
        return;
    r = gpio_map_look(&gpio_library, doctor->config->gpio.chip, want, &look);
    if (*look.chip.name)
        snprintf(seen->device, sizeof(seen->device), "%s/%s", gpio_library.folder, look.chip.name);
    else
        seen->lost_chip = chip;
    seen->free += r == 0;
    if (r == -EALREADY) {
        seen->ours++;
    } else if (r < 0) {
        seen->bad++;
        tell_fault(doctor, &look.fault);
    }
}

/* Root may do all; the daemon is in the group. */
static bool check_device(struct doctor *doctor, const char *device)
{
    const struct group *group = getgrnam(GPIO_GROUP);
    struct stat st;

    if (geteuid() != 0 || stat(device, &st) < 0)
        return true;
    if (group && st.st_gid == group->gr_gid && (st.st_mode & 060) == 060)
        return true;
    doctor_tell(doctor, VERDICT_FAILED, "gpio-denied",
                "systemd-sysusers && udevadm control --reload && udevadm trigger -s gpio",
                "%s is not for the group " GPIO_GROUP " to use", device);
    return false;
}

bool doctor_probe_gpio(struct doctor *doctor)
{
    const struct config *config = doctor->config;
    const struct led_driver *driver = led_driver_find(config->leds.driver);
    struct line_want body[LINE_COUNT], leds[LINES_MAX] = {{.what = NULL}};
    struct lines_seen seen = {.lost_chip = ""};
    int count = 0;

    if (board_is_sim(config)) {
        doctor_tell(doctor, VERDICT_SKIPPED, NULL, NULL, "the body is simulated");
        return true;
    }
    board_wants(config, body);
    if (driver)
        count = driver->wants(config, leds, NULL);
    for (size_t i = 0; i < LINE_COUNT; i++)
        look_at(doctor, &body[i], &seen);
    for (int i = 0; i < count; i++)
        look_at(doctor, &leds[i], &seen);
    if (seen.bad == 0)
        doctor_tell(doctor, VERDICT_OK, NULL, NULL, "%u lines are free, %u held by " GPIO_CONSUMER,
                    seen.free, seen.ours);
    return (!*seen.device || check_device(doctor, seen.device)) && seen.bad == 0;
}

/* ---- other programs ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* pynab's daemon: `nabd`, or as its own unit starts it, `python -m nabd.nabd`. */
static bool is_nabd(const char *words, size_t size)
{
    const char *end = words + size;
    bool module = false;

    if (streq(base_name(words), "nabd"))
        return true;
    for (const char *word = words; word < end; word += strlen(word) + 1) {
        if (module && streq(word, "nabd.nabd"))
            return true;
        module = streq(word, "-m");
    }
    return false;
}

static bool runs_nabd(const char *pid)
{
    char path[300], words[1024];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, words, sizeof(words) - 1);
    if (n <= 0)
        return false;
    words[n] = '\0';
    return is_nabd(words, (size_t)n);
}

bool doctor_probe_rivals(struct doctor *doctor)
{
    bool sim = board_is_sim(doctor->config);
    DIR *folder = sim ? NULL : opendir("/proc");
    const struct dirent *entry;
    unsigned found = 0;

    while (folder && (entry = readdir(folder))) {
        if (!isdigit((unsigned char)*entry->d_name) || !runs_nabd(entry->d_name))
            continue;
        found++;
        doctor_tell(doctor, VERDICT_FAILED, "gpio-busy", "systemctl disable --now nabd",
                    "pynab's nabd runs (process %s) and wants the same body", entry->d_name);
    }
    if (folder)
        closedir(folder);
    if (found == 0)
        doctor_tell(doctor, sim ? VERDICT_SKIPPED : VERDICT_OK, NULL, NULL,
                    sim ? "the body is simulated" : "pynab's nabd does not run");
    return found == 0;
}

bool doctor_probe_outputs(struct doctor *doctor)
{
    bool sim = board_is_sim(doctor->config);
    const char *driver = sim ? NULL : persist_driver("/sys");

    if (driver)
        doctor_tell(doctor, VERDICT_WARNING, "outputs-stay",
                    "set dtparam=strict_gpiod in config.txt",
                    "should the daemon be killed, a motor that turns goes on turning: %s leaves "
                    "outputs as they are",
                    driver);
    else
        doctor_tell(doctor, sim ? VERDICT_SKIPPED : VERDICT_OK, NULL, NULL,
                    sim ? "the body is simulated" : "the kernel takes outputs back");
    return true;
}
