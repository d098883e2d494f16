"""The cover of the MP3: the picture of the source or its site as it is, or what was asked for."""

from collections.abc import Callable
from typing import Final

from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from chassis.errors import Permanent
from chassis.options import ConversionOptions, Cover
from converter.cutting import Span
from converter.decode import TrackReader
from converter.drawing import draw_cover
from converter.media import Media, MediaFile, open_file
from converter.picture_decoding import NoCover, decode_picture
from converter.pictures import UNREADABLE, Picture, parse_picture
from converter.request import Request
from converter.site import Site
from converter.video_frames import VideoFrames

_FRONT: Final = "cover (front)"  # what libavformat calls ID3's and FLAC's picture type 3
_FRONT_FILE: Final = "cover."  # Matroska's name for it (RFC 9559 21.2)
_MAX_ATTACHED_BYTES: Final = 30_000_000


def is_from_video(options: ConversionOptions) -> bool:
    """Whether the cover is made of the video, which is then read anywhere."""
    return options.cover is Cover.FRAME or isinstance(options.cover, float | int)


def choose_cover(
    media: Media, reader: TrackReader, request: Request
) -> tuple[Picture | None, str | None]:
    """The cover, and what its owner is to know about it, in a sentence.

    No picture is decoded unless its owner asked for one, which `request` then hears: a decoder may
    take the whole process with it. `reader` reads `media`. Whatever else is wrong with the picture,
    the worst is that there is none.
    """
    options = request.options
    if options.cover is Cover.NONE:
        return None, None
    if options.cover is None and not options.cover_square:
        return _or_why_not(lambda: _as_it_is(reader, request.site))
    request.on_drawing(True)
    drawn = _or_why_not(lambda: (_drawn(media, reader, request), None))
    request.on_drawing(False)
    return drawn


def _or_why_not(
    choose: Callable[[], tuple[Picture | None, str | None]],
) -> tuple[Picture | None, str | None]:
    try:
        return choose()
    except NoCover as reason:
        return None, str(reason)
    except (FFmpegError, MemoryError, ValueError, IndexError, Permanent):
        return None, UNREADABLE


def _drawn(media: Media, reader: TrackReader, request: Request) -> Picture:
    options = request.options
    if is_from_video(options):
        return _of_video(media, options)
    return _attached(reader, request.site, square=options.cover_square)


def _as_it_is(reader: TrackReader, site: Site | None) -> tuple[Picture | None, str | None]:
    picture = _own_picture(reader) or picture_of_site(site)
    if picture is None or picture.is_cover:
        return picture, None
    return None, "The source's picture is too large for a cover; cover=attached makes it smaller."


def _attached(reader: TrackReader, site: Site | None, *, square: bool) -> Picture:
    picture = _own_picture(reader) or picture_of_site(site)
    if picture is None:
        raise NoCover("No cover: the source has no picture in a format that is read.")
    if picture.is_cover and not (square and picture.width != picture.height):
        return picture
    return draw_cover(decode_picture(picture), None, square=square)


def _of_video(media: Media, options: ConversionOptions) -> Picture:
    # Another reading of the file: the sound is read in order, from its start to its end.
    container = open_file(MediaFile(media.file.source), {}, options.audio_track).container
    with container:
        frames = VideoFrames(container)
        if options.cover is Cover.FRAME:
            frame = frames.good_one(Span.of(options))
        else:
            frame = frames.at(float(options.cover or 0.0))
        return draw_cover(frame, frames.pixel_shape, square=options.cover_square)


def picture_of_site(site: Site | None) -> Picture | None:
    """The picture that the site of a link has, if it has one; raises NoCover if it is none."""
    if site is None or site.metadata.picture_sha256 is None:
        return None
    picture = parse_picture(site.picture) if site.picture else None
    if picture is None:
        raise NoCover("No cover: the picture of the site could not be used.")
    return picture


def _own_picture(reader: TrackReader) -> Picture | None:
    for packet in sorted(reader.attached_pictures(), key=_preference):
        if packet.size <= _MAX_ATTACHED_BYTES:
            picture = parse_picture(bytes(packet))
            if picture is not None:
                return picture
    return None


def _preference(packet: "Packet[Stream]") -> tuple[bool, int]:
    stream = packet.stream
    kind, name = stream.metadata.get("comment", ""), stream.metadata.get("filename", "")
    is_front = kind.lower() == _FRONT or name.lower().startswith(_FRONT_FILE)
    return not is_front, stream.index
