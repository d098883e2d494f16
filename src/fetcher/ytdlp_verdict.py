"""Whether a video may be brought in, by what yt-dlp says of it."""

from typing import Final

from fetcher.failures import failure
from fetcher.limits import FetchLimits
from fetcher.ytdlp_errors import code_of
from fetcher.ytdlp_formats import Format, all_formats, choose, has_sound, is_protected, usable
from fetcher.ytdlp_reading import Facts, number, text

_LIVE: Final = frozenset({"is_live", "is_upcoming", "post_live"})
_LOCKED: Final = {
    "private": "video_unavailable",
    "premium_only": "login_required",
    "subscriber_only": "login_required",
    "needs_auth": "login_required",
}


def chosen(facts: Facts, output: str, limits: FetchLimits, *, pixels: bool) -> Format:
    """The format to bring in; `output` is what yt-dlp wrote to stderr when it found these facts.

    Raises Permanent: `live_stream`, `too_long`, `too_large`, `drm_protected` and the like.
    """
    if facts.get("is_live") is True or text(facts, "live_status") in _LIVE:
        raise failure("live_stream")
    if (number(facts, "duration") or 0) > limits.media_seconds:
        raise failure("too_long")
    listed = all_formats(facts)
    found = choose(usable(listed), pixels=pixels)
    if found is None:
        raise failure(_why_none(facts, listed, output))
    if found.size is not None and found.size > limits.max_bytes:
        raise failure("too_large")
    return found


def _why_none(facts: Facts, listed: list[Facts], output: str) -> str:
    if facts.get("_has_drm") or any(map(is_protected, listed)):
        return "drm_protected"
    locked = _LOCKED.get(text(facts, "availability") or "")
    if locked:
        return locked
    if any(has_sound(found) for found in listed):
        return "unsupported_stream"
    told = code_of(output)
    return told if told and not listed else "no_media"
