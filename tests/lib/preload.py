"""Libraries of ours that a daemon is started with."""

import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def preload(rabbit, name, folder, **environment):
    """Makes lib/NAME.c a library and has the rabbit start with it, and with that environment."""
    library = os.path.join(folder, f"{name}.so")
    if not os.path.exists(library):
        source = os.path.join(HERE, f"{name}.c")
        command = ["cc", "-shared", "-fPIC", "-Wall", "-o", library, source, "-ldl"]
        subprocess.run(command, check=True)
    options = os.environ.get("ASAN_OPTIONS", "")
    rabbit.environment.update(
        LD_PRELOAD=library, ASAN_OPTIONS=options + ":verify_asan_link_order=0", **environment
    )
