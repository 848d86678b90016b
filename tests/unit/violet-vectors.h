/*
 * Golden vectors of the rabbit platform's formats: packets recorded from and computed for Violet's
 * and OpenJabNab's servers, choreographies with what they show when, logins with their hashes.
 * Bytes are hex digits.
 */
#ifndef NABAZTAGD_TESTS_VIOLET_VECTORS_H
#define NABAZTAGD_TESTS_VIOLET_VECTORS_H

#include <stdint.h>

struct packet_vector {
    const char *name, *hex, *base64;
    const char *program; /* text of its program; NULL: it has none */
};

static const struct packet_vector packet_vectors[] = {
    {"ambient_ojn_min_init", "7f0400000a7ffffffe0400050008000b00000100ff",
     "fwQAAAp////+BAAFAAgACwAAAQD/", NULL},
    {"sleep", "7f0b00000101ff", "fwsAAAEB/w==", NULL},
    {"wake", "7f0b00000100ff", "fwsAAAEA/w==", NULL},
    {"ears_10_5", "7f040000087ffffffe040a0505ff", "fwQAAAh////+BAoFBf8=", NULL},
    {"weather_rain", "7f040000067ffffffe0103ff", "fwQAAAZ////+AQP/", NULL},
    {"stock_highup", "7f040000067ffffffe0206ff", "fwQAAAZ////+Agb/", NULL},
    {"traffic_fast", "7f040000067ffffffe0305ff", "fwQAAAZ////+AwX/", NULL},
    {"mail_3plus", "7f040000067ffffffe0603ff", "fwQAAAZ////+BgP/", NULL},
    {"air_bad", "7f040000067ffffffe070aff", "fwQAAAZ////+Bwr/", NULL},
    {"nose_double", "7f040000067ffffffe0802ff", "fwQAAAZ////+CAL/", NULL},
    {"bottom_cyan_ojn", "7f040000067ffffffe0903ff", "fwQAAAZ////+CQP/", NULL},
    {"taichi_normal", "7f040000067ffffffe0e50ff", "fwQAAAZ////+DlD/", NULL},
    {"delete_weather", "7f040000067ffffffe0001ff", "fwQAAAZ////+AAH/", NULL},
    {"multi_services", "7f0400000e7ffffffe01000203030606010705ff",
     "fwQAAA5////+AQACAwMGBgEHBf8=", NULL},
    {"ambient_old_format", "7f040000177fffffff01000e500000000000000000000000000e0d00ff",
     "fwQAABd/////AQAOUAAAAAAAAAAAAAAAAA4NAP8=", NULL},
    {"ambient_old_format_2msg", "7f040000197fffffff060200000000000000000000000000000000050500ff",
     "fwQAABl/////BgIAAAAAAAAAAAAAAAAAAAAABQUA/w==", NULL},
    {"reboot", "7f09000000ff", "fwkAAAD/", NULL},
    {"ping_delay_ignored", "7f030000011eff", "fwMAAAEe/w==", NULL},
    {"empty", "7fff", "f/8=", NULL},
    {"msg_mu_mw", "7f0a00002100fafe8f11f9f2eefbfac6c09b862005e59ac3b62cc653766e69807fc295882445ff",
     "fwoAACEA+v6PEfny7vv6xsCbhiAF5ZrDtizGU3ZuaYB/wpWIJEX/", "MU broadcast/ojn_local/a.mp3\nMW\n"},
    {"msg_mu_pl_mw",
     "7f0a00002300fafe8f9763831fa9c2609ed59ae11f1d1f1d14f4b73d807fc2953ffb4fa295882445ff",
     "fwoAACMA+v6Pl2ODH6nCYJ7VmuEfHR8dFPS3PYB/wpU/+0+ilYgkRf8=",
     "MU http://127.0.0.1/x.mp3\nPL 3\nMW\n"},
    {"msg_id_ch",
     "7f0a00002e001e5b4f20d5e6db1c512126a74f11f9f2eefbfac6c09b862005e59ac3b62cc65376ac876efdb23b2de"
     "e876efd71ff",
     "fwoAAC4AHltPINXm2xxRISanTxH58u77+sbAm4YgBeWaw7YsxlN2rIdu/bI7Le6Hbv1x/w==",
     "ID 123456\nCH broadcast/ojn_local/chor/t.chor\n"},
    {"msg_st_pl_mw",
     "7f0a00002800c4bb4f9763831fa9c260fdfcfbd0a4c1d897a03e7f1b9cdc9c9bd1b0323e6d3ffb4f24cd882445ff",
     "fwoAACgAxLtPl2ODH6nCYP38+9CkwdiXoD5/G5zcnJvRsDI+bT/7TyTNiCRF/w==",
     "ST http://radio.example/stream\nPL 5\nMW\n"},
    {"msg_cl",
     "7f0a000026005ffb4fe17126834f24bf4284d6208eb57126a74f11f9f2eefbfac6c09b86ac91ee876efd71ff",
     "fwoAACYAX/tP4XEmg08kv0KE1iCOtXEmp08R+fLu+/rGwJuGrJHuh279cf8=",
     "PL 2\nCL 50331392\nCH broadcast/c.chor\n"},
    {"msg_nabaztag", "7f0a000009005184251c2d53e8bcff", "fwoAAAkAUYQlHC1T6Lz/", "nabaztag"},
    {"msg_idle", "7f0a00000f001e5b4fe10c6bce3ba71289b3cec5ff", "fwoAAA8AHltP4QxrzjunEomzzsX/",
     "ID 2147483647\n"},
    {"msg_asleep", "7f0a00000f001e5b4fe10c6bce3ba71289b3f521ff", "fwoAAA8AHltP4QxrzjunEomz9SH/",
     "ID 2147483646\n"},
    {"combo_ambient_msg_mode",
     "7f040000067ffffffe08010a00001700fafe8f11f9f2eefbfac6c09b866e69807fc2958824450b00000100ff",
     "fwQAAAZ////+CAEKAAAXAPr+jxH58u77+sbAm4ZuaYB/wpWIJEULAAABAP8=", "MU broadcast/a.mp3\nMW\n"},
    {"violet_messagedumper_sample",
     "7f0a00002a001e5b4fe10c6bce3ba71289b31ccdf6bb4f9763831fa9c26043b62cc653d76e1c9b86e27fc29588244"
     "50300000178ff",
     "fwoAACoAHltP4QxrzjunEomzHM32u0+XY4MfqcJgQ7YsxlPXbhybhuJ/wpWIJEUDAAABeP8=",
     "ID 2147483645\nST http://localhost/mp3\nMW\n"},
};

static const struct {
    const char *name, *hex;
} bad_packet_vectors[] = {
    {"no_start", "040000067ffffffe0103ff"},
    {"no_end", "7f040000067ffffffe0103"},
    {"len_overrun", "7f0400ffff7ffffffe0103ff"},
    {"bad_type", "7f0c000000ff"},
    {"truncated_len", "7f0400ff"},
};

/* What the server sends in its stanzas. */
static const struct {
    const char *name, *base64;
} pushed_vectors[] = {
    {"sources_reply_ojn", "fwQAAAp////+BAAFAAgACwAAAQD/"},
    {"push_weather_rain_ojn", "fwQAAAZ////+AQP/"},
};

#define WORKED_PLAIN  "MU a\n"
#define WORKED_CIPHER "fafe8f505d"

static const struct {
    uint8_t plain, key, inverse, cipher;
} worked_vector[] = {
    {77, 71, 119, 250}, {85, 155, 147, 254}, {32, 171, 3, 143},
    {97, 65, 193, 80},  {10, 195, 235, 93},
};

/* Of the bytes 0 to 255. */
static const char all_bytes_cipher[] =
    "2f3085960b4c0192a7a83dce0344394a1f20f506fb3c71029798ad3ef334a9ba0f106576eb2ce17287881daee32419"
    "2aff00d5e6db1c51e277788d1ed314899aeff04556cb0cc1526768fd8ec304f90adfe0b5c6bbfc31c257586dfeb3f4"
    "697acfd02536abeca1324748dd6ea3e4d9eabfc095a69bdc11a237384dde93d4495aafb005168bcc81122728bd4e83"
    "c4b9ca9fa075867bbcf18217182dbe73b4293a8f90e5f66bac61f207089d2e63a499aa7f8055665b9cd162f7f80d9e"
    "5394091a6f70c5d64b8c41d2e7e87d0e4384798a5f6035463b7cb142d7d8ed7e3374e9fa4f50a5b62b6c21b2c7c85d"
    "ee2364596a3f4015261b5c9122b7b8cd5e1354c9da";

/* A timeline is a line an action: milliseconds, colon, what. */
struct choreography_vector {
    const char *name, *hex, *base64;
    unsigned random; /* what the dice say */
    const char *timeline;
};

static const struct choreography_vector choreography_vectors[] = {
    {"basic", "0101010100010a000702ff00000000050a020008000a00030801050101090000ff",
     "AQEBAQABCgAHAv8AAAAABQoCAAgACgADCAEFAQEJAAD/", 0,
     "0: frame 100\n0: led middle ff0000\n500: led middle off\n500: ear 0 to 10 forward\n800: ear "
     "1 to 5 backward\n900: leds 0000ff\n"},
    {"ojn_style", "0000001d00011900070000ff000000040704ffff0000000008000a00040801000100000000",
     "AAAAHQABGQAHAAD/AAAABAcE//8AAAAACAAKAAQIAQABAAAAAA==", 0,
     "0: frame 250\n0: led bottom 00ff00\n1000: led nose ffff00\n1000: ear 0 to 10 forward\n2000: "
     "ear 1 to 0 backward\n"},
    {"palette_taichi_ops", "01010101000105000e0103020e0307001400010111000401100113000a01",
     "AQEBAQABBQAOAQMCDgMHABQAAQERAAQBEAETAAoB", 0,
     "0: frame 50\n0: led right palette 3\n100: led left palette 7\n100: ear 0 turns "
     "backward\n150: ear 0 by 4\n200: tune\n250: wait\n250: led right off\n"},
    {"ifne", "0101010100010100120700050009ff00000a0900ff00", "AQEBAQABAQASBwAFAAn/AAAKCQD/AA==", 7,
     "0: frame 10\n0: leds ff0000\n100: leds 00ff00\n"},
    {"ifne, otherwise", "0101010100010100120700050009ff00000a0900ff00",
     "AQEBAQABAQASBwAFAAn/AAAKCQD/AA==", 6, "0: frame 10\n100: leds 00ff00\n"},
    {"rfid_ok_builtin",
     "0101010100010e0007030000ff00000007020000ff00000007010000ff00000107030000000000000702000000000"
     "000070100000000000107040000ff000002070400000000000107040000ff0000020a04",
     "AQEBAQABDgAHAwAA/wAAAAcCAAD/AAAABwEAAP8AAAEHAwAAAAAAAAcCAAAAAAAABwEAAAAAAAEHBAAA/"
     "wAAAgcEAAAAAAABBwQAAP8AAAIKBA==",
     0,
     "0: frame 140\n0: led left 0000ff\n0: led middle 0000ff\n0: led right 0000ff\n140: led left "
     "000000\n140: led middle 000000\n140: led right 000000\n280: led nose 0000ff\n560: led nose "
     "000000\n700: led nose 0000ff\n980: led nose off\n"},
    {"bad_opcode", "0101010100010a01060102030109010203", "AQEBAQABCgEGAQIDAQkBAgM=", 0,
     "0: frame 100\n"},
};

static const struct {
    const char *hex, *correct, *firmware;
} base64_vectors[] = {
    {"", "", "A="},
    {"61", "YQ==", "YQ="},
    {"6162", "YWI=", "YWI="},
    {"616263", "YWJj", "YWJj"},
    {"61626364", "YWJjZA==", "YWJjZA="},
};

/* A PLAIN message: NUL mbed NUL mirror. */
#define PLAIN_HEX    "006d626564006d6972726f72"
#define PLAIN_BASE64 "AG1iZWQAbWlycm9y"

/* How the cnonce is hashed, and how it is shown in the response. */
enum cnonce_kind { CNONCE_PLAIN, CNONCE_WITH_NUL, CNONCE_HIDES_NUL };

struct digest_vector {
    const char *name, *username, *realm, *password, *nonce, *cnonce, *uri;
    enum cnonce_kind kind;
    const char *response, *rspauth;             /* rspauth NULL: not known */
    const char *body_hex, *firmware, *standard; /* NULL: not known */
};

static const struct digest_vector digest_vectors[] = {
    {"original", "f81edfee27c1", "almacska", "4e532621736a",
     "x2jfh4LLT1dA+WZJaB/Gzv/Q5TB3oeehJIPXq2P8", "9607580584405", "xmpp/almacska", CNONCE_WITH_NUL,
     "b98b6014307d114808199e78dda648d7", "4d6467c4d8c758fd37cfa83d1815477c",
     "757365726e616d653d22663831656466656532376331222c7265616c6d3d22616c6d6163736b61222c6e6f6e63653"
     "d2278326a6668344c4c543164412b575a4a61422f477a762f51355442336f6565684a49505871325038222c636e6f"
     "6e63653d223936303735383035383434303500222c6e633d30303030303030312c716f703d617574682c646967657"
     "3742d7572693d22786d70702f616c6d6163736b61222c726573706f6e73653d623938623630313433303764313134"
     "38303831393965373864646136343864372c636861727365743d7574662d38",
     "dXNlcm5hbWU9ImY4MWVkZmVlMjdjMSIscmVhbG09ImFsbWFjc2thIixub25jZT0ieDJqZmg0TExUMWRBK1daSmFCL0d6d"
     "i9RNVRCM29lZWhKSVBYcTJQOCIsY25vbmNlPSI5NjA3NTgwNTg0NDA1ACIsbmM9MDAwMDAwMDEscW9wPWF1dGgsZGlnZX"
     "N0LXVyaT0ieG1wcC9hbG1hY3NrYSIscmVzcG9uc2U9Yjk4YjYwMTQzMDdkMTE0ODA4MTk5ZTc4ZGRhNjQ4ZDcsY2hhcnN"
     "ldD11dGYtOA=",
     "dXNlcm5hbWU9ImY4MWVkZmVlMjdjMSIscmVhbG09ImFsbWFjc2thIixub25jZT0ieDJqZmg0TExUMWRBK1daSmFCL0d6d"
     "i9RNVRCM29lZWhKSVBYcTJQOCIsY25vbmNlPSI5NjA3NTgwNTg0NDA1ACIsbmM9MDAwMDAwMDEscW9wPWF1dGgsZGlnZX"
     "N0LXVyaT0ieG1wcC9hbG1hY3NrYSIscmVzcG9uc2U9Yjk4YjYwMTQzMDdkMTE0ODA4MTk5ZTc4ZGRhNjQ4ZDcsY2hhcnN"
     "ldD11dGYtOA=="},
    {"original, without NUL", "f81edfee27c1", "almacska", "4e532621736a",
     "x2jfh4LLT1dA+WZJaB/Gzv/Q5TB3oeehJIPXq2P8", "9607580584405", "xmpp/almacska", CNONCE_PLAIN,
     "a7304fa4c3f12896ff40ad70a7b8730b", NULL, NULL, NULL, NULL},
    {"original, XORed password", "f81edfee27c1", "almacska", "b64df9cf54ab",
     "x2jfh4LLT1dA+WZJaB/Gzv/Q5TB3oeehJIPXq2P8", "9607580584405", "xmpp/almacska", CNONCE_WITH_NUL,
     "2167f4eff473ac00002d523cf04f8b52", NULL, NULL, NULL, NULL},
    {"original, XORed password without NUL", "f81edfee27c1", "almacska", "b64df9cf54ab",
     "x2jfh4LLT1dA+WZJaB/Gzv/Q5TB3oeehJIPXq2P8", "9607580584405", "xmpp/almacska", CNONCE_PLAIN,
     "c7264dde4ad2601b459a8285f8d3bfdb", NULL, NULL, NULL, NULL},
    {"openjabnab", "0019db01dbd7", NULL, "2097b6826465", "1804289383", "0123456789528",
     "xmpp/ojn.example.org", CNONCE_WITH_NUL, "00d3c3475ec01d608ba3abec1d8a64ea",
     "e7f7f4fd2c390f6348231e87541f4565",
     "757365726e616d653d22303031396462303164626437222c6e6f6e63653d2231383034323839333833222c636e6f6"
     "e63653d223031323334353637383935323800222c6e633d30303030303030312c716f703d617574682c6469676573"
     "742d7572693d22786d70702f6f6a6e2e6578616d706c652e6f7267222c726573706f6e73653d30306433633334373"
     "565633031643630386261336162656331643861363465612c636861727365743d7574662d38",
     "dXNlcm5hbWU9IjAwMTlkYjAxZGJkNyIsbm9uY2U9IjE4MDQyODkzODMiLGNub25jZT0iMDEyMzQ1Njc4OTUyOAAiLG5jP"
     "TAwMDAwMDAxLHFvcD1hdXRoLGRpZ2VzdC11cmk9InhtcHAvb2puLmV4YW1wbGUub3JnIixyZXNwb25zZT0wMGQzYzM0Nz"
     "VlYzAxZDYwOGJhM2FiZWMxZDhhNjRlYSxjaGFyc2V0PXV0Zi04",
     "dXNlcm5hbWU9IjAwMTlkYjAxZGJkNyIsbm9uY2U9IjE4MDQyODkzODMiLGNub25jZT0iMDEyMzQ1Njc4OTUyOAAiLG5jP"
     "TAwMDAwMDAxLHFvcD1hdXRoLGRpZ2VzdC11cmk9InhtcHAvb2puLmV4YW1wbGUub3JnIixyZXNwb25zZT0wMGQzYzM0Nz"
     "VlYzAxZDYwOGJhM2FiZWMxZDhhNjRlYSxjaGFyc2V0PXV0Zi04"},
    {"openjabnab, NUL hidden", "0019db01dbd7", NULL, "2097b6826465", "1804289383", "0123456789528",
     "xmpp/ojn.example.org", CNONCE_HIDES_NUL, "00d3c3475ec01d608ba3abec1d8a64ea",
     "e7f7f4fd2c390f6348231e87541f4565",
     "757365726e616d653d22303031396462303164626437222c6e6f6e63653d2231383034323839333833222c636e6f6"
     "e63653d2230313233343536373839353238222c6e633d30303030303030312c716f703d617574682c646967657374"
     "2d7572693d22786d70702f6f6a6e2e6578616d706c652e6f7267222c726573706f6e73653d3030643363333437356"
     "5633031643630386261336162656331643861363465612c636861727365743d7574662d38",
     NULL,
     "dXNlcm5hbWU9IjAwMTlkYjAxZGJkNyIsbm9uY2U9IjE4MDQyODkzODMiLGNub25jZT0iMDEyMzQ1Njc4OTUyOCIsbmM9M"
     "DAwMDAwMDEscW9wPWF1dGgsZGlnZXN0LXVyaT0ieG1wcC9vam4uZXhhbXBsZS5vcmciLHJlc3BvbnNlPTAwZDNjMzQ3NW"
     "VjMDFkNjA4YmEzYWJlYzFkOGE2NGVhLGNoYXJzZXQ9dXRmLTg="},
    {"standard", "f81edfee27c1", "almacska", "4e532621736a", "OA6MG9tEQGm2hh", "0123456789528",
     "xmpp/almacska", CNONCE_PLAIN, "b896ea1f4136c32cf017cb866fab9c23",
     "712a9838703c86c7537b5813bf7244af", NULL, NULL, NULL},
    {"rfc 2831", "chris", "elwood.innosoft.com", "secret", "OA6MG9tEQGm2hh", "OA6MHXh6VqTrRk",
     "imap/elwood.innosoft.com", CNONCE_PLAIN, "d388dad90d4bbd760a152321f2143af7",
     "ea40f60335c427b5527b84dbabcdfffd", NULL, NULL, NULL},
};

#define CHALLENGE_TEXT "nonce=\"1804289383\",qop=\"auth\",charset=utf-8,algorithm=md5-sess"
#define CHALLENGE_BASE64 \
    "bm9uY2U9IjE4MDQyODkzODMiLHFvcD0iYXV0aCIsY2hhcnNldD11dGYtOCxhbGdvcml0aG09bWQ1LXNlc3M="
#define RSPAUTH_BASE64 "cnNwYXV0aD1lN2Y3ZjRmZDJjMzkwZjYzNDgyMzFlODc1NDFmNDU2NQ=="

static const struct {
    const char *serial, *clear, *wire;
} password_vectors[] = {
    {"f81edfee27c1", "4e532621736a", "b64df9cf54ab"},
    {"0019db01dbd7", "2097b6826465", "208e6d83bfb2"},
};

/* When, and the body of the message. */
static const struct {
    const char *name, *body;
} event_vectors[] = {
    {"single click while idle", "<button xmlns=\"violet:nabaztag:button\"><clic>1</clic></button>"},
    {"double click while idle", "<button xmlns=\"violet:nabaztag:button\"><clic>2</clic></button>"},
    {"click during program with ID 123456",
     "<button xmlns=\"violet:nabaztag:button\"><clic>1</clic><event>123456</event></button>"},
    {"click during program without ID",
     "<button xmlns=\"violet:nabaztag:button\"><clic>1</clic><event/></button>"},
    {"ears turned by hand to 3 / 14",
     "<ears xmlns=\"violet:nabaztag:ears\"><left>3</left><right>14</right></ears>"},
};

/* Frames of left, middle and right as indices into the colours; in hex. */
static const struct {
    unsigned service, value, step_ms;
    const char *frames;
} animation_vectors[] = {
    {1, 0, 250, "333 333 333 333 333 000 000 000"},
    {1, 1, 1250, "030 404"},
    {1, 2, 250, "444 444 444 444 444 000"},
    {1, 3, 200, "000 040 404 000 004 400 000 040 004"},
    {1, 4, 400, "400 000 004 000 040 000 004 000 040 000 400 000"},
    {1, 5, 250, "043 000 000 000 000 430 043 000 000 034 340"},
    {2, 0, 70, "00b 0b0 b00 000 000 000"},
    {2, 1, 140, "00b 0b0 b00 000"},
    {2, 2, 280, "00b 0b0 b00 000"},
    {2, 3, 280, "0b0 000"},
    {2, 4, 280, "b00 0b0 00b 000"},
    {2, 5, 140, "b00 0b0 00b 000"},
    {2, 6, 70, "b00 0b0 00b 000 000 000"},
    {3, 0, 1000, "101 101 101 000 000 000"},
    {3, 1, 1000, "010 101 000 000 000"},
    {3, 2, 500, "010 101 000 000 000"},
    {3, 3, 250, "010 101 000 000 000"},
    {3, 4, 120, "010 101 000 000 000"},
    {3, 5, 80, "010 101 000 000 000"},
    {3, 6, 40, "010 101 010 101 000 000"},
    {6, 0, 700, "500 050 005 050"},
    {6, 1, 560, "050 000"},
    {6, 2, 560, "505 000"},
    {6, 3, 560, "555 000"},
    {7, 0, 420, "666 666 666 000"},
    {7, 1, 420, "666 666 666 000"},
    {7, 2, 420, "666 666 666 000"},
    {7, 3, 420, "666 666 666 000"},
    {7, 4, 420, "666 666 666 000"},
    {7, 5, 140, "066 660 666 666 666 666 606 006 000 060 066 666 666 666 660 606 066"},
    {7, 6, 140, "066 660 666 666 666 666 606 006 000 060 066 666 666 666 660 606 066"},
    {7, 7, 140, "066 660 666 666 666 666 606 006 000 060 066 666 666 666 660 606 066"},
    {7, 8, 140, "060 066 666 600 000 060 066 000 660 666 006 600 060 000 606 060"},
    {7, 9, 140, "060 066 666 600 000 060 066 000 660 666 006 600 060 000 606 060"},
    {7, 10, 140, "060 066 666 600 000 060 066 000 660 666 006 600 060 000 606 060"},
};

static const uint32_t color_vectors[16] = {
    0x000000, 0xff0000, 0x00ff00, 0xffff00, 0x0000ff, 0xff00ff, 0x00ffff, 0xffffff,
    0x808080, 0xff8080, 0x80ff80, 0xffcc00, 0x8080ff, 0xff80ff, 0x80ffff, 0xff8000};

static const uint32_t palette_vectors[8][8] = {
    {0xff0c00, 0x00ff1f, 0xfff200, 0x0003ff, 0xfff200, 0x00ff1f, 0xff0c00, 0x000000},
    {0x5f00ff, 0x7f00ff, 0x9200ff, 0xbf00ff, 0xdf00ff, 0xff00df, 0xff0092, 0x000000},
    {0xffffff, 0xffffff, 0xffffff, 0xffffff, 0xffffff, 0xffffff, 0xffffff, 0x000000},
    {0xfe8002, 0xf34402, 0xd80607, 0xc8040d, 0xaa0018, 0xda0560, 0xcf068a, 0x000000},
    {0x149b12, 0xff0000, 0xfcf305, 0x149b12, 0xfcf305, 0xff0000, 0x149b12, 0x000000},
    {0xfcee47, 0xce3b45, 0x5544d4, 0x4ea752, 0xf34b99, 0x9747c4, 0xffffff, 0x000000},
    {0xccff66, 0xccff00, 0x99ff00, 0x33cc00, 0x009933, 0x008800, 0x006633, 0x000000},
    {0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000},
};

#endif
