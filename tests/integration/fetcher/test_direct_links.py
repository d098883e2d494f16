"""Links to media files themselves, from a real HTTP server through the real guard."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import pytest

from chassis.errors import Permanent, Retryable, ServiceError, StoreUnavailable
from chassis.media_cache import CachedLink
from chassis.ports import CHUNK_BYTES
from chassis.sources import Link
from fetcher.ports import Brought, Stopped, Unchanged
from tests.integration.fetcher.conftest import LIMITS, Fetching
from tests.integration.fetcher.media_site import MediaSite, Resource, http_time
from tests.waiting import wait_for

FILM = b"\x00\x00\x00\x20ftypisom" + random.Random(6).randbytes((5 << 20) + 12345)
HTML = b"<!DOCTYPE html><title>No video</title><p>Nothing here.</p>"


def code_of(fetching: Fetching, url: str) -> str:
    """The code with which bringing that in fails."""
    with pytest.raises(ServiceError) as raised:
        fetching.bring(url)
    assert isinstance(raised.value, Permanent | Retryable)
    return raised.value.code


def known_as(url: str, **validators: str | None) -> CachedLink:
    now = datetime.now(UTC)
    known = CachedLink(url, url, "0" * 64, 1, "x", "video/mp4", now, now)
    return replace(
        known, etag=validators.get("etag"), last_modified=validators.get("last_modified")
    )


def test_a_file_arrives_whole_in_whole_chunks(site: MediaSite, fetching: Fetching) -> None:
    """With one request, its name, its type, its validators, and progress up to the end."""
    modified = http_time()
    film = Resource(FILM, etag='"one"', last_modified=modified)
    brought = fetching.bring(site.serve("/films/A%20film.mp4", film))
    assert bytes(fetching.arrived.data) == FILM
    assert fetching.arrived.opened == [("A film.mp4", "video/mp4")]
    assert set(fetching.arrived.pieces[:-1]) == {CHUNK_BYTES}
    assert fetching.arrived.progress == sorted(fetching.arrived.progress)
    assert fetching.arrived.progress[-1] == 1.0
    assert brought == Brought("A film.mp4", "video/mp4", etag='"one"', last_modified=modified)
    (request,) = site.asked("/films/A%20film.mp4")
    assert request.headers["Accept-Encoding"] == "identity"
    assert not {"Proxy-Authorization", "Range", "If-None-Match"} & set(request.headers)


@pytest.mark.parametrize(
    "cached",
    [
        {"etag": '"one"', "last_modified": None},
        {"etag": None, "last_modified": "Sat, 21 Nov 2026 10:00:00 GMT"},
    ],
)
def test_what_has_not_changed_is_not_sent_again(
    site: MediaSite, fetching: Fetching, cached: dict[str, Any]
) -> None:
    """The site is asked by what it called the file when it came."""
    url = site.serve("/film.mp4", Resource(FILM, **cached))
    assert fetching.bring(url, known_as(url, **cached)) == Unchanged()
    assert not fetching.arrived.opened
    assert [request.sent for request in site.asked("/film.mp4")] == [0]


def test_what_has_changed_comes_anew(site: MediaSite, fetching: Fetching) -> None:
    """Under its new name, with one request."""
    url = site.serve("/film.mp4", Resource(FILM, etag='"two"'))
    brought = fetching.bring(url, known_as(url, etag='"one"', last_modified=None))
    assert isinstance(brought, Brought)
    assert brought.etag == '"two"'
    assert len(site.asked("/film.mp4")) == 1
    assert bytes(fetching.arrived.data) == FILM


@pytest.mark.parametrize(
    "validators",
    [{"etag": '"one"'}, {"last_modified": http_time()}, {"etag": 'W/"weak"'}, {}],
)
def test_a_broken_connection_goes_on_where_it_broke(
    site: MediaSite, fetching: Fetching, validators: dict[str, Any]
) -> None:
    """At 90 % of the file: little more than the rest is sent a second time."""
    broken = Resource(FILM, breaks=[len(FILM) * 9 // 10], **validators)
    fetching.bring(site.serve("/film.mp4", broken))
    assert bytes(fetching.arrived.data) == FILM
    first, second = site.asked("/film.mp4")
    assert first.sent == len(FILM) * 9 // 10
    assert second.headers["Range"].startswith("bytes=")
    assert second.sent <= len(FILM) // 10 + CHUNK_BYTES
    strong = validators.get("last_modified") or (validators.get("etag") == '"one"' and '"one"')
    assert second.headers.get("If-Range") == (strong or None)


def test_many_breaks_are_survived_while_each_brings_something(
    site: MediaSite, fetching: Fetching
) -> None:
    """Only breaks in a row without a byte are counted."""
    breaks = [600_000] * 8
    fetching.bring(site.serve("/film.mp4", Resource(FILM, etag='"one"', breaks=breaks)))
    assert bytes(fetching.arrived.data) == FILM
    assert not breaks


def test_a_site_that_always_breaks_is_given_up(site: MediaSite, fetching: Fetching) -> None:
    """After as many pauses in a row as there are, and later the job tries again."""
    url = site.serve("/film.mp4", Resource(FILM, etag='"one"', breaks=[2 << 20, *[0] * 99]))
    assert code_of(fetching, url) == "site_unavailable"
    assert len(site.asked("/film.mp4")) == 1 + len(LIMITS.retry_pauses)


def test_a_server_without_ranges_is_asked_another_time(site: MediaSite, fetching: Fetching) -> None:
    """What was received cannot be gone on with."""
    url = site.serve("/film.mp4", Resource(FILM, ranges=False, breaks=[3 << 20]))
    assert code_of(fetching, url) == "fetch_interrupted"


def test_another_version_is_never_appended(site: MediaSite, fetching: Fetching) -> None:
    """If-Range makes the server send the new file from its start: the fetch begins anew later."""
    first = Resource(FILM, etag='"one"', breaks=[3 << 20])
    second = Resource(FILM[::-1], etag='"two"')
    url = site.serve("/film.mp4", first, second)
    assert code_of(fetching, url) == "fetch_interrupted"


def test_a_size_that_changes_is_another_version(site: MediaSite, fetching: Fetching) -> None:
    """Where a server names no version, the size has to stay the same."""
    url = site.serve("/film.mp4", Resource(FILM, breaks=[3 << 20]), Resource(FILM + b"more"))
    assert code_of(fetching, url) == "fetch_interrupted"


def test_a_wrong_content_length_is_no_whole_file(site: MediaSite, fetching: Fetching) -> None:
    """Whether the server goes on with nothing or not."""
    url = site.serve("/film.mp4", Resource(FILM, announced=len(FILM) + 100))
    assert code_of(fetching, url) in {"fetch_interrupted", "site_unavailable"}


def test_a_chunked_answer_arrives_whole(site: MediaSite, fetching: Fetching) -> None:
    """Without a length there is no progress to tell."""
    fetching.bring(site.serve("/film.mp4", Resource(FILM, chunked=True)))
    assert bytes(fetching.arrived.data) == FILM
    assert fetching.arrived.progress == []


def test_a_chunked_answer_that_breaks_is_no_whole_file(site: MediaSite, fetching: Fetching) -> None:
    """It could only be gone on with where the server names the version."""
    url = site.serve("/film.mp4", Resource(FILM, chunked=True, breaks=[3 << 20]))
    assert code_of(fetching, url) == "fetch_interrupted"


def test_too_large_is_known_before_it_comes(site: MediaSite, fetching: Fetching) -> None:
    """Where the length is announced nothing is stored."""
    url = site.serve("/film.mp4", Resource(FILM, announced=LIMITS.max_bytes + 1))
    assert code_of(fetching, url) == "too_large"
    assert not fetching.arrived.data


def test_an_endless_file_is_cut(site: MediaSite, make_fetching: Callable[..., Fetching]) -> None:
    """As soon as it is too large."""
    fetching = make_fetching(site, replace(LIMITS, max_bytes=8 << 20))
    assert code_of(fetching, site.serve("/film.mp4", Resource(FILM, endless=True))) == "too_large"
    assert len(fetching.arrived.data) <= 8 << 20


def test_a_fetch_that_takes_too_long_is_ended(
    site: MediaSite, make_fetching: Callable[..., Fetching]
) -> None:
    """Although bytes keep coming, fewer than make a chunk."""
    fetching = make_fetching(site, replace(LIMITS, max_seconds=1))
    slow = Resource(FILM, pause=0.05, piece=500)
    assert code_of(fetching, site.serve("/film.mp4", slow)) == "too_slow"


def test_a_silent_site_is_given_up(site: MediaSite, make_fetching: Callable[..., Fetching]) -> None:
    """It is asked again a few times, as after any break."""
    fetching = make_fetching(site, replace(LIMITS, stall_seconds=0.2, retry_pauses=(0.01, 0.01)))
    silent = Resource(FILM, etag='"one"', pause=60, piece=2 << 20)
    url = site.serve("/film.mp4", silent, *[Resource(delay=60)] * 9)
    assert code_of(fetching, url) == "site_unavailable"
    assert len(fetching.arrived.data) == 2 << 20


def test_a_fetch_stops_soon_when_it_is_told_to(site: MediaSite, fetching: Fetching) -> None:
    """Also while it waits for a site that sends nothing."""
    told, stopped = Event(), Event()
    url = site.serve("/film.mp4", Resource(FILM, pause=60, piece=2 << 20))

    def bring() -> None:
        with pytest.raises(Stopped):
            fetching.bring(url, should_stop=told.is_set)
        stopped.set()

    thread = Thread(target=bring)
    thread.start()
    wait_for(lambda: bool(fetching.arrived.opened), 10, "the beginning")
    told.set()
    assert stopped.wait(3)
    thread.join()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "login_required"),
        (403, "login_required"),
        (404, "video_unavailable"),
        (410, "video_unavailable"),
        (429, "site_unavailable"),
        (451, "geo_restricted"),
        (500, "site_unavailable"),
        (503, "site_unavailable"),
    ],
)
def test_refusals_of_the_site_have_their_codes(
    site: MediaSite, fetching: Fetching, status: int, code: str
) -> None:
    """One request each: a site that is busy is left alone."""
    url = site.serve("/film.mp4", Resource(b"no", "text/plain", status=status))
    assert code_of(fetching, url) == code
    assert len(site.asked("/film.mp4")) == 1


def test_a_busy_site_is_asked_again_when_it_says(site: MediaSite, fetching: Fetching) -> None:
    """Within the same fetch, if that is soon."""
    busy = Resource(b"later", "text/plain", status=503, headers={"Retry-After": "0"})
    fetching.bring(site.serve("/film.mp4", busy, busy, Resource(FILM)))
    assert bytes(fetching.arrived.data) == FILM


def test_a_site_that_is_busy_for_long_is_left_to_the_job(
    site: MediaSite, fetching: Fetching
) -> None:
    """It waits longer than a fetch does."""
    busy = Resource(b"later", "text/plain", status=429, headers={"Retry-After": "3600"})
    assert code_of(fetching, site.serve("/film.mp4", busy)) == "site_unavailable"
    assert len(site.asked("/film.mp4")) == 1


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "image/png"),
        (b"just words", "text/plain"),
        (b"PK\x03\x04" + bytes(99), "application/zip"),
        (b"", "video/mp4"),
    ],
)
def test_what_is_no_media_is_not_stored(
    site: MediaSite, fetching: Fetching, content: bytes, content_type: str
) -> None:
    """Pictures, texts, archives, nothing."""
    url = site.serve("/thing", Resource(content, content_type))
    assert code_of(fetching, url) == "no_media"
    assert not fetching.arrived.opened


def test_a_compressed_answer_is_not_stored(site: MediaSite, fetching: Fetching) -> None:
    """It would be another file than its checksum says."""
    squeezed = Resource(FILM, headers={"Content-Encoding": "gzip"})
    assert code_of(fetching, site.serve("/film.mp4", squeezed)) == "unsupported_stream"


def test_redirects_are_followed(site: MediaSite, fetching: Fetching) -> None:
    """To any depth up to the limit; the file is named for where it is."""
    for step in range(9):
        target = f"step{step + 1}?x=ü".encode().decode("iso-8859-1")
        site.serve(f"/step{step}", Resource(status=302, headers={"Location": target}))
    site.serve("/step9", Resource(status=308, headers={"Location": f"{site.url}/film.mp4#t=5"}))
    site.serve("/film.mp4", Resource(FILM))
    fetching.bring(f"{site.url}/step0")
    assert fetching.arrived.opened == [("film.mp4", "video/mp4")]


def test_redirects_without_an_end_are_not(site: MediaSite, fetching: Fetching) -> None:
    """Ten are followed."""
    url = site.serve("/round", Resource(status=301, headers={"Location": "/round"}))
    assert code_of(fetching, url) == "too_many_redirects"
    assert len(site.asked("/round")) == 11


@pytest.mark.parametrize(
    "location",
    [
        "http://{host}:{port}/film.mp4",
        "//{host}:{port}/film.mp4",
        "http://localhost:{port}/film.mp4",
        "http://[::ffff:127.0.0.1]:{port}/film.mp4",
        "http://2130706433:{port}/film.mp4",
        "http://user:password@{host}:{port}/film.mp4",
        "ftp://{host}/film.mp4",
        "file:///etc/passwd",
    ],
)
def test_redirects_lead_nowhere_else(
    site: MediaSite, secret: MediaSite, fetching: Fetching, location: str
) -> None:
    """In whatever spelling: the other server sees no request."""
    secret.serve("/film.mp4", Resource(FILM))
    target = location.format(host="127.0.0.1", port=secret.port)
    url = site.serve("/away", Resource(status=302, headers={"Location": target}))
    assert code_of(fetching, url) == "url_not_allowed"
    assert not secret.requests


@pytest.mark.parametrize("location", ["http://[oops/x", "http://a b/", ":"])
def test_redirects_that_are_no_address(site: MediaSite, fetching: Fetching, location: str) -> None:
    """The site may be mended later."""
    url = site.serve("/away", Resource(status=302, headers={"Location": location}))
    assert code_of(fetching, url) in {"site_unavailable", "video_unavailable"}


def test_a_host_that_there_is_not(site: MediaSite, fetching: Fetching) -> None:
    """Or whose name servers cannot be asked."""
    assert code_of(fetching, "http://nobody.example/film.mp4") in {
        "unknown_host",
        "site_unavailable",
    }


def test_the_stores_own_errors_stay_what_they_are(site: MediaSite, fetching: Fetching) -> None:
    """The site is not to blame for them."""
    url = site.serve("/film.mp4", Resource(FILM))

    class Full:
        def write(self, data: bytes | bytearray | memoryview) -> None:
            raise StoreUnavailable("It is full.")

    with pytest.raises(StoreUnavailable):
        fetching.bringer.bring(
            Link(url, url),
            None,
            lambda _name, _type: Full(),
            on_progress=lambda _: None,
            should_stop=lambda: False,
        )
