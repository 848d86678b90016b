"""
A Debian that boots with the service enabled, as a container of systemd-nspawn: on this machine's
own kernel, where a process and a mount cost what they cost, which on user-mode Linux they do not.
As root alone.
"""

import os
import shutil
import subprocess

from lib.measure import boot_row

KEEP = ("--keep-directory-symlink", "--no-overwrite-dir")  # of what is there

# Idle: once all else of the boot has been started.
REPORT = """
[Service]
Type=idle
ExecStart=/bin/sh -c 'systemctl is-system-running --wait; systemd-analyze time >/time; \
systemd-analyze blame >/blame; systemctl poweroff'
[Install]
WantedBy=multi-user.target
"""


def is_possible():
    return os.geteuid() == 0 and shutil.which("systemd-nspawn") is not None


class Container:
    """`userland` and `tree` are tarballs: the Debian, and the daemon as it is installed there."""

    def __init__(self, folder, userland, tree, config):
        self.root = os.path.join(folder, "container")
        os.makedirs(self.root)
        for tarball in (userland, tree):
            self._run("tar", "-C", self.root, *KEEP, "-xf", tarball)
        self._write("etc/nabaztagd/nabaztagd.conf", config)
        self._write("etc/systemd/system/report.service", REPORT)
        self._run("chroot", self.root, "systemd-sysusers")
        self._run("chroot", self.root, "systemctl", "mask", "prosody")
        self._run("chroot", self.root, "systemctl", "enable", "nabaztagd", "report")

    @staticmethod
    def _run(*command, **more):
        subprocess.run(command, check=True, capture_output=True, **more)

    def _write(self, path, text):
        with open(os.path.join(self.root, path), "w", encoding="utf-8") as file:
            file.write(text)

    def boot(self):
        """A row for the table of tests/bench."""
        self._run(
            "systemd-nspawn",
            *("--quiet", "--directory", self.root, "--machine", f"nabaztagd-bench-{os.getpid()}"),
            *("--boot", "--private-network", "--register=no", "--keep-unit"),
            stdin=subprocess.DEVNULL,
            timeout=60,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )
        return boot_row(self._take("time"), self._take("blame"))

    def _take(self, name):
        path = os.path.join(self.root, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        os.unlink(path)
        return text

    def remove(self):
        shutil.rmtree(self.root)
