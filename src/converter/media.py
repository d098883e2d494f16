"""Opening a video or sound file and choosing the track to convert."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from chassis.errors import Permanent
from converter.formats import (
    AUDIO_DECODERS,
    CONTAINERS,
    INDEXED_CONTAINERS,
    MEASURED_CONTAINERS,
    TITLED_TRACK_CONTAINERS,
    TRACK_TAGGED_CONTAINERS,
)
from converter.ports import SourceReader
from converter.structure import (
    BoxTrail,
    Completeness,
    completeness,
    has_signature,
    is_in_boxes,
)
from converter.tracks import choose_track
from converter.verdict import Promise

MAX_STREAMS: Final = 200
IN_ORDER: Final = {"fflags": "+ignidx"}  # AVFMT_FLAG_IGNIDX: look for no index further on
_BUFFER_BYTES: Final = 128 * 1024
_OPTIONS: Final = {
    "format_whitelist": ",".join(CONTAINERS),
    "codec_whitelist": ",".join(AUDIO_DECODERS),
    "protocol_whitelist": "none",  # a file never makes us read another one
    "max_streams": str(MAX_STREAMS),
}
# What FFmpeg's libavformat logs; PyAV has no other way to tell.
_TOO_MANY_STREAMS: Final = "exceeds max_streams"
_DURATION_ESTIMATED: Final = "Estimating duration from bitrate"

_SECOND: Final = 1_000_000  # AV_TIME_BASE: the unit of a container's duration
_STILL_IMAGE_BRANDS: Final = frozenset({"avif", "heic", "heix", "heim", "heis", "mif1", "msf1"})


class MediaFile:
    """A source as the file object that PyAV reads.

    `reached_end` says whether anything asked for bytes after the last one.
    """

    def __init__(self, source: SourceReader) -> None:
        self.source = source
        self.position = 0
        self.reached_end = False
        self.trail = BoxTrail()

    def read(self, length: int) -> bytes:
        """Up to `length` bytes; fewer are no sign of the end, none are."""
        data = self.source.read_at(self.position, length)[:length]  # more would overflow its buffer
        self.trail.follow(self.position, data)
        self.position += len(data)
        self.reached_end = self.reached_end or not data
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """See io.IOBase.seek."""
        base = self.source.size if whence == os.SEEK_END else self.position * whence
        self.position = base + offset
        return self.position

    def tell(self) -> int:
        """See io.IOBase.tell."""
        return self.position

    @property
    def fraction(self) -> float:
        """How much of it lies before the position, from 0 to 1."""
        return self.position / max(1, self.source.size)


@dataclass(frozen=True, slots=True)
class Media:
    """An open file and the track to convert.

    guessed: whether the library took what it says of the duration from what is there.
    """

    file: MediaFile
    container: InputContainer
    track: AudioStream
    guessed: bool

    @property
    def promise(self) -> Promise:
        """How long the file says it is, as far as is known by now."""
        return Promise(None) if self.guessed else _promise(self.container, self.track)

    @property
    def promises_as_a_whole(self) -> bool:
        """Whether the file only says how long its longest track is."""
        indexed = self.container.format.name in INDEXED_CONTAINERS
        return self.promise.seconds is not None and not self.promise.of_track and not indexed

    @property
    def expected_seconds(self) -> float | None:
        """The best guess of its length, for showing progress; none of a file in fragments."""
        if self.container.format.name in INDEXED_CONTAINERS and not self.track.frames:
            return None
        return self.container.duration / _SECOND if self.container.duration else None

    @property
    def container_name(self) -> str:
        """The container's usual name."""
        name: str = self.container.format.name
        if name.startswith("mov,"):
            return "mov" if self.container.metadata.get("major_brand") == "qt  " else "mp4"
        return name.partition(",")[0]

    @property
    def codec_name(self) -> str:
        """The usual name of the track's codec."""
        return self.track.codec_context.codec.canonical_name

    @property
    def sound_start(self) -> float:
        """Where the track's sound begins on the timeline of the file, in seconds.

        What libavformat tells so of an MP3 is the encoder's delay, which is no place on it.
        """
        if self.container.format.name == "mp3" or not self.track.time_base:
            return 0.0
        return max(0.0, float((self.track.start_time or 0) * self.track.time_base))

    @property
    def sound_delay(self) -> float:
        """How long a player shows the file before the track's sound begins, in seconds."""
        start = max(0, self.container.start_time or 0) / _SECOND
        return max(0.0, self.sound_start - start)

    @property
    def metadata(self) -> dict[str, str]:
        """The tags of the file and of its track, by names in lower case.

        Where both have one, it is the file's; but a language is the track's. What a track is called
        ("Stereo") is no title: libavformat tells that in lower case, and Matroska's tags as they
        are, in capitals.
        """
        container = self.container.format.name
        found: dict[str, str] = {}
        if container in TRACK_TAGGED_CONTAINERS:
            own = self.track.metadata
            found = {key.lower(): text for key, text in own.items() if key != "title"}
            if container in TITLED_TRACK_CONTAINERS and "title" in own:
                found["title"] = own["title"]
        found |= {key.lower(): text for key, text in self.container.metadata.items()}
        if self.track.language:
            found["language"] = self.track.language
        return found


def open_media(source: SourceReader, wanted: int | str | None = None) -> Media:
    """Open what `source` holds, without running any decoder but those for sound.

    `wanted` is the track to convert, see converter.tracks. Raises Permanent: not_media, no_audio,
    no_such_track, truncated, corrupt.
    """
    # The index of a file in fragments is all over it: libavformat would read it twice.
    options = IN_ORDER if is_in_boxes(source) else {}
    return open_file(MediaFile(source), options, wanted)


def open_file(
    file: MediaFile, options: Mapping[str, str], wanted: int | str | None = None
) -> Media:
    """As `open_media`, with further options of the demuxer."""
    source = file.source
    with av.logging.Capture() as logs:
        av.logging.set_level(av.logging.WARNING)
        try:
            container = av.open(
                file,
                "r",
                options=_OPTIONS | dict(options),
                buffer_size=_BUFFER_BYTES,
                metadata_errors="replace",
            )
        except FFmpegError as error:
            if _logged(logs, _TOO_MANY_STREAMS):
                raise _too_many_streams() from error
            if isinstance(error, MemoryError):
                raise
            raise _unreadable(source) from error
        finally:
            av.logging.set_level(None)
    if len(container.streams) >= MAX_STREAMS or _logged(logs, _TOO_MANY_STREAMS):
        raise _too_many_streams()
    track = _track(source, container, wanted)
    measured = container.format.name in MEASURED_CONTAINERS
    guessed = measured or _logged(logs, _DURATION_ESTIMATED)
    return Media(file=file, container=container, track=track, guessed=guessed)


def _logged(logs: list[tuple[int, str, str]], message: str) -> bool:
    return any(message in text for _, _, text in logs)


def _too_many_streams() -> Permanent:
    return Permanent("not_media", f"The file has more than {MAX_STREAMS} tracks.")


def _unreadable(source: SourceReader) -> Permanent:
    if completeness(source) is Completeness.CUT:
        return Permanent(
            "truncated", "The end of the file is missing, and the rest cannot be read without it."
        )
    if has_signature(source):
        return Permanent("corrupt", "The file is damaged: its index cannot be read.")
    return Permanent("not_media", "The file is neither a video nor a sound file.")


def _track(
    source: SourceReader, container: InputContainer, wanted: int | str | None
) -> AudioStream:
    """Raises Permanent: no_audio, no_such_track; not_media for a picture; truncated."""
    if not container.streams:
        raise _unreadable(source)
    tracks = [stream for stream in container.streams if isinstance(stream, AudioStream)]
    if tracks:
        return choose_track(tracks, wanted)
    if container.metadata.get("major_brand") in _STILL_IMAGE_BRANDS:
        raise Permanent("not_media", "The file is a picture.")
    if completeness(source) is Completeness.CUT:
        raise Permanent("truncated", "The end of the file is missing.")
    raise Permanent("no_audio", "The file has no sound.")


def _promise(container: InputContainer, track: AudioStream) -> Promise:
    whole = container.duration / _SECOND if container.duration else None
    if container.format.name in INDEXED_CONTAINERS:
        if not track.duration or not track.time_base:
            return Promise(None)
        # A file in fragments only promises those whose own index was read, one after the other.
        indexed = track.frames > 0
        seconds = float(track.duration * track.time_base)
        return Promise(seconds, of_track=indexed, indexed=indexed)
    tagged = _tagged_seconds(track.metadata.get("DURATION", ""))
    if tagged and whole:
        return Promise(min(tagged, whole), of_track=True)
    return Promise(whole)


def _tagged_seconds(spelled: str) -> float | None:
    """The length of a track that Matroska's muxers write as a tag: "00:41:10.123000000"."""
    try:
        hours, minutes, seconds = (float(part) for part in spelled.split(":"))
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + seconds
