"""`scripts/up`: runs the whole system on this machine until it is told to stop."""

import argparse
import fcntl
import os
import shlex
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NoReturn

from devstack.demo import Demo, DemoFailed
from devstack.journey import Journey
from devstack.ports import BadPort, choose
from devstack.process import ProgramFailed
from devstack.secret import write_private
from devstack.stack import LOGIN_EMAIL, PORTS, Stack

LOCAL = Path(__file__).parent.parent / ".local"
WATCH_SECONDS = 0.5
ABOUT_LINKS = (
    *("LINK_HOSTS", "LINK_PORTS", "LINK_OPEN_ADDRESSES", "LINK_NAME_SERVERS"),
    *("LINK_FRESH_SECONDS", "LINK_MEMORY_HOURS"),
    *("YT_DLP", "YT_DLP_JAVASCRIPT", "YT_DLP_MEMORY_MB"),
)
"""What is passed on to gateway and fetcher."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to stop; not an Exception, so that nothing on the way takes it for one."""


class AlreadyUp(Exception):
    """Another `scripts/up` runs on the same folder."""


def main(arguments: list[str]) -> int:
    """Run; returns the exit code."""
    options = _parse(arguments)
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    try:
        return _run(options.folder, demo=options.demo)
    except Stopped:
        return 1 if options.demo else 0
    except (BadPort, ProgramFailed, AlreadyUp) as error:
        _say(str(error), sys.stderr)
    except DemoFailed as error:
        print(f"demo: failed at {error}", file=sys.stderr, flush=True)
    return 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    variables = "\n".join(f"  {port.variable:25} {port.default:5}  {port.owner}" for port in PORTS)
    parser = argparse.ArgumentParser(
        prog="scripts/up",
        description="Runs the whole system on this machine, on loopback, until Ctrl-C.",
        epilog=f"Variables that change a port, and the ports without them:\n{variables}\n"
        "Settings LINK_... and YT_DLP are passed on to gateway and fetcher.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--demo", action="store_true", help="take the whole journey with a small video, then stop"
    )
    parser.add_argument(
        "--folder", type=Path, default=LOCAL, help="where data, secrets and logs are kept"
    )
    return parser.parse_args(arguments)


def _run(folder: Path, *, demo: bool) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "up.lock").open("w") as lock:
        _take(lock, folder)
        stack = Stack(
            folder, choose(PORTS, os.environ), overrides=about_links(os.environ), say=_say
        )
        environment = folder / "env"
        environment.unlink(missing_ok=True)  # it stands there when all of it is true
        success = ""
        try:
            stack.start()
            write_private(environment, _sourceable(stack.addresses))
            if demo:
                success = Demo(stack).run()
            else:
                print(_welcome(stack, environment), flush=True)
                _watch(stack)
        finally:
            _say("stopping")
            stack.stop()
            _say("stopped")
    print(success, flush=True)
    return 0


def about_links(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings about links, as whoever starts us has them in the environment."""
    return {name: environ[name] for name in ABOUT_LINKS if name in environ}


def _take(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyUp(f"it runs already on {folder}: stop that one first") from None


def _watch(stack: Stack) -> NoReturn:
    while True:
        time.sleep(WATCH_SECONDS)
        stack.mend()


def _welcome(stack: Stack, environment: Path) -> str:
    journey = Journey(stack.gateway_url, LOGIN_EMAIL, stack.login_password)
    listed = "\n".join(f"  {name:15} {value}" for name, value in stack.addresses.items())
    return (
        f"\nEverything runs. A shell learns these by: . {shlex.quote(str(environment))}\n\n"
        f"{listed}\n\nThe journey:\n\n{journey}\n\n"
        f"Logs: {stack.folder / 'logs'}. Ctrl-C stops everything.\n"
    )


def _sourceable(values: dict[str, str]) -> str:
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def _stop(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - the signature of a handler
    for again in STOP_SIGNALS:
        signal.signal(again, _abandon)
    raise Stopped


def _abandon(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - the signature of a handler
    """A second signal: end at once; the guardian kills what still runs."""
    os._exit(128 + number)


def _say(text: str, stream: IO[str] | None = None) -> None:
    print(f"up: {text}", file=stream, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
