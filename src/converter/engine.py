"""A whole conversion: bytes of a video in, bytes of an MP3 out, in one pass, nothing held whole."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from chassis.errors import Permanent
from chassis.jobs import Loudness
from chassis.options import ConversionOptions
from converter.arriving import open_arriving, require_same
from converter.conversion import Conversion, Mp3Facts
from converter.cover import is_from_video
from converter.cutting import Span, cut
from converter.decode import TrackReader
from converter.encode import write_mp3
from converter.id3 import Id3
from converter.labels import read_labels
from converter.lame import Encoding, own_gain
from converter.loudness import LoudnessMeter, measuring
from converter.lyrics import find_lyrics
from converter.media import open_media
from converter.mp3_copy import Copyable, copy_mp3, look
from converter.mp3_writer import Output
from converter.normalize import Level, Pass, PeakCheck, TooLoud, after_gain
from converter.ports import SourceReader
from converter.receipt import COPIED, mode, mp3_facts, notes, source_facts
from converter.resample import Samples
from converter.spelling import clock
from converter.verdict import TRUNCATED, judge, judge_sound

_MEASURING: Final = 0.15  # of the progress


@dataclass(frozen=True, slots=True)
class Request:
    """What to convert: the file's `name` as its owner gave it, options, the longest duration.

    arriving: the file may still be on its way; its `size` is known once its last byte has come.
    The encoder uses so many `threads`; they make no difference to the result.
    """

    name: str
    options: ConversionOptions
    max_seconds: float
    threads: int = 1
    arriving: bool = False


def convert(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Write the MP3 of the sound in `source` to `output`.

    Raises Permanent (not_media, no_audio, truncated, corrupt, too_long), or StartOver for a file
    that arrived meanwhile; what was written before is worth nothing then.
    """
    target = request.options.normalize
    if target is None:
        return _convert(source, output, request)
    request = replace(request, arriving=False)  # it is measured once it is whole
    level = Level.for_target(_measure(source, Pass(output, 0.0, _MEASURING), request), target)
    encoding_pass = Pass(output, _MEASURING, 1.0)
    while True:
        try:
            return _convert(source, encoding_pass, request, level)
        except TooLoud as found:
            output.start_over()
            level = level.lowered(found.excess)


def _convert(
    source: SourceReader, output: Output, request: Request, level: Level | None = None
) -> Conversion:
    options = request.options
    follow = request.arriving and not is_from_video(options)
    open_source = open_arriving if follow else open_media
    media = open_source(source, options.audio_track)
    _check_length(media.promise.seconds or 0.0, request)
    lyrics = find_lyrics(media, Span.of(options))
    reader = TrackReader(media, options.sample_rate, options.channels, lyrics)
    labels = read_labels(media, reader, request.name, options)
    id3 = Id3(labels, lyrics)
    is_as_it_is = Span.of(options).is_all and level is None
    copyable = look(reader, media.codec_name, options) if is_as_it_is else None
    loudness = None
    if copyable:
        mp3 = _copy(reader, copyable, id3, output, request)
    else:
        mp3, loudness = _encode(reader, id3, output, request, level)
    require_same(media, labels, request.name, options)
    facts = source_facts(media, reader, labels.tags.title, loudness)
    told = notes(facts, mp3, reader, options) + labels.notes + id3.notes
    return Conversion(source=facts, mp3=mp3, notes=told)


def _measure(source: SourceReader, output: Output, request: Request) -> Loudness:
    """The loudness of what is to be encoded."""
    options = request.options
    media = open_media(source, options.audio_track)
    _check_length(media.promise.seconds or 0.0, request)
    sound = _sound(TrackReader(media, options.sample_rate, options.channels), request)
    meter = LoudnessMeter(sound.encoding.sample_rate, sound.encoding.channels)
    for block in sound.blocks:
        meter.feed(block)
        output.progress(sound.read())
    return meter.finish()


def _copy(
    reader: TrackReader,
    copyable: Copyable,
    id3: Id3,
    output: Output,
    request: Request,
) -> Mp3Facts:
    header = copyable.header
    reader.note_source(header.sample_rate, header.channels)
    written = copy_mp3(
        reader, copyable, id3, output, lambda: _check_length(reader.decoded, request)
    )
    if refusal := _refusal(reader, request.options):
        raise refusal
    return mp3_facts(written, header.sample_rate, header.channels, COPIED)


def _encode(
    reader: TrackReader, id3: Id3, output: Output, request: Request, level: Level | None
) -> tuple[Mp3Facts, Loudness]:
    """Gives the loudness of the sound before its gain, too."""
    sound = _sound(reader, request)
    encoding = sound.encoding
    meter = LoudnessMeter(encoding.sample_rate, encoding.channels)
    encoder_gain = own_gain(encoding)
    written = write_mp3(
        level.applied(sound.blocks, encoder_gain) if level else measuring(sound.blocks, meter),
        encoding,
        id3,
        output,
        threads=request.threads,
        seconds=sound.seconds,
        read=sound.read,
        check=PeakCheck(encoding.channels).look if level and level.is_near_limit else None,
    )
    measured = level.measured if level else meter.finish()
    reached = level.reached if level else after_gain(measured, encoder_gain)
    how = mode(request.options)
    facts = mp3_facts(written, encoding.sample_rate, encoding.channels, how, reached)
    return facts, measured


@dataclass(frozen=True, slots=True)
class _Sound:
    """What is to be encoded, how, how many seconds it probably has, and how much was read of it."""

    blocks: Iterator[Samples]
    encoding: Encoding
    seconds: float | None
    read: Callable[[], float]


def _sound(reader: TrackReader, request: Request) -> _Sound:
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
    return _Sound(
        _checked(sound, span, reader, request),
        encoding,
        span.length(expected),
        lambda: reader.progress(read_up_to),
    )


def _checked(
    sound: Iterator[Samples], span: Span, reader: TrackReader, request: Request
) -> Iterator[Samples]:
    """The sound; raises Permanent where the file is too long, and at its end if it is no good."""
    is_empty = True
    for block in sound:
        _check_length(reader.decoded, request)
        is_empty = False
        yield block
    # What lies behind the span was not read, and whether it is all there does not matter.
    all_there = span.ends_within(reader.decoded, reader.sample_rate)
    if not all_there and (refusal := _refusal(reader, request.options)):
        raise refusal
    if is_empty:
        raise Permanent(
            "nothing_there",
            f"The sound ends at {clock(reader.decoded)}, before the start of the cut.",
        )


def _refusal(reader: TrackReader, options: ConversionOptions) -> Permanent | None:
    refusal = judge(reader.reading, reader.completeness)
    if refusal and refusal.code == TRUNCATED and options.accept_truncated:
        return judge_sound(reader.reading)
    return refusal


def _check_length(seconds: float, request: Request) -> None:
    if seconds > request.max_seconds:
        limit = request.max_seconds / 3600
        raise Permanent("too_long", f"The file is longer than {limit:g} hours, which is the limit.")
