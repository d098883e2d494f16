"""All that an MP3 says of itself, as its source and its owner have it."""

from dataclasses import dataclass

from chassis.options import ConversionOptions
from converter.chapters import Chapter, read_chapters
from converter.cutting import Span
from converter.media import Media
from converter.tags import Tags, choose_tags


@dataclass(frozen=True, slots=True)
class Labels:
    """What the tags of one MP3 are made of."""

    tags: Tags
    chapters: tuple[Chapter, ...] = ()


def read_labels(media: Media, name: str, options: ConversionOptions) -> Labels:
    """The labels of what `options` take of a file called `name`."""
    return Labels(
        tags=choose_tags(media.metadata, name, options),
        chapters=read_chapters(media, Span.of(options)),
    )
