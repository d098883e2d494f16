"""One program that runs beside us: its log, its signals, and waiting until it is ready."""

import contextlib
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from devstack.guardian import GUARDIAN

POLL_SECONDS = 0.05
RUN_SECONDS = 120.0
LOG_TAIL_LINES = 20
STOP_SECONDS = 10.0
STOPPED_STATES = frozenset("TtZX")  # stopped, by a debugger too, or ended: proc(5)

# Past any proxy that the environment names: what we ask is on this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ProgramFailed(RuntimeError):
    """A program did not do what it was started for; the text holds the end of what it printed."""


class NotReady(ProgramFailed):
    """A program ended, or did not get ready in time."""


class Process:
    """A program in a session of its own, with everything it prints appended to `log`.

    It ends when we end, however we end (see `devstack.guardian`). Signals go to its whole process
    group, as a container runtime would end everything in a container.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.environment = dict(environment)
        self.folder = folder
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its group; raises RuntimeError before `start`."""
        if self._popen is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Exit code as `subprocess` has it (minus the signal); None while it runs or is not up."""
        return None if self._popen is None else self._popen.poll()

    def start(self) -> None:
        """Start the program without waiting for it; raises ProgramFailed if it is missing."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already")
        self.kill()  # children of one that ended by itself may still hold its port
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            try:
                self._popen = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self.environment,
                    cwd=self.folder,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise ProgramFailed(
                    f"{self.name}: {self.command[0]} is missing; scripts/bootstrap installs it"
                ) from error
        GUARDIAN.watch(self.pid)

    def stop(self, timeout: float) -> None:
        """End it by SIGTERM, after `timeout` seconds by SIGKILL, and with it its whole group."""
        if self._popen is None:
            return
        if self.running:
            self._popen.send_signal(signal.SIGTERM)
            self._signal_group(signal.SIGCONT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """SIGKILL the whole group and wait until it is gone."""
        if self._popen is None:
            return
        self._signal_group(signal.SIGKILL)
        self._popen.wait()
        GUARDIAN.forget(self._popen.pid)
        self._popen = None

    def suspend(self) -> None:
        """SIGSTOP the whole group, and wait until each of its threads has stopped.

        The signal only asks for it: a thread on another core may answer a request after `kill`
        has returned. Raises NotReady.
        """
        self._signal_group(signal.SIGSTOP)
        self.wait_until(lambda: set(thread_states(self.pid)) <= STOPPED_STATES, STOP_SECONDS)

    def resume(self) -> None:
        """SIGCONT the whole group."""
        self._signal_group(signal.SIGCONT)

    def wait(self, timeout: float) -> int:
        """Wait until it ends by itself; returns the exit code, raises TimeoutExpired."""
        if self._popen is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._popen.wait(timeout)

    def output(self) -> str:
        """Everything it printed since it was last started."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def log_tail(self) -> str:
        """The last lines it printed since it was last started."""
        return "\n".join(self.output().splitlines()[-LOG_TAIL_LINES:])

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Poll `ready` until it is true; raises NotReady if the program ends or time is up."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.running:
                raise NotReady(
                    f"{self.name} ended with exit code {self.exit_code} before it was ready. "
                    f"The end of {self.log}:\n{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                raise NotReady(
                    f"{self.name} was not ready after {timeout:.0f} s. "
                    f"The end of {self.log}:\n{self.log_tail()}"
                )
            time.sleep(POLL_SECONDS)

    def wait_for_line(self, pattern: str, timeout: float) -> None:
        """Wait until a line that matches `pattern` was printed; raises NotReady."""
        self.wait_until(lambda: re.search(pattern, self.output()) is not None, timeout)

    def wait_for_url(self, url: str, timeout: float) -> None:
        """Wait until `url` answers 200; raises NotReady."""
        self.wait_until(lambda: answers(url), timeout)

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return


def thread_states(group: int) -> Iterator[str]:
    """State of each thread of the process group `group`, in the letters of proc(5)."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) != group:
                continue
            for status in process.glob("task/*/stat"):
                # The program's name before it is in parentheses and may hold anything.
                yield status.read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked


def run(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
) -> str:
    """Run a program to its end; returns what it printed, raises ProgramFailed."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise ProgramFailed(
            f"{name} ended with exit code {error.returncode}: {error.stdout}{error.stderr}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(f"{name} had not ended after {RUN_SECONDS:.0f} s") from error
    except FileNotFoundError as error:
        raise ProgramFailed(
            f"{name}: {command[0]} is missing; scripts/bootstrap installs it"
        ) from error
    return done.stdout


def answers(url: str) -> bool:
    """Whether `url` (http) answers 200 within two seconds."""
    try:
        with _DIRECT.open(url, timeout=2) as response:
            return bool(response.status == 200)  # noqa: PLR2004 - the status OK
    except (urllib.error.URLError, OSError, ValueError):
        return False
