"""Settings of the converter."""

from typing import Final

from pydantic import Field

from chassis.settings import ConsumerSettings, SourceSettings
from converter.box import BoxLimits
from converter.cores import Cores, usable_cores

_HOUR: Final = 3600.0


class ConverterSettings(ConsumerSettings, SourceSettings):
    """What the converter is told by its environment."""

    conversions: int = Field(
        2, ge=1, le=64, description="How many conversions one converter runs at once."
    )
    encoder_threads: int = Field(
        0,
        ge=0,
        le=64,
        description="Threads for the conversions that run at once; 0: as many as there are cores.",
    )
    followed_uploads: int = Field(
        2,
        ge=0,
        le=64,
        description="How many uploads one converter converts while they arrive, beside its other"
        " conversions; 0 turns that off.",
    )
    conversion_memory_mb: int = Field(
        400, ge=64, description="Memory that one conversion may use, in MiB."
    )
    reader_memory_mb: int = Field(
        16, ge=8, le=1024, description="Memory for what is read of one video, in MiB."
    )
    conversion_hours: float = Field(
        6, gt=0, description="How long one conversion may take, in hours."
    )
    conversion_stall_seconds: float = Field(
        60,
        gt=0,
        description="How long a conversion may give no sign of life before it is ended, and how"
        " long a cover may take before it is left out.",
    )
    max_media_hours: float = Field(
        24, gt=0, description="Longest video that is converted, in hours."
    )
    drain_seconds: float = Field(
        20,
        ge=0,
        description="How long running conversions may go on after SIGTERM before they are given"
        " back.",
    )

    @property
    def limits(self) -> BoxLimits:
        """What one conversion may use."""
        return BoxLimits(
            memory_bytes=self.conversion_memory_mb << 20,
            cpu_seconds=int(self.conversion_hours * _HOUR),
            stall_seconds=self.conversion_stall_seconds,
            busy_seconds=self.conversion_hours * _HOUR,
            max_seconds=self.max_media_hours * _HOUR,
        )

    @property
    def cores(self) -> Cores:
        """What the conversions that run at once share."""
        return Cores(self.encoder_threads or usable_cores(), self.conversions)
