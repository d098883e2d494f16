"""All that an MP3 says of itself, as its source and its owner have it."""

from dataclasses import dataclass

from chassis.options import ConversionOptions
from converter.chapters import Chapter, read_chapters
from converter.cover import choose_cover
from converter.cutting import Span
from converter.decode import TrackReader
from converter.lyrics import lyrics_room
from converter.media import Media
from converter.pictures import Picture
from converter.tags import Tags, choose_tags


@dataclass(frozen=True, slots=True)
class Labels:
    """What the tags of one MP3 are made of; `notes` is what its owner is to know of them.

    lyrics_room: how many bytes are kept for lyrics, which come with the sound.
    """

    tags: Tags
    chapters: tuple[Chapter, ...] = ()
    cover: Picture | None = None
    lyrics_room: int = 0
    notes: tuple[str, ...] = ()


def read_labels(media: Media, reader: TrackReader, name: str, options: ConversionOptions) -> Labels:
    """The labels of what `options` take of a file called `name`, which `reader` is to read."""
    span = Span.of(options)
    told = None if media.guessed else media.expected_seconds
    cover, note = choose_cover(media, reader, options)
    return Labels(
        tags=choose_tags(media.metadata, name, options),
        chapters=read_chapters(media, span),
        cover=cover,
        lyrics_room=lyrics_room(reader.lyrics, span.length(told)),
        notes=(note,) if note else (),
    )
