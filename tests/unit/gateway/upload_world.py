"""The use case of uploads over fakes."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from chassis.errors import ServiceError
from chassis.fake_media import FakeMediaStore
from chassis.fakes import FakeJobStore, FakePublisher
from chassis.jobs import Job, Policy
from chassis.sharing import Sharing
from gateway.admission import Admission
from gateway.reception import Desk, Submission
from gateway.reuse import Reuse
from gateway.uploads import Uploads
from tests.multipart_forms import CONTENT_TYPE, Part, form
from tests.sample_jobs import NOW

DATA = bytes(range(256)) * 64
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HOLDER = "gateway@here"
MAX_BYTES = 100_000
MAX_JOBS = 3


class Arriving:
    """A body that comes in pieces; `at_half` happens when half of them have come."""

    def __init__(self, body: bytes, at_half: Callable[[], object] = lambda: None) -> None:
        self._pieces = [body[place : place + 1000] for place in range(0, len(body), 1000)]
        self._at_half = at_half
        self.taken = 0

    def pieces(
        self, while_waiting: Callable[[], None], wanted: Callable[[], int]
    ) -> Iterator[bytes]:
        """See gateway.uploads.Body."""
        for number, piece in enumerate(self._pieces):
            if number == len(self._pieces) // 2:
                self._at_half()
                while_waiting()
            assert wanted() > 0
            self.taken += 1
            yield piece


class World:
    """The use case over fakes, with a clock that a test can move."""

    def __init__(self, policy: Policy = Policy(lease=timedelta(0))) -> None:  # noqa: B008 - frozen
        self.jobs = FakeJobStore()
        self.videos = FakeMediaStore()
        self.publisher = FakePublisher()
        self.policy = policy
        self.now = NOW
        admission = Admission(self.jobs, MAX_JOBS)
        sharing = Sharing(self.jobs, policy, lambda: self.now, keep_sources=False)
        reuse = Reuse(sharing, self.jobs, self.videos, lambda task: task())
        desk = Desk(self.jobs, self.videos, admission, policy, HOLDER, lambda: self.now, reuse)
        self.uploads = Uploads(desk, self.publisher, MAX_BYTES)

    def submit(
        self,
        *parts: Part,
        key: str | None = None,
        username: str = "ada@example.com",
        at_half: Callable[[], object] = lambda: None,
    ) -> Job:
        """Upload a form with these parts."""
        return self.send(Arriving(form(*parts), at_half), key=key, username=username)

    def send(
        self,
        body: Arriving,
        *,
        key: str | None = None,
        username: str = "ada@example.com",
        length: int | None = None,
    ) -> Job:
        """Upload a body."""
        submission = Submission(username, CONTENT_TYPE, length, key, TRACE)
        return self.uploads.accept(submission, body)

    def refusal(self, *parts: Part, **named: object) -> str:
        """The code with which an upload is refused."""
        with pytest.raises(ServiceError) as caught:
            self.submit(*parts, **named)  # type: ignore[arg-type]  # passed on
        return caught.value.code

    def all_jobs(self) -> list[Job]:
        """Every job there is."""
        return self.jobs.newest(None, 100)

    def the_job(self) -> Job:
        """The one job there is."""
        (job,) = self.all_jobs()
        return job

    def nothing_is_left(self) -> bool:
        """Whether there is neither a job nor a file nor a message."""
        return not self.all_jobs() and not self.videos.files and not self.publisher.published
