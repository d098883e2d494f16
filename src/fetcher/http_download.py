"""One file by HTTP, however often its connection breaks on the way."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Final, Self

from chassis.ports import CHUNK_BYTES
from fetcher.failures import failure
from fetcher.http_client import Answer, Broken, HttpClient
from fetcher.http_fields import content_length, content_range, retry_after, strong_validator
from fetcher.http_statuses import OK, PARTIAL, TRY_LATER, failure_of
from fetcher.limits import FetchLimits
from fetcher.watch import Watch

_LONGEST_WAIT: Final = 30.0
"""How long a site may have itself waited for within a fetch; for longer the job waits."""


class HttpDownload:
    """The bytes of what is at a URL; a context, in which its connection is open.

    `range_bytes`: the site wants to be asked for ranges of that size.
    """

    def __init__(
        self,
        client: HttpClient,
        watch: Watch,
        limits: FetchLimits,
        url: str,
        headers: Mapping[str, str],
        range_bytes: int | None = None,
    ) -> None:
        self._client = client
        self._watch = watch
        self._limits = limits
        self._url = url
        self._headers = dict(headers)
        self._range_bytes = range_bytes
        self._answers = ExitStack()
        self._pauses = iter(limits.retry_pauses)
        self._validator: str | None = None
        self._resumable = True
        self.received = 0
        self.total: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._answers.close()

    def first_answer(self, conditions: Mapping[str, str]) -> Answer:
        """The answer to a request for all of it, whatever its status is, under `conditions`.

        Raises Permanent, Retryable, Stopped.
        """
        return self._opened(conditions)

    def announced(self, answer: Answer) -> int | None:
        """How many bytes the file has, as its first answer says, if it does."""
        part = content_range(answer.headers) if answer.status == PARTIAL else None
        return part.total if part else content_length(answer.headers)

    def chunks(self, answer: Answer, start: bytes) -> Iterator[bytes]:
        """All bytes; `start` is what was read already of the first answer, which brings content.

        Whole chunks of CHUNK_BYTES, except the last, and where a connection broke. Raises Permanent
        (`too_large` and the like), Retryable, Stopped.
        """
        self._learn(answer)
        while True:
            broken = False
            try:
                with self._watch.receiving():
                    for data in self._read(answer, start):
                        self._count(data)
                        yield data
            except Broken:
                broken = True
            if not broken and (self.total is None or self.received == self.total):
                return
            self._watch.check()
            start = b""
            answer = self._resumed(broken)

    def _read(self, answer: Answer, start: bytes) -> Iterator[bytes]:
        """To the end of the answer; pieces end where a whole chunk of the file does."""
        while data := answer.read(CHUNK_BYTES - (self.received + len(start)) % CHUNK_BYTES):
            yield start + data if start else data
            start = b""
        if start:
            yield start

    def _count(self, data: bytes) -> None:
        self.received += len(data)
        self._pauses = iter(self._limits.retry_pauses)
        if self.received > self._limits.max_bytes:
            raise failure("too_large")

    def _learn(self, answer: Answer) -> None:
        """What the answer says of the file that it begins."""
        if answer.encoded:
            raise failure("unsupported_stream", "The site sends this video compressed.")
        part = content_range(answer.headers) if answer.status == PARTIAL else None
        if answer.status == PARTIAL and (part is None or part.first != 0 or part.total is None):
            raise failure("fetch_interrupted", "The site sent another part than it was asked for.")
        self.total = self.announced(answer)
        self._validator = strong_validator(answer.headers)
        unwilling = answer.headers.get("Accept-Ranges", "").strip().lower() == "none"
        self._resumable = not unwilling and (bool(self._validator) or self.total is not None)
        if self.total is not None and self.total > self._limits.max_bytes:
            raise failure("too_large")

    def _resumed(self, broken: bool) -> Answer:
        """The answer that goes on behind what was received."""
        if self.received and not self._resumable:
            raise failure("fetch_interrupted")
        if broken:
            self._pause(failure("site_unavailable"))
        fields = {"If-Range": self._validator} if self._validator and self.received else {}
        answer = self._opened(fields)
        if self.received == 0 and answer.status in {OK, PARTIAL}:
            self._learn(answer)
            return answer
        if answer.status in TRY_LATER:
            raise failure_of(answer.status)
        part = content_range(answer.headers) if answer.status == PARTIAL else None
        if part is None or part.first != self.received or part.total != self.total:
            raise failure("fetch_interrupted")
        return answer

    def _opened(self, fields: Mapping[str, str]) -> Answer:
        """The answer to a request for what is still to come, tried again as long as that may help.

        Its status may be anything.
        """
        headers = {**self._headers, **fields, **self._range()}
        while True:
            self._answers.close()
            try:
                answer = self._answers.enter_context(self._client.opened(self._url, headers))
            except Broken as error:
                self._pause(failure("site_unavailable"), error)
                continue
            wait = self._wait(answer)
            if wait is None:
                return answer
            self._pause(failure_of(answer.status), at_least=wait)

    def _range(self) -> dict[str, str]:
        if self._range_bytes:
            last = self.received + self._range_bytes - 1
            if self.total is not None:
                last = min(last, self.total - 1)
            return {"Range": f"bytes={self.received}-{last}"}
        return {"Range": f"bytes={self.received}-"} if self.received else {}

    def _wait(self, answer: Answer) -> float | None:
        """Seconds after which it is to be asked again; None: not now, or the answer stands."""
        if answer.status not in TRY_LATER:
            return None
        wait = retry_after(answer.headers, datetime.now(UTC))
        if wait is None:
            return 0.0 if self.received else None
        return wait if wait <= _LONGEST_WAIT else None

    def _pause(
        self, error: Exception, cause: Exception | None = None, at_least: float = 0.0
    ) -> None:
        """Wait before the next connection; raises `error` where there were enough in vain."""
        self._watch.check()
        pause = next(self._pauses, None)
        if pause is None:
            raise error from cause
        self._watch.pause(max(pause, at_least))
