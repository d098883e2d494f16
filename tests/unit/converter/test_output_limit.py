"""How much a conversion may write."""

import pytest

from chassis.options import ConversionOptions
from converter.chapters import MAX_CHAPTERS, Chapter
from converter.conversion import MAX_PARTS
from converter.id3 import Id3
from converter.labels import Labels
from converter.lyrics import lyrics_room
from converter.output_limit import most_bytes
from converter.pictures import JPEG, MAX_BYTES, MAX_SIDE, Picture
from converter.tags import Tags

LONGEST = "🎻" * 250
TAGS = Tags(*(LONGEST,) * 4, "2026-11-21", "1/1", LONGEST, "🎻" * 1000, "eng")
COVER = Picture(JPEG, bytes(MAX_BYTES), MAX_SIDE, MAX_SIDE)


@pytest.mark.parametrize("seconds", [0.0, 36.0, 86400.0])
def test_the_longest_mp3_with_the_largest_tag_fits(seconds: float) -> None:
    """With as many chapters as it may have, each title as long as it may be."""
    chapters = tuple(Chapter(n, n + 1, LONGEST) for n in range(MAX_CHAPTERS))
    tag = Id3(Labels(TAGS, chapters, COVER, lyrics_room(None, seconds) or 256 * 1024))
    written = 40_000 * seconds + len(tag.start) + 128
    assert written < most_bytes(ConversionOptions(bitrate=320, quality=None), seconds)


def test_a_cover_in_each_of_many_parts_fits() -> None:
    """However short the longest video may be."""
    tag = Id3(Labels(TAGS, (), COVER))
    around = 128 + 4 * 1441 + 2000  # ID3v1, a Xing frame and those at the ends, what the ZIP says
    limit = most_bytes(ConversionOptions(split_chapters=True), 1.0)
    assert 40_000 + MAX_PARTS * (len(tag.start) + around) < limit
    assert limit < most_bytes(ConversionOptions(split_chapters=True), 2.0)
