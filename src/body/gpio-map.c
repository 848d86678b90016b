#include "body/gpio-map.h"

#include <dirent.h>
#include <errno.h>

/* One look for a chip. */
struct search {
    struct gpio_map *map;
    const char *wanted;
    const struct line_want *want;
    struct body_fault *fault;

    unsigned matches, chip;
    char denied[LINE_SPEC_NAME_MAX]; /* a device that could not be opened */
    char seen[128];                  /* the others, for people */
};

static const char *chip_name(const struct gpio_chip *chip)
{
    return chip->info.label[0] ? chip->info.label : chip->info.name;
}

static bool is_denied(int error)
{
    return error == -EACCES || error == -EPERM;
}

/* ---- chips ---- */

/* A chip that is open already is found again, whatever it was called. */
static int add_chip(struct gpio_map *map, const struct gpio_chip *chip, unsigned *ret)
{
    for (unsigned i = 0; i < map->chip_count; i++) {
        if (!streq(map->chips[i].info.name, chip->info.name))
            continue;
        map->library->close(chip->handle);
        *ret = i;
        return 0;
    }
    if (map->chip_count == GPIO_CHIPS_MAX) {
        map->library->close(chip->handle);
        return -EMFILE;
    }
    *ret = map->chip_count;
    map->chips[map->chip_count++] = *chip;
    return 0;
}

static int open_chip(struct gpio_map *map, const char *path, struct gpio_chip *ret)
{
    int r = map->library->open(&ret->handle, path);
    if (r < 0)
        return r;
    r = map->library->describe(ret->handle, &ret->info);
    if (r < 0)
        map->library->close(ret->handle);
    return r;
}

static int device_path(const struct gpio_map *map, const char *name, char ret[LINE_SPEC_NAME_MAX])
{
    int n = snprintf(ret, LINE_SPEC_NAME_MAX, "%s/%s", map->library->folder, name);
    return n < LINE_SPEC_NAME_MAX ? 0 : -ENAMETOOLONG;
}

static void add_seen(struct search *search, const struct gpio_chip_info *info)
{
    size_t used = strlen(search->seen);

    snprintf(search->seen + used, sizeof(search->seen) - used, "%s%s (%s)", used ? ", " : "",
             info->name, info->label);
}

/* Raspberry Pi OS links an old name to a chip: that is the same one twice. */
static int add_match(struct search *search, const struct gpio_chip *chip)
{
    unsigned index;
    int r = add_chip(search->map, chip, &index);

    if (r < 0)
        return r;
    search->matches += search->matches == 0 || index != search->chip;
    search->chip = index;
    return 0;
}

static int look_at(struct search *search, const char *name)
{
    struct gpio_chip chip;
    char path[LINE_SPEC_NAME_MAX];

    int r = device_path(search->map, name, path);
    if (r == 0)
        r = open_chip(search->map, path, &chip);
    if (is_denied(r))
        memcpy(search->denied, path, sizeof(path));
    if (r < 0)
        return 0;
    if (streq(chip.info.label, search->wanted) || streq(name, search->wanted))
        return add_match(search, &chip);
    if (streq(chip.info.name, name))
        add_seen(search, &chip.info);
    search->map->library->close(chip.handle);
    return 0;
}

static int is_device(const struct dirent *entry)
{
    return after_prefix(entry->d_name, "gpiochip") != NULL;
}

static int look_at_all(struct search *search)
{
    struct dirent **entries;
    int r = 0, n = scandir(search->map->library->folder, &entries, is_device, versionsort);

    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        if (r == 0)
            r = look_at(search, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return r;
}

static int open_path(struct search *search, const char *path)
{
    struct gpio_chip chip;
    int r = open_chip(search->map, path, &chip);

    if (is_denied(r))
        snprintf(search->denied, sizeof(search->denied), "%s", path);
    return r < 0 ? 0 : add_match(search, &chip);
}

/* ---- what may be wrong ---- */

static int denied(const char *device, const char *what, struct body_fault *fault)
{
    return body_fault_set(fault, -EACCES, "gpio-denied",
                          "no permission to use %s for %s: it must belong to the group gpio, and "
                          "the daemon's user to that group",
                          device, what);
}

static int missing(const struct search *search)
{
    if (search->denied[0])
        return denied(search->denied, search->want->what, search->fault);
    if (!search->seen[0])
        return body_fault_set(search->fault, -ENOENT, "gpio-missing",
                              "there is no GPIO chip %s for %s (line %s): plug it in, or correct "
                              "[gpio] chip",
                              search->wanted, search->want->what, search->want->spec.line);
    return body_fault_set(search->fault, -ENOENT, "gpio-missing",
                          "there is no GPIO chip %s for %s (line %s), only %s: correct [gpio] chip",
                          search->wanted, search->want->what, search->want->spec.line,
                          search->seen);
}

static int out_of_range(const struct gpio_chip *chip, const struct line_want *want,
                        struct body_fault *fault)
{
    unsigned offset;

    if (line_spec_offset(&want->spec, &offset))
        return body_fault_set(fault, -ERANGE, "gpio-range",
                              "%s has no line %u for %s: its lines are 0 to %u", chip_name(chip),
                              offset, want->what, chip->info.lines - 1);
    return body_fault_set(fault, -ERANGE, "gpio-range",
                          "%s has no line called %s for %s: gpioinfo shows the names it has",
                          chip_name(chip), want->spec.line, want->what);
}

static int busy(const struct gpio_chip *chip, const struct gpio_place *place, const char *holder,
                struct body_fault *fault)
{
    bool ours = streq(holder, GPIO_CONSUMER);

    return body_fault_set(fault, ours ? -EALREADY : -EBUSY, "gpio-busy",
                          "line %u of %s (%s) is held by %s: stop that, or choose another line",
                          place->offset, chip_name(chip), place->what,
                          ours        ? "another " GPIO_CONSUMER
                          : holder[0] ? holder
                                      : "somebody without a name");
}

int gpio_map_fault(struct gpio_map *map, const struct gpio_place *place, int error,
                   struct body_fault *ret_fault)
{
    const struct gpio_chip *chip = &map->chips[place->chip];
    char holder[GPIO_NAME_MAX] = "";

    if (error == -EBUSY) {
        map->library->is_used(chip->handle, place->offset, holder);
        return busy(chip, place, holder, ret_fault);
    }
    if (error == -ENODEV)
        return body_fault_set(ret_fault, error, "gpio-lost",
                              "the GPIO chip %s with line %u (%s) is gone: plug it in again",
                              chip_name(chip), place->offset, place->what);
    if (is_denied(error))
        return denied(chip_name(chip), place->what, ret_fault);
    return body_fault_set(ret_fault, error, "gpio-failed", "line %u of %s (%s) cannot be used: %s",
                          place->offset, chip_name(chip), place->what, strerror(-error));
}

/* ---- lines ---- */

static int find_chip(struct search *search)
{
    int r = strchr(search->wanted, '/') ? open_path(search, search->wanted) : look_at_all(search);

    if (r == 0 && search->matches == 0)
        return missing(search);
    if (r == 0 && search->matches > 1)
        return body_fault_set(search->fault, -ENOTUNIQ, "gpio-missing",
                              "%u GPIO chips are called %s, which %s is on: write its path instead",
                              search->matches, search->wanted, search->want->what);
    if (r < 0)
        return body_fault_set(
            search->fault, r, "gpio-failed", "the GPIO chip %s for %s (line %s) cannot be used: %s",
            search->wanted, search->want->what, search->want->spec.line, strerror(-r));
    return 0;
}

static int find_offset(struct gpio_map *map, const struct line_want *want, struct gpio_place *place,
                       struct body_fault *fault)
{
    const struct gpio_chip *chip = &map->chips[place->chip];
    int r = 0;

    if (!line_spec_offset(&want->spec, &place->offset))
        r = map->library->find(chip->handle, want->spec.line, &place->offset);
    else if (place->offset >= chip->info.lines)
        r = -ENOENT;
    if (r == -ENOENT)
        return out_of_range(chip, want, fault);
    if (r < 0)
        return body_fault_set(fault, r, "gpio-failed", "line %s of %s (%s) cannot be found: %s",
                              want->spec.line, chip_name(chip), want->what, strerror(-r));
    return 0;
}

static int place_line(struct gpio_map *map, const char *chip, const struct line_want *want,
                      struct gpio_place *ret, struct body_fault *fault)
{
    struct search search = {
        .map = map,
        .wanted = want->spec.chip[0] ? want->spec.chip : chip,
        .want = want,
        .fault = fault,
    };

    if (!search.wanted)
        return body_fault_set(fault, -EINVAL, "gpio-missing",
                              "on which GPIO chip is line %s (%s)? Set [gpio] chip",
                              want->spec.line, want->what);
    int r = find_chip(&search);
    if (r < 0)
        return r;
    ret->chip = search.chip;
    ret->what = want->what;
    return find_offset(map, want, ret, fault);
}

static int check_distinct(const struct gpio_map *map, const struct gpio_place *place,
                          struct body_fault *fault)
{
    for (const struct gpio_place *other = map->places; other < place; other++)
        if (other->what && other->chip == place->chip && other->offset == place->offset)
            return body_fault_set(fault, -EEXIST, "gpio-twice",
                                  "line %u of %s is wanted twice, for %s and for %s: correct one",
                                  place->offset, chip_name(&map->chips[place->chip]), other->what,
                                  place->what);
    return 0;
}

static int check_free(struct gpio_map *map, const struct gpio_place *place,
                      struct body_fault *fault)
{
    const struct gpio_chip *chip = &map->chips[place->chip];
    char holder[GPIO_NAME_MAX];
    int r = map->library->is_used(chip->handle, place->offset, holder);

    if (r > 0)
        return busy(chip, place, holder, fault);
    return r < 0 ? gpio_map_fault(map, place, r, fault) : 0;
}

int gpio_map_fill(struct gpio_map *map, const struct gpio_library *library, const char *chip,
                  const struct line_want *wants, size_t count, struct body_fault *ret_fault)
{
    int r = 0;

    *map = (struct gpio_map){.library = library};
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (!wants[i].what)
            continue;
        r = place_line(map, chip, &wants[i], &map->places[i], ret_fault);
        if (r == 0)
            r = check_distinct(map, &map->places[i], ret_fault);
    }
    for (size_t i = 0; r == 0 && i < count; i++)
        if (map->places[i].what)
            r = check_free(map, &map->places[i], ret_fault);
    return r;
}

void gpio_map_clear(struct gpio_map *map)
{
    for (unsigned i = 0; i < map->chip_count; i++)
        map->library->close(map->chips[i].handle);
    map->chip_count = 0;
}

int gpio_map_look(const struct gpio_library *library, const char *chip,
                  const struct line_want *want, struct gpio_look *ret)
{
    struct gpio_map map;
    int r;

    *ret = (struct gpio_look){.fault.cause = "gpio-failed"};
    r = gpio_map_fill(&map, library, chip, want, 1, &ret->fault);
    if (map.chip_count > 0)
        ret->chip = map.chips[0].info;
    gpio_map_clear(&map);
    return r;
}
