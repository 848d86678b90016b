/*
 * How fast the formats of the rabbit platform are read and written: a JSON object a line, in MB of
 * the format's bytes for a second of processor time.
 */
#include <time.h>

#include "base/base64.h"
#include "base/util.h"
#include "violet/choreography.h"
#include "violet/packet.h"
#include "violet/program.h"

#define MEASURE_SECONDS 0.3
#define PACKET_SIZE     64 /* at least: one of each kind of frame */
#define TEXT_SIZE       4096
#define DANCE_SIZE      65536

static uint8_t packet_bytes[PACKET_SIZE * 2], dance[DANCE_SIZE], scratch[DANCE_SIZE];
static char packet_text[BASE64_TEXT_SIZE(sizeof(packet_bytes))], program_bytes[TEXT_SIZE];
static char dance_text[BASE64_TEXT_SIZE(DANCE_SIZE)];
static size_t packet_size, packet_length, dance_size, dance_length;
static struct program program;
static volatile unsigned sink; /* what is read has to be of use */

/* ---- what is read ---- */

static void make_packet(void)
{
    static const uint8_t ambient[] = {0x7f, 0xff, 0xff, 0xfe, 1, 3, 4, 10, 5, 5, 8, 1};
    static const char text[] = "MU broadcast/ojn_local/a.mp3\nPL 3\nMW\n";
    uint8_t payload[sizeof(text)];
    struct packet_writer writer;
    size_t n;

    program_encode(text, sizeof(text) - 1, payload, sizeof(payload), &n);
    packet_begin(&writer, packet_bytes, sizeof(packet_bytes));
    packet_add(&writer, PACKET_AMBIENT, ambient, sizeof(ambient));
    packet_add(&writer, PACKET_PROGRAM, payload, n);
    packet_add(&writer, PACKET_MODE, (uint8_t[]){0}, 1);
    packet_end(&writer, &packet_size);
    packet_length = base64_encode(packet_text, packet_bytes, packet_size, BASE64_STANDARD);
}

static void make_program(void)
{
    static const char lines[] = "MU broadcast/ojn_local/plugins/clock/a.mp3\nPL 3\nMW\n";

    for (size_t i = 0; i < sizeof(program_bytes); i++)
        program_bytes[i] = lines[i % (sizeof(lines) - 1)];
}

static void make_dance(void)
{
    static const struct choreography_action actions[] = {
        {.what = CHOREOGRAPHY_FRAME, .number = 10},
        {.what = CHOREOGRAPHY_LED, .led = 2, .color = 0xff8000, .wait = 4},
        {.what = CHOREOGRAPHY_EAR, .ear = 1, .number = 10, .wait = 1},
        {.what = CHOREOGRAPHY_PALETTE, .led = 4, .number = 3, .wait = 2},
        {.what = CHOREOGRAPHY_LED, .led = 1, .color = 0x00ff00, .wait = 4},
    };
    struct choreography_writer writer;

    choreography_begin(&writer, dance, sizeof(dance));
    for (size_t i = 0; choreography_add(&writer, &actions[i % ARRAY_SIZE(actions)]) == 0; i++)
        ;
    dance_size = writer.used;
    dance_length = base64_encode(dance_text, dance, dance_size, BASE64_STANDARD);
}

/* ---- reading; each returns the bytes of one go ---- */

static size_t take_frames(struct packet *packet)
{
    struct packet_frame frame;

    while (packet_next(packet, &frame))
        sink += frame.type + (frame.size > 0 ? frame.payload[0] : 0);
    return packet_size;
}

static size_t read_packet(void)
{
    struct packet packet;

    return packet_parse(&packet, packet_bytes, packet_size) == 0 ? take_frames(&packet) : 0;
}

static size_t read_packet_text(void)
{
    struct packet packet;

    if (packet_decode(&packet, scratch, sizeof(scratch), packet_text, packet_length) < 0)
        return 0;
    take_frames(&packet);
    return packet_length;
}

static size_t read_base64(void)
{
    size_t n;

    return base64_decode(scratch, sizeof(scratch), &n, dance_text, dance_length) == 0 ? dance_length
                                                                                      : 0;
}

static size_t decipher(void)
{
    program_decipher((uint8_t *)program_bytes, sizeof(program_bytes));
    return sizeof(program_bytes);
}

static size_t encipher(void)
{
    program_encipher((uint8_t *)program_bytes, sizeof(program_bytes));
    return sizeof(program_bytes);
}

static size_t read_program(void)
{
    return program_parse(&program, program_bytes, sizeof(program_bytes)) == 0
               ? sizeof(program_bytes)
               : 0;
}

static unsigned draw(void *userdata)
{
    return 7;
}

static size_t read_dance(void)
{
    struct choreography choreography;
    struct choreography_action action;

    choreography_start(&choreography, dance, dance_size);
    while (choreography_next(&choreography, draw, NULL, &action))
        sink += action.what + action.color;
    return dance_size;
}

static const struct {
    const char *name;
    size_t (*run)(void);
} measures[] = {
    {"packet of three frames, bytes", read_packet},
    {"packet of three frames, base64", read_packet_text},
    {"base64", read_base64},
    {"program, text to steps", read_program},
    {"cipher, reading", decipher},
    {"cipher, writing", encipher},
    {"choreography, bytes to timed actions", read_dance},
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double megabytes_a_second(size_t (*run)(void))
{
    double bytes = 0, began = now(), seconds;

    do {
        for (unsigned i = 0; i < 100; i++) {
            size_t n = run();

            if (n == 0)
                return 0;
            bytes += (double)n;
        }
        seconds = now() - began;
    } while (seconds < MEASURE_SECONDS);
    return bytes / 1e6 / seconds;
}

int main(void)
{
    make_packet();
    make_program();
    make_dance();
    for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
        printf("{\"figure\": \"%s\", \"value\": %.0f}\n", measures[i].name,
               megabytes_a_second(measures[i].run));
    return 0;
}
