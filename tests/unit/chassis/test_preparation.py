"""What has to be done before the first message."""

import pytest

from chassis.errors import StoreUnavailable
from chassis.messages import JobMessage
from chassis.preparation import prepared_by
from tests import sample_jobs

MESSAGE = JobMessage.about(sample_jobs.queued())


def test_nothing_is_handled_before_the_preparation_came_through() -> None:
    """While the store is away messages are given back; then it is done once for all of them."""
    done: list[str] = []
    away = [True]

    def prepare() -> None:
        if away[0]:
            raise StoreUnavailable("away")
        done.append("prepared")

    handle = prepared_by(prepare, lambda message: done.append(message.job_id))
    with pytest.raises(StoreUnavailable):
        handle(MESSAGE)
    assert not done
    away[0] = False
    handle(MESSAGE)
    handle(MESSAGE)
    assert done == ["prepared", MESSAGE.job_id, MESSAGE.job_id]
