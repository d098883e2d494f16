"""All that an MP3 says of itself, as its source and its owner have it."""

from dataclasses import dataclass

from converter.chapters import MAX_CHAPTERS, TOO_MANY, Chapter, choose_chapters
from converter.cover import choose_cover
from converter.cutting import Span
from converter.decode import TrackReader
from converter.lyrics import lyrics_room
from converter.media import Media
from converter.pictures import Picture
from converter.request import Request
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


def read_labels(media: Media, reader: TrackReader, request: Request) -> Labels:
    """The labels of what `request` takes of a file, which `reader` is to read."""
    options, site = request.options, request.site
    span = Span.of(options)
    told = None if media.guessed else media.expected_seconds
    cover, note = choose_cover(media, reader, request)
    # Split into its chapters, an MP3 has none.
    chapters = () if options.split_chapters else choose_chapters(media, site, span)
    too_many = TOO_MANY if len(chapters) > MAX_CHAPTERS else None
    return Labels(
        tags=choose_tags(media.metadata, request.name, options, site.metadata if site else None),
        chapters=chapters[:MAX_CHAPTERS],
        cover=cover,
        lyrics_room=lyrics_room(reader.lyrics, span.length(told)),
        notes=tuple(filter(None, (note, too_many))),
    )
