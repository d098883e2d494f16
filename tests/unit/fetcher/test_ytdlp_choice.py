"""Which format is brought in, and which videos are not."""

from typing import Any

import pytest

from chassis.errors import Permanent
from fetcher.limits import FetchLimits
from fetcher.ytdlp_formats import Way, choose, usable
from fetcher.ytdlp_verdict import chosen
from tests.unit.fetcher.ytdlp_shapes import music, talk, youtube_formats

LIMITS = FetchLimits(
    max_bytes=10_000_000,
    max_seconds=60,
    least_rate=0,
    stall_seconds=5,
    extract_seconds=30,
    media_seconds=2 * 3600,
    memory_bytes=0,
)


def hls(height: int, tbr: float, **more: object) -> dict[str, Any]:
    return {
        "format_id": f"hls-{height}",
        "protocol": "m3u8_native",
        "ext": "mp4",
        "vcodec": "avc1",
        "acodec": "mp4a",
        "height": height,
        "tbr": tbr,
        "url": f"https://m.example/{height}.m3u8",
        **more,
    }


def chosen_id(formats: list[dict[str, Any]], *, pixels: bool = False) -> str | None:
    found = choose(usable(formats), pixels=pixels)
    return str(found.facts["format_id"]) if found else None


def test_sound_alone_where_the_site_has_it() -> None:
    """The best of it, with what the site says of ranges and size."""
    found = chosen(music(), "", LIMITS, pixels=False)
    assert found.facts["format_id"] == "251"
    assert (found.way, found.size, found.range_bytes) == (Way.FILE, 3_500_000, 10_485_760)


def test_with_pixels_the_smallest_that_has_both() -> None:
    """A frame of the video is to become the cover."""
    assert chosen_id(youtube_formats(), pixels=True) == "18"


def test_pixels_that_only_stand_alone_are_done_without() -> None:
    """Nothing here puts two streams together."""
    formats = [found for found in youtube_formats() if found["format_id"] != "18"]
    assert chosen_id(formats, pixels=True) == "251"


def test_without_sound_alone_the_best_sound_with_the_fewest_pixels() -> None:
    """Where the bitrate of the sound is known; else the best there is."""
    known = [hls(240, 300, abr=64), hls(480, 900, abr=128), hls(1080, 4000, abr=128)]
    unknown = [hls(240, 300), hls(480, 900), hls(1080, 4000)]
    assert chosen_id(known) == "hls-480"
    assert chosen_id(unknown) == "hls-1080"


def test_a_video_without_a_list_is_its_own_format() -> None:
    """As yt-dlp has what it takes for a direct link."""
    facts = {"id": "x", "url": "https://m.example/x.mp4", "ext": "mp4", "direct": True}
    assert chosen(facts, "", LIMITS, pixels=False).way is Way.FILE


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_live": True}, "live_stream"),
        ({"live_status": "is_upcoming", "formats": []}, "live_stream"),
        ({"live_status": "post_live"}, "live_stream"),
        ({"duration": 7201}, "too_long"),
        ({"formats": [], "_has_drm": True}, "drm_protected"),
        ({"formats": [hls(480, 900, has_drm=True)]}, "drm_protected"),
        ({"formats": [], "availability": "subscriber_only"}, "login_required"),
        ({"formats": [], "availability": "private"}, "video_unavailable"),
        ({"formats": []}, "no_media"),
        ({"formats": [youtube_formats()[0], youtube_formats()[5]]}, "no_media"),
        ({"formats": [hls(480, 900, protocol="rtmp")]}, "unsupported_stream"),
        ({"formats": [hls(480, 900, protocol="http_dash_segments")]}, "unsupported_stream"),
        ({"formats": [{**youtube_formats()[1], "filesize": 10_000_001}]}, "too_large"),
    ],
)
def test_videos_that_are_not_brought_in(changes: dict[str, Any], code: str) -> None:
    """Each for a reason of its own, before a byte of them is asked for."""
    with pytest.raises(Permanent) as raised:
        chosen({**talk(), **changes}, "", LIMITS, pixels=False)
    assert raised.value.code == code


def test_what_was_written_beside_says_why_there_is_no_format() -> None:
    """yt-dlp warns there where it was asked to go on."""
    output = "WARNING: [youtube] a: Sign in to confirm your age\n"
    with pytest.raises(Permanent) as raised:
        chosen({**talk(), "formats": []}, output, LIMITS, pixels=False)
    assert raised.value.code == "login_required"
