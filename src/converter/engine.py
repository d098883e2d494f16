"""A whole conversion: bytes of a video in, bytes of an MP3 out, in one pass, nothing held whole."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from chassis.errors import Permanent
from chassis.jobs import MediaFacts, ResultPart
from chassis.options import ConversionOptions
from converter.arriving import open_arriving, require_same
from converter.chapter_parts import plan_parts, within
from converter.chapters import Chapter, read_chapters
from converter.conversion import Conversion, Mp3Facts
from converter.cover import is_from_video
from converter.cutting import Span, cut
from converter.decode import TrackReader
from converter.encode import Written, write_mp3
from converter.id3 import Id3
from converter.labels import Labels, read_labels
from converter.lame import Encoding
from converter.lyrics import find_lyrics
from converter.media import Media, open_media
from converter.mp3_copy import Copyable, copy_mp3, look
from converter.mp3_writer import Output
from converter.ports import SourceReader
from converter.resample import Samples
from converter.spelling import clock
from converter.splitting import labels_of_part, without_lyrics, write_parts
from converter.tags import title_from_name
from converter.verdict import judge


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
    options = request.options
    # Neither chapters nor frames of the video stand where its sound is: such a file is read whole.
    follow = request.arriving and not (is_from_video(options) or options.split_chapters)
    open_source = open_arriving if follow else open_media
    media = open_source(source, options.audio_track)
    _check_length(media.promise.seconds or 0.0, request)
    lyrics = find_lyrics(media, Span.of(options))
    reader = TrackReader(media, options.sample_rate, options.channels, lyrics)
    labels = read_labels(media, reader, request.name, options)
    id3 = Id3(labels, lyrics)
    is_whole = Span.of(options).is_all and not options.split_chapters
    copyable = look(reader, media.codec_name, options) if is_whole else None
    parts: tuple[ResultPart, ...] = ()
    if copyable:
        mp3 = _copy(reader, copyable, id3, output, request)
    elif options.split_chapters:
        mp3, parts = _split(reader, read_chapters(media, Span()), labels, output, request)
    else:
        mp3 = _encode(reader, id3, output, request)
    require_same(media, labels, request.name, options)
    notes = labels.notes + (without_lyrics(lyrics) if options.split_chapters else id3.notes)
    return Conversion(source=_facts(media, reader, labels), mp3=mp3, notes=notes, parts=parts)


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
    if refusal := _refusal(reader):
        raise refusal
    return _mp3_facts(written, header.sample_rate, header.channels)


def _encode(reader: TrackReader, id3: Id3, output: Output, request: Request) -> Mp3Facts:
    sound = _sound(reader, request)
    written = write_mp3(
        sound.blocks,
        sound.encoding,
        id3,
        output,
        threads=request.threads,
        seconds=sound.seconds,
        read=sound.read,
    )
    return _mp3_facts(written, reader.sample_rate, reader.channels)


def _split(
    reader: TrackReader,
    chapters: Sequence[Chapter],
    labels: Labels,
    output: Output,
    request: Request,
) -> tuple[Mp3Facts, tuple[ResultPart, ...]]:
    sound = _sound(reader, request)
    inside = within(chapters, Span.of(request.options))
    title = labels.tags.title or title_from_name(request.name)
    planned = plan_parts(inside, reader.sample_rate, sound.seconds, title)
    written = write_parts(
        sound.blocks,
        sound.encoding,
        planned,
        partial(labels_of_part, labels, request.options, count=len(planned)),
        output,
        threads=request.threads,
        seconds=sound.seconds,
        read=sound.read,
    )
    return _mp3_facts(written.whole, reader.sample_rate, reader.channels), written.parts


@dataclass(frozen=True, slots=True)
class _Sound:
    """What is to be encoded, how, how long it probably is, and how much of it was read."""

    blocks: Iterator[Samples]
    encoding: Encoding
    seconds: float | None
    read: Callable[[], float]


def _sound(reader: TrackReader, request: Request) -> _Sound:
    blocks = reader.blocks()
    first = next(blocks, None)
    if first is None:
        raise _refusal(reader) or Permanent("corrupt", "The file holds no sound.")
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


def _mp3_facts(written: Written, sample_rate: int, channels: int) -> Mp3Facts:
    duration = written.samples / sample_rate
    return Mp3Facts(
        duration=duration,
        bitrate=round(8 * written.size / duration) if duration else 0,
        sample_rate=sample_rate,
        channels=channels,
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
    if not all_there and (refusal := _refusal(reader)):
        raise refusal
    if is_empty:
        raise Permanent(
            "nothing_there",
            f"The sound ends at {clock(reader.decoded)}, before the start of the cut.",
        )


def _refusal(reader: TrackReader) -> Permanent | None:
    return judge(reader.reading, reader.completeness)


def _check_length(seconds: float, request: Request) -> None:
    if seconds > request.max_seconds:
        limit = request.max_seconds / 3600
        raise Permanent("too_long", f"The file is longer than {limit:g} hours, which is the limit.")


def _facts(media: Media, reader: TrackReader, labels: Labels) -> MediaFacts:
    return MediaFacts(
        container=media.container_name,
        codec=media.codec_name,
        channels=reader.source_channels,
        sample_rate=reader.source_sample_rate,
        duration=round(max(media.promise.seconds or 0.0, reader.decoded), 3),
        title=labels.tags.title,
    )
