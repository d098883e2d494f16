"""What the gateway reads from its environment."""

from typing import Final

from pydantic import Field

from chassis.settings import (
    BatchSettings,
    CacheSettings,
    LinkRuleSettings,
    LinkSettings,
    SourceSettings,
    StoreSettings,
)

SERVICE: Final = "gateway"


class GatewaySettings(
    StoreSettings, SourceSettings, LinkSettings, LinkRuleSettings, CacheSettings, BatchSettings
):
    """Settings of the gateway; see chassis.settings for the ones that services share."""

    port: int = Field(8080, ge=1, le=65_535, description="Port of the API.")
    metrics_port: int = Field(
        9090, ge=1, le=65_535, description="Port of /metrics, which is not public."
    )
    auth_url: str = Field(
        pattern=r"^https?://[^\s?#]+$", description="Where auth answers, as `http://auth:8080`."
    )
    token_issuer: str = Field("auth", min_length=1, description="Claim `iss` of tokens.")
    token_audience: str = Field("video-to-mp3", min_length=1, description="Claim `aud` of tokens.")
    max_upload_bytes: int = Field(
        20 * 1024**3, gt=0, description="Largest video that is accepted, in bytes."
    )
    max_unfinished_jobs: int = Field(
        100, gt=0, description="How many unfinished jobs one user may have at a time."
    )
    media_wait_seconds: float = Field(
        30,
        ge=0,
        description="How long GET /media waits for a file that has yet to be fetched, in seconds.",
    )
    max_connections: int = Field(
        2000, gt=0, description="How many connections one gateway serves at a time."
    )
    stall_seconds: float = Field(
        30, gt=0, description="How long a client may send or take no byte of a body."
    )
    least_upload_rate: int = Field(
        1024,
        ge=0,
        description="Bytes a second that a client has to send on average after a minute; 0: any.",
    )
    idle_seconds: float = Field(
        10, gt=0, description="How long a connection may take to bring the header of a request."
    )
    drain_seconds: float = Field(
        2, ge=0, description="How long to go on accepting, not ready any more, once told to stop."
    )
    grace_seconds: float = Field(
        60, ge=0, description="How long requests under way may take once told to stop."
    )
    trusted_proxies: int = Field(
        0, ge=0, description="How many proxies in front are believed what X-Forwarded-For says."
    )
