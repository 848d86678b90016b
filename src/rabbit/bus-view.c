#include "rabbit/bus-view.h"

#include "base/bus-name.h"

/* ---- how fields look on the bus ---- */

#define GETTER(name)                                                                            \
    static int name(sd_bus *bus, const char *path, const char *interface, const char *property, \
                    sd_bus_message *reply, void *field, sd_bus_error *error)

GETTER(get_bool)
{
    return sd_bus_message_append(reply, "b", *(const bool *)field);
}

GETTER(get_text)
{
    return sd_bus_message_append(reply, "s", field);
}

GETTER(get_ears)
{
    const int *ears = field;

    return sd_bus_message_append(reply, "(ii)", ears[EAR_LEFT], ears[EAR_RIGHT]);
}

GETTER(get_ear_states)
{
    static const char *const names[] = {
        [EAR_UNKNOWN] = "unknown", [EAR_HOMING] = "homing", [EAR_MOVING] = "moving",
        [EAR_RESTING] = "resting", [EAR_BROKEN] = "broken",
    };
    const enum ear_state *states = field;

    return sd_bus_message_append(reply, "(ss)", names[states[EAR_LEFT]], names[states[EAR_RIGHT]]);
}

GETTER(get_leds)
{
    const uint32_t *leds = field;
    char color[12];
    int r = sd_bus_message_open_container(reply, 'a', "{ss}");

    for (enum led_index i = 0; r >= 0 && i < LED_COUNT; i++) {
        snprintf(color, sizeof(color), "#%06x", leds[i] & 0xffffffu);
        r = sd_bus_message_append(reply, "{ss}", led_name(i), color);
    }
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_fault)
{
    const struct bus_trouble *trouble = field;

    return sd_bus_message_append(reply, "(ss)", trouble->cause, trouble->text);
}

GETTER(get_failure)
{
    const struct bus_trouble *trouble = field;

    return sd_bus_message_append(reply, "(sst)", trouble->cause, trouble->text, trouble->usec);
}

GETTER(get_version)
{
    return sd_bus_message_append(reply, "s", NABAZTAGD_VERSION);
}

/* ---- the table ---- */

#define PROPERTIES(ROW)                                  \
    ROW("Online", "b", get_bool, online)                 \
    ROW("Stage", "s", get_text, stage)                   \
    ROW("Status", "s", get_text, status)                 \
    ROW("Jid", "s", get_text, jid)                       \
    ROW("Serial", "s", get_text, serial)                 \
    ROW("Ears", "(ii)", get_ears, ears)                  \
    ROW("EarStates", "(ss)", get_ear_states, ear_states) \
    ROW("Leds", "a{ss}", get_leds, leds)                 \
    ROW("Asleep", "b", get_bool, asleep)                 \
    ROW("Board", "s", get_text, board)                   \
    ROW("BodyFault", "(ss)", get_fault, body_fault)      \
    ROW("LastFailure", "(sst)", get_failure, last_failure)

#define PLACE(name, signature, get, field) \
    {name, offsetof(struct bus_view, field), sizeof(((struct bus_view *)NULL)->field)},
#define PROPERTY(name, signature, get, field)                               \
    SD_BUS_PROPERTY(name, signature, get, offsetof(struct bus_view, field), \
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),

static const struct {
    const char *name;
    size_t offset, size;
} places[] = {PROPERTIES(PLACE)};

static const sd_bus_vtable properties[] = {
    SD_BUS_VTABLE_START(0),
    PROPERTIES(PROPERTY)
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_VTABLE_END,
};

int bus_view_publish(const struct bus_view *view, sd_bus *bus)
{
    int r = sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_INTERFACE, properties, (void *)view);

    return r < 0 ? r : 0;
}

size_t bus_view_compare(const struct bus_view *a, const struct bus_view *b,
                        const char *ret_names[BUS_PROPERTIES_MAX])
{
    size_t count = 0;

    _Static_assert(ARRAY_SIZE(places) < BUS_PROPERTIES_MAX, "all and a NULL");
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        if (memcmp((const char *)a + places[i].offset, (const char *)b + places[i].offset,
                   places[i].size) != 0)
            ret_names[count++] = places[i].name;
    ret_names[count] = NULL;
    return count;
}
