"""JSON logs on standard output, one object a line, with the ids that a line is about.

`job_context` puts a job's id and its trace id onto every line that is logged inside it, in this
thread, by whatever library: so one job can be followed through the logs of all services.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.typing import Processor

from chassis.trace import trace_id


def configure(service: str, level: str) -> None:
    """Send structlog's and the standard library's records through one JSON formatter."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _named(service),
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in ("pymongo", "urllib3"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # pika logs each failed connection as eight errors with traces; ours says it in one line.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            *shared[:4],
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


@contextmanager
def job_context(fid: str, traceparent: str | None) -> Iterator[None]:
    """Every line logged inside carries `job_id`, and `trace_id` where there is one."""
    ids = {"job_id": fid}
    if traceparent:
        ids["trace_id"] = trace_id(traceparent)
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def _named(service: str) -> Processor:
    def add_service(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    return add_service
