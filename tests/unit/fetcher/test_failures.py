"""Codes and sentences of failed fetches, from HTTP and from yt-dlp."""

import pytest

from chassis.errors import Permanent, Retryable
from fetcher.failures import CODES, failure
from fetcher.http_statuses import failure_of
from fetcher.ytdlp_errors import code_of, failure_told

RETRYABLE = {"site_unavailable", "fetch_interrupted"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_sentence(code: str) -> None:
    """The world is at fault for two of them, the link for all others."""
    error = failure(code)
    assert error.code == code
    assert error.detail.endswith(".")
    assert isinstance(error, Retryable if code in RETRYABLE else Permanent)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "video_unavailable"),
        (401, "login_required"),
        (403, "login_required"),
        (404, "video_unavailable"),
        (408, "site_unavailable"),
        (410, "video_unavailable"),
        (429, "site_unavailable"),
        (451, "geo_restricted"),
        (500, "site_unavailable"),
        (503, "site_unavailable"),
    ],
)
def test_statuses(status: int, code: str) -> None:
    """What an HTTP status means for a fetch."""
    assert failure_of(status).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[youtube] abc: Video unavailable", "video_unavailable"),
        (
            "[youtube] abc: Private video. Sign in if you've been granted access to this video",
            "video_unavailable",
        ),
        (
            (
                "[youtube] abc: This video is no longer available because the YouTube account"
                " associated with this video has been terminated."
            ),
            "video_unavailable",
        ),
        (
            (
                "[youtube] abc: Video unavailable. The uploader has not made this video available"
                " in your country"
            ),
            "geo_restricted",
        ),
        (
            "[vimeo] 1: This video is not available from your location due to geo restriction",
            "geo_restricted",
        ),
        (
            (
                "[youtube] abc: Sign in to confirm your age. This video may be inappropriate for"
                " some users."
            ),
            "login_required",
        ),
        (
            (
                "[youtube] abc: Join this channel to get access to members-only content like this"
                " video, and other exclusive perks."
            ),
            "login_required",
        ),
        (
            (
                "[site] 1: This video is only available for registered users. Use --cookies,"
                " --cookies-from-browser, --username and --password"
            ),
            "login_required",
        ),
        (
            "[youtube] abc: Sign in to confirm you\u2019re not a bot. Use --cookies-from-browser",
            "site_unavailable",
        ),
        ("[youtube] abc: This live event will begin in 3 hours.", "live_stream"),
        ("[youtube] abc: Premieres in 20 hours", "live_stream"),
        ("[twitch:stream] someone: The channel is not currently live", "live_stream"),
        ("[site] 1: This video is DRM protected", "drm_protected"),
        ("Unsupported URL: https://example.com/", "no_media"),
        ("[generic] x: No video formats found!; please report this issue on  https://", "no_media"),
        (
            (
                "[generic] Unable to download webpage: HTTP Error 404: Not Found (caused by"
                " <HTTPError 404: Not Found>)"
            ),
            "video_unavailable",
        ),
        ("[generic] Unable to download webpage: HTTP Error 403: Forbidden", "login_required"),
        ("[generic] x: HTTP Error 503: Service Unavailable", "site_unavailable"),
        ("[generic] x: The read operation timed out", "site_unavailable"),
        ("fragment 7 not found, unable to continue", "fetch_interrupted"),
        ("ffmpeg is not installed. Aborting", "unsupported_stream"),
        ("unable to write data: [Errno 27] File too large", "unsupported_stream"),
        ("Exceeded 30 redirects.", "too_many_redirects"),
        ("[site] 1: Something that nobody has seen before", "site_unavailable"),
    ],
)
def test_messages_of_yt_dlp(text: str, code: str) -> None:
    """What its extractors say, as they say it; what is not understood may pass."""
    error = failure_told(f"WARNING: [generic] Falling back on generic\nERROR: {text}\n")
    assert error.code == code


def test_warnings_count_where_there_is_no_error() -> None:
    """Extractors only warn where they are asked to go on without formats."""
    assert code_of("WARNING: [site] This video is only available to members. Log in\n") == (
        "login_required"
    )
    assert code_of("[download] nothing to see here") is None
