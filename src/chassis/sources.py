"""What a job's MP3 is made of: where it comes from, and what is known of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loudness:
    """What EBU R 128 measures: `integrated` loudness in LUFS, None where nothing lasts long enough.

    `true_peak` in dBTP, None for digital silence; clipped: how many samples are at full scale.
    """

    integrated: float | None
    true_peak: float | None
    clipped: int


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What was found in a source; duration in seconds, sample_rate in Hz, bitrate in bit/s.

    None where it is not known. `loudness` is that of the sound that was taken of it: of the part,
    the channels and the sample rate that were asked for; None where it was copied.
    """

    container: str
    codec: str
    channels: int
    sample_rate: int
    duration: float | None = None
    title: str | None = None
    bitrate: int | None = None
    loudness: Loudness | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter as a site tells of it: where it begins, in seconds."""

    start: float
    title: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a site says of a video, in the words of chassis.options; None where it says nothing.

    picture_sha256: the hash (hex) of the picture that the job's `picture_fid` names.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    date: str | None = None
    track: str | None = None
    genre: str | None = None
    comment: str | None = None
    language: str | None = None
    chapters: tuple[Chapter, ...] = ()
    picture_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The video: its name as the user or a site gave it, and what is known of it.

    `size` in bytes and `sha256` (hex) are None until the last byte has arrived. `metadata` is what
    the site of a link says of it.
    """

    name: str
    size: int | None = None
    sha256: str | None = None
    media: MediaFacts | None = None
    metadata: Metadata | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where a source is brought in from.

    `key` names the same video however its address is written (see chassis.link_url); `pixels` says
    that its pictures are needed, not its sound alone; `sha256` (hex) is what has to come, if its
    sender said so.
    """

    url: str
    key: str
    pixels: bool = False
    sha256: str | None = None

    @property
    def fetch_key(self) -> str:
        """Names what is fetched: two links that have the same one are fetched once."""
        return f"{self.key} pixels" if self.pixels else self.key
