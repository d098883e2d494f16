"""What a site's refusal means for a fetch, by its HTTP status (RFC 9110, section 15)."""

from typing import Final

from chassis.errors import ServiceError
from fetcher.failures import failure

OK: Final = 200
PARTIAL: Final = 206
NOT_MODIFIED: Final = 304
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
TRY_LATER: Final = frozenset({429, 503})
"""Those for which a site may say when to come again."""

PERHAPS_FOR_BROWSERS: Final = frozenset({401, 403, 405, 406})
"""Refusals of a page that may be meant for our client only: an extractor may know the site."""

_LOGIN: Final = frozenset({401, 402, 403, 407})
_GONE: Final = frozenset({404, 410})
_ANOTHER_TIME: Final = frozenset({408, 421, 425, 429})
_LEGAL_REASONS: Final = 451
_SERVER_ERRORS: Final = 500


def failure_of(status: int) -> ServiceError:
    """The error that an answer with `status`, which is none that brings content, stands for."""
    if status in _GONE:
        return failure("video_unavailable")
    if status in _LOGIN:
        return failure("login_required")
    if status == _LEGAL_REASONS:
        return failure("geo_restricted")
    if status >= _SERVER_ERRORS or status in _ANOTHER_TIME:
        return failure("site_unavailable", f"The site cannot answer now (HTTP {status}).")
    return failure("video_unavailable", f"The site refuses to send this video (HTTP {status}).")
