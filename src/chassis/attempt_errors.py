"""What an error that ends an attempt says of the job; the same for every worker."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from chassis import moves
from chassis.errors import Permanent, Retryable
from chassis.jobs import Failure, Job

log = structlog.get_logger(__name__)

Fail = Callable[[Callable[..., Job | None], Failure], None]
"""Writes down that the attempt failed, by `moves.failed` or `moves.attempt_failed`."""


@contextmanager
def ending_attempts(
    stopped: type[Exception], *, stop: Callable[[], None], fail: Fail, unexpected: Failure
) -> Iterator[None]:
    """Whatever is raised inside ends the attempt, each error in its own way.

    `stopped` is raised by what was told to stop; what nobody expected counts as `unexpected`.
    """
    try:
        yield
    except stopped:
        stop()
    except Permanent as error:
        log.info("the job cannot be done", code=error.code, detail=error.detail)
        fail(moves.failed, Failure(error.code, error.detail))
    except Retryable as error:
        log.warning("the attempt failed", code=error.code, detail=error.detail)
        fail(moves.attempt_failed, Failure(error.code, error.detail))
    except Exception:
        log.exception("the attempt failed")
        fail(moves.attempt_failed, unexpected)
