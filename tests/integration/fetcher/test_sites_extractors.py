"""Sites with an extractor of their own: what yt-dlp says of them is ours, all else is real.

It cannot reach them from here; what stands in for it prints facts in the shape of its own.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.errors import ServiceError
from chassis.media_cache import CachedLink
from chassis.sources import Metadata
from fetcher.ports import Brought, Entry, Unchanged
from fetcher.ytdlp_program import Program
from tests.integration.fetcher.conftest import Fetching
from tests.integration.fetcher.media_site import MediaSite, Resource

WATCH = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
KEY = "youtube:dQw4w9WgXcQ"
SOUND = b"\x1aE\xdf\xa3" + bytes(range(256)) * 12_000
JPEG = b"\xff\xd8\xff\xe0" + bytes(2000)
Says = Callable[[dict[str, Any]], Fetching]


@pytest.fixture
def says(fetching: Fetching, tmp_path: Path) -> Says:
    """Has yt-dlp say that of whatever it is asked for."""
    saying, program = tmp_path / "facts", tmp_path / "program.py"
    program.write_text(f"print(open({str(saying)!r}).read())")

    def say(facts: dict[str, Any]) -> Fetching:
        saying.write_text(json.dumps(facts))
        return Fetching(replace(fetching.bringer, program=Program(program)))

    return say


def song(site: MediaSite, **changes: object) -> dict[str, Any]:
    """Sound alone, in ranges, and a small file with pictures."""
    sound = {
        "format_id": "251",
        "protocol": "http",
        "ext": "webm",
        "acodec": "opus",
        "vcodec": "none",
        "filesize": len(SOUND),
        "url": f"{site.url}/sound?itag=251",
        "downloader_options": {"http_chunk_size": 1 << 20},
        "http_headers": {
            "User-Agent": "Mozilla/5.0",
            "Referer": WATCH,
            "Range": "bytes=5-",
            "X-Odd": "ü\r\n",
        },
        "cookies": "consent=yes; Domain=127.0.0.1; Path=/; other=1; Domain=elsewhere.example",
    }
    both = {**sound, "format_id": "18", "vcodec": "avc1", "height": 360, "url": f"{site.url}/18"}
    return {
        "id": "dQw4w9WgXcQ",
        "extractor_key": "Youtube",
        "title": "AC/DC: a song",
        "uploader": "Somebody",
        "webpage_url": WATCH,
        "thumbnails": [
            {"url": f"{site.url}/small.jpg"},
            {"url": f"{site.url}/broken.jpg"},
            {"url": f"{site.url}/large.webp"},
        ],
        "formats": [both, sound],
        **changes,
    }


def test_sound_alone_in_the_ranges_that_the_site_wants(site: MediaSite, says: Says) -> None:
    """With the fields and the cookies that go with it, tags, and the best picture there is."""
    site.serve("/sound", Resource(SOUND, "audio/webm"))
    site.serve("/small.jpg", Resource(JPEG, "image/jpeg"))
    site.serve("/broken.jpg", Resource(b"<html>", "image/jpeg"))
    fetching = says(song(site))
    assert fetching.bring(WATCH, key=KEY) == Brought(
        "AC_DC: a song.webm",
        "audio/webm",
        metadata=Metadata(title="AC/DC: a song", artist="Somebody", comment=WATCH),
        picture=JPEG,
        version=f"Youtube dQw4w9WgXcQ 251 {len(SOUND)}",
    )
    assert bytes(fetching.arrived.data) == SOUND
    requests = site.asked("/sound")
    assert [request.headers["Range"] for request in requests] == [
        "bytes=0-1048575",
        "bytes=1048576-2097151",
        f"bytes=2097152-{len(SOUND) - 1}",
    ]
    assert {request.headers["User-Agent"] for request in requests} == {"Mozilla/5.0"}
    assert {request.headers["Cookie"] for request in requests} == {"consent=yes"}
    assert not site.asked("/large.webp")


def test_a_range_that_breaks_goes_on(site: MediaSite, says: Says) -> None:
    """Within its range, and then with the next."""
    site.serve("/sound", Resource(SOUND, "audio/webm", breaks=[1 << 20, 500_000]))
    fetching = says(song(site))
    fetching.bring(WATCH, key=KEY)
    assert bytes(fetching.arrived.data) == SOUND


def test_the_same_version_is_not_downloaded_again(site: MediaSite, says: Says) -> None:
    """The site's word for it is enough."""
    now, version = datetime.now(UTC), f"Youtube dQw4w9WgXcQ 251 {len(SOUND)}"
    known = CachedLink(KEY, WATCH, "0" * 64, 1, "x", "video/webm", now, now, version=version)
    assert says(song(site)).bring(WATCH, known, key=KEY) == Unchanged()
    assert not site.requests
    site.serve("/sound", Resource(SOUND, "audio/webm"))
    assert isinstance(says(song(site)).bring(WATCH, replace(known, version="1"), key=KEY), Brought)


def test_pixels_are_brought_where_they_are_wanted(site: MediaSite, says: Says) -> None:
    """The smallest file that has both."""
    site.serve("/18", Resource(SOUND, "video/mp4"))
    says(song(site)).bring(WATCH, key=KEY, pixels=True)
    assert site.asked("/18")
    assert not site.asked("/sound")


def test_a_video_that_is_named_but_not_sent_may_come_later(site: MediaSite, says: Says) -> None:
    """The address may have run out of time: another attempt gets a new one."""
    site.serve("/sound", Resource(b"no", "text/plain", status=403))
    with pytest.raises(ServiceError) as raised:
        says(song(site)).bring(WATCH, key=KEY)
    assert raised.value.code == "site_unavailable"


def test_a_link_that_leads_to_a_known_site_goes_to_its_extractor(
    site: MediaSite, says: Says
) -> None:
    """That site is not asked by our own client."""
    site.serve("/sound", Resource(SOUND, "audio/webm"))
    away = Resource(status=302, headers={"Location": "https://youtu.be/dQw4w9WgXcQ?t=5"})
    fetching = says(song(site))
    fetching.bring(site.serve("/short", away))
    assert bytes(fetching.arrived.data) == SOUND


def test_a_playlist_of_one_is_that_video(site: MediaSite, says: Says) -> None:
    """Of more, the one that is meant is not known."""
    site.serve("/sound", Resource(SOUND, "audio/webm"))
    entry = {"_type": "url", "url": WATCH, "title": "One"}
    fetching = says({"_type": "playlist", "title": "List", "entries": [song(site)]})
    fetching.bring(WATCH, key=KEY)
    assert bytes(fetching.arrived.data) == SOUND
    for entries, code in (([entry, entry], "playlist"), ([], "no_media")):
        with pytest.raises(ServiceError) as raised:
            says({"_type": "playlist", "entries": entries}).bring(WATCH, key=KEY)
        assert raised.value.code == code


def test_a_playlist_is_listed(says: Says) -> None:
    """Up to the limit."""
    watch = "https://www.youtube.com/watch?v="
    entries = [{"_type": "url", "url": f"{watch}{n}", "title": f"Part {n}"} for n in range(5)]
    bringer = says({"_type": "playlist", "title": "List", "entries": entries}).bringer
    url = "https://www.youtube.com/playlist?list=PLabcdefghijklmnopqrstuvwx"
    found = bringer.entries(url, 2, should_stop=lambda: False)
    assert (found.title, found.entries) == (
        "List",
        (Entry(f"{watch}0", "Part 0"), Entry(f"{watch}1", "Part 1")),
    )
