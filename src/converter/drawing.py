"""From a decoded picture to the JPEG of a cover: upright, in its true shape, not too large."""

from fractions import Fraction
from typing import Final

import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from converter.pictures import JPEG, MAX_BYTES, MAX_SIDE, Picture

_QUALITIES: Final = (
    3,
    5,
    8,
    12,
    20,
    31,
)  # of FFmpeg's mjpeg encoder, 1 is the best, 31 the smallest
_WIDEST_PIXEL: Final = 4  # what is wider, or narrower, is a mistake in the file
_QUARTER: Final = 90  # degrees


def draw_cover(frame: VideoFrame, pixel_shape: Fraction | None, *, square: bool) -> Picture:
    """The cover that shows `frame`, or its middle square; `pixel_shape` is a pixel's width.

    Raises FFmpegError or ValueError where the frame cannot be drawn.
    """
    width, height = float(frame.width), float(frame.height)
    if pixel_shape and 1 / _WIDEST_PIXEL <= pixel_shape <= _WIDEST_PIXEL:
        width *= float(pixel_shape)
    reach = min(width, height) if square else max(width, height)
    scale = min(1.0, MAX_SIDE / reach)
    drawn = frame.reformat(
        width=max(1, round(scale * width)),
        height=max(1, round(scale * height)),
        format="rgb24",
        interpolation="AREA",
    )
    pixels: NDArray[np.uint8] = np.rot90(drawn.to_ndarray(), round(frame.rotation / _QUARTER))
    return encode_jpeg(_middle_square(pixels) if square else pixels)


def _middle_square(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def encode_jpeg(pixels: NDArray[np.uint8]) -> Picture:
    """The JPEG of `pixels`, (height, width, 3) in RGB, as good as its size allows."""
    height, width = pixels.shape[:2]
    whole = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    frame = whole.reformat(format="yuvj420p")
    for quality in _QUALITIES:
        encoder = CodecContext.create("mjpeg", "w")
        assert isinstance(encoder, VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
        encoder.time_base = Fraction(1)
        encoder.qmin = encoder.qmax = quality
        encoder.thread_count = 1
        encoder.options = {"flags": "+bitexact"}  # no word of the encoder in it
        frame.pts = 0
        data = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
        if len(data) <= MAX_BYTES:
            return Picture(JPEG, data, width, height)
    raise ValueError("no JPEG of it is small enough")
