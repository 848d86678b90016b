/*
 * What can be seen of the rabbit on the bus: a plain value, and the one table that makes its fields
 * properties. Owned by struct bus; main thread.
 */
#ifndef NABAZTAGD_RABBIT_BUS_VIEW_H
#define NABAZTAGD_RABBIT_BUS_VIEW_H

#include <systemd/sd-bus.h>

#include "body/body.h"

#define BUS_TEXT_MAX 1024

/* A cause token and a sentence; both empty: no trouble. */
struct bus_trouble {
    char cause[64], text[BUS_TEXT_MAX];
    uint64_t usec; /* CLOCK_REALTIME; 0 where that is not told */
};

/* Compared byte by byte: to be zeroed before it is filled in. */
struct bus_view {
    bool online, asleep;
    char stage[32]; /* "sasl"; "wait" */
    char status[BUS_TEXT_MAX];
    char jid[BUS_TEXT_MAX];
    char serial[16];
    int ears[EAR_COUNT]; /* -1: unknown */
    enum ear_state ear_states[EAR_COUNT];
    uint32_t leds[LED_COUNT];
    char board[BUS_TEXT_MAX];
    struct bus_trouble body_fault, last_failure;
};

#define BUS_PROPERTIES_MAX 16

/* Makes the fields of `view`, which must outlive the bus, properties of the rabbit. Returns 0 or
 * -errno. */
int bus_view_publish(const struct bus_view *view, sd_bus *bus);

/* The properties that differ: fills in their names and a NULL. Returns how many. */
size_t bus_view_compare(const struct bus_view *a, const struct bus_view *b,
                        const char *ret_names[BUS_PROPERTIES_MAX]);

#endif
