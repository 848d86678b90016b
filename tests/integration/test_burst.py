"""Many stanzas at once."""

import os

from lib.flood import FloodServer

from case import Case, wait_for


class Burst(Case):
    def test_every_one_of_ten_thousand_is_answered(self):
        self.check_burst()

    def test_so_it_is_on_one_processor(self):
        one = str(min(os.sched_getaffinity(0)))
        self.check_burst(prefix=["taskset", "--cpu-list", one])

    def check_burst(self, prefix=()):
        server = FloodServer(10000)
        self._end_with(server.stop)
        rabbit = self.make_rabbit(
            server,
            password="cuckoo-clock-7",
            tls={"mode": "off", "ca-file": None},
            sasl={"mechanisms": "PLAIN", "plaintext": "yes"},
        ).start(prefix=prefix)
        rabbit.wait_online()
        wait_for(
            lambda: len(server.answered) >= 10000,
            30,
            lambda: f"all answers, not {len(server.answered)}",
        )
        self.assertEqual(server.answered, list(range(10000)), "none lost, none twice, in order")
        self.assertTrue(rabbit.is_online())
