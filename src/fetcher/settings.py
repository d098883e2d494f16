"""Settings of the fetcher."""

from datetime import timedelta

from pydantic import Field

from chassis.settings import BatchSettings, CacheSettings, ConsumerSettings, SourceSettings
from fetcher.memory import Memory


class FetcherSettings(ConsumerSettings, SourceSettings, CacheSettings, BatchSettings):
    """What the fetcher is told by its environment."""

    fetches: int = Field(4, ge=1, le=64, description="How many links one fetcher fetches at once.")
    link_memory_hours: float = Field(
        720, gt=0, description="How long it is remembered what a link led to, in hours."
    )
    video_exists_seconds: float = Field(
        86_400, gt=0, description="How long it is remembered that a site has a video."
    )
    video_missing_seconds: float = Field(
        3600,
        gt=0,
        description="How long it is remembered that a site does not have a video; it is not asked"
        " again until then.",
    )
    drain_seconds: float = Field(
        20,
        ge=0,
        description="How long running fetches may go on after SIGTERM before they are given back.",
    )

    @property
    def memory(self) -> Memory:
        """How long what sites said is believed."""
        return Memory(
            fresh=self.link_fresh,
            link=timedelta(hours=self.link_memory_hours),
            exists=timedelta(seconds=self.video_exists_seconds),
            missing=timedelta(seconds=self.video_missing_seconds),
        )
