"""Settings of the fetcher."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from deno import find_deno_bin
from pydantic import Field

from chassis.settings import (
    BatchSettings,
    CacheSettings,
    ConsumerSettings,
    LinkRuleSettings,
    SourceSettings,
)
from fetcher.limits import FetchLimits
from fetcher.memory import Memory
from fetcher.ytdlp_program import Program

_HOUR: Final = 3600.0
_KIB: Final = 1 << 10
_MIB: Final = 1 << 20


class FetcherSettings(
    ConsumerSettings, SourceSettings, CacheSettings, BatchSettings, LinkRuleSettings
):
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
    max_fetch_bytes: int = Field(
        20 << 30, ge=1, description="Largest video that is fetched by its link, in bytes."
    )
    fetch_hours: float = Field(
        4, gt=0, description="How long fetching one video may take, in hours."
    )
    max_media_hours: float = Field(
        24, gt=0, description="Longest video that is fetched, in hours, where its site tells."
    )
    least_fetch_kib: float = Field(
        16,
        ge=0,
        description="Least speed of a site, in KiB a second over a minute; slower ones are given"
        " up.",
    )
    fetch_stall_seconds: float = Field(
        30,
        gt=0,
        description="How long a site may send nothing before the connection is made anew.",
    )
    extract_seconds: float = Field(
        120, gt=0, description="How long yt-dlp may look for the video on a page."
    )
    yt_dlp: Path | None = Field(
        None,
        description="File of a newer yt-dlp (its zipapp `yt-dlp`) to be used instead of the one"
        " that is built in.",
    )
    yt_dlp_javascript: str | None = Field(
        None,
        pattern=r"^(deno|node|quickjs|bun):/.+$",
        description="JavaScript runtime for yt-dlp, which YouTube needs, as"
        " `quickjs:/usr/bin/qjs`, instead of the deno that is built in.",
    )
    yt_dlp_memory_mb: int = Field(
        1024,
        ge=0,
        description="Memory that yt-dlp, and a JavaScript runtime that it starts, may use each, in"
        " MiB; 0: no limit. deno needs 640.",
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

    @property
    def limits(self) -> FetchLimits:
        """What one fetch may use."""
        return FetchLimits(
            max_bytes=self.max_fetch_bytes,
            max_seconds=self.fetch_hours * _HOUR,
            least_rate=self.least_fetch_kib * _KIB,
            stall_seconds=self.fetch_stall_seconds,
            extract_seconds=self.extract_seconds,
            media_seconds=self.max_media_hours * _HOUR,
            memory_bytes=self.yt_dlp_memory_mb * _MIB,
        )

    @property
    def program(self) -> Program:
        """The yt-dlp to be used."""
        return Program(self.yt_dlp, self.yt_dlp_javascript or f"deno:{find_deno_bin()}")
