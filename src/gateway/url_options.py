"""Options as parameters of the URL, beside a body that has the file."""

from collections.abc import Mapping, Sequence

from chassis.options import ConversionOptions
from gateway import refusals
from gateway.form import MAX_FIELD_BYTES


def url_options(query: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What is written of each option in a URL with these parameters.

    Raises Refusal for one that stands there twice or is too long, InvalidOption for one that is bad
    already.
    """
    written: dict[str, str] = {}
    for key, values in query.items():
        shown = key[:MAX_FIELD_BYTES]
        if len(values) > 1 or shown in written:
            raise refusals.repeated_field(shown)
        if len(values[0].encode(errors="replace")) > MAX_FIELD_BYTES:
            raise refusals.long_field(shown)
        written[shown] = values[0]
    ConversionOptions.parse(written)
    return written
