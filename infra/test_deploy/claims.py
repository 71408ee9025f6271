"""A claim, and what becomes of it."""

import contextlib
import io
import time


class Failed(Exception):
    """A claim that does not hold."""


def check(holds, claim, found=""):
    if not holds:
        raise Failed(f"{claim}: {str(found)[:600]}")
    print(f"  ok  {claim}", flush=True)


def turns_red(claim, claims, *arguments):
    """What `claims` says when it does not hold, which it must not."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            claims(*arguments)
    except Failed as failed:
        print(f"  ok  {claim}", flush=True)
        return str(failed)
    raise Failed(f"{claim}: it holds all the same")


def until(what, seconds, look):
    """What `look` answers as soon as it answers something."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.3)
