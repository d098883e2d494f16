"""A whole conversion: bytes of a video in, bytes of an MP3 out, in one pass, nothing held whole."""

import itertools
import time
from dataclasses import dataclass
from typing import Final, Protocol

from chassis.errors import Permanent
from chassis.jobs import MediaFacts
from chassis.options import ConversionOptions
from converter.arriving import open_arriving, require_same
from converter.conversion import Conversion, Mp3Facts
from converter.decode import TrackReader
from converter.lame import Encoder, Encoding
from converter.media import Media, open_media
from converter.ports import Sink, SourceReader
from converter.tags import Tags, choose_tags, id3_tag
from converter.verdict import judge

_OUTPUT_BYTES: Final = 64 * 1024
_PROGRESS_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Request:
    """What to convert: the file's `name` as its owner gave it, options, the longest duration.

    arriving: the file may still be on its way; its `size` is known once its last byte has come.
    """

    name: str
    options: ConversionOptions
    max_seconds: float
    arriving: bool = False


class Output(Sink, Protocol):
    """Where the MP3 and the news of it go."""

    def progress(self, fraction: float) -> None:
        """How much is done, from 0 to 1."""


def convert(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Write the MP3 of the sound in `source` to `output`.

    Raises Permanent (not_media, no_audio, truncated, corrupt, too_long), or StartOver for a file
    that arrived meanwhile; what was written before is worth nothing then.
    """
    media = open_arriving(source) if request.arriving else open_media(source)
    _check_length(media.promise.seconds or 0.0, request)
    tags = choose_tags(media.metadata, request.name)
    reader = TrackReader(media)
    mp3 = _encode(reader, tags, output, request)
    require_same(media, tags, request.name)
    return Conversion(source=_facts(media, reader, tags), mp3=mp3)


def _encode(reader: TrackReader, tags: Tags, output: Output, request: Request) -> Mp3Facts:
    blocks = reader.blocks()
    first = next(blocks, None)
    if first is None:
        raise _refusal(reader) or Permanent("corrupt", "The file holds no sound.")
    encoding = Encoding(
        sample_rate=reader.sample_rate,
        channels=reader.channels,
        bitrate=request.options.bitrate,
        quality=request.options.quality,
    )
    tag = id3_tag(tags)
    writer = _Writer(output, tag)
    samples = 0
    with Encoder(encoding) as encoder:
        for block in itertools.chain([first], blocks):
            writer.write(encoder.encode(block))
            samples += block.shape[1]
            _check_length(reader.decoded, request)
            writer.show(reader.progress)
        if refusal := _refusal(reader):
            raise refusal
        writer.write(encoder.flush())
        writer.flush()
        output.rewrite_start(tag + encoder.tag_frame())
    duration = samples / encoding.sample_rate
    return Mp3Facts(
        duration=duration,
        bitrate=round(8 * (writer.written - len(tag)) / duration),
        sample_rate=encoding.sample_rate,
        channels=encoding.channels,
    )


def _refusal(reader: TrackReader) -> Permanent | None:
    return judge(reader.reading, reader.completeness)


def _check_length(seconds: float, request: Request) -> None:
    if seconds > request.max_seconds:
        limit = request.max_seconds / 3600
        raise Permanent("too_long", f"The file is longer than {limit:g} hours, which is the limit.")


def _facts(media: Media, reader: TrackReader, tags: Tags) -> MediaFacts:
    return MediaFacts(
        container=media.container_name,
        codec=media.codec_name,
        channels=reader.source_channels,
        sample_rate=reader.source_sample_rate,
        duration=round(max(media.promise.seconds or 0.0, reader.decoded), 3),
        title=tags.title,
    )


class _Writer:
    """Gathers small pieces for the output, and shows progress now and then."""

    def __init__(self, output: Output, start: bytes) -> None:
        self._output = output
        self._gathered = bytearray(start)
        self._shown_at = time.monotonic()
        self.written = len(start)

    def write(self, data: bytes) -> None:
        self._gathered += data
        self.written += len(data)
        if len(self._gathered) >= _OUTPUT_BYTES:
            self.flush()

    def flush(self) -> None:
        self._output.write(bytes(self._gathered))
        self._gathered.clear()

    def show(self, fraction: float) -> None:
        now = time.monotonic()
        if now - self._shown_at >= _PROGRESS_SECONDS:
            self._output.progress(fraction)
            self._shown_at = now
