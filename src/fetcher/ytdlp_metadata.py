"""What yt-dlp says of a video, as the tags of an MP3 need it."""

import re
from typing import Final

from chassis.sources import Chapter, Metadata
from fetcher.ytdlp_reading import Facts, dictionaries, number, text, texts

_MOST_CHAPTERS: Final = 2000
_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_UNTITLED: Final = re.compile(r"<Untitled Chapter (\d+)>")
# What is no extractor for one site: it numbers videos, and takes a page's time for theirs.
_ANY_PAGE: Final = frozenset({"Generic", "HTML5MediaEmbed"})
_FIRST: Final = " (1)"
_TOPIC: Final = " - Topic"  # YouTube's name for the channel of an artist that it made itself


def metadata_of(facts: Facts) -> Metadata:
    """Title, artist and the like; the picture is not part of it yet.

    What a site has as music has a track's title, artists and an album; any other video is its
    uploader's. The comment is the address of its page.
    """
    track = text(facts, "track")
    artists = texts(facts, "artists") or texts(facts, "creators")
    artist = ", ".join(artists) or text(facts, "artist", "creator")
    uploader = text(facts, "uploader", "channel", "uploader_id")
    year = number(facts, "release_year")
    position = number(facts, "track_number")
    title = text(facts, "title", "fulltitle")
    any_page = text(facts, "extractor_key") in _ANY_PAGE
    if title and any_page:
        title = title.removesuffix(_FIRST)
    return Metadata(
        title=track if track and artist else title,
        artist=artist or (uploader.removesuffix(_TOPIC) if uploader else None),
        album=text(facts, "album"),
        album_artist=", ".join(texts(facts, "album_artists")) or text(facts, "album_artist"),
        date=_date(facts, "release_date")
        or (str(int(year)) if year else None)
        or (None if any_page else _date(facts, "upload_date")),
        track=str(int(position)) if position and position >= 1 else None,
        genre=", ".join(texts(facts, "genres")) or text(facts, "genre"),
        comment=text(facts, "webpage_url", "original_url"),
        language=text(facts, "language"),
        chapters=_chapters(facts),
    )


def _date(facts: Facts, name: str) -> str | None:
    found = _DATE.fullmatch(text(facts, name) or "")
    return "-".join(found.groups()) if found else None


def _chapters(facts: Facts) -> tuple[Chapter, ...]:
    chapters: list[Chapter] = []
    for place, found in enumerate(dictionaries(facts, "chapters")[:_MOST_CHAPTERS], 1):
        start = number(found, "start_time")
        if start is None or start < 0 or (chapters and start <= chapters[-1].start):
            continue
        title = _UNTITLED.sub(r"Chapter \1", text(found, "title") or f"Chapter {place}")
        chapters.append(Chapter(start, title))
    return tuple(chapters)
