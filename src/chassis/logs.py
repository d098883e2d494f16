"""JSON logs on standard output, one object a line, with the ids that a line is about.

`job_context` puts a job's id and its trace id onto every line that is logged inside it, in this
thread, by whatever library: so one job can be followed through the logs of all services.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import structlog
from structlog.typing import EventDict, Processor

from chassis.trace import trace_id

_ENCODE: Final = json.JSONEncoder(default=repr).encode


def configure(service: str, level: str) -> None:
    """Send structlog's and the standard library's records to standard output, in one form.

    Ours do not go through the standard library, which would double what a line costs.
    """
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [
        _named(service),
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, _text],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in ("pymongo", "urllib3"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # pika logs each failed connection as eight errors with traces; ours says it in one line.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*first, *last, _line],
        logger_factory=_Output,
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=True,
    )


class _Output:
    """What structlog writes finished lines to; `name` stands in each of them."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def write(self, line: bytes) -> None:
        """A line at once: the buffer keeps those of several threads apart (io.BufferedWriter)."""
        with suppress(OSError, ValueError):  # whoever cannot log goes on all the same
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

    debug = info = warning = error = critical = write


@contextmanager
def job_context(fid: str, traceparent: str | None) -> Iterator[None]:
    """Every line logged inside carries `job_id`, and `trace_id` where there is one."""
    ids = {"job_id": fid}
    if traceparent:
        ids["trace_id"] = trace_id(traceparent)
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def _named(service: str) -> Processor:
    def add_service(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add_service


def _text(_logger: object, _method: str, event: EventDict) -> str:
    return _ENCODE(event)


def _line(_logger: object, _method: str, event: EventDict) -> bytes:
    return f"{_ENCODE(event)}\n".encode()
