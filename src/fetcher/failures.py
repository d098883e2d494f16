"""Why a fetch failed: one code and one sentence for its owner each."""

from collections.abc import Mapping
from typing import Final

from chassis.errors import Permanent, Retryable, ServiceError

_PERMANENT: Final[Mapping[str, str]] = {
    "url_not_allowed": "This link, or an address that it led to, must not be fetched from here.",
    "video_unavailable": "This video is not there: it was removed, or it is private.",
    "login_required": "The site wants a login for this video.",
    "geo_restricted": "The site does not show this video in the country of this server.",
    "drm_protected": "This video is protected against copying.",
    "live_stream": "This is a live stream, or one that has not begun: it has no end yet.",
    "too_large": "This video is larger than what is taken here.",
    "too_slow": "The site sends this video too slowly.",
    "too_long": "This video lasts longer than what is taken here.",
    "too_many_redirects": "This link leads from one address to the next without an end.",
    "no_media": "There is no video or sound at this link.",
    "playlist": "This is a playlist: send it as playlist_url.",
    "checksum_mismatch": "What came by this link has another checksum.",
    "unsupported_stream": "The site sends this video in a way that cannot be taken here.",
    "unknown_host": "There is no site of this name.",
}

_RETRYABLE: Final[Mapping[str, str]] = {
    "site_unavailable": "The site could not be reached, or did not answer.",
    "fetch_interrupted": "The connection broke, and the site did not let the rest be fetched.",
}

CODES: Final = frozenset(_PERMANENT) | frozenset(_RETRYABLE)
"""Every code that a failed fetch has."""


def failure(code: str, detail: str | None = None) -> ServiceError:
    """The error of that code, Permanent or Retryable, with its usual sentence or `detail`."""
    if code in _PERMANENT:
        return Permanent(code, detail or _PERMANENT[code])
    return Retryable(code, detail or _RETRYABLE[code])
