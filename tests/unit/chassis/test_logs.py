"""Logs as one JSON object a line."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from chassis import logs
from chassis.jobs import new_fid
from chassis.trace import new_traceparent, trace_id


@pytest.fixture
def configured() -> Iterator[StringIO]:
    """Logs as a service has them, into a text of the test's own."""
    # A test of an upload, which ran in this process before, may have left its job's id behind.
    structlog.contextvars.clear_contextvars()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("tests", "INFO")
    structlog.contextvars.clear_contextvars()  # what tests before this one were about
    written = StringIO()
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(written: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_every_line_is_json_with_its_job(configured: StringIO) -> None:
    """Inside job_context each line names the job and its trace, whoever logs it."""
    fid, traceparent = new_fid(), new_traceparent()
    with logs.job_context(fid, traceparent):
        structlog.get_logger("ours").info("claimed", attempt=1)
        logging.getLogger("theirs").warning("slow %s", "server")
    structlog.get_logger("ours").info("outside")
    ours, theirs, outside = lines(configured)
    assert (ours["message"], ours["attempt"], ours["level"]) == ("claimed", 1, "info")
    assert theirs["message"] == "slow server"
    for line in (ours, theirs):
        assert (line["service"], line["job_id"]) == ("tests", fid)
        assert line["trace_id"] == trace_id(traceparent)
    assert "job_id" not in outside


def test_a_trace_of_an_error_is_one_line(configured: StringIO) -> None:
    """An exception is a field of its line, so that a collector keeps it together."""
    try:
        int("unexpected\nin two lines")
    except ValueError:
        structlog.get_logger("ours").exception("the attempt failed")
    [line] = lines(configured)
    assert "ValueError: invalid literal" in line["exception"]


def test_what_is_less_severe_is_left_out(configured: StringIO) -> None:
    """LOG_LEVEL decides."""
    structlog.get_logger("ours").debug("details")
    assert lines(configured) == []
