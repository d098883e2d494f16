"""Frames of a video for a cover: at a second, or a good one, found with few readings."""

import contextlib
import itertools
import math
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from converter.cutting import Span
from converter.picture_decoding import NoCover, confine_decoder

_SECOND: Final = 1_000_000  # AV_TIME_BASE
_PLACES: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
_OTHER_PLACES: Final = (0.0, 0.2, 0.4, 0.6, 0.8)
_PACKETS_FOR_A_KEYFRAME: Final = 100
_PACKETS_FOR_A_SECOND: Final = 1000  # what usually lies between two keyframes, and more
_EARLIER: Final = (0.0, 3.0, 30.0, math.inf)  # seconds: where seeking is a guess, it goes too far
_STILL_SHOWN: Final = 10.0  # seconds for which a frame may stand for one that was not found
_CPU_SECONDS: Final = 30.0  # for all of them; what was found by then is taken
_SEEN: Final = 64  # each frame is judged by so many pixels in height and width
_LEVELS: Final = 32
_LEAST_CONTRAST: Final = 10.0  # standard deviation of 8-bit luma: black, white, fog have less
_LEAST_ENTROPY: Final = 1.5  # bits for each pixel, of 5: a title on black has less
_TOO_LATE: Final = "No cover: the video ends before that second."
_ATTACHED: Final = Disposition.attached_pic | Disposition.timed_thumbnails


class VideoFrames:
    """The frames of the film in `container`, which is read for nothing else.

    Raises NoCover where it has no video that may be decoded.
    """

    def __init__(self, container: InputContainer) -> None:
        films = [film for film in container.streams.video if not film.disposition & _ATTACHED]
        if not films:
            raise NoCover("No cover: the source has no video.")
        self._container = container
        self._film: VideoStream = films[0]
        self._ended = False
        self._latest = time.process_time() + _CPU_SECONDS
        # PyAV's type does not say so, but a stream without a decoder has no context.
        confine_decoder(self._film.codec_context or None)
        for stream in container.streams:
            if stream is not self._film:
                stream.discard = Discard.all

    @property
    def pixel_shape(self) -> Fraction | None:
        """How wide a pixel is, in pixel heights."""
        return self._film.sample_aspect_ratio

    @property
    def seconds(self) -> float | None:
        """How long the file says it is."""
        return self._container.duration / _SECOND if self._container.duration else None

    def at(self, second: float) -> VideoFrame:
        """What the video shows at that second of the file; raises NoCover, FFmpegError."""
        if self.seconds is not None and second > self.seconds:
            raise NoCover(_TOO_LATE)
        moment = self._time(second)
        next_best: VideoFrame | None = None
        for earlier in _EARLIER:
            self._seek(max(0.0, second - earlier))
            shown = self._shown_at(moment)
            if shown is not None and (shown.time or 0.0) <= moment:
                return shown
            next_best = next_best or shown
        if next_best is None:
            raise NoCover("No cover: the video could not be read there.")
        return next_best

    def _shown_at(self, moment: float) -> VideoFrame | None:
        """The last frame up to `moment`, else the first that comes; None if there is neither."""
        shown: VideoFrame | None = None
        for frame in self._decoded(_PACKETS_FOR_A_SECOND):
            if shown is not None and frame.time is not None and frame.time > moment:
                return shown
            shown = frame
        if shown is None or (shown.time or 0.0) > moment - _STILL_SHOWN:
            return shown
        if not self._ended:
            return None
        if self.seconds is None:
            raise NoCover(_TOO_LATE)
        return shown  # up to the end of the file, as it says

    def good_one(self, span: Span) -> VideoFrame:
        """The keyframe with most to see of a few in `span`; raises NoCover, FFmpegError."""
        for places in (_PLACES, _OTHER_PLACES):
            looked_at = [(_entropy(frame), frame) for frame in self._keyframes(span, places)]
            entropy, frame = max(looked_at, key=lambda seen: seen[0], default=(0.0, None))
            if frame is not None and entropy >= _LEAST_ENTROPY:
                return frame
        raise NoCover("No cover: no frame of the video shows more than an even area.")

    def _keyframes(self, span: Span, places: tuple[float, ...]) -> Iterator[VideoFrame]:
        length = span.length(self.seconds) or 0.0
        seen: set[int | None] = set()
        for place in places:
            self._seek(span.start + place * length)
            frame = self._keyframe()
            if frame is not None and frame.pts not in seen:
                seen.add(frame.pts)
                yield frame

    def _time(self, second: float) -> float:
        return second + max(0, self._container.start_time or 0) / _SECOND

    def _seek(self, second: float) -> None:
        self._film.codec_context.flush_buffers()
        place = round(self._time(second) * _SECOND)
        for backward in (True, False):  # before the first keyframe there is none to go back to
            with contextlib.suppress(FFmpegError):
                self._container.seek(place, backward=backward)
                return  # else it goes on from where it is

    def _keyframe(self) -> VideoFrame | None:
        packets = self._container.demux(self._film)
        for packet in itertools.islice(packets, _PACKETS_FOR_A_KEYFRAME):
            if time.process_time() > self._latest:
                break
            if packet.is_keyframe and packet.size:
                # Told that no more comes, a decoder does not wait for the frames to be put before.
                if frames := [*self._frames(packet), *self._frames(None)]:
                    return frames[0]
                self._film.codec_context.flush_buffers()
        return None

    def _decoded(self, packets: int) -> Iterator[VideoFrame]:
        self._ended = False
        for packet in itertools.islice(self._container.demux(self._film), packets):
            if time.process_time() > self._latest:
                return
            self._ended = not packet.size  # what flushes the decoder comes last
            yield from self._frames(packet)

    def _frames(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        try:
            return self._film.codec_context.decode(packet)
        except MemoryError:
            raise
        except FFmpegError:
            return []  # a damaged one; the next may do


def _entropy(frame: VideoFrame) -> float:
    """How much there is to see, in bits for each pixel; 0 for what has no contrast."""
    luma = frame.reformat(width=_SEEN, height=_SEEN, format="gray", interpolation="AREA")
    pixels = luma.to_ndarray()
    if pixels.std() < _LEAST_CONTRAST:
        return 0.0
    counts, _ = np.histogram(pixels, bins=_LEVELS, range=(0, 256))
    shares = counts[counts > 0] / pixels.size
    return float(-(shares * np.log2(shares)).sum())
