#include "helper.h"

#include <errno.h>

#include "xmpp/srv.h"

/* An answer to the question for _x._tcp.a, then its records. */
#define HEADER(answers) "\x12\x34\x85\x80\0\1\0" answers "\0\0\0\0"
#define QUESTION        "\2_x\4_tcp\1a\0\0\x21\0\1"
#define RECORD(size)    "\xc0\x0c\0\x21\0\1\0\0\0\x3c\0" size
#define PARSE(message) \
    srv_parse(records, ARRAY_SIZE(records), (const uint8_t *)(message), sizeof(message) - 1)

static struct srv records[4];

static void test_two(void **state)
{
    assert_int_equal(
        PARSE(HEADER("\2") QUESTION RECORD("\x0a") "\0\5\0\1\x14\x66\1b\xc0\x14" RECORD(
            "\x09") "\0\1\0\0\x14\x67\1c\0"),
        2);
    assert_int_equal(records[0].priority, 5);
    assert_int_equal(records[0].weight, 1);
    assert_int_equal(records[0].port, 5222);
    assert_string_equal(records[0].target, "b.a");
    assert_int_equal(records[1].port, 5223);
    assert_string_equal(records[1].target, "c");
}

static void test_not_offered(void **state)
{
    assert_int_equal(PARSE(HEADER("\1") QUESTION RECORD("\x07") "\0\0\0\0\0\0\0"), 1);
    assert_string_equal(records[0].target, "");
}

static void test_broken(void **state)
{
    assert_int_equal(PARSE(""), -EBADMSG);
    assert_int_equal(PARSE("\x12\x34\x85\x83\0\1\0\0\0\0\0\0" QUESTION), -EBADMSG); /* no name */
    assert_int_equal(PARSE("\x12\x34\x05\x80\0\1\0\0\0\0\0\0" QUESTION), -EBADMSG); /* a question */
    assert_int_equal(PARSE(HEADER("\1") QUESTION), -EBADMSG);                       /* cut off */
    assert_int_equal(PARSE(HEADER("\1") QUESTION RECORD("\xff") "\0\0\0\0\0\0\0"), -EBADMSG);
    assert_int_equal(PARSE(HEADER("\1") QUESTION RECORD("\x04") "\0\1\0\1"), 0); /* too short */
    assert_int_equal(PARSE(HEADER("\1") QUESTION RECORD("\x08") "\0\0\0\0\0\0\xc0\x30"),
                     0); /* a name that points at itself */
}

static void test_every_cut(void **state)
{
    static const char message[] =
        HEADER("\1") QUESTION RECORD("\x0a") "\0\5\0\1\x14\x66\1b\xc0\x14";

    for (size_t size = 0; size < sizeof(message) - 1; size++) {
        uint8_t *cut = test_malloc(size + 1); /* watched by cmocka and the sanitizers */

        memcpy(cut, message, size);
        assert_true(srv_parse(records, ARRAY_SIZE(records), cut, size) <= 0);
        test_free(cut);
    }
}

static uint64_t highest(uint64_t low, uint64_t high, void *userdata)
{
    return high;
}

static uint64_t lowest(uint64_t low, uint64_t high, void *userdata)
{
    return low;
}

static void check_order(random_source random, const char *expected)
{
    struct srv list[] = {{20, 0, 1, "c"}, {10, 5, 1, "a"}, {10, 0, 1, "b"}, {30, 9, 1, "d"}};
    char order[5] = "";

    srv_order(list, ARRAY_SIZE(list), random, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(list); i++)
        order[i] = *list[i].target;
    assert_string_equal(order, expected);
}

static void test_order(void **state)
{
    check_order(lowest, "abcd");
    check_order(highest, "bacd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two),    cmocka_unit_test(test_not_offered),
        cmocka_unit_test(test_broken), cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
