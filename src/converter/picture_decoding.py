"""Running a picture decoder, which happens only where a cover was asked for, under limits."""

from collections.abc import Iterator

from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from converter.formats import MAX_PICTURE_PIXELS, PICTURE_DECODERS
from converter.pictures import JPEG, Picture


class NoCover(Exception):
    """There will be no cover; the text says why, to the MP3's owner."""


def confine_decoder(decoder: VideoCodecContext | None) -> None:
    """Bound what `decoder`, which has not run yet, may take; raises NoCover where it may not run.

    A single thread; and no picture of more than MAX_PICTURE_PIXELS, told now or later.
    """
    if decoder is None or decoder.codec.name not in PICTURE_DECODERS:
        raise NoCover("No cover: the video is in a format that is not read for pictures.")
    if decoder.width * decoder.height > MAX_PICTURE_PIXELS:
        raise NoCover("No cover: the picture is too large.")
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(MAX_PICTURE_PIXELS)}


def decode_picture(picture: Picture) -> VideoFrame:
    """What a JPEG or PNG file shows; raises NoCover, or FFmpegError where it is damaged."""
    if picture.width * picture.height > MAX_PICTURE_PIXELS:
        raise NoCover("No cover: the picture is too large.")
    decoder = CodecContext.create("mjpeg" if picture.mime == JPEG else "png", "r")
    assert isinstance(decoder, VideoCodecContext)
    confine_decoder(decoder)
    for frame in _frames(decoder, picture.data):
        return frame
    raise NoCover("No cover: the picture of the source could not be read.")


def _frames(decoder: VideoCodecContext, data: bytes) -> Iterator[VideoFrame]:
    yield from decoder.decode(Packet(data))
    yield from decoder.decode(None)
