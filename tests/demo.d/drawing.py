"""A rabbit in Braille dots: ears at their true angle, five LEDs in their true colour."""

import math

COLUMNS, ROWS = 41, 18  # character cells; each holds 2 × 4 dots
WIDTH, HEIGHT = COLUMNS * 2, ROWS * 4
CENTRE = (WIDTH - 1) / 2

# Dots of a Braille cell by (x, y), as Unicode counts them.
BITS = {
    (0, 0): 0x01,
    (0, 1): 0x02,
    (0, 2): 0x04,
    (0, 3): 0x40,
    (1, 0): 0x08,
    (1, 1): 0x10,
    (1, 2): 0x20,
    (1, 3): 0x80,
}

PIVOTS = {"left": (CENTRE - 14, 30), "right": (CENTRE + 14, 30)}
EAR_LENGTH, EAR_WIDTH = 26, 4.6
LED_CELLS = {
    "nose": (10, 20),
    "left": (14, 15),
    "middle": (14, 20),
    "right": (14, 25),
    "bottom": (16, 20),
}
FUR = "\x1b[38;2;235;232;225m"
DARK = "\x1b[38;2;90;90;90m"
PLAIN = "\x1b[0m"


def body_half_width(y):
    """Half the width of head and body at height y, or 0: an egg with a flat foot."""
    if not 27 <= y <= 71:
        return 0
    if y < 41:
        return 16 * math.sqrt(1 - ((y - 41) / 14.5) ** 2)
    foot = max(0, y - 67)
    return 16 + 6.5 * math.sin((y - 41) / 29 * math.pi / 2) - foot * foot / 4


def in_body(x, y):
    return abs(x - CENTRE) <= body_half_width(y)


def in_ear(x, y, which, degrees, shrink=0.0):
    """Is a dot inside an ear that turned so far outwards from straight up?"""
    pivot_x, pivot_y = PIVOTS[which]
    turn = math.radians(degrees) * (-1 if which == "left" else 1)
    along_x, along_y = math.sin(turn), -math.cos(turn)
    dx, dy = x - pivot_x, y - pivot_y
    along = dx * along_x + dy * along_y
    across = dx * along_y - dy * along_x
    middle = EAR_LENGTH / 2
    return ((along - middle) / (middle - shrink)) ** 2 + (across / (EAR_WIDTH - shrink)) ** 2 <= 1


def in_face(x, y):
    """Two eyes, and a smile under the nose."""
    side = abs(x - CENTRE)
    return (side - 6.5) ** 2 + (y - 36) ** 2 <= 3 or (
        side <= 6 and round(48 - side * side / 12) == y
    )


def is_drawn(x, y, angles):
    """Outlines, and what is in front hides what is behind: the ears hang before the body."""
    for which in ("left", "right"):
        if in_ear(x, y, which, angles[which]):
            return not in_ear(x, y, which, angles[which], 1.3)
    if not in_body(x, y):
        return False
    inside = all(in_body(x + dx, y + dy) for dx, dy in ((-1.2, 0), (1.2, 0), (0, -1), (0, 1)))
    return not inside or in_face(x, y)


def dots(angles):
    """The picture as rows of Braille characters."""
    rows = []
    for row in range(ROWS):
        cells = []
        for column in range(COLUMNS):
            bits = 0
            for (dx, dy), bit in BITS.items():
                x, y = column * 2 + dx, row * 4 + dy
                if is_drawn(x, y, angles):
                    bits |= bit
            cells.append(chr(0x2800 + bits) if bits else " ")
        rows.append(cells)
    return rows


def led(value):
    """One LED: a filled disc in its colour, an empty one when dark."""
    if value == "000000":
        return f"{DARK}○{FUR}"
    red, green, blue = (int(value[at : at + 2], 16) for at in (0, 2, 4))
    return f"\x1b[38;2;{red};{green};{blue}m●{FUR}"


def picture(state):
    """Lines for the terminal, each COLUMNS wide, from an answer to the bench's `state`."""
    rows = dots(state["angles"])
    for name, (row, column) in LED_CELLS.items():
        rows[row][column] = led(state["leds"][name])
    return [FUR + "".join(cells) + PLAIN for cells in rows]


def ears(state):
    """Where the ears are, in words."""
    ears_now = f"ears {state['ears']['left']} / {state['ears']['right']}"
    return ears_now + (", turning" if any(state["motors"].values()) else "")


def legend(state):
    """The LEDs in words, for those who cannot tell colours."""
    leds = [
        f"{led(value)}{PLAIN} {name:6} {'#' + value if value != '000000' else 'dark':7}"
        for name, value in state["leds"].items()
    ]
    return ["     " + "     ".join(leds[at : at + 2]) for at in (0, 2, 4)]
