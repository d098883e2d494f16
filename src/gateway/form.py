"""A multipart/form-data body in one pass: exactly one file, and options before or after it.

Source: RFC 7578. The parser is `multipart`'s, fed with the body as it arrives; what
lies between the delimiters goes past it, because the search for them is most of its work.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from gateway import refusals
from gateway.delimiter import Delimiter
from gateway.naming import clean_name, extended_filename

MULTIPART: Final = "multipart/form-data"
MAX_FIELD_BYTES: Final = 4096  # a comment of the most letters there may be, in UTF-8
UNKNOWN_TYPE: Final = "application/octet-stream"
# Any byte is a letter of it: names are decoded afterwards, whatever encoding a client used.
_BYTES: Final = "latin-1"


@dataclass(frozen=True, slots=True)
class FileStart:
    """The file begins: its cleaned name, and its media type as the client gave it."""

    name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Field:
    """A whole field that is not a file."""

    name: str
    value: str


def boundary_of(content_type: str) -> str:
    """The boundary that a Content-Type names; raises Refusal where it is no such form."""
    kind, parameters = parse_options_header(content_type)
    if kind != MULTIPART:
        raise refusals.not_multipart()
    boundary: str | None = parameters.get("boundary")
    if not boundary or len(boundary) > 70 or not boundary.isascii():  # noqa: PLR2004 - RFC 2046, 5.1.1
        raise refusals.malformed_multipart("its boundary is missing or wrong")
    return boundary


class UploadForm:
    """Turns the pieces of a body into FileStart, bytes (of the file) and Field, or a Refusal.

    `overhead_bytes` is what a body may have beside its file, `file_bytes` what came of the file.
    What `beside` has, the parameters of the URL, counts as fields that came before all others.
    """

    overhead_bytes = 64 * 1024

    def __init__(
        self, boundary: str, max_file_bytes: int, beside: Mapping[str, str] | None = None
    ) -> None:
        try:
            self._parser = PushMultipartParser(
                boundary, header_charset=_BYTES, max_header_size=8192, max_header_count=16
            )
        except MultipartError as error:
            raise refusals.malformed_multipart("its boundary is wrong") from error
        self._delimiter = Delimiter(boundary)
        self._holds_nothing = False
        self._counted = False
        self._max_file_bytes = max_file_bytes
        self._received = 0
        self._file: FileStart | None = None
        self._file_named = False
        self.file_bytes = 0
        self._field: str | None = None
        self._value = bytearray()
        self._beside = [Field(name, value) for name, value in (beside or {}).items()]
        self._seen: set[str] = {field.name for field in self._beside}

    def feed(self, piece: bytes) -> Iterator[FileStart | Field | bytes]:
        """What `piece` brings; the file begins with its first byte, so an empty one never does."""
        yield from self._beside
        self._beside.clear()
        self._received += len(piece)
        if self._holds_nothing and not self._delimiter.touches(piece):
            yield from self._data(piece)
            return
        self._holds_nothing = False
        try:
            for event in self._parser.parse(piece):
                if isinstance(event, MultipartSegment):
                    self._start(event)
                elif event is None:
                    yield from self._end()
                else:
                    # Given back as it came: the parser held nothing back, nor does it now. (Of each
                    # single byte Python has but one object, which says nothing.)
                    whole = event is piece and len(piece) > 1
                    # Where a part says its length, the parser counts what it has.
                    self._holds_nothing = whole and not self._counted
                    yield from self._data(event)
        except MultipartError as error:
            raise refusals.malformed_multipart(str(error)) from error
        if self._received - self.file_bytes > self.overhead_bytes:
            raise refusals.malformed_multipart("there is too much beside the file")

    def close(self) -> None:
        """The body has ended; raises Refusal if it was not whole or had no file."""
        self.end()
        if self._file is None:
            raise refusals.file_required()
        if not self.file_bytes:
            # A browser sends a nameless empty file where none was chosen.
            raise refusals.empty_file() if self._file_named else refusals.file_required()

    def end(self) -> None:
        """As `close`, for a form that needs no file."""
        try:
            self._parser.close()
        except MultipartError as error:
            raise refusals.malformed_multipart("its end is missing") from error

    @property
    def has_file(self) -> bool:
        """Whether a file came, be it an empty one."""
        return self._file is not None

    def _start(self, segment: MultipartSegment) -> None:
        disposition = segment.header("Content-Disposition", "")
        extended = extended_filename(disposition)
        self._counted = segment.header("Content-Length") is not None
        if segment.filename is None and extended is None:
            self._field = _decoded(segment.name or "")[:MAX_FIELD_BYTES]
            self._value.clear()
            if self._field in self._seen:
                raise refusals.repeated_field(self._field)
            self._seen.add(self._field)
            return
        if self._file is not None:
            raise refusals.one_file()
        self._field = None
        given = extended or _decoded(segment.filename or "")
        self._file_named = bool(given)
        content_type = segment.content_type or UNKNOWN_TYPE
        self._file = FileStart(clean_name(given), content_type[:MAX_FIELD_BYTES])

    def _data(self, data: bytes) -> Iterator[FileStart | bytes]:
        if self._field is not None:
            self._value += data
            if len(self._value) > MAX_FIELD_BYTES:
                raise refusals.long_field(self._field)
            return
        if not self.file_bytes and self._file:
            yield self._file
        self.file_bytes += len(data)
        if self.file_bytes > self._max_file_bytes:
            raise refusals.too_large(self._max_file_bytes)
        yield data

    def _end(self) -> Iterator[Field]:
        if self._field is not None:
            yield Field(self._field, self._value.decode(errors="replace"))
            self._field = None


def _decoded(text: str) -> str:
    return text.encode(_BYTES, errors="replace").decode(errors="replace")
