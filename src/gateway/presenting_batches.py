"""Batches as the API shows them."""

from typing import Any

from chassis.jobs import Job, State
from gateway.batches import AcceptedBatch, BatchView
from gateway.presenting import FINISHED, SUCCESS, WAITING, Presenter, shown_state
from gateway.problems import refused_links


class BatchPresenter:
    """Shows batches, their jobs as `presenter` does."""

    def __init__(self, presenter: Presenter) -> None:
        self._presenter = presenter

    def accepted(self, batch: AcceptedBatch) -> dict[str, Any]:
        """The answer to several links."""
        ready = all(job.state is State.READY for job in batch.jobs)
        return {
            "message": SUCCESS,
            "message_code": FINISHED if ready else WAITING,
            "batch_id": batch.batch_id,
            "batch_url": self._presenter.batch_url(batch.batch_id),
            "jobs": [self._presenter.accepted(job) for job in batch.jobs],
            "refused": refused_links(batch.refused),
        }

    def accepted_playlist(self, job: Job) -> dict[str, Any]:
        """The answer to a playlist, whose videos are not known yet: `fid` is its job's."""
        return {
            **self._presenter.accepted(job),
            "batch_id": job.fid,
            "batch_url": self._presenter.batch_url(job.fid),
            "jobs": [],
            "refused": [],
        }

    def view(self, batch: BatchView) -> dict[str, Any]:
        """All that its owner may know."""
        return {
            "batch_id": batch.batch_id,
            "batch_url": self._presenter.batch_url(batch.batch_id),
            "finished": batch.finished,
            "counts": {str(state): count for state, count in batch.counts().items()},
            "playlist": self._playlist(batch.playlist) if batch.playlist else None,
            "entries": [
                {"position": job.batch.position, "job": self._presenter.job(job)}
                for job in batch.jobs
                if job.batch
            ],
        }

    def _playlist(self, job: Job) -> dict[str, Any]:
        shown = self._presenter.job(job)
        title = job.source.name if job.state is State.READY else None
        return {
            "title": title,
            "url": job.link.url if job.link else None,
            "state": shown_state(job),
            **{name: shown[name] for name in ("status", "failure", "status_url")},
        }
