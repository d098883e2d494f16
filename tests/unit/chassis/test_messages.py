"""Messages as they stand on the queues."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.messages import InvalidMessage, JobMessage
from tests import sample_jobs


def test_a_message_comes_back_as_it_was_written() -> None:
    """Body and trace together are the whole message."""
    message = JobMessage.about(sample_jobs.queued())
    assert JobMessage.from_body(message.to_body(), message.traceparent) == message


def test_the_body_has_what_the_contract_names() -> None:
    """Persistent names that other versions read: job, files, user, version."""
    body = json.loads(JobMessage.about(sample_jobs.queued()).to_body())
    assert set(body) == {"job_id", "video_fid", "mp3_fid", "username", "version"}


def test_unknown_fields_and_later_versions_are_taken() -> None:
    """A newer replica may say more: a message still names a job to look at."""
    message = JobMessage.about(sample_jobs.queued())
    body = json.loads(message.to_body()) | {"version": 2, "colour": "red"}
    assert JobMessage.from_body(json.dumps(body).encode()).job_id == message.job_id


@pytest.mark.parametrize("traceparent", [None, 7, "", "00-zz", "00-" + "0" * 32 + "-1-01"])
def test_a_trace_that_is_none_is_left_out(traceparent: object) -> None:
    """A header that somebody else wrote cannot do harm."""
    body = JobMessage.about(sample_jobs.queued()).to_body()
    assert JobMessage.from_body(body, traceparent).traceparent is None


JSON = st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists, max_leaves=5)


@given(st.binary(max_size=60) | JSON.map(json.dumps).map(str.encode))
def test_garbage_is_an_invalid_message(body: bytes) -> None:
    """Whatever arrives is a message or is refused in one way, so that it can be dead-lettered."""
    with pytest.raises(InvalidMessage):
        JobMessage.from_body(body)


@pytest.mark.parametrize(
    "change",
    [
        {"job_id": "../../etc"},
        {"job_id": None},
        {"version": "1"},
        {"version": True},
        {"version": 0},
        {"username": 7},
        {"video_fid": ["a"]},
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(change: dict[str, object]) -> None:
    """Types are checked before anybody uses them."""
    body = json.loads(JobMessage.about(sample_jobs.queued()).to_body()) | change
    with pytest.raises(InvalidMessage):
        JobMessage.from_body(json.dumps(body).encode())
