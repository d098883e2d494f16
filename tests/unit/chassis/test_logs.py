"""Logs as one JSON object a line."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import structlog

from chassis import logs
from chassis.jobs import new_fid
from chassis.trace import new_traceparent, trace_id


@contextmanager
def configured() -> Iterator[BytesIO]:
    """Logs as a service has them, into a text of the test's own."""
    # A test of an upload, which ran in this process before, may have left its job's id behind.
    structlog.contextvars.clear_contextvars()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = BytesIO()
    with redirect_stdout(TextIOWrapper(written)):
        logs.configure("tests", "INFO")
        yield written
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(written: BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_every_line_is_json_with_its_job() -> None:
    """Inside job_context each line names the job and its trace, whoever logs it."""
    fid, traceparent = new_fid(), new_traceparent()
    with configured() as written:
        with logs.job_context(fid, traceparent):
            structlog.get_logger("ours").info("claimed", attempt=1)
            logging.getLogger("theirs").warning("slow %s", "server")
        structlog.get_logger("ours").info("outside")
        ours, theirs, outside = lines(written)
    assert (ours["message"], ours["attempt"], ours["level"]) == ("claimed", 1, "info")
    assert theirs["message"] == "slow server"
    assert set(ours) == set(theirs) | {"attempt"}
    for line, name in ((ours, "ours"), (theirs, "theirs")):
        assert (line["service"], line["logger"], line["job_id"]) == ("tests", name, fid)
        assert line["trace_id"] == trace_id(traceparent)
    assert "job_id" not in outside


def test_a_trace_of_an_error_is_one_line() -> None:
    """An exception is a field of its line, so that a collector keeps it together."""
    with configured() as written:
        try:
            int("unexpected\nin two lines")
        except ValueError:
            structlog.get_logger("ours").exception("the attempt failed")
        [line] = lines(written)
    assert line["level"] == "error"
    assert "ValueError: invalid literal" in line["exception"]


def test_what_json_does_not_know_is_written_as_python_shows_it() -> None:
    """No value can keep a line from being written."""
    with configured() as written:
        structlog.get_logger("ours").info("tried", path=Path("video.mkv"))
        [line] = lines(written)
    assert line["path"] == repr(Path("video.mkv"))


def test_what_is_less_severe_is_left_out() -> None:
    """LOG_LEVEL decides."""
    with configured() as written:
        structlog.get_logger("ours").debug("details")
        assert lines(written) == []


def test_nobody_stops_because_a_line_cannot_be_written() -> None:
    """As where the other end of a pipe is gone."""
    with configured() as written:
        written.close()
        structlog.get_logger("ours").info("unheard")
