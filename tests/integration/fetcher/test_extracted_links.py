"""Pages and manifests: yt-dlp itself, its generic extractor, real streams, the real guard."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from chassis.errors import Permanent, Retryable, ServiceError
from chassis.sources import Metadata
from fetcher.ports import Brought, Stopped
from tests.integration.fetcher.conftest import LIMITS, Fetching
from tests.integration.fetcher.media_site import MediaSite, Resource
from tests.integration.fetcher.streams import (
    duration_of,
    kinds_of_streams,
    make_dash,
    make_film,
    make_hls,
)
from tests.waiting import wait_for

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
MANIFEST = "application/vnd.apple.mpegurl"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="module")
def streams(film: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {name: tmp_path_factory.mktemp(name) for name in ("ts", "aes", "fmp4", "dash")}
    for name in ("ts", "aes", "fmp4"):
        make_hls(folders[name], film, name)
    make_dash(folders["dash"], film)
    return folders


def page(body: str, head: str = "") -> Resource:
    html = (
        f"<!DOCTYPE html><html><head><title>A page</title>{head}</head><body>{body}</body></html>"
    )
    return Resource(html.encode(), "text/html; charset=utf-8")


def code_of(fetching: Fetching, url: str) -> str:
    with pytest.raises(ServiceError) as raised:
        fetching.bring(url)
    assert isinstance(raised.value, Permanent | Retryable)
    return raised.value.code


def test_the_video_of_a_page(site: MediaSite, film: Path, fetching: Fetching) -> None:
    """With the page's title, its address as comment, and its picture through the guard."""
    site.serve("/film.mp4", Resource(film.read_bytes()))
    site.serve("/picture.png", Resource(PIXEL, "image/png"))
    head = (
        '<meta property="og:title" content="A title">'
        f'<meta property="og:image" content="{site.url}/picture.png">'
    )
    url = site.serve("/page", page('<video src="/film.mp4"></video>', head))
    brought = fetching.bring(url)
    assert isinstance(brought, Brought)
    assert brought.content_type == "video/mp4"
    assert brought.picture == PIXEL
    assert brought.metadata == Metadata(title="A title", comment=url)
    assert fetching.arrived.opened == [("A title.mp4", "video/mp4")]
    assert bytes(fetching.arrived.data) == film.read_bytes()


def test_a_video_named_for_other_sites(site: MediaSite, film: Path, fetching: Fetching) -> None:
    """By og:video; behind a redirect of the page."""
    site.serve("/film.mp4", Resource(film.read_bytes()))
    site.serve("/page", page("", '<meta property="og:video" content="/film.mp4">'))
    moved = Resource(status=302, headers={"Location": "/page"})
    fetching.bring(site.serve("/short", moved))
    assert bytes(fetching.arrived.data) == film.read_bytes()


def test_a_picture_that_cannot_be_had_breaks_nothing(
    site: MediaSite, secret: MediaSite, film: Path, fetching: Fetching
) -> None:
    """Nor is one fetched that must not be."""
    secret.serve("/picture.png", Resource(PIXEL, "image/png"))
    site.serve("/film.mp4", Resource(film.read_bytes()))
    head = f'<meta property="og:image" content="{secret.url}/picture.png">'
    url = site.serve("/page", page('<video src="/film.mp4"></video>', head))
    brought = fetching.bring(url)
    assert isinstance(brought, Brought)
    assert brought.picture is None
    assert not secret.requests


def test_hls_in_transport_stream_segments(
    site: MediaSite, streams: dict[str, Path], fetching: Fetching, tmp_path: Path
) -> None:
    """The segments one behind the other, byte for byte."""
    site.serve_folder(streams["ts"])
    brought = fetching.bring(f"{site.url}/stream.m3u8")
    segments = sorted(streams["ts"].glob("*.ts"))
    assert len(segments) == 4
    assert bytes(fetching.arrived.data) == b"".join(path.read_bytes() for path in segments)
    assert fetching.arrived.opened == [("stream.ts", "video/mp2t")]
    assert isinstance(brought, Brought)
    assert duration_of(tmp_path, bytes(fetching.arrived.data)) == pytest.approx(4, abs=0.2)


def test_hls_in_ranges_of_one_file(
    site: MediaSite, streams: dict[str, Path], fetching: Fetching
) -> None:
    """Fragmented MP4 with a map; the server is asked for ranges."""
    site.serve_folder(streams["fmp4"])
    fetching.bring(f"{site.url}/stream.m3u8")
    (whole,) = streams["fmp4"].glob("*.m4s")
    assert bytes(fetching.arrived.data) == whole.read_bytes()
    assert fetching.arrived.opened[0][1] == "video/mp4"


def test_dash_gives_the_sound_alone(
    site: MediaSite, streams: dict[str, Path], fetching: Fetching, tmp_path: Path
) -> None:
    """No request is made for a segment of the pictures."""
    site.serve_folder(streams["dash"])
    fetching.bring(f"{site.url}/stream.mpd")
    data = bytes(fetching.arrived.data)
    assert kinds_of_streams(tmp_path, data) == ["audio"]
    assert duration_of(tmp_path, data) == pytest.approx(4, abs=0.2)
    paths = {request.path for request in site.requests}
    assert {path for path in paths if "stream0" in path} == set()
    assert {path for path in paths if "stream1" in path}


def test_an_encrypted_playlist_is_decrypted_with_its_key(
    site: MediaSite, streams: dict[str, Path], fetching: Fetching
) -> None:
    """AES-128, whose key is fetched through the guard like everything else."""
    site.serve_folder(streams["aes"])
    fetching.bring(f"{site.url}/stream.m3u8")
    segments = sorted(streams["ts"].glob("*.ts"))
    assert bytes(fetching.arrived.data) == b"".join(path.read_bytes() for path in segments)


def test_a_missing_fragment_fails_the_fetch(
    site: MediaSite, streams: dict[str, Path], fetching: Fetching
) -> None:
    """What came before it is no whole video."""
    site.serve_folder(streams["ts"])
    site.serve("/stream2.ts", Resource(b"gone", "text/plain", status=404))
    url = f"{site.url}/stream.m3u8"
    assert code_of(fetching, url) in {"video_unavailable", "fetch_interrupted"}


@pytest.mark.parametrize("name", ["ts", "dash"])
def test_fragments_are_never_fetched_from_where_they_must_not(
    site: MediaSite,
    secret: MediaSite,
    streams: dict[str, Path],
    fetching: Fetching,
    name: str,
) -> None:
    """Whatever a playlist or a manifest names: the other server sees no request."""
    for each in (site, secret):
        each.serve_folder(streams[name])
    if name == "ts":
        text = (streams[name] / "stream.m3u8").read_text()
        text = text.replace("stream2.ts", f"{secret.url}/stream2.ts")
        url = site.serve("/evil", Resource(text.encode(), MANIFEST))
    else:
        text = (streams[name] / "stream.mpd").read_text()
        base = f"<BaseURL>{secret.url}/</BaseURL><Period"
        url = site.serve(
            "/evil", Resource(text.replace("<Period", base, 1).encode(), "application/dash+xml")
        )
    assert code_of(fetching, url) == "url_not_allowed"
    assert not secret.requests


@pytest.mark.parametrize(
    "body",
    [
        '<video src="/away"></video>',
        '<video><source src="{secret}/stream.m3u8" type="application/x-mpegURL"></video>',
    ],
)
def test_pages_lead_nowhere_else(
    site: MediaSite, secret: MediaSite, film: Path, fetching: Fetching, body: str
) -> None:
    """Neither by a file, nor a redirect, nor a manifest that they name."""
    secret.serve("/film.mp4", Resource(film.read_bytes()))
    site.serve("/away", Resource(status=302, headers={"Location": f"{secret.url}/film.mp4"}))
    url = site.serve("/page", page(body.format(secret=secret.url)))
    assert code_of(fetching, url) == "url_not_allowed"
    assert not secret.requests


def test_a_live_stream_is_refused(
    site: MediaSite, streams: dict[str, Path], fetching: Fetching
) -> None:
    """A playlist without an end."""
    text = (streams["ts"] / "stream.m3u8").read_text()
    live = text.replace("#EXT-X-ENDLIST", "").replace("#EXT-X-PLAYLIST-TYPE:VOD\n", "")
    url = site.serve("/live.m3u8", Resource(live.encode(), MANIFEST))
    assert code_of(fetching, url) == "live_stream"


def test_a_protected_stream_is_refused(
    site: MediaSite, streams: dict[str, Path], fetching: Fetching
) -> None:
    """With keys that only a player has."""
    text = (streams["ts"] / "stream.m3u8").read_text()
    key = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"'
    url = site.serve(
        "/drm.m3u8", Resource(text.replace("#EXTINF", f"{key}\n#EXTINF", 1).encode(), MANIFEST)
    )
    assert code_of(fetching, url) == "drm_protected"


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        (page("<p>Nothing to see.</p>"), "no_media"),
        (page('<video src="/gone.mp4"></video>'), "video_unavailable"),
        (Resource(b"<html>no</html>", "text/html", status=404), "video_unavailable"),
        (Resource(b"<html>no</html>", "text/html", status=403), "login_required"),
    ],
)
def test_pages_without_a_video(
    site: MediaSite, fetching: Fetching, resource: Resource, code: str
) -> None:
    """Each has its reason."""
    assert code_of(fetching, site.serve("/page", resource)) == code
    assert not fetching.arrived.opened


def test_a_page_with_several_videos_is_a_playlist(
    site: MediaSite, film: Path, fetching: Fetching
) -> None:
    """Its entries are the videos, each of which is one."""
    site.serve("/1.mp4", Resource(film.read_bytes()))
    site.serve("/2.mp4", Resource(film.read_bytes()))
    url = site.serve("/page", page('<video src="/1.mp4"></video><video src="/2.mp4"></video>'))
    assert code_of(fetching, url) == "playlist"
    found = fetching.bringer.entries(url, 5, should_stop=lambda: False)
    assert [entry.url for entry in found.entries] == [f"{site.url}/1.mp4", f"{site.url}/2.mp4"]
    assert len(fetching.bringer.entries(url, 1, should_stop=lambda: False).entries) == 1


def test_a_feed_is_a_playlist(site: MediaSite, fetching: Fetching) -> None:
    """Its entries are not asked for."""
    items = "".join(
        f"<item><title>Part {n}</title><link>{site.url}/{n}</link>"
        f'<enclosure url="{site.url}/{n}.mp3" type="audio/mpeg"/></item>'
        for n in range(4)
    )
    feed = f'<rss version="2.0"><channel><title>A feed</title>{items}</channel></rss>'
    xml = f'<?xml version="1.0"?>{feed}'.encode()
    url = site.serve("/feed", Resource(xml, "application/rss+xml"))
    found = fetching.bringer.entries(url, 3, should_stop=lambda: False)
    assert found.title == "A feed"
    assert [entry.title for entry in found.entries] == ["Part 0", "Part 1", "Part 2"]
    assert {request.path for request in site.requests} == {"/feed"}


def test_a_stream_that_is_too_large_is_cut(
    site: MediaSite, streams: dict[str, Path], make_fetching: Callable[..., Fetching]
) -> None:
    """Its size was not announced."""
    site.serve_folder(streams["ts"])
    fetching = make_fetching(site, replace(LIMITS, max_bytes=50_000))
    assert code_of(fetching, f"{site.url}/stream.m3u8") == "too_large"


def test_an_extractor_that_takes_too_long_is_ended(
    site: MediaSite, make_fetching: Callable[..., Fetching]
) -> None:
    """With all that it started."""
    site.serve("/page", page("x"), replace(page("x"), delay=60))
    fetching = make_fetching(site, replace(LIMITS, extract_seconds=1.5))
    assert code_of(fetching, f"{site.url}/page") == "site_unavailable"


def test_an_extractor_stops_soon_when_it_is_told_to(site: MediaSite, fetching: Fetching) -> None:
    """Also while its site does not answer."""
    told, stopped = Event(), Event()
    url = site.serve("/page", page("x"), replace(page("x"), delay=60))

    def bring() -> None:
        with pytest.raises(Stopped):
            fetching.bring(url, should_stop=told.is_set)
        stopped.set()

    thread = Thread(target=bring)
    thread.start()
    wait_for(lambda: len(site.asked("/page")) == 2, 10, "the request without an answer")
    told.set()
    assert stopped.wait(3)
    thread.join()
