"""The one tree of errors that services raise for reasons that a user or an operator may see.

An error says whose fault it is, because that alone decides what happens next: `Permanent` is told
to the user and never tried again, `Retryable` is tried again later, a bounded number of times.
"""


class ServiceError(Exception):
    """An error with a stable `code` for programs and a `detail` sentence for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Permanent(ServiceError):
    """The input is at fault: trying again cannot help."""


class Retryable(ServiceError):
    """The world is at fault (a server is down, a worker died): trying again later may help."""


class MediaMissing(Permanent):
    """A stored file is not there, or not whole."""

    def __init__(self, media_id: str) -> None:
        super().__init__("media_missing", f"The stored file {media_id} is not there any more.")


class UnknownJob(Permanent):
    """A message names a job that does not exist (any more)."""

    def __init__(self) -> None:
        super().__init__("unknown_job", "There is no such job.")


class BrokerUnavailable(Retryable):
    """RabbitMQ did not take a message; whatever it announced is durable elsewhere."""

    def __init__(self, detail: str) -> None:
        super().__init__("broker_unavailable", detail)


class StoreUnavailable(Retryable):
    """MongoDB could not be reached or did not answer in time."""

    def __init__(self, detail: str) -> None:
        super().__init__("store_unavailable", detail)


class InvalidUrl(Permanent):
    """What was sent as a link cannot be one."""

    def __init__(self, detail: str = "This is not a link to a video.") -> None:
        super().__init__("invalid_url", detail)


class UrlNotAllowed(Permanent):
    """A link, or what it leads to, points where it must not."""

    def __init__(self, detail: str) -> None:
        super().__init__("url_not_allowed", detail)
