"""gunicorn's own messages go where all others go."""

import logging
from typing import Any

from gunicorn.glogging import Logger


class JsonLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Leaves formatting and output to the root logger, and access lines to gateway.web."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn at each start."""
        self.cfg = cfg
        self.error_log = logging.getLogger("gunicorn.error")
        self.access_log = logging.getLogger("gunicorn.access")
        self.error_log.propagate = True

    @property
    def access_log_enabled(self) -> bool:
        """Never: gateway.web.observation writes those lines."""
        return False
