#include "ctl/drawing.h"

#include <ctype.h>

/* How an ear looks from the front: up, towards us, drooping. */
enum pose { POSE_UP, POSE_LEVEL, POSE_DOWN, POSE_UNKNOWN };

static enum pose pose_of(int position)
{
    if (position < 0 || position > 16)
        return POSE_UNKNOWN;
    return position <= 2 || position >= 15   ? POSE_UP
           : position <= 5 || position >= 12 ? POSE_LEVEL
                                             : POSE_DOWN;
}

/*
 * A letter stands for: L R an ear above the head, l r at its top, A B one that hangs, E an eye;
 * digits for LEDs.
 */
static const char *const rows[] = {
    "     l   r     ", "     L   R     ", "   ╭─┴───┴─╮   ", " A │ E   E │ B ",
    " A │   0   │ B ", "   │ 1 2 3 │   ", "   ╰───4───╯   ",
};

static const char *ear_sign(enum pose pose, char part)
{
    bool shown = isupper((unsigned char)part) ? pose != POSE_DOWN : pose == POSE_UP;

    if (strchr("AB", part))
        return pose == POSE_DOWN ? "┃" : " ";
    return !shown ? " " : pose == POSE_UNKNOWN ? "?" : pose == POSE_LEVEL ? "╻" : "┃";
}

/* A sleeper is dark whatever its LEDs are set to. */
static uint32_t color_of(const struct drawing *drawing, char digit)
{
    return drawing->asleep ? 0 : drawing->leds[digit - '0'] & 0xffffff;
}

static void print_led(FILE *out, uint32_t color, bool colors)
{
    if (!color)
        fputs("○", out);
    else if (colors)
        fprintf(out, "\033[38;2;%u;%u;%um●\033[0m", color >> 16 & 0xff, color >> 8 & 0xff,
                color & 0xff);
    else
        fputs("●", out);
}

static void print_sign(FILE *out, const struct drawing *drawing, char sign, bool colors)
{
    if (isdigit((unsigned char)sign))
        print_led(out, color_of(drawing, sign), colors);
    else if (strchr("lLA", sign))
        fputs(ear_sign(pose_of(drawing->ears[0]), sign), out);
    else if (strchr("rRB", sign))
        fputs(ear_sign(pose_of(drawing->ears[1]), sign), out);
    else
        fputs(sign == 'E' ? drawing->asleep ? "-" : "•" : (char[]){sign, '\0'}, out);
}

/* The colours of the LEDs in this row. */
static void print_legend(FILE *out, const struct drawing *drawing, const char *row)
{
    static const char *const names[DRAWING_LEDS] = {"nose", "left", "middle", "right", "bottom"};

    for (; *row; row++)
        if (isdigit((unsigned char)*row) && color_of(drawing, *row))
            fprintf(out, "  %s #%06x", names[*row - '0'], color_of(drawing, *row));
}

void drawing_print(FILE *out, const struct drawing *drawing, bool colors)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (const char *c = rows[i]; *c; c++)
            if (strchr("lLArRBE01234 ", *c))
                print_sign(out, drawing, *c, colors);
            else
                putc(*c, out);
        print_legend(out, drawing, rows[i]);
        putc('\n', out);
    }
}
