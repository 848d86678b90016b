#include <errno.h>

#include "violet-rig.h"
#include "violet-vectors.h"
#include "violet/ambient.h"
#include "violet/packet.h"

#define NO AMBIENT_UNCHANGED

/* What the packets of the vectors mean. */
static const struct {
    const char *name;
    struct ambient ambient;
} meanings[] = {
    {"ambient_ojn_min_init", {.ears = {0, 0}, .nose = 0, .base = NO, .taichi = NO}},
    {"ears_10_5", {.ears = {10, 5}, .nose = NO, .base = NO, .taichi = NO}},
    {"weather_rain", {0, 0, 1, {{AMBIENT_WEATHER, 3}}, {NO, NO}, NO, NO, NO, 0}},
    {"stock_highup", {0, 0, 1, {{AMBIENT_STOCK, 6}}, {NO, NO}, NO, NO, NO, 0}},
    {"traffic_fast", {0, 0, 1, {{AMBIENT_TRAFFIC, 5}}, {NO, NO}, NO, NO, NO, 0}},
    {"mail_3plus", {0, 0, 1, {{AMBIENT_MAIL, 3}}, {NO, NO}, NO, NO, NO, 0}},
    {"air_bad", {0, 0, 1, {{AMBIENT_AIR, 10}}, {NO, NO}, NO, NO, NO, 0}},
    {"nose_double", {.ears = {NO, NO}, .nose = 2, .base = NO, .taichi = NO}},
    {"bottom_cyan_ojn", {.ears = {NO, NO}, .nose = NO, .base = 3, .taichi = NO}},
    {"taichi_normal", {.ears = {NO, NO}, .nose = NO, .base = NO, .taichi = 80}},
    {"delete_weather", {0, 1 << AMBIENT_WEATHER, 0, {{0, 0}}, {NO, NO}, NO, NO, NO, 0}},
    {"multi_services",
     {0, 0, 5, {{1, 0}, {2, 3}, {3, 6}, {6, 1}, {7, 5}}, {NO, NO}, NO, NO, NO, 0}},
    {"ambient_old_format", {1, 0, 1, {{AMBIENT_WEATHER, 0}}, {14, 13}, 0, NO, 80, 0}},
    {"ambient_old_format_2msg", {1, 0, 1, {{AMBIENT_MAIL, 2}}, {0, 0}, 2, NO, 0, 0}},
    {"combo_ambient_msg_mode", {.ears = {NO, NO}, .nose = 1, .base = NO, .taichi = NO}},
};

static bool same(const struct ambient *a, const struct ambient *b)
{
    return a->is_full == b->is_full && a->removed == b->removed && a->count == b->count &&
           memcmp(a->shown, b->shown, a->count * sizeof(a->shown[0])) == 0 &&
           memcmp(a->ears, b->ears, sizeof(a->ears)) == 0 && a->nose == b->nose &&
           a->base == b->base && a->taichi == b->taichi && a->ignored == b->ignored;
}

static const struct ambient *meaning_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
        if (streq(meanings[i].name, name))
            return &meanings[i].ambient;
    return NULL;
}

static void vectors_both_ways(void **state)
{
    size_t met = 0;

    for (size_t i = 0; i < ARRAY_SIZE(packet_vectors); i++) {
        const char *name = packet_vectors[i].name;
        const struct ambient *meaning = meaning_of(name);
        struct bytes bytes = bytes_of_hex(packet_vectors[i].hex);
        uint8_t again[AMBIENT_PAYLOAD_SIZE];
        struct packet_frame frame;
        struct packet packet;
        struct ambient ambient;
        size_t n;

        if (packet_parse(&packet, bytes.data, bytes.size) < 0)
            continue;
        while (packet_next(&packet, &frame)) {
            if (frame.type != PACKET_AMBIENT)
                continue;
            if (!meaning)
                fail_msg("%s has an ambient frame", name);
            assert_int_equal(ambient_decode(&ambient, frame.payload, frame.size), 0);
            if (!same(&ambient, meaning))
                fail_msg("%s", name);
            assert_int_equal(ambient_encode(meaning, again, sizeof(again), &n), 0);
            assert_int_equal(n, frame.size);
            assert_memory_equal(again, frame.payload, n);
            met++;
        }
    }
    assert_int_equal(met, ARRAY_SIZE(meanings));
}

static struct ambient decode_hex(const char *hex)
{
    struct bytes bytes = bytes_of_hex(hex);
    struct ambient ambient;

    assert_int_equal(ambient_decode(&ambient, bytes.data, bytes.size), 0);
    return ambient;
}

static void short_ones_are_refused(void **state)
{
    uint8_t full[22] = {0x7f, 0xff, 0xff, 0xff}, changes[4] = {0x7f, 0xff, 0xff, 0xfe};
    struct ambient ambient;

    for (size_t n = 0; n <= sizeof(full); n++)
        assert_int_equal(ambient_decode(&ambient, full, n), n < sizeof(full) ? -EBADMSG : 0);
    for (size_t n = 0; n <= sizeof(changes); n++)
        assert_int_equal(ambient_decode(&ambient, changes, n), n < sizeof(changes) ? -EBADMSG : 0);
}

static void pairs_in_their_order(void **state)
{
    struct ambient ambient;

    /* The last word counts, and keeps its place. */
    ambient = decode_hex("7ffffffe"
                         "0101"
                         "0602"
                         "0103");
    assert_int_equal(ambient.count, 2);
    assert_int_equal(ambient.shown[0].service, AMBIENT_WEATHER);
    assert_int_equal(ambient.shown[0].value, 3);

    /* Shown and removed is removed, removed and shown is new: it comes last. */
    ambient = decode_hex("7ffffffe"
                         "0101"
                         "0001");
    assert_true(ambient.count == 0 && ambient.removed == 1 << AMBIENT_WEATHER);
    ambient = decode_hex("7ffffffe"
                         "0101"
                         "0602"
                         "0001"
                         "0105");
    assert_true(ambient.count == 2 && ambient.removed == 1 << AMBIENT_WEATHER);
    assert_int_equal(ambient.shown[0].service, AMBIENT_MAIL);
    assert_int_equal(ambient.shown[1].service, AMBIENT_WEATHER);
    assert_int_equal(ambient.shown[1].value, 5);
}

static void odd_pairs(void **state)
{
    struct ambient ambient;

    ambient = decode_hex("7ffffffe"
                         "04ff");
    assert_true(ambient.ears[0] == 255 && ambient.ears[1] == 0);
    ambient = decode_hex("7ffffffe"
                         "0503");
    assert_true(ambient.ears[0] == 0 && ambient.ears[1] == 3);
    ambient = decode_hex("7ffffffe"
                         "0503"
                         "0402");
    assert_true(ambient.ears[0] == 2 && ambient.ears[1] == 3);

    ambient = decode_hex("7ffffffe"
                         "1406"); /* advanced trade */
    assert_true(ambient.count == 1 && ambient.shown[0].service == AMBIENT_STOCK);

    ambient = decode_hex("7ffffffe"
                         "0aff"
                         "ffff"
                         "0004"
                         "0000"
                         "0d01"
                         "0708"
                         "01");
    assert_int_equal(ambient.ignored, 5);
    assert_true(ambient.count == 1 && ambient.shown[0].value == 8 && ambient.removed == 0);
    assert_int_equal(ambient.nose, NO);
}

static void the_old_form_is_the_whole_state(void **state)
{
    struct ambient ambient;

    /* Unknown pairs, and pairs that are not of this form, say nothing. */
    ambient = decode_hex("7fffffff"
                         "0804"
                         "0000"
                         "0505"
                         "0702"
                         "1403"
                         "0000"
                         "3301"
                         "0900"
                         "0a0b"
                         "050505"
                         "05");
    assert_true(ambient.is_full);
    assert_int_equal(ambient.ignored, 4);
    assert_int_equal(ambient.count, 2);
    assert_int_equal(ambient.shown[1].service, AMBIENT_STOCK);
    assert_true(ambient.ears[0] == 10 && ambient.ears[1] == 11);
    assert_int_equal(ambient.nose, 2);
    assert_int_equal(ambient.taichi, 0);
    assert_int_equal(ambient.base, NO);
    ambient = decode_hex("7fffffff"
                         "00000000000000000000000000000000"
                         "0000"
                         "0500"
                         "05");
    assert_int_equal(ambient.nose, 1);
}

static void what_is_asked_for(void **state)
{
    uint8_t payload[AMBIENT_PAYLOAD_SIZE];
    struct ambient ambient;
    size_t n;

    ambient_init(&ambient);
    assert_false(ambient_show(&ambient, 4, 1));
    assert_false(ambient_show(&ambient, 0, 1));
    assert_false(ambient_remove(&ambient, 8));
    assert_true(ambient_show(&ambient, AMBIENT_TRADE, 1));
    assert_int_equal(ambient_encode(&ambient, payload, 5, &n), -ENOSPC);
    assert_int_equal(ambient_encode(&ambient, payload, 6, &n), 0);
    assert_memory_equal(payload, "\x7f\xff\xff\xfe\x02\x01", 6);
}

static struct ambient random_ambient(uint64_t *seed)
{
    static const unsigned services[] = {1, 2, 3, 6, 7};
    struct ambient ambient;

    ambient_init(&ambient);
    ambient.is_full = dice_of(seed, 2);
    for (unsigned i = dice_of(seed, 10); i > 0; i--) {
        if (!ambient.is_full && dice_of(seed, 3) == 0)
            ambient_remove(&ambient, services[dice_of(seed, 5)]);
        else
            ambient_show(&ambient, services[dice_of(seed, 5)], dice_of(seed, 256));
    }
    if (ambient.is_full || dice_of(seed, 2)) {
        ambient.ears[0] = (int)dice_of(seed, 256);
        ambient.ears[1] = (int)dice_of(seed, 256);
    }
    ambient.nose = ambient.is_full ? (int)dice_of(seed, 3) : (int)dice_of(seed, 257) - 1;
    ambient.taichi = (int)dice_of(seed, 257) - !ambient.is_full;
    ambient.taichi = ambient.taichi > 255 ? 255 : ambient.taichi;
    if (!ambient.is_full)
        ambient.base = (int)dice_of(seed, 257) - 1;
    return ambient;
}

static void random_ones_both_ways(void **state)
{
    uint64_t seed = 4;

    for (unsigned i = 0; i < 50000; i++) {
        struct ambient ambient = random_ambient(&seed), again;
        uint8_t payload[AMBIENT_PAYLOAD_SIZE];
        size_t n;

        assert_int_equal(ambient_encode(&ambient, payload, sizeof(payload), &n), 0);
        assert_int_equal(ambient_decode(&again, payload, n), 0);
        assert_true(same(&ambient, &again));
    }
}

static void check_any(const uint8_t *data, size_t size)
{
    uint8_t payload[AMBIENT_PAYLOAD_SIZE];
    struct ambient ambient, again;
    size_t n;

    if (ambient_decode(&ambient, data, size) < 0)
        return;
    assert_true(ambient.count <= AMBIENT_SERVICES);
    assert_int_equal(ambient_encode(&ambient, payload, sizeof(payload), &n), 0);
    assert_int_equal(ambient_decode(&again, payload, n), 0);
    again.ignored = ambient.ignored;
    assert_true(same(&ambient, &again));
}

static void frames_of_a_stranger(void **state)
{
    uint64_t seed = 1;

    for (size_t i = 0; i < ARRAY_SIZE(packet_vectors); i++) {
        struct bytes bytes = bytes_of_hex(packet_vectors[i].hex);

        if (!meaning_of(packet_vectors[i].name))
            continue;
        for_each_truncation(bytes.data + 5, bytes.size - 5, check_any);
        for_mutations(&seed, bytes.data + 5, bytes.size - 5, 12000, check_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_both_ways),
        cmocka_unit_test(short_ones_are_refused),
        cmocka_unit_test(pairs_in_their_order),
        cmocka_unit_test(odd_pairs),
        cmocka_unit_test(the_old_form_is_the_whole_state),
        cmocka_unit_test(what_is_asked_for),
        cmocka_unit_test(random_ones_both_ways),
        cmocka_unit_test(frames_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
