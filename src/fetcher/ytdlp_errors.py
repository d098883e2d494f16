"""What yt-dlp's messages mean for a fetch: the one table from its texts to our codes.

Its extractors phrase their errors themselves, so this holds what many of them say. The first line
that fits decides. It was written from the texts in yt-dlp 2026.10.26.
"""

import re
from collections.abc import Sequence
from typing import Final

from chassis.errors import ServiceError
from fetcher.failures import failure

_TABLE: Final[Sequence[tuple[str, str]]] = (
    (r"DRM[- ]protect|protected by DRM|\bhas_drm\b", "drm_protected"),
    ((r"HTTP Error 451|not (?:made this video )?available (?:in|from) your (?:country|location|"
     r"region)|geo[- ]?restrict|blocked (?:it )?in your country|from your location"),
     "geo_restricted"),
    ((r"HTTP Error (?:408|429|5\d\d)|temporarily|confirm you.re not a bot|rate.?limit|captcha|"
     r"anti-bot|too many requests"), "site_unavailable"),
    ((r"live event will begin|premieres? (?:in|will begin)|will begin in|not currently live|"
     r"is (?:currently )?offline|live ?stream|live event has ended|has not started|"
     r"is upcoming|live (?:HLS|DASH) "), "live_stream"),
    ((r"private video|video is private|is not available\b(?! on this app)|been removed|"
     r"been deleted|no longer (?:available|exists)|does(?: not|n.t) exist|(?:video )?unavailable\b|"
     r"been terminated|not found\b(?!, unable to continue)|HTTP Error (?:404|410)"),
     "video_unavailable"),
    ((r"sign in|log ?in|registered users|--cookies|members?[- ]only|members on level|premium|"
     r"subscri|requires? payment|purchase|password|HTTP Error 40[13]|account"),
     "login_required"),
    (r"redirect error|exceeded \d+ redirects|too many redirects|redirect(?:ion)? loop",
     "too_many_redirects"),
    (r"is not a valid URL|unsafe|url scheme|unsupported url scheme", "url_not_allowed"),
    (r"unsupported URL|no (?:video|media|playable)|requested format is not available", "no_media"),
    ((r"ffmpeg|rtmpdump|unsupported (?:features|manifest)|file too large|needs? to be re-extracted|"
     r"unplayable|encrypt"), "unsupported_stream"),
    ((r"fragment \d+ not found|bytes missing|bytes read|more expected|IncompleteRead|"
     r"did not get any data"), "fetch_interrupted"),
)  # fmt: skip

_RULES: Final = tuple((re.compile(pattern, re.IGNORECASE), code) for pattern, code in _TABLE)
_TOLD: Final = re.compile(r"^(ERROR|WARNING): (.*)$", re.MULTILINE)
_ADVICE: Final = re.compile(r"please report this issue.*|;? ?see  ?https?:.*|\(caused by.*")


def told(output: str) -> list[str]:
    """The errors in what yt-dlp wrote to stderr, then its warnings, without its advice."""
    lines: dict[str, list[str]] = {"ERROR": [], "WARNING": []}
    for kind, text in _TOLD.findall(output):
        lines[kind].append(_ADVICE.sub("", text).strip())
    return lines["ERROR"] + lines["WARNING"]


def code_of(output: str) -> str | None:
    """The code that what yt-dlp wrote to stderr stands for; None where nothing is known of it."""
    for line in told(output):
        for rule, code in _RULES:
            if rule.search(line):
                return code
    return None


def failure_told(output: str) -> ServiceError:
    """The error of a run of yt-dlp that failed; what is not understood may pass."""
    return failure(code_of(output) or "site_unavailable")
