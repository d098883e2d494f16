"""One encoder on its way through the sound: samples go in, whole frames come out."""

from converter.frames import samples_per_frame, split_frames
from converter.lame import Encoder, Encoding
from converter.resample import Samples
from converter.xing import blank_tag_frame, has_room_for_tag


class EncoderRun:
    """One encoder on its way through the sound.

    `position` is the sample that it wants next, `next_frame` the number of the frame that comes out
    next.
    """

    def __init__(self, encoding: Encoding, first_frame: int) -> None:
        self._encoder = Encoder(encoding)
        self._rest = b""
        self._has_begun = False
        self._begins_with_tag = True
        self._has_given_tag = first_frame > 0
        self.position = first_frame * samples_per_frame(encoding.sample_rate)

    def feed(self, samples: Samples) -> list[bytes]:
        """The frames that are ready after `samples`."""
        self.position += samples.shape[1]
        return self._split(self._encoder.encode(samples))

    def finish(self) -> list[bytes]:
        """The last frames; nothing may be fed after it."""
        return self._split(self._encoder.flush())

    def with_tag(self, frames: list[bytes]) -> list[bytes]:
        """`frames`, with the tag before the very first."""
        if self._has_given_tag or not frames:
            return frames
        self._has_given_tag = True
        if self._begins_with_tag:
            return [self._encoder.tag_frame(), *frames]
        return [blank_tag_frame(frames[0], constant=True, gaps=True), *frames]

    def close(self) -> None:
        """Free the encoder."""
        self._encoder.close()

    def _split(self, data: bytes) -> list[bytes]:
        frames, self._rest = split_frames(self._rest + data)
        if not frames or self._has_begun:
            return frames
        self._has_begun = True
        self._begins_with_tag = has_room_for_tag(frames[0])
        return frames[1:] if self._begins_with_tag else frames
