"""Options as a request without a file carries them: JSON, form fields, parameters of the URL."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

from multipart import parse_options_header

from gateway import refusals
from gateway.form import MAX_FIELD_BYTES, MULTIPART, Field, UploadForm, boundary_of

_JSON: Final = "application/json"
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 100

Written = tuple[str, object]


def written_options(
    content_type: str,
    body: bytes,
    query: Mapping[str, Sequence[str]],
    lists: Collection[str] = (),
) -> dict[str, object]:
    """What is written of each option, for ConversionOptions.parse; no body says nothing.

    Fields of a form named in `lists` may come several times, and are a list.
    Raises Refusal, also for another option that stands there twice.
    """
    in_url = [(name, value) for name, values in query.items() for value in values]
    written: dict[str, object] = {}
    for name, value in [*in_url, *(_in_body(content_type, body) if body else ())]:
        shown = name[:MAX_FIELD_BYTES]
        if isinstance(value, str) and len(value.encode(errors="replace")) > MAX_FIELD_BYTES:
            raise refusals.long_field(shown)
        if shown in lists and isinstance(value, str):
            listed = written.setdefault(shown, [])
            if isinstance(listed, list):
                listed.append(value)
                continue
        if shown in written:
            raise refusals.repeated_field(shown)
        written[shown] = value
    return written


def _in_body(content_type: str, body: bytes) -> Iterable[Written]:
    kind = parse_options_header(content_type)[0]
    if kind == _JSON:
        return _in_json(body)
    if kind == MULTIPART:
        return _in_form(boundary_of(content_type), body)
    # curl -d calls everything urlencoded, if it is not told otherwise.
    if kind == _URLENCODED and not body.lstrip().startswith(b"{"):
        return _in_urlencoded(body)
    raise refusals.unsupported_options()


def _in_json(body: bytes) -> list[Written]:
    try:
        # Objects as pairs: a name that comes twice would otherwise not be noticed.
        found = json.loads(body, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise refusals.malformed_json() from error
    if not isinstance(found, _Pairs):
        raise refusals.malformed_json()
    return found


def _in_urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        text = body.decode()
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise refusals.malformed_form() from error


def _in_form(boundary: str, body: bytes) -> list[tuple[str, str]]:
    form = UploadForm(boundary, 0)
    fields = []
    for event in form.feed(body):
        if not isinstance(event, Field):
            raise refusals.file_to_convert()
        fields.append((event.name, event.value))
    form.end()
    if form.has_file:
        raise refusals.file_to_convert()
    return fields


class _Pairs(list[Written]):
    """An object of JSON, with its names in order."""
