"""Many stanzas at once."""

from lib.flood import FloodServer

from case import Case, wait_for


class Burst(Case):
    def test_every_one_of_ten_thousand_is_answered(self):
        server = FloodServer(10000)
        self._end_with(server.stop)
        rabbit = self.make_rabbit(
            server,
            password="cuckoo-clock-7",
            tls={"mode": "off", "ca-file": None},
            sasl={"mechanisms": "PLAIN", "plaintext": "yes"},
        ).start()
        rabbit.wait_online()
        wait_for(
            lambda: len(server.answered) >= 10000,
            30,
            lambda: f"all answers, not {len(server.answered)}",
        )
        self.assertEqual(server.answered, list(range(10000)), "none lost, none twice, in order")
        self.assertTrue(rabbit.is_online())
