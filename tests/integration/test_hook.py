"""However badly the platform's hook behaves, the login heals all the same."""

from case import SERIAL, Case


class BadHook(Case):
    def check(self, mode, **settings):
        server, hook = self.make_server(), self.make_hook(mode)
        rabbit = self.make_rabbit(server, hook, password="cuckoo-clock-7", **settings).start()
        rabbit.wait_online(40)
        self.assertTrue(server.has_account(SERIAL))
        self.assertEqual(rabbit.causes().count("hook-failed"), 1, "the failing hook is logged once")
        return hook

    def test_dead(self):
        self.check("dead")

    def test_slow(self):
        hook = self.check("slow", report={"timeout": "2s"})
        self.assertEqual(len(hook.requests), 1)

    def test_error(self):
        hook = self.check("500")
        self.assertEqual(len(hook.requests), 1)

    def test_redirect_loop(self):
        hook = self.check("redirects")
        self.assertEqual(len(hook.requests), 4, "the request and three redirects")

    def test_endless_body(self):
        server, hook = self.make_server(), self.make_hook("endless")
        rabbit = self.make_rabbit(
            server, hook, password="cuckoo-clock-7", report={"timeout": "3s"}
        ).start()
        rabbit.wait_online(40)
        self.assertLessEqual(rabbit.causes().count("hook-failed"), 1)
        self.assertEqual(len(hook.requests), 1)
