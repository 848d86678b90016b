#include "base/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <strings.h>

#define EDIT_WORD_MAX 64

/* ASCII only, whatever the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits from `text` on; *ret_end is what follows the last one. */
static int scan_number(const char *text, uint64_t *ret, const char **ret_end)
{
    uint64_t value = 0;

    if (!is_digit(*text))
        return -EINVAL;
    for (; is_digit(*text); text++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            value = UINT64_MAX; /* sticks: every further digit overflows again, or stays here */
    *ret = value;
    *ret_end = text;
    return value == UINT64_MAX ? -ERANGE : 0;
}

int parse_bool(const char *text, bool *ret)
{
    if (!streq(text, "yes") && !streq(text, "no"))
        return -EINVAL;
    *ret = streq(text, "yes");
    return 0;
}

int parse_unsigned(const char *text, unsigned low, unsigned high, unsigned *ret)
{
    const char *end;
    uint64_t value;
    int r = scan_number(text, &value, &end);

    if (r == -EINVAL || *end)
        return -EINVAL;
    if (r < 0 || value < low || value > high)
        return -ERANGE;
    *ret = (unsigned)value;
    return 0;
}

int parse_int(const char *text, int low, int high, int *ret)
{
    bool negative = *text == '-';
    const char *end;
    uint64_t value;
    int r = scan_number(text + (*text == '-' || *text == '+'), &value, &end);

    if (r == -EINVAL || *end)
        return -EINVAL;
    if (r < 0 || value > (uint64_t)INT_MAX + 1)
        return -ERANGE;

    int64_t number = negative ? -(int64_t)value : (int64_t)value;
    if (number < low || number > high)
        return -ERANGE;
    *ret = (int)number;
    return 0;
}

int parse_usec(const char *text, uint64_t *ret)
{
    static const struct {
        const char *name;
        uint64_t usec;
    } units[] = {
        {"us", 1},
        {"ms", USEC_PER_MSEC},
        {"s", USEC_PER_SEC},
        {"min", USEC_PER_MIN},
        {"h", 60 * USEC_PER_MIN},
    };
    const char *unit;
    uint64_t value;
    int r = scan_number(text, &value, &unit);

    if (r == -EINVAL)
        return r;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (!streq(unit, units[i].name))
            continue;
        if (r < 0 || __builtin_mul_overflow(value, units[i].usec, &value) || value == USEC_NEVER)
            return -ERANGE;
        *ret = value;
        return 0;
    }
    return -EINVAL;
}

/* In the four languages of the rabbit; accents may be left out. */
static const struct {
    const char *name;
    uint32_t rgb;
} color_names[] = {
    {"off", 0x000000},     {"black", 0x000000},     {"noir", 0x000000},    {"éteint", 0x000000},
    {"eteint", 0x000000},  {"schwarz", 0x000000},   {"aus", 0x000000},     {"nero", 0x000000},
    {"spento", 0x000000},  {"white", 0xffffff},     {"blanc", 0xffffff},   {"weiß", 0xffffff},
    {"weiss", 0xffffff},   {"bianco", 0xffffff},    {"red", 0xff0000},     {"rouge", 0xff0000},
    {"rot", 0xff0000},     {"rosso", 0xff0000},     {"green", 0x00ff00},   {"vert", 0x00ff00},
    {"grün", 0x00ff00},    {"grun", 0x00ff00},      {"gruen", 0x00ff00},   {"verde", 0x00ff00},
    {"blue", 0x0000ff},    {"bleu", 0x0000ff},      {"blau", 0x0000ff},    {"blu", 0x0000ff},
    {"yellow", 0xffff00},  {"jaune", 0xffff00},     {"gelb", 0xffff00},    {"giallo", 0xffff00},
    {"orange", 0xff8000},  {"arancione", 0xff8000}, {"violet", 0x8000ff},  {"purple", 0x8000ff},
    {"violett", 0x8000ff}, {"lila", 0x8000ff},      {"viola", 0x8000ff},   {"pink", 0xff4080},
    {"rose", 0xff4080},    {"rosa", 0xff4080},      {"magenta", 0xff00ff}, {"cyan", 0x00ffff},
    {"ciano", 0x00ffff},   {"turquoise", 0x00ff80}, {"türkis", 0x00ff80},  {"turkis", 0x00ff80},
    {"tuerkis", 0x00ff80}, {"turchese", 0x00ff80},  {"brown", 0x803000},   {"marron", 0x803000},
    {"braun", 0x803000},   {"marrone", 0x803000},
};

int parse_color(const char *text, uint32_t *ret)
{
    const char *digits = text + (*text == '#');
    uint32_t value = 0;
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(color_names); i++)
        if (strcasecmp(text, color_names[i].name) == 0) {
            *ret = color_names[i].rgb;
            return 0;
        }

    for (; n < 6 && hex_digit(digits[n]) >= 0; n++)
        value = value << 4 | (uint32_t)hex_digit(digits[n]);
    if (n < 6 || digits[n])
        return -EINVAL;
    *ret = value;
    return 0;
}

bool text_is_host(const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];
    char before = '.';

    if (strchr(text, ':'))
        return inet_pton(AF_INET6, text, address) == 1;
    if (strlen(text) > HOST_NAME_LENGTH_MAX)
        return false;
    for (; *text; before = *text++) {
        bool letter = (*text | 0x20) >= 'a' && (*text | 0x20) <= 'z';

        if (*text == '.' ? before == '.' : !letter && !is_digit(*text) && !strchr("-_", *text))
            return false;
    }
    return before != '.';
}

/* Splits "host", "host:port" and "[v6]:port" in place; *ret_port is NULL when there is none. */
static int split_host_port(char *text, char **ret_host, char **ret_port)
{
    bool bracketed = *text == '[';
    char *end = bracketed ? strchr(text, ']') : text + strcspn(text, ":");

    if (!end)
        return -EINVAL;
    if (bracketed)
        *end++ = '\0';
    if (*end && *end != ':')
        return -EINVAL;
    *ret_port = *end ? end + 1 : NULL;
    *end = '\0';
    *ret_host = text + bracketed;
    return bracketed == !!strchr(*ret_host, ':') ? 0 : -EINVAL;
}

int parse_host_port(const char *text, char **ret_host, uint16_t *ret_port)
{
    _cleanup_(freep) char *copy = strdup(text);
    char *host, *digits;
    unsigned port = 0;
    int r;

    if (!copy)
        return -ENOMEM;
    r = split_host_port(copy, &host, &digits);
    if (r == 0 && !text_is_host(host))
        r = -EINVAL;
    if (r == 0 && digits)
        r = parse_unsigned(digits, 1, UINT16_MAX, &port);
    if (r < 0)
        return r;

    memmove(copy, host, strlen(host) + 1);
    *ret_host = copy;
    copy = NULL;
    *ret_port = (uint16_t)port;
    return 0;
}

/* Exactly `count` hex digits, lower-cased; `separator` (0: none) may stand between pairs. */
static int parse_hex(const char *text, size_t count, char separator, char *ret)
{
    char digits[65];

    for (size_t n = 0; n < count; n++) {
        if (separator && n > 0 && n % 2 == 0 && *text == separator)
            text++;
        if (hex_digit(*text) < 0)
            return -EINVAL;
        digits[n] = "0123456789abcdef"[hex_digit(*text++)];
    }
    if (*text)
        return -EINVAL;
    memcpy(ret, digits, count);
    ret[count] = '\0';
    return 0;
}

int parse_fingerprint(const char *text, char ret[65])
{
    return parse_hex(text, 64, ':', ret);
}

int parse_serial(const char *text, char ret[13])
{
    return parse_hex(text, 12, 0, ret);
}

/* The forms that RFC 3629 allows: the first byte's range, the second one's, and how many follow the
 * first. */
static const struct {
    unsigned char first_low, first_high, second_low, second_high, more;
} utf8_forms[] = {
    {0x01, 0x7f, 0x00, 0x00, 0}, {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2},
    {0xe1, 0xec, 0x80, 0xbf, 2}, {0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2},
    {0xf0, 0xf0, 0x90, 0xbf, 3}, {0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3},
};

size_t utf8_sequence(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;

    for (size_t i = 0; i < ARRAY_SIZE(utf8_forms); i++) {
        size_t more = utf8_forms[i].more;

        if (byte[0] < utf8_forms[i].first_low || byte[0] > utf8_forms[i].first_high)
            continue;
        if (more > 0 && (byte[1] < utf8_forms[i].second_low || byte[1] > utf8_forms[i].second_high))
            return 0;
        for (size_t n = 2; n <= more; n++)
            if ((byte[n] & 0xc0) != 0x80)
                return 0;
        return more + 1;
    }
    return 0;
}

/* Length of the well-formed character at `text`, or 0; control characters are none. */
static size_t clean_sequence(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    size_t n = utf8_sequence(text);

    /* U+0080 to U+009F, encoded as c2 80 to c2 9f, are control characters too. */
    if (n == 0 || byte[0] < 0x20 || byte[0] == 0x7f || (byte[0] == 0xc2 && byte[1] < 0xa0))
        return 0;
    return n;
}

bool text_is_clean(const char *text)
{
    while (*text) {
        size_t n = clean_sequence(text);

        if (n == 0)
            return false;
        text += n;
    }
    return true;
}

void text_clean(char *ret, size_t size, const char *text)
{
    size_t used = 0;

    while (*text) {
        size_t n = clean_sequence(text), length = n ? n : 1;
        size_t taken = n ? n : utf8_sequence(text);

        if (used + length >= size)
            break;
        memmove(ret + used, n ? text : "?", length);
        used += length;
        text += taken ? taken : 1;
    }
    ret[used] = '\0';
}

/* Edit distance with swapped neighbours as one edit; row[0] is the current row of the table. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][EDIT_WORD_MAX + 1], *row[3] = {rows[0], rows[1], rows[2]};
    size_t a_length = strlen(a), b_length = strlen(b);

    if (a_length > EDIT_WORD_MAX || b_length > EDIT_WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *oldest = row[2];

        row[2] = row[1];
        row[1] = row[0];
        row[0] = oldest;
        row[0][0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = row[1][j - 1] + (a[i - 1] != b[j - 1]);

            best = row[1][j] + 1 < best ? row[1][j] + 1 : best;
            best = row[0][j - 1] + 1 < best ? row[0][j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                row[2][j - 2] + 1 < best)
                best = row[2][j - 2] + 1;
            row[0][j] = best;
        }
    }
    return row[0][b_length];
}

const char *text_nearest(const char *text, const char *const words[])
{
    const char *nearest = NULL;
    size_t least = strlen(text) / 3 + 2; /* as many edits as that make another word */

    for (; *words; words++) {
        size_t distance = edit_distance(text, *words);

        if (distance < least && distance < strlen(*words)) {
            least = distance;
            nearest = *words;
        }
    }
    return nearest;
}
