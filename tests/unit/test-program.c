#include <errno.h>

#include "base/parse.h"
#include "violet-rig.h"
#include "violet-vectors.h"
#include "violet/packet.h"
#include "violet/program.h"

static struct program program;

/* ---- the cipher ---- */

static void worked_example(void **state)
{
    struct bytes cipher = bytes_of_hex(WORKED_CIPHER);
    uint8_t data[] = WORKED_PLAIN;

    for (size_t i = 0; i < ARRAY_SIZE(worked_vector); i++) {
        assert_int_equal(worked_vector[i].plain, data[i]);
        assert_int_equal(worked_vector[i].cipher, cipher.data[i]);
        assert_int_equal((uint8_t)(worked_vector[i].key * worked_vector[i].inverse), 1);
    }
    program_encipher(data, sizeof(data) - 1);
    assert_memory_equal(data, cipher.data, cipher.size);
    program_decipher(data, sizeof(data) - 1);
    assert_string_equal((char *)data, WORKED_PLAIN);
}

static void all_bytes(void **state)
{
    struct bytes cipher = bytes_of_hex(all_bytes_cipher);
    uint8_t data[256];

    for (unsigned i = 0; i < 256; i++)
        data[i] = (uint8_t)i;
    program_encipher(data, sizeof(data));
    assert_memory_equal(data, cipher.data, sizeof(data));
    program_decipher(data, sizeof(data));
    for (unsigned i = 0; i < 256; i++)
        assert_int_equal(data[i], i);
}

/* Every byte behind every other: all keys, all bytes. */
static void every_pair_of_bytes(void **state)
{
    for (unsigned i = 0; i < 65536; i++) {
        uint8_t data[2] = {(uint8_t)(i >> 8), (uint8_t)i};

        program_encipher(data, 2);
        program_decipher(data, 2);
        assert_true(data[0] == i >> 8 && data[1] == (i & 0xff));
    }
}

static void random_bytes(void **state)
{
    uint64_t seed = 47;

    for (unsigned i = 0; i < 2000; i++) {
        uint8_t data[300], copy[300];
        size_t size = dice_of(&seed, sizeof(data) + 1);

        dice_fill(&seed, data, sizeof(data));
        memcpy(copy, data, sizeof(data));
        program_encipher(copy, size);
        program_decipher(copy, size);
        assert_memory_equal(copy, data, sizeof(data));
    }
}

static void packets_both_ways(void **state)
{
    size_t met = 0;

    for (size_t i = 0; i < ARRAY_SIZE(packet_vectors); i++) {
        struct bytes bytes = bytes_of_hex(packet_vectors[i].hex);
        const char *text = packet_vectors[i].program;
        uint8_t payload[HEX_MAX];
        struct packet_frame frame;
        struct packet packet;
        size_t n;

        if (packet_parse(&packet, bytes.data, bytes.size) < 0)
            continue;
        while (packet_next(&packet, &frame)) {
            if (frame.type != PACKET_PROGRAM)
                continue;
            assert_non_null(text);
            assert_int_equal(program_encode(text, strlen(text), payload, frame.size, &n), 0);
            assert_int_equal(n, frame.size);
            assert_memory_equal(payload, frame.payload, n);
            memcpy(payload, frame.payload, n);
            program_decipher(payload + 1, n - 1);
            assert_memory_equal(payload + 1, text, n - 1);
            met++;
        }
    }
    assert_int_equal(met, 10);
}

/* ---- the text ---- */

static void parse(const char *text)
{
    assert_int_equal(program_parse(&program, text, strlen(text)), 0);
}

static void check_step(size_t i, enum program_command command, const char *key, const char *value)
{
    assert_true(i < program.count);
    assert_int_equal(program.steps[i].command, command);
    assert_string_equal(program.steps[i].key, key);
    assert_string_equal(program.steps[i].value, value);
}

static void vectors_as_steps(void **state)
{
    static const struct {
        const char *name, *steps;
    } cases[] = {
        {"msg_mu_mw", "MU(broadcast/ojn_local/a.mp3) MW() "},
        {"msg_mu_pl_mw", "MU(http://127.0.0.1/x.mp3) PL(3) MW() "},
        {"msg_id_ch", "ID(123456) CH(broadcast/ojn_local/chor/t.chor) "},
        {"msg_st_pl_mw", "ST(http://radio.example/stream) PL(5) MW() "},
        {"msg_cl", "PL(2) CL(50331392) CH(broadcast/c.chor) "},
        {"msg_nabaztag", "?() "},
        {"msg_idle", "ID(2147483647) "},
        {"msg_asleep", "ID(2147483646) "},
        {"combo_ambient_msg_mode", "MU(broadcast/a.mp3) MW() "},
        {"violet_messagedumper_sample", "ID(2147483645) ST(http://localhost/mp3) MW() "},
    };
    size_t met = 0;

    for (size_t i = 0; i < ARRAY_SIZE(packet_vectors); i++)
        for (size_t j = 0; packet_vectors[i].program && j < ARRAY_SIZE(cases); j++) {
            char steps[256];
            size_t n = 0;

            if (!streq(packet_vectors[i].name, cases[j].name))
                continue;
            parse(packet_vectors[i].program);
            for (size_t k = 0; k < program.count; k++)
                n += (size_t)snprintf(steps + n, sizeof(steps) - n, "%s(%s) ",
                                      program_command_name(program.steps[k].command),
                                      program.steps[k].value);
            assert_string_equal(steps, cases[j].steps);
            met++;
        }
    assert_int_equal(met, ARRAY_SIZE(cases));
}

static void every_command_has_its_name(void **state)
{
    static const char names[] = "ID PL CL MU MC MS MW CH ST SP SI SE IS IE IC WT SL CU SG";
    char text[sizeof(names)];

    memcpy(text, names, sizeof(names));
    for (char *c = text; *c; c++)
        *c = *c == ' ' ? '\n' : *c;
    parse(text);
    assert_int_equal(program.count, PROGRAM_COMMANDS - 1);
    for (unsigned i = 1; i < PROGRAM_COMMANDS; i++) {
        assert_int_equal(program.steps[i - 1].command, i);
        assert_string_equal(program_command_name(i), program.steps[i - 1].key);
    }
}

static void lines(void **state)
{
    parse("");
    assert_int_equal(program.count, 0);
    parse("\n");
    assert_int_equal(program.count, 1);
    check_step(0, PROGRAM_UNKNOWN, "", "");
    parse("MW\r\nMU a b  c \r\n\r\nmu x\nMWX\n SG hi\nMU");
    assert_int_equal(program.count, 7);
    check_step(0, PROGRAM_MW, "MW", "");
    check_step(1, PROGRAM_MU, "MU", "a b  c ");
    check_step(2, PROGRAM_UNKNOWN, "", "");
    check_step(3, PROGRAM_UNKNOWN, "mu", "x");
    check_step(4, PROGRAM_UNKNOWN, "MWX", "");
    check_step(5, PROGRAM_UNKNOWN, "", "SG hi");
    check_step(6, PROGRAM_MU, "MU", "");
    assert_int_equal(program_parse(&program, "SG \0M\nM\0 x", 10), 0);
    assert_int_equal(program.count, 2);
    check_step(0, PROGRAM_SG, "SG", "?M");
    check_step(1, PROGRAM_UNKNOWN, "M?", "x");
    assert_int_equal(program_decode(&program, NULL, 0), -EBADMSG);
    assert_int_equal(program_decode(&program, (uint8_t[]){0}, 1), 0);
    assert_int_equal(program.count, 0);
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        bool has_number;
        uint32_t number;
    } cases[] = {
        {"PL 3", true, 3},
        {"PL 4294967295", true, UINT32_MAX},
        {"PL 99999999999999999999", true, UINT32_MAX},
        {"PL -1", false, 0},
        {"PL", false, 0},
        {"PL x", false, 0},
        {"PL 3 ", false, 0},
        {"WT 500", true, 500},
        {"WT 99999999999", true, LIMIT_PROGRAM_WAIT},
        {"WT 3600001", true, LIMIT_PROGRAM_WAIT},
        {"ID 123456", false, 0},
        {"MU 5", false, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        parse(cases[i].text);
        assert_int_equal(program.steps[0].has_number, cases[i].has_number);
        if (cases[i].has_number)
            assert_int_equal(program.steps[0].number, cases[i].number);
    }
}

static void palette(void **state)
{
    uint32_t value = 77;

    parse("MU a\nMW\n");
    assert_false(program_palette(&program, &value));
    parse("MU a\nPL x\nMW\nPL 9\nPL 2\n");
    assert_true(program_palette(&program, &value));
    assert_int_equal(value, 9);
}

static void colours(void **state)
{
    uint32_t color;
    unsigned index;

    parse("CL 50331392\nCL 117440512\nCL 134217728\nCL 4294967295\nCL x\nPL 50331392");
    assert_true(program_color(&program.steps[0], &index, &color));
    assert_int_equal(index, 2);
    assert_int_equal(color, 0xffff00);
    assert_true(program_color(&program.steps[1], &index, &color));
    assert_int_equal(index, 7);
    for (size_t i = 2; i < program.count; i++)
        assert_false(program_color(&program.steps[i], &index, &color));
}

static void the_command_behind_wt_is_skipped(void **state)
{
    bool skipped;

    parse("MW\nWT 5\nMU a\nMU b\nWT 6");
    assert_int_equal(program_after(&program, 0, &skipped), 1);
    assert_false(skipped);
    assert_int_equal(program_after(&program, 1, &skipped), 3);
    assert_true(skipped);
    assert_int_equal(program_after(&program, 3, NULL), 4);
    assert_int_equal(program_after(&program, 4, &skipped), 5);
    assert_false(skipped);
}

static void limits(void **state)
{
    static char text[LIMIT_PROGRAM_TEXT + 1];
    static uint8_t payload[LIMIT_PROGRAM_TEXT + 2];
    size_t n;

    memset(text, 'x', sizeof(text));
    assert_int_equal(program_parse(&program, text, LIMIT_PROGRAM_TEXT), 0);
    assert_int_equal(program.count, 1);
    assert_int_equal(program_parse(&program, text, LIMIT_PROGRAM_TEXT + 1), -E2BIG);
    assert_int_equal(program_decode(&program, payload, LIMIT_PROGRAM_TEXT + 1), 0);
    assert_int_equal(program_decode(&program, payload, LIMIT_PROGRAM_TEXT + 2), -E2BIG);
    assert_int_equal(program.count, 0);

    memset(text, '\n', sizeof(text));
    assert_int_equal(program_parse(&program, text, LIMIT_PROGRAM_STEPS), 0);
    assert_int_equal(program.count, LIMIT_PROGRAM_STEPS);
    assert_int_equal(program_parse(&program, text, LIMIT_PROGRAM_STEPS + 1), -E2BIG);

    for (size_t length = LIMIT_URL; length <= LIMIT_URL + 1; length++) {
        memset(text, 'u', sizeof(text));
        memcpy(text, "CH ", 3);
        assert_int_equal(program_parse(&program, text, 3 + length), 0);
        assert_int_equal(program.steps[0].command, PROGRAM_CH);
        assert_int_equal(program.steps[0].is_too_long, length > LIMIT_URL);
        assert_int_equal(strlen(program.steps[0].value), length > LIMIT_URL ? 0 : length);
    }
    assert_int_equal(program_encode("MW\n", 3, payload, 3, &n), -ENOSPC);
    assert_int_equal(program_encode("MW\n", 3, payload, 4, &n), 0);
    assert_int_equal(n, 4);
}

static void text_for_people(void **state)
{
    char text[16], all[256 * 2], bytes[256];

    program_text(text, sizeof(text), "caf\xe9 \x1b[2J\x9b\n\x7f\xff");
    assert_string_equal(text, "café ?[2J???ÿ");
    program_text(text, 5, "caf\xe9");
    assert_string_equal(text, "caf");
    program_text(text, 1, "caf");
    assert_string_equal(text, "");
    for (unsigned i = 0; i < 255; i++)
        bytes[i] = (char)(i + 1);
    bytes[255] = '\0';
    program_text(all, sizeof(all), bytes);
    assert_true(text_is_clean(all));
}

/* ---- random ones ---- */

static size_t random_text(uint64_t *seed, char *text, size_t size)
{
    size_t used = 0;

    for (unsigned lines = dice_of(seed, 20); lines > 0; lines--) {
        enum program_command command = 1 + dice_of(seed, PROGRAM_COMMANDS - 1);
        char value[30];
        size_t n = dice_of(seed, sizeof(value));

        for (size_t i = 0; i < n; i++)
            value[i] = (char)(' ' + dice_of(seed, 0xe0));
        used += (size_t)snprintf(text + used, size - used, "%s %.*s\n",
                                 program_command_name(command), (int)n, value);
    }
    return used;
}

static void random_programs_both_ways(void **state)
{
    uint64_t seed = 71;

    for (unsigned i = 0; i < 3000; i++) {
        char text[1024], again[1024];
        uint8_t payload[1024];
        size_t length = random_text(&seed, text, sizeof(text)), used = 0, n;

        assert_int_equal(program_encode(text, length, payload, sizeof(payload), &n), 0);
        assert_int_equal(program_decode(&program, payload, n), 0);
        for (size_t j = 0; j < program.count; j++) {
            assert_int_not_equal(program.steps[j].command, PROGRAM_UNKNOWN);
            used += (size_t)snprintf(again + used, sizeof(again) - used, "%s %s\n",
                                     program.steps[j].key, program.steps[j].value);
        }
        assert_int_equal(used, length);
        assert_memory_equal(again, text, length);
    }
}

static void check_steps(void)
{
    char text[64];

    for (size_t i = 0; i < program.count; i++) {
        assert_true(program.steps[i].command < PROGRAM_COMMANDS);
        assert_true(strlen(program.steps[i].value) <= LIMIT_URL);
        assert_true(program_after(&program, i, NULL) > i);
        program_text(text, sizeof(text), program.steps[i].value);
        assert_true(text_is_clean(text));
    }
}

static void check_any(const uint8_t *data, size_t size)
{
    if (program_decode(&program, data, size) == 0)
        check_steps();
}

static void check_any_text(const uint8_t *data, size_t size)
{
    if (program_parse(&program, (const char *)data, size) == 0)
        check_steps();
}

static void programs_of_a_stranger(void **state)
{
    uint64_t seed = 10;

    for (size_t i = 0; i < ARRAY_SIZE(packet_vectors); i++) {
        struct bytes bytes = bytes_of_hex(packet_vectors[i].hex);
        const char *text = packet_vectors[i].program;

        if (!text)
            continue;
        for_mutations(&seed, (const uint8_t *)text, strlen(text), 6000, check_any_text);
        for_each_truncation(bytes.data + 5, bytes.size - 5, check_any);
        for_mutations(&seed, bytes.data + 5, bytes.size - 5, 12000, check_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example),
        cmocka_unit_test(all_bytes),
        cmocka_unit_test(every_pair_of_bytes),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(packets_both_ways),
        cmocka_unit_test(vectors_as_steps),
        cmocka_unit_test(every_command_has_its_name),
        cmocka_unit_test(lines),
        cmocka_unit_test(numbers),
        cmocka_unit_test(palette),
        cmocka_unit_test(colours),
        cmocka_unit_test(the_command_behind_wt_is_skipped),
        cmocka_unit_test(limits),
        cmocka_unit_test(text_for_people),
        cmocka_unit_test(random_programs_both_ways),
        cmocka_unit_test(programs_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
