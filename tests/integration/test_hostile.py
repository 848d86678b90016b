"""Servers that misbehave and show it at once; tests/hostile plays them all."""

import os

from case import STOP_LIMIT, Case
from lib.hostile import MODES, check_end, play, prepare


class Hostile(Case):
    def play(self, mode):
        server, rabbit = prepare(mode, os.path.join(self.folder, "hostile"), self.binary)
        self._end_with(server.stop)
        self._end_with(rabbit.destroy)
        self.rabbits.append(rabbit)
        play(mode, server, rabbit, slow=5)
        check_end(rabbit, STOP_LIMIT)


def _add(mode):
    setattr(Hostile, "test_" + mode.name.replace("-", "_"), lambda self: self.play(mode))


for _mode in MODES.values():
    if _mode.quick:
        _add(_mode)
