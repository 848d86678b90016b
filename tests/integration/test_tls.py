"""What the rabbit demands of its server's TLS and of its mechanisms."""

import os
import shutil
import subprocess

from lib import certificates, confine

from case import Case, unittest


class Tls(Case):
    def test_required_on_a_clear_server(self):
        rabbit = self.make_rabbit(self.make_server(tls=None)).start()
        rabbit.wait_cause("tls-not-offered")

    def test_optional_on_a_clear_server(self):
        rabbit = self.make_rabbit(self.make_server(tls=None), tls={"mode": "optional"}).start()
        rabbit.wait_online()

    def test_off(self):
        rabbit = self.make_rabbit(
            self.make_server(tls=None), tls={"mode": "off", "ca-file": None}
        ).start()
        rabbit.wait_online()

    def test_direct(self):
        rabbit = self.make_rabbit(self.make_server(tls="direct"), tls={"mode": "direct"}).start()
        rabbit.wait_online()

    def test_untrusted_certificate(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server, tls={"ca-file": None}).start()
        rabbit.wait_cause("cert-untrusted")
        self.assertEqual(server.witness(), [])

    def test_certificate_for_another_name(self):
        server = self.make_server(certificate_for="other.test")
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_cause("cert-name")
        self.assertEqual(server.witness(), [])

    def test_expired_certificate(self):
        server = self.make_server(expired=True)
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_cause("cert-expired")
        self.assertEqual(server.witness(), [])

    def test_right_fingerprint_needs_nothing_else(self):
        server = self.make_server(certificate_for="other.test", expired=True)
        rabbit = self.make_rabbit(
            server,
            tls={"ca-file": None, "fingerprint": certificates.fingerprint(server.certificate)},
        ).start()
        rabbit.wait_online()

    def test_wrong_fingerprint_of_a_good_certificate(self):
        server = self.make_server()
        rabbit = self.make_rabbit(
            server, password="cuckoo-clock-7", tls={"fingerprint": "ab" * 32}
        ).start()
        rabbit.wait_cause("cert-pin")
        self.assertEqual(server.witness(), [])


@unittest.skipUnless(confine.available(), "namespaces are not available here")
class SystemAuthorities(Case):
    """Another /etc/ssl/certs, in which the server's own certificate is one of the authorities."""

    def start_with(self, name, hashed):
        server = self.make_server()
        folder = os.path.join(self.folder, "authorities")
        os.mkdir(folder)
        shutil.copy(server.certificate, os.path.join(folder, name))
        if hashed:
            subprocess.run(["openssl", "rehash", folder], check=True, capture_output=True)
        rabbit = self.make_rabbit(server, tls={"ca-file": None})
        script = 'mount --bind "$0" /etc/ssl/certs && exec "$@"'
        return rabbit.start(prefix=["unshare", "-rm", "sh", "-c", script, folder])

    def test_found_by_hash(self):
        self.start_with("server.pem", hashed=True).wait_online()

    def test_all_in_one_file(self):
        self.start_with("ca-certificates.crt", hashed=False).wait_online()

    def test_none_of_them(self):
        self.start_with("unused.txt", hashed=False).wait_cause("cert-untrusted")


class Mechanisms(Case):
    def make_plain_server(self):
        server = self.make_server(tls=None, only_plain=True)
        server.add_account("0013d4abcdef", "cuckoo-clock-7")
        return server

    def test_plain_without_tls_is_refused(self):
        server = self.make_plain_server()
        rabbit = self.make_rabbit(
            server, password="cuckoo-clock-7", tls={"mode": "off", "ca-file": None}
        ).start()
        rabbit.wait_cause("no-mechanism")
        self.assertEqual(server.witness(), [])

    def test_plain_without_tls_when_allowed(self):
        server = self.make_plain_server()
        rabbit = self.make_rabbit(
            server,
            password="cuckoo-clock-7",
            tls={"mode": "off", "ca-file": None},
            sasl={"plaintext": "yes"},
        ).start()
        rabbit.wait_online()

    def test_plain_inside_tls(self):
        server = self.make_server(only_plain=True)
        rabbit = self.make_rabbit(server, password="cuckoo-clock-7")
        server.add_account("0013d4abcdef", "cuckoo-clock-7")
        rabbit.start().wait_online()

    def test_no_common_mechanism(self):
        server = self.make_server()
        rabbit = self.make_rabbit(
            server, password="cuckoo-clock-7", sasl={"mechanisms": "DIGEST-MD5"}
        ).start()
        rabbit.wait_cause("no-mechanism")
        self.assertEqual(server.witness("rejected"), [])
