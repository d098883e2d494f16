"""Conversions in processes of their own, so that a bad video harms nothing but itself."""

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Self

import structlog

from chassis.errors import Retryable
from chassis.options import ConversionOptions, Cover
from converter import wire
from converter.box_session import BoxLimits, Caller, ChildEnded, Session
from converter.confinement import Limits
from converter.conversion import Conversion, Stopped
from converter.cores import Cores
from converter.fork_client import Child, ForkClient, ForkServerError
from converter.output_limit import most_bytes
from converter.pictures import UNREADABLE
from converter.ports import Sink, SourceReader
from converter.site import Site

__all__ = ["Box", "BoxLimits", "Stopped"]

log = structlog.get_logger(__name__)

_ENGINE: Final = "converter.engine:convert"  # named, not imported: its libraries stay out of here
_MAX_NAME_CHARACTERS: Final = 1000
_OF_THE_PROCESS: Final = frozenset(
    {"engine_crashed", "engine_failed", "engine_memory", "engine_timeout"}
)


class CoverFailed(Exception):
    """The process failed while it drew a cover, in the way that its cause tells."""


class Box:
    """Converts videos, each in a confined child process; usable from several threads at once.

    One for each process of the service. Each conversion takes its share of `cores`; `engine` names
    the function that runs in the child.
    """

    def __init__(self, limits: BoxLimits, cores: Cores, engine: str = _ENGINE) -> None:
        self._limits = limits
        self._cores = cores
        self._forks = ForkClient(engine, Limits(limits.memory_bytes, limits.cpu_seconds))

    def start(self) -> None:
        """Load the engine; raises ForkServerError if it does not work here."""
        self._forks.start()

    def stop(self) -> None:
        """End the engine and every conversion that runs."""
        self._forks.stop()

    def convert(
        self,
        source: SourceReader,
        sink: Sink,
        options: ConversionOptions,
        *,
        name: str,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
        arriving: bool = False,
        site: Site | None = None,
    ) -> Conversion:
        """Write the MP3 of the sound in `source` to `sink`; returns when it is complete.

        `name` is the video's file name, `on_progress` hears fractions from 0 to 1, `should_stop` is
        asked at least each second while the source and the sink do not block. An `arriving` source
        is still on its way: reading waits for its bytes, its size waits for its end. `site` is
        that of the link which the video came by.

        Where drawing a cover ends the process, or takes too long, the conversion is made once more
        without one, which is noted.

        Raises Permanent (not_media, no_audio, truncated, corrupt, too_long), Retryable
        (engine_crashed, engine_timeout, engine_memory, engine_failed, engine_unavailable), Stopped,
        StartOver (an arriving source is to be converted anew, now that it is whole), and whatever
        the source, the sink and the callbacks raise. The child is dead by then.
        """
        caller = Caller(source, sink, on_progress, should_stop, arriving)
        try:
            return self._run(caller, name, options, site)
        except CoverFailed as failed:
            log.warning("a cover cost its process", reason=str(failed.__cause__))
        sink.start_over()
        conversion = self._run(caller, name, replace(options, cover=Cover.NONE), site)
        return replace(conversion, notes=(*conversion.notes, UNREADABLE))

    def _run(
        self, caller: Caller, name: str, options: ConversionOptions, site: Site | None
    ) -> Conversion:
        picture = site.picture if site else None
        job = wire.document(
            size=None if caller.arriving else caller.source.size,
            name=name[:_MAX_NAME_CHARACTERS],
            options=options.to_document(),
            max_seconds=self._limits.max_seconds,
            # One that mostly waits for its source gives what it makes at once with a single thread.
            threads=1 if caller.arriving else self._cores.share,
            site=site.to_document() if site else None,
            has_picture=picture is not None,
        )
        try:
            child = self._forks.fork()
        except ForkServerError as error:
            raise Retryable("engine_unavailable", str(error)) from error
        limit = most_bytes(options, self._limits.max_seconds)
        session = Session(child, caller, self._limits, limit)
        try:
            return _served(session, child, job, picture)
        except Retryable as failure:
            if session.is_drawing and failure.code in _OF_THE_PROCESS:
                raise CoverFailed from failure
            raise
        finally:
            child.end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def _served(session: Session, child: Child, job: bytes, picture: bytes | None) -> Conversion:
    """As `session.run`; an end of the process that it did not tell of is Retryable."""
    try:
        return session.run(job, picture)
    except ChildEnded as ended:
        raise _crash(child.end()) from ended
    except wire.WireError as error:
        raise Retryable("engine_crashed", f"The conversion talked nonsense: {error}.") from error


def _crash(status: int | None) -> Retryable:
    if status == -signal.SIGXCPU:
        return Retryable("engine_timeout", "The conversion took too much computing time.")
    if status is None:
        return Retryable("engine_crashed", "The conversion ended with the process it came from.")
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return Retryable("engine_crashed", f"The conversion ended with {how}.")
