"""Settings of the sweeper."""

from pydantic import Field

from chassis.settings import ConsumerSettings


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
