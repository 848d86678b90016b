/* What libstrophe gets when it sets a new parser's handlers: ours stands before expat's own. */
#include <expat.h>

#include "helper.h"

#include "xmpp/parser-guard.h"

static void XMLCALL on_start(void *userdata, const XML_Char *name, const XML_Char **attributes)
{
}

static void XMLCALL on_end(void *userdata, const XML_Char *name)
{
    ++*(unsigned *)userdata;
}

static XML_Parser guarded_parser(unsigned *ends)
{
    XML_Parser parser = XML_ParserCreate(NULL);

    assert_non_null(parser);
    parser_guard_use();
    XML_SetUserData(parser, ends);
    XML_SetElementHandler(parser, on_start, on_end);
    return parser;
}

static enum XML_Status feed(XML_Parser parser, const char *text)
{
    return XML_Parse(parser, text, (int)strlen(text), XML_FALSE);
}

static void feed_part(XML_Parser parser, const char *text, size_t begin, size_t end)
{
    assert_int_equal(XML_Parse(parser, text + begin, (int)(end - begin), XML_FALSE), XML_STATUS_OK);
}

/* Cut in three anywhere, a stanza is complete with its last byte and does not wait for the next. */
static void test_cut_stanza(void **state)
{
    static const char stanza[] = "<message a='1'><body>ears 3 10</body></message>";
    const size_t size = sizeof(stanza) - 1;

    for (size_t first = 1; first < size; first++)
        for (size_t second = first + 1; second < size; second++) {
            unsigned ends = 0;
            XML_Parser parser = guarded_parser(&ends);

            assert_int_equal(feed(parser, "<stream>"), XML_STATUS_OK);
            feed_part(parser, stanza, 0, first);
            feed_part(parser, stanza, first, second);
            feed_part(parser, stanza, second, size);
            assert_int_equal(ends, 2);
            XML_ParserFree(parser);
        }
}

static void test_doctype(void **state)
{
    static const char *const texts[] = {
        "<!DOCTYPE stream>",
        "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        unsigned ends = 0;
        XML_Parser parser = guarded_parser(&ends);

        assert_int_equal(feed(parser, texts[i]), XML_STATUS_ERROR);
        assert_int_equal(XML_GetErrorCode(parser), XML_ERROR_ABORTED);
        XML_ParserFree(parser);
    }
}

/* libstrophe resets its parser for every stream, which takes all handlers off. */
static void test_after_reset(void **state)
{
    unsigned ends = 0;
    XML_Parser parser = guarded_parser(&ends);

    assert_int_equal(feed(parser, "<a/>"), XML_STATUS_OK);
    assert_true(XML_ParserReset(parser, NULL));
    XML_SetUserData(parser, &ends);
    XML_SetElementHandler(parser, on_start, on_end);
    assert_int_equal(feed(parser, "<stream></strea"), XML_STATUS_OK);
    assert_int_equal(feed(parser, "m>"), XML_STATUS_OK);
    assert_int_equal(ends, 2);
    assert_true(XML_ParserReset(parser, NULL));
    XML_SetElementHandler(parser, on_start, on_end);
    assert_int_equal(feed(parser, "<!DOCTYPE a>"), XML_STATUS_ERROR);
    XML_ParserFree(parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_stanza),
        cmocka_unit_test(test_doctype),
        cmocka_unit_test(test_after_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
