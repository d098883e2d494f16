"""Settings: read once at the edge, checked whole, frozen, secrets never shown.

Every setting is an environment variable; `X_FILE` names a file that holds the value of `X` instead,
as container platforms mount their secrets. All that is wrong is named at once.
"""

import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from chassis.jobs import Policy
from chassis.link_rules import Endpoint, LinkRules, parse_endpoint

EXIT_BAD_SETTINGS = 2


def _without_slash(url: str) -> str:
    return url.rstrip("/")


class Settings(BaseModel):
    """Base of every service's settings; a field `mongodb_url` is the variable MONGODB_URL."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Least severe level that is logged: DEBUG, INFO, WARNING or ERROR.",
    )
    listen_host: str = Field("0.0.0.0", description="Address that the service listens on.")  # noqa: S104 - a container's own address is not known before it runs


class StoreSettings(Settings):
    """Settings of services that work on jobs."""

    mongodb_url: SecretStr = Field(description="MongoDB, as `mongodb://user:password@host:27017`.")
    amqp_url: SecretStr = Field(description="RabbitMQ, as `amqp://user:password@host:5672/vhost`.")
    lease_seconds: float = Field(
        30, gt=0, description="How long a worker may be silent before others take its job over."
    )
    retry_delays: str = Field(
        "10,60,300,900",
        pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$",
        description="Seconds to wait after the first, second, ... failed attempt.",
    )
    announce_seconds: float = Field(
        15,
        gt=0,
        description="How long a job may wait unmoved before the sweeper announces it again.",
    )
    mp3_retention_hours: float = Field(168, gt=0, description="How long an MP3 is kept, in hours.")
    job_retention_hours: float = Field(
        720, gt=0, description="How long a finished job stays visible without its files, in hours."
    )

    @property
    def policy(self) -> Policy:
        """The figures of this installation as the moves of a job take them."""
        delays = tuple(timedelta(seconds=float(text)) for text in self.retry_delays.split(","))
        return Policy(
            lease=timedelta(seconds=self.lease_seconds),
            retry_delays=delays,
            announce_delay=timedelta(seconds=self.announce_seconds),
            mp3_retention=timedelta(hours=self.mp3_retention_hours),
            job_retention=timedelta(hours=self.job_retention_hours),
        )


class ConsumerSettings(StoreSettings):
    """Settings of services without a web server of their own."""

    health_port: int = Field(
        8081, ge=0, le=65535, description="Port of /healthz, /readyz and /metrics; not public."
    )


class SourceSettings(Settings):
    """Settings of services that let go of videos whose MP3 is there."""

    keep_sources: bool = Field(
        default=False,
        description="Whether videos are kept as long as their MP3s, to be converted again;"
        " otherwise they go once they are converted.",
    )


class CacheSettings(Settings):
    """Settings of services that answer links from the cache."""

    link_fresh_seconds: float = Field(
        3600,
        ge=0,
        description="How long what a link led to is believed; then its site is asked whether it"
        " changed.",
    )

    @property
    def link_fresh(self) -> timedelta:
        """LINK_FRESH_SECONDS."""
        return timedelta(seconds=self.link_fresh_seconds)


class BatchSettings(Settings):
    """Settings of services that make batches of jobs."""

    max_batch_entries: int = Field(
        50, ge=1, le=1000, description="Most videos of one batch, or of one playlist."
    )


class LinkSettings(Settings):
    """Settings of services that make or check links that open without a token."""

    public_url: Annotated[str, AfterValidator(_without_slash)] = Field(
        pattern=r"""^https?://[^\s"'`$\\<>?#]+$""",
        description="Address at which users reach the gateway, as `https://mp3.example.com`.",
    )
    link_secret: SecretStr = Field(
        min_length=16,
        description="Secret that signs the links in mails. Several, separated by commas, oldest"
        " first: the last signs, all are accepted.",
    )
    link_hours: float = Field(
        168, gt=0, description="How long a link in a mail opens its MP3, in hours."
    )


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _endpoints(text: str) -> str:
    for item in _items(text):
        parse_endpoint(item)
    return text


class LinkRuleSettings(Settings):
    """Settings of services that judge where links may lead."""

    link_hosts: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._:-]*( *, *[A-Za-z0-9._:-]+)*$",
        description="The only hosts, with their subdomains, that links may lead to, separated by"
        " commas; none: every public one. International names as `xn--...`.",
    )
    link_ports: str = Field(
        "80,443",
        pattern=r"^\d{1,5}( *, *\d{1,5})*$",
        description="Ports that links may lead to.",
    )
    link_open_addresses: Annotated[str, AfterValidator(_endpoints)] = Field(
        "",
        description="Addresses that links may lead to although they are not public, each with its"
        " port, as `10.1.2.3:8096,[fd00::1]:80`: media servers of one's own.",
    )
    link_name_servers: Annotated[str, AfterValidator(_endpoints)] = Field(
        "",
        description="Name servers that are asked for the hosts of links, as `10.0.0.53:53`; none:"
        " the system's.",
    )

    @property
    def link_rules(self) -> LinkRules:
        """The rules that these settings make."""
        return LinkRules(
            hosts=frozenset(host.lower().strip(".") for host in _items(self.link_hosts)),
            ports=frozenset(int(port) for port in _items(self.link_ports)),
            open_addresses=frozenset(map(parse_endpoint, _items(self.link_open_addresses))),
        )

    @property
    def name_servers(self) -> tuple[Endpoint, ...]:
        """The name servers to ask; empty: the system's."""
        return tuple(map(parse_endpoint, _items(self.link_name_servers)))


class BadSettings(Exception):
    """The environment cannot be run with; `problems` has a line for each bad variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


SettingsType = TypeVar("SettingsType", bound=Settings)


def read_settings(kind: type[SettingsType], environ: Mapping[str, str]) -> SettingsType:
    """The settings in `environ`; raises BadSettings that names every bad variable."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in kind.model_fields:
        name = field.upper()
        path = environ.get(f"{name}_FILE")
        if name in environ and path is not None:
            problems.append(f"{name}: give either {name} or {name}_FILE, not both")
        elif path is not None:
            try:
                values[field] = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name}_FILE: {path} cannot be read ({type(error).__name__})")
        elif name in environ:
            values[field] = environ[name]
    try:
        settings = kind.model_validate(values)
    except ValidationError as error:
        named = {problem.partition(":")[0].removesuffix("_FILE") for problem in problems}
        for found in error.errors(include_input=False, include_url=False):
            name = str(found["loc"][0]).upper() if found["loc"] else "settings"
            if name not in named:
                problems.append(f"{name}: {found['msg'][0].lower()}{found['msg'][1:]}")
    if problems:
        raise BadSettings(problems)
    return settings


def load_settings(kind: type[SettingsType], environ: Mapping[str, str]) -> SettingsType:
    """The settings in `environ`; a bad environment ends the process with 2 and names all of it."""
    try:
        return read_settings(kind, environ)
    except BadSettings as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        print(f"These settings are missing or wrong:\n{lines}", file=sys.stderr)  # noqa: T201 - there is no log yet
        sys.exit(EXIT_BAD_SETTINGS)
