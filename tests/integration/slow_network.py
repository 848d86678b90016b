"""Networks that misbehave for minutes; part of tests/run --release."""

from case import RABBIT, unittest, wait_for
from networks import WORLD, NetworkCase
from test_violet import BOOT, LOGIN, VioletCase


class Cable(NetworkCase):
    def test_pulled_for_a_minute(self):
        rabbit, owner = self.make_online_pair()
        self.network.pull_cable()
        owner.say(RABBIT, "nose green")
        wait_for(self.outage(60), 70)
        self.network.plug_in()
        # What is said into a session that TCP or the ping gives up is lost: it is said again.
        before = len(owner.messages)

        def is_answered():
            owner.say(RABBIT, "nose red")
            return owner.bodies(before)

        wait_for(is_answered, 90, "an answer after the outage", pause=5)
        self.check_obeys(rabbit, owner, "blue", "0000ff")


class Silence(NetworkCase):
    def test_frames_vanish(self):
        """Nobody is told that the network is gone: the ping finds out."""
        rabbit, owner = self.make_online_pair()
        self.wire.deaf = True
        rabbit.wait_cause("ping-timeout", 60 + 20 + 5)
        wait_for(lambda: rabbit.bench().motors_off(), 10, "motors at rest")
        self.wire.deaf = False
        rabbit.wait_online(60)
        self.check_obeys(rabbit, owner, timeout=40)
        self.assertGreaterEqual(self.logins(), 2)


class VioletSilence(NetworkCase, VioletCase):
    def test_frames_vanish(self):
        """This dialect has no ping: what is not acknowledged for two minutes finds out."""
        self.make_network()
        platform = self.make_platform(host=WORLD)
        rabbit = self.start(self.make_violet(platform))
        wait_for(platform.is_ready, 30, "the rabbit to be ready")
        self.wire.deaf = True
        rabbit.wait_cause("eof", 120 + 30)
        self.wire.deaf = False
        wait_for(
            lambda: any(self.steps(platform, later) == LOGIN + BOOT for later in (2, 3)),
            120, "a new boot",
        )  # fmt: skip


class Loss(NetworkCase):
    def test_three_frames_in_ten(self):
        self.make_network()
        self.server = self.make_world_server()
        self.wire.loss = 0.3
        rabbit = self.start(self.make_far_rabbit(self.server))
        rabbit.wait_online(240)
        owner = self.make_owner(self.server)
        before = len(owner.messages)
        owner.say(RABBIT, "nose red")
        wait_for(lambda: len(owner.messages) > before, 90, "an answer in spite of the losses")
        self.assertGreater(self.wire.lost, 5, "frames were lost")


class Address(NetworkCase):
    def test_changes(self):
        """The old connection is dead without a word; the next one comes from the new address."""
        rabbit, owner = self.make_online_pair()
        self.network.move()
        owner.say(RABBIT, "nose blue")
        wait_for(lambda: self.logins() >= 2, 120, "a second login")
        rabbit.wait_online(30)
        self.check_obeys(rabbit, owner, timeout=40)


if __name__ == "__main__":
    unittest.main()
