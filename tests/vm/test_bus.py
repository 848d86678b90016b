"""On the system bus, with the policy that was installed: everybody looks, few act."""

import json
import subprocess

from guest import run
from lib.bus import BusRabbit, SystemBus
from lib.caller import INTERFACE, PROPERTIES, Caller, call_as
from test_service import Unit
from unit import journal, said, show

FREEDESKTOP = "org.freedesktop.DBus.Error."
VISITOR, KEEPER = "visitor", "keeper"
IDLE = """
[rabbit]
serial = 0013d4abcdef
[body]
board = sim
"""


class Policy(Unit):
    config = IDLE

    @classmethod
    def setUpClass(cls):
        run("useradd", "--no-create-home", VISITOR)
        run("useradd", "--no-create-home", "--groups", "nabaztagd", KEEPER)

    @classmethod
    def tearDownClass(cls):
        run("userdel", VISITOR)
        run("userdel", KEEPER)

    def setUp(self):
        super().setUp()
        self.bus = SystemBus()
        self.rabbit = BusRabbit(self.bus)
        self.bus.wait_name(self.rabbit.name)

    def wait_home(self):
        self.rabbit.wait("EarStates", ["resting", "resting"], 30)

    def call_as(self, user, groups, calls):
        return call_as(user, groups, self.bus.address, self.rabbit.name, calls)

    def test_everybody_looks(self):
        visitor = BusRabbit(self.bus, user=VISITOR, groups=[])
        description = visitor.describe()
        self.assertEqual(len(visitor.get_all()), len(description.properties))
        for name in description.properties:
            visitor.get(name)
        text = self.bus.busctl("introspect", self.rabbit.name, "/io/github/nabaztagd")
        for name in (*description.methods, *description.properties, *description.signals):
            self.assertIn(f"\n.{name} ", text)

    def test_nobody_else_acts(self):
        calls = self.rabbit.describe().right_calls()
        self.assertGreater(len(calls), 10)
        found = self.call_as(VISITOR, [], calls)
        denied = FREEDESKTOP + "AccessDenied"
        self.assertEqual(found, [denied] * len(calls), calls)
        name = ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"]
        with self.assertRaises(subprocess.CalledProcessError):
            self.bus.busctl("call", *name, "RequestName", "su",
                            "io.github.nabaztagd.mallory", "0", user=VISITOR)  # fmt: skip
        self.assertNotIn("on the bus says", said())

    def test_the_group_acts_and_everybody_hears_of_it(self):
        self.wait_home()
        visitor = self.listen_as(VISITOR)
        keeper = {"user": KEEPER, "extra_groups": ["nabaztagd"]}
        command = ["nabaztagctl", "ears", "3", "10"]
        result = subprocess.run(command, text=True, capture_output=True, check=True, **keeper)
        self.assertEqual(result.stdout, "ears 3 / 10\n")
        heard = {}
        while heard.get("Ears") != [3, 10]:
            heard.update(json.loads(visitor.readline()).get("properties", {}))
        self.assertTrue(journal("COMMAND_DONE", "NAB_COMMAND=ears"))

    def listen_as(self, user):
        process = subprocess.Popen(
            ["nabaztagctl", "--json", "monitor"], user=user, extra_groups=[], stdout=subprocess.PIPE
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdout.readline()  # how it is to begin with
        return process.stdout

    def test_wrong_types(self):
        """The system's bus lets them through to whoever may act."""
        self.wait_home()
        process, description = show("MainPID"), self.rabbit.describe()
        caller = Caller(self.bus.address, self.rabbit.name)
        self.addCleanup(caller.close)
        for call in description.wrong_calls():
            self.assertTrue(caller.call(*call).startswith(FREEDESKTOP), call)
        for types, texts in description.settings():
            found = caller.call(PROPERTIES, "Set", types, texts=texts)
            self.assertEqual(found, FREEDESKTOP + "PropertyReadOnly", texts)
        self.assertEqual(caller.call(INTERFACE, "Ears", ["u", "u"]), "")
        self.assertEqual(self.rabbit.get("Ears"), [3, 3])
        self.assertEqual(show("MainPID"), process)
