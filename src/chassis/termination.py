"""Stopping gracefully when the platform asks for it."""

import signal
from collections.abc import Callable
from types import FrameType


def on_termination(stop: Callable[[], None]) -> None:
    """Call `stop` at SIGTERM and SIGINT, instead of ending at once. For the main thread."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
