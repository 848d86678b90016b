/*
 * Ears as choreographies and ambient frames send them: positions are bytes, with a turn in every
 * 17 of them, and an ear can be moved on from where it was sent last. Source: the firmware's earGo
 * (protocol.md, sections 3.6 and 5). Owned by nobody (no state); main thread.
 */
#ifndef NABAZTAGD_DANCE_EARS_H
#define NABAZTAGD_DANCE_EARS_H

#include "body/body.h"

/* More extra turns than the body can do are those that it can. */
void ears_go(struct body *body, enum ear_index ear, unsigned position, enum ear_way way);

/*
 * On by `by` from `from` (0–16), where the ear was sent last. As the original does it: forward past
 * 0 is a turn more, backward a whole turn may get lost. Returns where it goes, 0–16.
 */
unsigned ears_advance(struct body *body, enum ear_index ear, unsigned from, unsigned by,
                      bool is_backward);

/* Where it is, as far as is known: 0–16. */
unsigned ears_position(const struct body *body, enum ear_index ear);

#endif
