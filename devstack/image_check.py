"""`scripts/check-images`: tests the images that `scripts/images` made, by running them.

Each runs as Kubernetes runs it under Pod Security `restricted`: as its own user, without any right,
on a read-only root file system without any writable folder but what it is given. Needs no more than
Python.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROBE = Path(__file__).with_name("image_probe.py")
CONFINED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none")
EXIT_BAD_SETTINGS = 2
START_SECONDS = 60
STOP_SECONDS = 20  # less than what a service has to finish its work, of which there is none

_NOWHERE = {
    "MONGODB_URL": "mongodb://127.0.0.1:1",
    "AMQP_URL": "amqp://user:password@127.0.0.1:1/",
}
_LINKS = {"PUBLIC_URL": "http://mp3.example.com", "LINK_SECRET": "only for this check"}


@dataclass(frozen=True)
class Image:
    """What belongs into an image, and how it is started: with which settings, to answer where."""

    packages: tuple[str, ...]
    alive: str
    settings: Mapping[str, str] = field(default_factory=dict)
    library: str = ""  # what has to be importable, and with it the system's library under it
    arguments: tuple[str, ...] = ()
    scratch: str = ""  # the folder in which it has to be able to write


IMAGES: Mapping[str, Image] = {
    "auth": Image(
        ("auth", "chassis"),
        "8080/healthz",
        {"MYSQL_URL": "mysql://user:password@127.0.0.1:1/auth"},
        library="MySQLdb",
    ),
    "gateway": Image(
        ("gateway", "chassis"),
        "8080/healthz",
        _NOWHERE | _LINKS | {"AUTH_URL": "http://127.0.0.1:1"},
        library="gevent",
    ),
    "converter": Image(
        ("converter", "chassis"), "8081/healthz", _NOWHERE, library="converter.engine"
    ),
    "fetcher": Image(
        ("fetcher", "chassis"), "8081/healthz", _NOWHERE, library="yt_dlp", scratch="/scratch"
    ),
    "notification": Image(
        ("notification", "chassis"),
        "8081/healthz",
        _NOWHERE | _LINKS | {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "mp3@example.com"},
    ),
    "sweeper": Image(("sweeper", "chassis"), "8081/healthz", _NOWHERE),
    "mail-sink": Image(
        ("devstack",),
        "8025/healthz",
        arguments=("/dev/shm", "--smtp-port", "1025", "--web-port", "8025"),  # noqa: S108 - a folder of the container's own
    ),
}


class Engine:
    """docker or podman; `command` with its own options, `flags` for each `run`."""

    def __init__(self, command: list[str], flags: list[str]) -> None:
        self._command = command
        self._flags = flags

    def call(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run the engine to its end."""
        command = [*self._command, *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)

    def run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a container to its end."""
        return self.call("run", "--rm", "-i", *CONFINED, *self._flags, *arguments, text=text)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[str]:
        """A container that runs meanwhile; its id."""
        done = self.call("run", "--detach", *CONFINED, *self._flags, *arguments)
        done.check_returncode()
        container = done.stdout.strip()
        try:
            yield container
        finally:
            self.call("rm", "--force", container)


def check(engine: Engine, service: str, name: str) -> Iterator[str]:
    """A line for each thing that is wrong with the image `name` of `service`."""
    image = IMAGES[service]
    probed = engine.run(
        *("--entrypoint=python", name, "-", ",".join(image.packages)), text=PROBE.read_text()
    )
    yield from (probed.stdout + probed.stderr).splitlines()
    if image.library:
        done = engine.run("--entrypoint=python", name, "-c", f"import {image.library}")
        yield from done.stderr.splitlines()
    settings = dict(image.settings)
    if settings:
        done = engine.run(name)
        if done.returncode != EXIT_BAD_SETTINGS or "missing or wrong" not in done.stderr:
            yield f"without settings it ends with {done.returncode}: {done.stderr.strip()}"
    if service == "auth":
        settings["SIGNING_KEYS"] = engine.run(name, "keygen").stdout.strip()
    yield from _life(engine, name, image, settings)


def _life(engine: Engine, name: str, image: Image, settings: Mapping[str, str]) -> Iterator[str]:
    options = [f"--env={key}={value}" for key, value in settings.items()]
    options += [f"--tmpfs={image.scratch}:mode=1777"] if image.scratch else []
    with engine.started(*options, name, *image.arguments) as container:
        if not _answers(engine, container, image.alive):
            log = engine.call("logs", container)
            yield f"it does not answer on {image.alive}: {log.stdout[-2000:]}{log.stderr[-2000:]}"
            return
        if image.scratch:
            made = engine.call(
                "exec", container, "python", "-c", "import tempfile as t; t.mkdtemp()"
            )
            yield from made.stderr.splitlines()
        began = time.monotonic()
        engine.call("stop", f"--time={STOP_SECONDS}", container)
        if time.monotonic() - began >= STOP_SECONDS:
            yield f"it has not ended {STOP_SECONDS} s after SIGTERM"
        [state] = json.loads(engine.call("inspect", container).stdout)
        # 143: SIGTERM ended it, where a program has nothing to finish.
        if state["State"]["ExitCode"] not in {0, 143}:
            yield f"after SIGTERM it ends with {state['State']['ExitCode']}"


def _answers(engine: Engine, container: str, address: str) -> bool:
    ask = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{address}', timeout=5)"
    deadline = time.monotonic() + START_SECONDS
    while engine.call("exec", container, "python", "-c", ask).returncode != 0:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def main(arguments: list[str]) -> int:
    """Check the images `SERVICE=NAME`; returns the exit code."""
    engine = Engine(
        shlex.split(os.environ["CONTAINER_ENGINE"]), shlex.split(os.environ.get("RUN_FLAGS", ""))
    )
    wrong = 0
    for argument in arguments:
        service, _, name = argument.partition("=")
        found = list(check(engine, service, name))
        wrong += bool(found)
        print("\n".join([f"{'bad ' if found else 'ok  '} {name}", *found]), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
