"""Opening a file that is still on its way, so that it is read from its start to its end.

FFmpeg's demuxers like to look at the end of a file first, for an index, a length or titles. Nearly
all of them can do without: told to ignore indexes (libavformat's AVFMT_FLAG_IGNIDX), and refused
what lies far ahead, they go on with what has come. Where they cannot, the whole file is awaited.
"""

import os
from typing import Final

from chassis.errors import Permanent
from converter.conversion import StartOver
from converter.cutting import Span
from converter.decode import TrackReader
from converter.formats import INDEXED_CONTAINERS, LATE_TAGS_CONTAINERS, STREAMED_CONTAINERS
from converter.labels import Labels, read_labels
from converter.lyrics import find_lyrics
from converter.media import IN_ORDER, Media, MediaFile, open_file, open_media
from converter.ports import SourceReader
from converter.request import Request

_AHEAD_BYTES: Final = 4 << 20
_REFUSED: Final = -1


class ArrivingFile(MediaFile):
    """A file that grows: reading waits for its bytes, and its end is nowhere before it has come.

    While `opening`, going further ahead than a few MiB is refused, and `refused` tells so.
    """

    def __init__(self, source: SourceReader) -> None:
        super().__init__(source)
        self.opening = True
        self.refused = False
        self._furthest = 0

    def read(self, length: int) -> bytes:
        """See MediaFile."""
        data = super().read(length)
        self._furthest = max(self._furthest, self.position)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """See MediaFile; negative where it is refused, as libavformat's seek callbacks are."""
        if whence == os.SEEK_END:
            return _REFUSED
        base = self.position if whence else 0
        if self.opening and base + offset > self._furthest + _AHEAD_BYTES:
            self.refused = True
            return _REFUSED
        return super().seek(offset, whence)

    @property
    def fraction(self) -> float:
        """Nobody knows yet."""
        return 0.0


def open_arriving(source: SourceReader, wanted: int | str | None = None) -> Media:
    """As `open_media`, as soon as enough of the file is there to convert what follows in order.

    A file that cannot be read in order, and whatever is no media, is opened once it is whole.
    """
    file = ArrivingFile(source)
    try:
        media = open_file(file, IN_ORDER, wanted)
    except Permanent:
        media = None
    file.opening = False
    if media is None or not _is_in_order(media, file):
        return open_media(source, wanted)
    return media


def _is_in_order(media: Media, file: ArrivingFile) -> bool:
    name = media.container.format.name
    # An index that was looked for in vain further on is needed after all.
    return name in STREAMED_CONTAINERS and not (file.refused and name in INDEXED_CONTAINERS)


def require_same(media: Media, labels: Labels, request: Request) -> None:
    """Once the whole file is there: raise StartOver if its end asks for others than `labels`."""
    if not isinstance(media.file, ArrivingFile):
        return
    if media.container.format.name not in LATE_TAGS_CONTAINERS:
        return
    whole = open_media(media.file.source, request.options.audio_track)
    if whole.track.index != media.track.index:
        raise StartOver
    lyrics = find_lyrics(whole, Span.of(request.options))
    reader = TrackReader(whole, lyrics=lyrics)
    if read_labels(whole, reader, request) != labels:
        raise StartOver
