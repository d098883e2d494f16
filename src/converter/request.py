"""What one conversion is to make."""

from collections.abc import Callable
from dataclasses import dataclass

from chassis.errors import Permanent
from chassis.options import ConversionOptions
from converter.site import Site


@dataclass(frozen=True, slots=True)
class Request:
    """What to convert: the file's `name` as its owner gave it, options, the longest duration.

    arriving: the file may still be on its way; its `size` is known once its last byte has come.
    The encoder uses so many `threads`; they make no difference to the result. `on_drawing` hears
    when a cover begins to be drawn, and that it is done, so or so. `site` is that of the link that
    the file came by.
    """

    name: str
    options: ConversionOptions
    max_seconds: float
    threads: int = 1
    arriving: bool = False
    on_drawing: Callable[[bool], None] = lambda _: None
    site: Site | None = None

    def check_length(self, seconds: float) -> None:
        """Raise Permanent (too_long) for a file of so many seconds that is too long."""
        if seconds > self.max_seconds:
            limit = self.max_seconds / 3600
            raise Permanent(
                "too_long", f"The file is longer than {limit:g} hours, which is the limit."
            )
