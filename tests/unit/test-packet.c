#include <errno.h>

#include "base/base64.h"
#include "violet-rig.h"
#include "violet-vectors.h"
#include "violet/packet.h"

/* The packet made anew of its frames; -1: the whole is bad. */
static int remake(const uint8_t *data, size_t size, uint8_t *ret)
{
    struct packet_frame frames[LIMIT_PACKET_FRAMES];
    struct packet_writer writer;
    struct packet packet;
    size_t count = 0, n;

    if (packet_parse(&packet, data, size) < 0)
        return -1;
    while (packet_next(&packet, &frames[count])) {
        assert_true(frames[count].payload >= data + 5);
        assert_true(frames[count].payload + frames[count].size < data + size);
        count++;
    }
    assert_true(count > 0 && packet.left == 0);
    assert_int_equal(packet_begin(&writer, ret, size), 0);
    while (count-- > 0)
        assert_int_equal(
            packet_add(&writer, frames[count].type, frames[count].payload, frames[count].size), 0);
    assert_int_equal(packet_end(&writer, &n), 0);
    return (int)n;
}

/* An empty packet can be written, but is a bad one. */
static size_t check_empty(const struct bytes *bytes, uint8_t *ret)
{
    struct packet_writer writer;
    struct packet packet;
    size_t n;

    assert_int_equal(packet_parse(&packet, bytes->data, bytes->size), -EBADMSG);
    assert_int_equal(packet_begin(&writer, ret, HEX_MAX), 0);
    assert_int_equal(packet_end(&writer, &n), 0);
    return n;
}

static void vectors_both_ways(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(packet_vectors); i++) {
        struct bytes bytes = bytes_of_hex(packet_vectors[i].hex);
        const char *base64 = packet_vectors[i].base64;
        bool is_empty = streq(packet_vectors[i].name, "empty");
        char text[BASE64_TEXT_SIZE(HEX_MAX)];
        uint8_t again[HEX_MAX];
        struct packet packet;
        size_t n;

        base64_encode(text, bytes.data, bytes.size, BASE64_STANDARD);
        assert_string_equal(text, base64);
        assert_int_equal(packet_decode(&packet, again, sizeof(again), base64, strlen(base64)),
                         is_empty ? -EBADMSG : 0);
        assert_memory_equal(again, bytes.data, bytes.size);
        n = is_empty ? check_empty(&bytes, again) : (size_t)remake(bytes.data, bytes.size, again);
        assert_int_equal(n, bytes.size);
        assert_memory_equal(again, bytes.data, n);
    }
}

static void bad_vectors_are_refused(void **state)
{
    struct packet packet;

    for (size_t i = 0; i < ARRAY_SIZE(bad_packet_vectors); i++) {
        struct bytes bytes = bytes_of_hex(bad_packet_vectors[i].hex);

        if (packet_parse(&packet, bytes.data, bytes.size) != -EBADMSG)
            fail_msg("%s", bad_packet_vectors[i].name);
    }
}

static void pushed_ones_are_good(void **state)
{
    uint8_t bytes[HEX_MAX];
    struct packet packet;

    for (size_t i = 0; i < ARRAY_SIZE(pushed_vectors); i++) {
        const char *text = pushed_vectors[i].base64;

        assert_int_equal(packet_decode(&packet, bytes, sizeof(bytes), text, strlen(text)), 0);
    }
}

/* ---- what is bad, and what is not ---- */

static int parse_hex(const char *hex)
{
    struct bytes bytes = bytes_of_hex(hex);
    struct packet packet;

    return packet_parse(&packet, bytes.data, bytes.size);
}

static void one_bad_frame_voids_all(void **state)
{
    static const struct {
        const char *hex;
        int result;
    } cases[] = {
        {"", -EBADMSG},
        {"7f", -EBADMSG},
        {"ff", -EBADMSG},
        {"7f0b00000101ff0b0c0d", 0}, /* what follows is not looked at */
        {"7f00000000ff", 0},         /* types that say nothing */
        {"7f0b000001ffff", 0},       /* FF within a frame is no end */
        {"7f0b000001ff", -EBADMSG},  /* … and is none */
        {"7f0b000000ff", 0},         /* no mode in it, but a frame */
        {"7f0b00000101", -EBADMSG},
        {"7f0b0000010b00000100ff", -EBADMSG}, /* the second frame begins too late */
        {"7f0b000001010c000000ff", -EBADMSG},
        {"7f0b000001018b000000ff", -EBADMSG},
        {"7f0b000001010bffffffff", -EBADMSG},
        {"7f0b00000101040000", -EBADMSG},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (parse_hex(cases[i].hex) != cases[i].result)
            fail_msg("%s", cases[i].hex);
}

static void frames_come_last_to_first(void **state)
{
    struct bytes bytes = bytes_of_hex("7f0b00000100090000000400000401020304ff");
    static const unsigned types[] = {PACKET_AMBIENT, PACKET_REBOOT, PACKET_MODE};
    static const size_t sizes[] = {4, 0, 1};
    struct packet_frame frame;
    struct packet packet;

    assert_int_equal(packet_parse(&packet, bytes.data, bytes.size), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_true(packet_next(&packet, &frame));
        assert_int_equal(frame.type, types[i]);
        assert_int_equal(frame.size, sizes[i]);
    }
    assert_false(packet_next(&packet, &frame));
    assert_false(packet_next(&packet, &frame));
}

static void modes(void **state)
{
    bool asleep = false;

    assert_true(packet_frame_mode(&(struct packet_frame){11, (uint8_t[]){1}, 1}, &asleep));
    assert_true(asleep);
    assert_true(packet_frame_mode(&(struct packet_frame){11, (uint8_t[]){0, 1}, 2}, &asleep));
    assert_false(asleep);
    assert_false(packet_frame_mode(&(struct packet_frame){11, (uint8_t[]){2}, 1}, &asleep));
    assert_false(packet_frame_mode(&(struct packet_frame){11, (uint8_t[]){255}, 1}, &asleep));
    assert_false(packet_frame_mode(&(struct packet_frame){11, NULL, 0}, &asleep));
}

static void limits(void **state)
{
    static uint8_t data[LIMIT_PACKET_BYTES + 1], payload[LIMIT_PACKET_BYTES];
    struct packet_writer writer;
    struct packet packet;
    size_t n;

    for (unsigned frames = LIMIT_PACKET_FRAMES; frames <= LIMIT_PACKET_FRAMES + 1; frames++) {
        packet_begin(&writer, data, sizeof(data));
        for (unsigned i = 0; i < frames; i++)
            assert_int_equal(packet_add(&writer, PACKET_REBOOT, NULL, 0), 0);
        packet_end(&writer, &n);
        assert_int_equal(packet_parse(&packet, data, n), frames > LIMIT_PACKET_FRAMES ? -E2BIG : 0);
    }
    for (size_t size = LIMIT_PACKET_BYTES - 6; size <= LIMIT_PACKET_BYTES - 5; size++) {
        packet_begin(&writer, data, sizeof(data));
        assert_int_equal(packet_add(&writer, PACKET_PROGRAM, payload, size), 0);
        assert_int_equal(packet_end(&writer, &n), 0);
        assert_int_equal(packet_parse(&packet, data, n), n > LIMIT_PACKET_BYTES ? -E2BIG : 0);
    }
}

static void the_writer_keeps_within_its_room(void **state)
{
    struct packet_writer writer;
    uint8_t data[8];
    size_t n;

    assert_int_equal(packet_begin(&writer, data, 0), -ENOSPC);
    assert_int_equal(packet_begin(&writer, data, 7), 0);
    assert_int_equal(packet_add(&writer, 12, data, 0), -EINVAL);
    assert_int_equal(packet_add(&writer, 4, data, 0x1000000), -EINVAL);
    assert_int_equal(packet_add(&writer, 4, data, 3), -ENOSPC);
    assert_int_equal(writer.used, 1);
    assert_int_equal(packet_add(&writer, 4, data, 2), 0);
    assert_int_equal(packet_end(&writer, &n), -ENOSPC);
}

/* ---- random ones ---- */

static void random_packets_both_ways(void **state)
{
    uint64_t seed = 0x7f;

    for (unsigned i = 0; i < 5000; i++) {
        uint8_t data[LIMIT_PACKET_FRAMES * 16], again[sizeof(data)], payload[11];
        struct packet_writer writer;
        size_t n;

        packet_begin(&writer, data, sizeof(data));
        for (unsigned frames = 1 + dice_of(&seed, LIMIT_PACKET_FRAMES); frames > 0; frames--) {
            size_t size = dice_of(&seed, sizeof(payload) + 1);

            dice_fill(&seed, payload, size);
            assert_int_equal(packet_add(&writer, dice_of(&seed, 12), payload, size), 0);
        }
        assert_int_equal(packet_end(&writer, &n), 0);
        assert_int_equal(remake(data, n, again), n);
        assert_memory_equal(again, data, n);
    }
}

static void check_any(const uint8_t *data, size_t size)
{
    uint8_t again[HEX_MAX];
    int n = remake(data, size, again);

    if (n >= 0)
        assert_memory_equal(again, data, (size_t)n);
}

static void packets_of_a_stranger(void **state)
{
    uint64_t seed = 0xff;

    for (size_t i = 0; i < ARRAY_SIZE(packet_vectors); i++) {
        struct bytes bytes = bytes_of_hex(packet_vectors[i].hex);

        for_each_truncation(bytes.data, bytes.size, check_any);
        for_mutations(&seed, bytes.data, bytes.size, 8000, check_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_both_ways),
        cmocka_unit_test(bad_vectors_are_refused),
        cmocka_unit_test(pushed_ones_are_good),
        cmocka_unit_test(one_bad_frame_voids_all),
        cmocka_unit_test(frames_come_last_to_first),
        cmocka_unit_test(modes),
        cmocka_unit_test(limits),
        cmocka_unit_test(the_writer_keeps_within_its_room),
        cmocka_unit_test(random_packets_both_ways),
        cmocka_unit_test(packets_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
