"""Which of a video's thumbnails may be its cover, and what a picture's first bytes say of it."""

from typing import Final
from urllib.parse import urlsplit

from fetcher.ytdlp_reading import Facts, dictionaries

MAX_BYTES: Final = 2 << 20
"""How large a picture may be."""

_TRIES: Final = 4
_NO_COVERS: Final = (".webp", ".avif", ".gif", ".svg", ".heic")
_COVERS: Final = (".jpg", ".jpeg", ".png")
_MAGIC: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def thumbnails(facts: Facts) -> list[str]:
    """Addresses of pictures to try, the best first, those that say that they are JPEG or PNG.

    yt-dlp lists the best last.
    """
    listed = [
        url
        for found in reversed(dictionaries(facts, "thumbnails"))
        if isinstance(url := found.get("url"), str)
    ]
    if not listed and isinstance(single := facts.get("thumbnail"), str):
        listed = [single]
    told = [url for url in listed if _ending(url).endswith(_COVERS)]
    untold = [url for url in listed if not _ending(url).endswith((*_COVERS, *_NO_COVERS))]
    return [url for url in (*told, *untold) if url.startswith(("http://", "https://"))][:_TRIES]


def is_picture(data: bytes) -> bool:
    """Whether `data` begins as a JPEG or PNG does."""
    return data.startswith(_MAGIC)


def _ending(url: str) -> str:
    return urlsplit(url).path.lower()
