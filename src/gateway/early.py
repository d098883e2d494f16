"""The early announcement: converters may follow an upload that will take a while."""

from threading import Thread
from typing import Final

import structlog

from chassis.errors import BrokerUnavailable
from chassis.jobs import Job
from chassis.messages import VIDEO_QUEUE, JobMessage
from chassis.ports import Publisher

log = structlog.get_logger(__name__)

FOLLOWED_BYTES: Final = 4 << 20
"""How much has to be there, and how much to come, for it to be worth following."""


class EarlyAnnouncement:
    """Announces one upload once, when its beginning is stored and its end is not near.

    Nobody waits for it: where it fails, the job is announced all the same once it is complete.
    """

    def __init__(self, publisher: Publisher, content_length: int | None) -> None:
        self._publisher = publisher
        self._content_length = content_length
        self._looked = False

    def look_at(self, job: Job, received: int) -> None:
        """Announce `job`, of whose video so many bytes have come, if it is time to."""
        if self._looked or received < FOLLOWED_BYTES:
            return
        self._looked = True
        if self._content_length is None or self._content_length - received >= FOLLOWED_BYTES:
            Thread(target=self._announce, args=(job,), name="announce", daemon=True).start()

    def _announce(self, job: Job) -> None:
        try:
            self._publisher.publish(VIDEO_QUEUE, JobMessage.about(job))
        except BrokerUnavailable as error:
            log.info("an upload is not announced early", error=error.detail)
