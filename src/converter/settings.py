"""Settings of the converter."""

from pydantic import Field

from chassis.settings import ConsumerSettings


class ConverterSettings(ConsumerSettings):
    """What the converter is told by its environment."""

    conversions: int = Field(
        2, ge=1, le=64, description="How many conversions one converter runs at once."
    )
    conversion_memory_mb: int = Field(
        512, ge=64, description="Memory that one conversion may use, in MiB."
    )
    conversion_stall_seconds: float = Field(
        60, gt=0, description="How long a conversion may give no sign of life before it is ended."
    )
    max_media_hours: float = Field(
        24, gt=0, description="Longest video that is converted, in hours."
    )
    keep_sources: bool = Field(
        default=False, description="Whether videos are kept after their conversion."
    )
    drain_seconds: float = Field(
        20,
        ge=0,
        description="How long running conversions may go on after SIGTERM before they are given"
        " back.",
    )
