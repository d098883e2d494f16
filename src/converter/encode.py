"""Encoding sound to a whole MP3, of the exact length, whatever the length."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from converter.frames import samples_per_frame
from converter.id3 import Id3
from converter.lame import DELAY, Encoding
from converter.mp3_writer import Mp3Output, Mp3Writer
from converter.resample import Samples
from converter.segments import block_lengths, encode
from converter.short_sound import Neighbours, surrounded


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: `samples` of each channel, `size` in bytes without the ID3 tag."""

    samples: int
    size: int


def write_mp3(
    sound: Iterable[Samples],
    encoding: Encoding,
    id3: Id3,
    output: Mp3Output,
    *,
    threads: int = 1,
    seconds: float | None = None,
    read: Callable[[], float] = lambda: 0.0,
    check: Callable[[list[bytes]], None] | None = None,
    neighbours: Neighbours | None = None,
) -> Written:
    """Write the MP3 of `sound`, which is not empty; `threads` make no difference to it.

    seconds: how long it will probably be; `read` tells how much of it was given, from 0 to 1.
    `check` sees all frames of sound before they are written. neighbours: what is around the sound
    where it is a part, so that the parts join without a gap. Raises what `sound` and `check` raise.
    """
    counted = _Counted(sound)
    spf = samples_per_frame(encoding.sample_rate)
    lead, with_more = surrounded(counted, spf, DELAY, neighbours)
    pieces = encode(with_more, encoding, threads, block_lengths(encoding, threads, seconds))
    template, *frames = next(pieces)
    mp3 = Mp3Writer(output, id3, template)
    for more in itertools.chain([frames], pieces):
        if check:
            check(more)
        mp3.write(more)
        mp3.show(read() * min(1.0, mp3.samples / counted.samples))
    mp3.finish(DELAY + lead, counted.samples)
    return Written(counted.samples, mp3.size)


class _Counted:
    """The sound, and how many samples of it were given up to now."""

    def __init__(self, sound: Iterable[Samples]) -> None:
        self._sound = sound
        self.samples = 0

    def __iter__(self) -> Iterator[Samples]:
        for block in self._sound:
            self.samples += block.shape[1]
            yield block
