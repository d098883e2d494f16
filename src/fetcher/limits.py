"""What one fetch may use."""

from dataclasses import dataclass
from typing import Final

MAX_REDIRECTS: Final = 10
"""How often an address may lead to another one."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bytes and seconds; `least_rate` in bytes a second, over a minute of receiving.

    stall_seconds: how long a connection may bring nothing before it is made anew; extract_seconds:
    how long an extractor may look for the video on a page; media_seconds: how long a video may
    last; memory_bytes: of an extractor's process, 0 for no limit. `retry_pauses` are the waits
    before a broken connection is made anew; when all of them were in vain, the fetch ends.
    """

    max_bytes: int
    max_seconds: float
    least_rate: float
    stall_seconds: float
    extract_seconds: float
    media_seconds: float
    memory_bytes: int
    retry_pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
