"""Telling the workers of a job that is theirs now, right away."""

import structlog

from chassis.errors import BrokerUnavailable
from chassis.jobs import Job, State
from chassis.messages import MP3_QUEUE, JobMessage, waiting_queue
from chassis.ports import Publisher

log = structlog.get_logger(__name__)


def announce(publisher: Publisher, job: Job) -> None:
    """Tell the converters or fetchers of a job that waits, the notifiers of one that is ready.

    One that a converter has already needs nobody else. If nobody hears it, the sweeper says it
    again.
    """
    if job.state is State.CONVERTING:
        return
    queue = MP3_QUEUE if job.state is State.READY else waiting_queue(job)
    try:
        publisher.publish(queue, JobMessage.about(job))
    except BrokerUnavailable as error:
        log.warning("the sweeper has to announce this job", error=error.detail)
