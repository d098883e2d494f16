"""What a player finds in an MP3, read by PyAV's decoder."""

from dataclasses import dataclass
from pathlib import Path

import av


@dataclass(frozen=True)
class Heard:
    """An MP3: codec, sample rate in Hz, channels, bits per second, tags, and the decoded length."""

    codec: str
    rate: int
    channels: int
    bitrate: int
    tags: dict[str, str]
    stream_tags: dict[str, str]
    seconds: float


def hear(path: Path) -> Heard:
    """Decode the whole file; fails if it holds anything but one track."""
    with av.open(path) as container:
        [stream] = container.streams
        [track] = container.streams.audio
        bitrate = track.codec_context.bit_rate or 0
        samples = sum(frame.samples for frame in container.decode(track))
        return Heard(
            codec=track.codec_context.codec.canonical_name,
            rate=track.codec_context.sample_rate,
            channels=track.codec_context.channels,
            bitrate=bitrate,
            tags=dict(container.metadata),
            stream_tags=dict(stream.metadata),
            seconds=samples / track.codec_context.sample_rate,
        )
