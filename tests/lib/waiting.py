"""Waiting for something to become true: never for time to pass."""

import time


class TimeOver(AssertionError):
    pass


def wait_for(predicate, timeout=10, what="something", pause=0.02):
    """The first true value of predicate(). `what` may be a function. Raises TimeOver."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise TimeOver(f"waited {timeout} s in vain for {text}")
        time.sleep(pause)


def stays(predicate, seconds, what="something"):
    """Asserts that predicate() holds at every look during `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not predicate():
            raise AssertionError(f"{what} did not last")
        time.sleep(0.05)
