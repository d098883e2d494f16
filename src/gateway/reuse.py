"""The end of an upload whose MP3 is there already: it is ready before it is answered."""

from collections.abc import Callable

import structlog

from chassis.errors import StoreUnavailable
from chassis.jobs import Job
from chassis.ports import JobStore, MediaStore
from chassis.references import delete_unnamed, named_videos
from chassis.sharing import Sharing

log = structlog.get_logger(__name__)


class Reuse:
    """Answers uploads with what was converted before.

    `later` runs what nobody has to wait for: to delete a large file takes a while.
    """

    def __init__(
        self,
        sharing: Sharing,
        jobs: JobStore,
        videos: MediaStore,
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        self._sharing = sharing
        self._jobs = jobs
        self._videos = videos
        self._later = later

    def owner_of(self, key: str) -> Job | None:
        """A job whose MP3 an upload with that result key may share; None also without the store."""
        try:
            return self._sharing.owner_of(key)
        except StoreUnavailable as error:
            log.warning("what was converted before is not known", error=error.detail)
            return None

    def answered(self, job: Job) -> Job:
        """`job`, ready where its MP3 is there already; its second copy of the source goes then."""
        try:
            ready = self._sharing.answered(job)
        except StoreUnavailable as error:
            log.warning("the upload is left to the converter", error=error.detail)
            return job
        if ready is None:
            return job
        spare = named_videos(job) - named_videos(ready)
        if spare:
            self._later(lambda: self._delete(spare))
        return ready

    def _delete(self, video_fids: set[str]) -> None:
        try:
            delete_unnamed(self._jobs, self._videos, video_fids)
        except StoreUnavailable:
            log.warning("a source that is not needed is left to the sweeper")
