"""The sound that is to be encoded, of all that a file has, and whether it is any good."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chassis.errors import Permanent
from chassis.options import ConversionOptions
from converter.cutting import Span, cut
from converter.decode import TrackReader
from converter.lame import Encoding
from converter.request import Request
from converter.resample import Samples
from converter.spelling import clock
from converter.verdict import TRUNCATED, judge, judge_sound


@dataclass(frozen=True, slots=True)
class WantedSound:
    """What is to be encoded, how, how many seconds it probably has, and how much was read of it.

    Its blocks raise Permanent: too_long, and at their end what is wrong with the file.
    """

    blocks: Iterator[Samples]
    encoding: Encoding
    seconds: float | None
    read: Callable[[], float]


def wanted_sound(reader: TrackReader, request: Request) -> WantedSound:
    """What `request` takes of the sound that `reader` reads; raises Permanent if there is none."""
    blocks = reader.blocks()
    first = next(blocks, None)
    if first is None:
        refusal = judge(reader.reading, reader.completeness)
        raise refusal or Permanent("corrupt", "The file holds no sound.")
    encoding = Encoding(
        sample_rate=reader.sample_rate,
        channels=reader.channels,
        bitrate=request.options.bitrate,
        quality=request.options.quality,
        lowpass=request.options.lowpass,
    )
    span = Span.of(request.options)
    sound = cut(itertools.chain([first], blocks), span, reader.sample_rate)
    expected = reader.expected_seconds
    read_up_to = Span(0.0, span.end).length(expected)
    return WantedSound(
        _checked(sound, span, reader, request),
        encoding,
        span.length(expected),
        lambda: reader.progress(read_up_to),
    )


def refusal_of(reader: TrackReader, options: ConversionOptions) -> Permanent | None:
    """Why what was read makes no MP3; None if it does."""
    refusal = judge(reader.reading, reader.completeness)
    if refusal and refusal.code == TRUNCATED and options.accept_truncated:
        return judge_sound(reader.reading)
    return refusal


def _checked(
    sound: Iterator[Samples], span: Span, reader: TrackReader, request: Request
) -> Iterator[Samples]:
    """The sound; raises Permanent where the file is too long, and at its end if it is no good."""
    is_empty = True
    for block in sound:
        request.check_length(reader.decoded)
        is_empty = False
        yield block
    # What lies behind the span was not read, and whether it is all there does not matter.
    all_there = span.ends_within(reader.decoded, reader.sample_rate)
    if not all_there and (refusal := refusal_of(reader, request.options)):
        raise refusal
    if is_empty:
        raise Permanent("nothing_there", _why_empty(span, reader))


def _why_empty(span: Span, reader: TrackReader) -> str:
    if span.is_empty(reader.sample_rate):
        return "Between start and end there is not a single sample."
    return f"The sound ends at {clock(reader.decoded)}, before the start of the cut."
