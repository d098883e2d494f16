"""An MP3 for each part of a sound, all of them in one ZIP.

Played without gaps one after the other they are the whole, sample for sample: each says how many
samples at its ends are too many. Those are not silence but the sound of its neighbours, so that an
encoder that begins in the middle hears what was before, and nothing clicks where two parts meet.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from chassis.jobs import ResultPart
from chassis.names import part_name
from chassis.options import ConversionOptions
from converter.chapter_parts import PlannedPart
from converter.encode import Written, write_mp3
from converter.id3 import Id3
from converter.labels import Labels
from converter.lame import Encoding
from converter.lyrics import Lyrics
from converter.mp3_writer import Mp3Output
from converter.resample import Samples
from converter.short_sound import Neighbours
from converter.zip_writer import ZipWriter

_NO_LYRICS: Final = "The subtitles are not in the MP3s of the chapters."
_CONTEXT: Final = 1152
"""How many samples of its neighbours a part has at each end."""


@dataclass(frozen=True, slots=True)
class WrittenParts:
    """What was written: of all parts together, and each."""

    whole: Written
    parts: tuple[ResultPart, ...]


def write_parts(
    sound: Iterable[Samples],
    encoding: Encoding,
    planned: Sequence[PlannedPart],
    labels: Callable[[PlannedPart, int], Labels],
    output: Mp3Output,
    *,
    threads: int,
    seconds: float | None,
    read: Callable[[], float],
    new_check: Callable[[], Callable[[list[bytes]], None] | None] = lambda: None,
) -> WrittenParts:
    """Write a ZIP with an MP3 for each of the `planned` parts that there is sound of.

    `labels` are those of a part with that number; each part is seen by a check of its own. See
    converter.encode.write_mp3 for the rest.
    """
    cursor = Cursor(sound)
    zip_file = ZipWriter(output)
    parts: list[ResultPart] = []
    samples = size = 0
    for number, part in enumerate(planned, start=1):
        if cursor.has_ended:
            break
        written = write_mp3(
            cursor.up_to(part.stop),
            encoding,
            Id3(labels(part, number)),
            zip_file.begin(part_name(number, len(planned), part.title)),
            threads=threads,
            seconds=_length(part, encoding.sample_rate, seconds),
            read=read,
            check=new_check(),
            neighbours=Neighbours(cursor.recent, partial(cursor.peek, _CONTEXT)),
        )
        stored = zip_file.end()
        duration = written.samples / encoding.sample_rate
        parts.append(ResultPart(part.title, stored.offset, stored.size, duration))
        samples += written.samples
        size += written.size
    zip_file.finish()
    return WrittenParts(Written(samples, size), tuple(parts))


def labels_of_part(
    whole: Labels, options: ConversionOptions, part: PlannedPart, number: int, count: int
) -> Labels:
    """Its own title and number; its album is the whole, unless the owner names another."""
    tags = replace(
        whole.tags,
        title=part.title,
        album=whole.tags.title if options.album is None else whole.tags.album,
        track=None if options.track == "" else f"{number}/{count}",
    )
    return replace(whole, tags=tags, chapters=(), lyrics_room=0)


def without_lyrics(lyrics: Lyrics | None) -> tuple[str, ...]:
    """What the owner is to know of the `lyrics` that the parts do not have."""
    return (_NO_LYRICS,) if lyrics else ()


def _length(part: PlannedPart, sample_rate: int, seconds: float | None) -> float | None:
    if part.stop is not None:
        return (part.stop - part.start) / sample_rate
    return None if seconds is None else max(0.0, seconds - part.start / sample_rate)


class Cursor:
    """A place in a sound that is read once, from which one can look ahead and a little back."""

    def __init__(self, sound: Iterable[Samples]) -> None:
        self._sound = iter(sound)
        self._waiting: deque[Samples] = deque()
        self._position = 0
        self.recent: list[Samples] = []

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left."""
        return self._next_block() is None

    def up_to(self, stop: int | None) -> Iterator[Samples]:
        """The samples that follow, up to number `stop` of all; None: to the end."""
        while (stop is None or self._position < stop) and (block := self._next_block()) is not None:
            count = block.shape[1]
            taken = count if stop is None else min(count, stop - self._position)
            self._waiting.popleft()
            if taken < count:
                self._waiting.appendleft(block[:, taken:])
            self._position += taken
            self._remember(block[:, :taken])
            yield block[:, :taken]

    def peek(self, count: int) -> list[Samples]:
        """Up to `count` of the samples that follow; they are given again."""
        wanted = count - sum(block.shape[1] for block in self._waiting)
        while wanted > 0 and (block := next(self._sound, None)) is not None:
            self._waiting.append(block)
            wanted -= block.shape[1]
        seen: list[Samples] = []
        for block in self._waiting:
            if count > 0:
                seen.append(block[:, :count])
                count -= block.shape[1]
        return seen

    def _next_block(self) -> Samples | None:
        while not self._waiting or not self._waiting[0].shape[1]:
            if self._waiting:
                self._waiting.popleft()
            elif (block := next(self._sound, None)) is not None:
                self._waiting.append(block)
            else:
                return None
        return self._waiting[0]

    def _remember(self, block: Samples) -> None:
        seen = np.concatenate((*self.recent, block[:, -_CONTEXT:]), axis=1)
        self.recent = [seen[:, -_CONTEXT:]]
