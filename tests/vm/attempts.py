#!/usr/bin/python3
"""
What is tried in the sandbox of nabaztagd.service, in the daemon's place, and outside of it:

    attempts.py FILE        writes what came of each, a JSON object

test_sandbox.py puts the files there that are tried, and knows what has to come of it.
"""

import ctypes
import errno
import grp
import json
import mmap
import os
import pwd
import resource
import socket
import stat
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
CLONES = {
    "mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000,
    "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000,
}  # fmt: skip
CLOCK_REALTIME, PER_LINUX32 = 0, 0x0008
PTRACE_TRACEME, SYSLOG_ACTION_SIZE_BUFFER = 0, 10
SYS_INIT_MODULE, SYS_CLOCK_SETTIME, SYS_KEYCTL = 175, 227, 250  # of x86_64
KEYCTL_DESCRIBE, SESSION_KEYRING = 6, -3


def call(function, *arguments):
    """A function of the C library; what it returns, or its error."""
    result = function(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def syscall(number, *arguments):
    return call(LIBC.syscall, number, *arguments)


def in_child(function, *arguments):
    """What must not change this process. The child's exit status is the error."""
    child = os.fork()
    if child == 0:
        try:
            function(*arguments)
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
    if number := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise OSError(number, "")


# Files


def read(path):
    with open(path, "rb") as file:
        return file.read(1) and None


def in_folder(path):
    return f"/{path}/attempt"


def write(path, flags=os.O_WRONLY):
    os.close(os.open(path, flags))


def own(name="own"):
    """A new file in the state folder, the one place for it; its mode as it was made."""
    path = os.path.join(os.environ.get("STATE_DIRECTORY", "/var/lib/nabaztagd"), name)
    if os.path.exists(path):
        os.unlink(path)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
    return path


def mode_of(path):
    return oct(stat.S_IMODE(os.stat(path).st_mode))


def set_id(bit):
    os.chmod(own(), 0o700 | bit)


def make_device():
    path = own()
    os.unlink(path)
    os.mknod(path, stat.S_IFCHR, os.makedev(1, 5))


def shared_memory():
    """Stays behind."""
    path = "/dev/shm/attempt"
    write(path, os.O_CREAT | os.O_RDWR)


# Processes


def name_of_user():
    return pwd.getpwuid(os.getuid()).pw_name + " " + grp.getgrgid(os.getgid()).gr_name


def run_set_uid():
    return subprocess.run(
        ["/usr/local/bin/set-uid-id", "-u"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def set_scheduler(priority):
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))


def keep_priority():
    os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))


def session_keyring():
    text = ctypes.create_string_buffer(200)
    syscall(SYS_KEYCTL, KEYCTL_DESCRIBE, SESSION_KEYRING, text, 200)
    return text.value.decode().split(";")[-1]


# Memory


def writable_code():
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def code_that_was_written():
    memory = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    place = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
    memory[0:1] = b"\xc3"
    call(LIBC.mprotect, place, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC)


# The network


def families():
    """Those of which there are sockets, whatever their type."""
    return " ".join(str(number) for number in range(1, 46) if any(map(opens(number), (1, 2, 3))))


def opens(family):
    def try_type(kind):
        try:
            socket.socket(family, kind).close()
            return True
        except OSError as error:
            return error.errno in (errno.EPERM, errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT)

    return try_type


TRIES = {
    "who it is": name_of_user,
    "oom_score_adj": lambda: open("/proc/self/oom_score_adj", encoding="ascii").read().strip(),
    "core": lambda: resource.getrlimit(resource.RLIMIT_CORE),
    "own file": lambda: mode_of(own()),
    "state folder": lambda: mode_of(os.environ["STATE_DIRECTORY"]),
    "credential": lambda: read(os.environ["CREDENTIALS_DIRECTORY"] + "/nabaztagd.password"),
    "credstore": lambda: read("/etc/credstore/nabaztagd.password"),
    "chip": lambda: write("/dev/attempt-chip", os.O_RDWR),
    "null": lambda: write("/dev/null", os.O_RDWR),
    "random": lambda: read("/dev/urandom"),
    "disk": lambda: read("/dev/ubda"),
    "uleds": lambda: write("/dev/uleds"),
    "memory": lambda: read("/dev/attempt-mem"),
    "usr": lambda: write(in_folder("usr/local")),
    "etc": lambda: write(in_folder("etc/nabaztagd")),
    "var": lambda: write(in_folder("var/lib")),
    "home": lambda: read(in_folder("home")),
    "root's": lambda: read(in_folder("root")),
    "tmp": lambda: read(in_folder("tmp")),
    "var/tmp": lambda: read(in_folder("var/tmp")),
    "process 1": lambda: read("/proc/1/status"),
    "cpuinfo": lambda: read("/proc/cpuinfo"),
    "sysctl": lambda: read("/proc/sys/kernel/ostype"),
    "tunable": lambda: write("/sys/module/gpio_sim/parameters/persist"),
    "device": lambda: write("/sys/devices/platform/uevent"),
    "modules": lambda: os.listdir("/usr/lib/modules") and None,
    "init_module": lambda: syscall(SYS_INIT_MODULE, None, 0, None),
    "kmsg": lambda: read("/dev/kmsg"),
    "syslog": lambda: call(LIBC.klogctl, SYSLOG_ACTION_SIZE_BUFFER, None, 0) and None,
    "cgroup": lambda: write("/sys/fs/cgroup/attempt/cgroup.max.depth"),
    "clock": lambda: syscall(SYS_CLOCK_SETTIME, CLOCK_REALTIME, None),
    "host name": lambda: socket.sethostname(socket.gethostname()),
    "set-uid program": run_set_uid,
    "shadow's group": lambda: os.stat("/etc/shadow").st_gid,
    "set-uid": lambda: set_id(0o4000),
    "set-gid": lambda: set_id(0o2000),
    "shared memory": shared_memory,
    "session keyring": session_keyring,
    "families": families,
    **{
        f"{name} namespace": lambda flag=flag: in_child(call, LIBC.unshare, flag)
        for name, flag in CLONES.items()
    },
    "personality": lambda: in_child(call, LIBC.personality, PER_LINUX32),
    "writable code": writable_code,
    "code that was written": code_that_was_written,
    "device node": make_device,
    "mount": lambda: call(LIBC.mount, b"none", b"/nowhere", b"tmpfs", 0, None),
    "ptrace": lambda: in_child(call, LIBC.ptrace, PTRACE_TRACEME, 0, None, None),
    "chown": lambda: os.chown(own(), os.getuid(), os.getgid()),
    "priority": keep_priority,
    "processors": lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
    "real time, 10": lambda: in_child(set_scheduler, 10),
    "real time, 11": lambda: in_child(set_scheduler, 11),
    "kill 1": lambda: os.kill(1, 0),
}


def outcome(attempt):
    """ "ok", what it returned, or the name of its error."""
    try:
        result = attempt()
        return "ok" if result is None else str(result)
    except OSError as error:
        return errno.errorcode[error.errno]
    except KeyError:
        return "not set"


def main(path):
    told = {name: outcome(attempt) for name, attempt in TRIES.items()}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(told, file, indent=1)


if __name__ == "__main__":
    main(sys.argv[1])
