"""What yt-dlp is asked for: what is at an address, what a playlist holds, the bytes of a stream."""

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, Final

from chassis.ports import CHUNK_BYTES
from fetcher.failures import failure
from fetcher.guard.session import Session
from fetcher.limits import FetchLimits
from fetcher.watch import Watch
from fetcher.ytdlp_errors import failure_told
from fetcher.ytdlp_formats import Format
from fetcher.ytdlp_process import Run
from fetcher.ytdlp_program import Network, Program, environment
from fetcher.ytdlp_reading import Facts

_MOST_FACTS: Final = 16 << 20
_KEPT: Final = ("id", "title", "extractor", "extractor_key", "duration", "http_headers")


class YtDlp:
    """Runs of yt-dlp for one fetch, in its scratch folder, through its session of the guard."""

    def __init__(
        self,
        program: Program,
        session: Session,
        watch: Watch,
        limits: FetchLimits,
        folder: Path,
    ) -> None:
        self._program = program
        self._network = Network(session.proxy_url, limits.stall_seconds, limits.retry_pauses)
        self._watch = watch
        self._limits = limits
        self._folder = folder

    def facts(self, url: str) -> tuple[Facts, str]:
        """What is at `url`, a video, and what was written to stderr meanwhile.

        Raises Permanent, Retryable, Stopped.
        """
        return self._asked(self._program.facts(self._network, url))

    def listing(self, url: str, limit: int) -> Facts:
        """What the first `limit` entries of the playlist at `url` are; raises as `facts`."""
        return self._asked(self._program.listing(self._network, url, limit))[0]

    def stream(self, facts: Facts, chosen: Format) -> Generator[bytes, None, None]:
        """The bytes of that format of the video, in whole chunks of CHUNK_BYTES except the last.

        Raises as `facts`; `too_large`.
        """
        # Without the address of its page: yt-dlp would begin anew behind what it has written.
        kept = {name: facts[name] for name in _KEPT if facts.get(name) is not None}
        path = self._folder / "facts.json"
        path.write_text(json.dumps({**kept, "formats": [chosen.facts]}), encoding="utf-8")
        command = self._program.stream(self._network, path)
        received = 0
        with self._started(command, self._watch.seconds_left) as run, self._watch.receiving():
            while data := run.output.read(CHUNK_BYTES):
                received += len(data)
                if received > self._limits.max_bytes:
                    raise failure("too_large")
                yield data
            self._ended_well(run)

    def _asked(self, command: list[str]) -> tuple[Facts, str]:
        with self._started(command, self._limits.extract_seconds) as run:
            said = run.output.read(_MOST_FACTS + 1)
            if len(said) > _MOST_FACTS:
                raise failure("unsupported_stream", "The site says too much about this video.")
            errors = self._ended_well(run)
        try:
            facts: Any = json.loads(said)
        except ValueError:
            facts = None
        if not isinstance(facts, dict):
            raise failure_told(errors)
        return facts, errors

    @contextmanager
    def _started(self, command: list[str], seconds: float) -> Iterator[Run]:
        limits = self._limits
        run = Run(
            command,
            self._folder,
            environment(self._folder),
            memory_bytes=limits.memory_bytes,
            cpu_seconds=seconds,
        )
        with run, self._watch.cutting(run.kill), _ending(run.kill, seconds):
            yield run

    def _ended_well(self, run: Run) -> str:
        """What it wrote to stderr; raises where it failed, or was ended."""
        status = run.wait()
        self._watch.check()
        errors = run.errors()
        if status < 0:
            raise failure("site_unavailable", "Looking for the video took too long.")
        if status:
            raise failure_told(errors)
        return errors


@contextmanager
def _ending(kill: Callable[[], None], seconds: float) -> Iterator[None]:
    timer = Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
