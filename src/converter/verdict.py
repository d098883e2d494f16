"""Whether what was decoded is what the file promised: the rules, without the media library."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chassis.errors import Permanent
from converter.spelling import clock
from converter.structure import Completeness

TRUNCATED: Final = "truncated"

_EXACT_SECONDS: Final = 0.1  # a track whose own length is known ends within a packet or two of it
_LOOSE_SECONDS: Final = 1.0  # what headers are wrong by in files that play well
_LOOSE_SHARE: Final = 0.001
_LEAST_SHARE: Final = 0.5  # a file with less than this readable is damaged beyond use


@dataclass(frozen=True, slots=True)
class Promise:
    """How long a file says it is, in seconds; None if it does not say.

    of_track: it is said of the track that is read, in a place that a cut does not change; indexed:
    an index names each packet, so a promise longer than a file that is whole is a mere mistake.
    """

    seconds: float | None
    of_track: bool = False
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a file to its end showed; times in seconds.

    reached: the latest end of anything read; decoded: how much sound there was; packets, damaged:
    how many there were, and how many of them could not be decoded; reached_end: whether more was
    asked for after the last byte.
    """

    promise: Promise
    reached: float
    decoded: float
    packets: int
    damaged: int
    reached_end: bool


def judge(reading: Reading, completeness: Callable[[], Completeness]) -> Permanent | None:
    """Why the file is refused, or None if it is good.

    `completeness` reads the file once more, a little, and is asked only where there is a doubt.
    """
    promise = reading.promise
    short = _is_short(reading, _EXACT_SECONDS)
    doubtful = short or reading.reached_end or reading.damaged or not reading.decoded
    structure = completeness() if doubtful else Completeness.WHOLE
    if structure is Completeness.CUT and (short or not promise.of_track):
        return _truncated(reading)
    all_there = promise.indexed and structure is Completeness.WHOLE
    if not all_there and _is_short(reading, _LOOSE_SECONDS, _LOOSE_SHARE):
        return _damaged(reading) if structure is Completeness.WHOLE else _truncated(reading)
    if refusal := judge_sound(reading):
        return refusal
    if promise.of_track and not short and reading.decoded < _LEAST_SHARE * (promise.seconds or 0):
        return Permanent("corrupt", "More than half of the sound of the file cannot be read.")
    return None


def judge_sound(reading: Reading) -> Permanent | None:
    """Why what was read is refused, whatever may be missing behind it; None if it is good."""
    if not reading.packets:
        return Permanent("no_audio", "The sound track of the file is empty.")
    if not reading.decoded or reading.damaged > _LEAST_SHARE * reading.packets:
        return Permanent("corrupt", "The sound of the file is damaged beyond use.")
    return None


def truncation_note(reading: Reading) -> str:
    """What to tell the owner of a file whose end is missing, if the rest is converted."""
    return f"The end of the file is missing: {_found(reading)} were converted."


def _is_short(reading: Reading, tolerance: float, share: float = 0.0) -> bool:
    promised = reading.promise.seconds
    return promised is not None and reading.reached < promised * (1 - share) - tolerance


def _truncated(reading: Reading) -> Permanent:
    return Permanent(TRUNCATED, f"The end of the file is missing; only {_found(reading)} is there.")


def _damaged(reading: Reading) -> Permanent:
    return Permanent("corrupt", f"The file is damaged; only {_found(reading)} can be read.")


def _found(reading: Reading) -> str:
    found = clock(reading.reached)
    if reading.promise.seconds and _is_short(reading, _LOOSE_SECONDS):
        return f"{found} of {clock(reading.promise.seconds)}"
    return found
