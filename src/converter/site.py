"""What the site of a link says of its video, on its way to the process in the box."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

from chassis.sources import Chapter, Metadata

MAX_PICTURE_BYTES: Final = 2 << 20
"""How large the picture of a site may be."""

_MAX_TEXT: Final = 4000  # more than any tag has; what it is cut to is converter.tags' to say
_MAX_CHAPTERS: Final = 5001  # one more than an MP3 has, so that its owner is told
_MAX_CHAPTER_TITLE: Final = 250


@dataclass(frozen=True, slots=True)
class Site:
    """What a site says of its video, in texts of whatever kind, and its picture, as it came.

    The picture is None where the site has none, and also where the metadata tells of one that
    cannot be had.
    """

    metadata: Metadata
    picture: bytes | None = None

    def to_document(self) -> dict[str, Any]:
        """All but the picture as plain data, of a size that is bounded."""
        chapters = tuple(
            replace(chapter, title=chapter.title[:_MAX_CHAPTER_TITLE])
            for chapter in self.metadata.chapters[:_MAX_CHAPTERS]
        )
        document = asdict(replace(self.metadata, chapters=chapters))
        return {
            name: value[:_MAX_TEXT] if isinstance(value, str) else value
            for name, value in document.items()
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], picture: bytes | None) -> Self:
        """What `to_document` wrote."""
        chapters = tuple(Chapter(**chapter) for chapter in document["chapters"])
        return cls(Metadata(**{**document, "chapters": chapters}), picture)
