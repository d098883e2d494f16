"""How many bytes one conversion may write at most, whatever its process has become."""

from typing import Final

from chassis.options import ConversionOptions
from converter.conversion import MAX_PARTS
from converter.pictures import MAX_BYTES

_MP3_BYTES_A_SECOND: Final = 40_000  # 320 kbit/s, the most there is
_LABELS_BYTES: Final = 8 << 20  # a tag with all the chapters, lyrics and the cover that it may have
# Of the MP3 of one chapter: its tag has neither chapters nor lyrics; then what a ZIP says of it,
# and the frames at its ends that are not of its own sound.
_PART_BYTES: Final = MAX_BYTES + (64 << 10)


def most_bytes(options: ConversionOptions, max_seconds: float) -> int:
    """The limit for an MP3 of at most so many seconds, or for those of its chapters together."""
    parts = MAX_PARTS if options.split_chapters else 0
    return round(_MP3_BYTES_A_SECOND * max_seconds) + _LABELS_BYTES + parts * _PART_BYTES
