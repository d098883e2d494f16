"""Settings of the sweeper."""

from datetime import timedelta

from pydantic import Field

from chassis.settings import ConsumerSettings
from sweeper.eviction import CacheLimits


class SweeperSettings(ConsumerSettings):
    """What the sweeper is told by its environment."""

    sweep_seconds: float = Field(
        5, gt=0, le=60, description="How long the sweeper rests between two rounds."
    )
    orphan_seconds: float = Field(
        300,
        gt=0,
        description="How long the sweeper rests between two searches for files that no job names.",
    )
    media_cache_bytes: int = Field(
        20 * 1024**3,
        ge=0,
        description="How large the cache of what links led to may be, in bytes; what was used"
        " longest ago goes first.",
    )
    media_cache_hours: float = Field(
        168, gt=0, description="How long a file may be in that cache unused, in hours."
    )

    @property
    def cache_limits(self) -> CacheLimits:
        """MEDIA_CACHE_BYTES and MEDIA_CACHE_HOURS."""
        return CacheLimits(self.media_cache_bytes, timedelta(hours=self.media_cache_hours))
