"""A body that is the file itself; its name and the options stand in the URL (`curl -T`)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from multipart import parse_options_header

from gateway import refusals
from gateway.form import MAX_FIELD_BYTES, MULTIPART, UNKNOWN_TYPE, Field, FileStart
from gateway.naming import clean_name
from gateway.url_options import url_options

_NAME: Final = "name"


class RawFile:
    """Turns the pieces of a body into what gateway.form.UploadForm makes of a form's."""

    overhead_bytes = 0

    def __init__(
        self, query: Mapping[str, Sequence[str]], content_type: str, max_file_bytes: int
    ) -> None:
        """`query` are the URL's parameters; raises Refusal and InvalidOption."""
        if parse_options_header(content_type)[0] == MULTIPART:
            raise refusals.form_by_put()
        names = query.get(_NAME, [""])
        if len(names) > 1:
            raise refusals.repeated_field(_NAME)
        self._options = url_options({key: query[key] for key in query if key != _NAME})
        name = names[0]
        self._start = FileStart(clean_name(name), (content_type or UNKNOWN_TYPE)[:MAX_FIELD_BYTES])
        self._max_file_bytes = max_file_bytes
        self.file_bytes = 0

    def feed(self, piece: bytes) -> Iterator[FileStart | Field | bytes]:
        """What `piece` brings: the options and the start of the file with the first."""
        if not self.file_bytes:
            for name, value in self._options.items():
                yield Field(name, value)
            yield self._start
        self.file_bytes += len(piece)
        if self.file_bytes > self._max_file_bytes:
            raise refusals.too_large(self._max_file_bytes)
        yield piece

    def close(self) -> None:
        """The body has ended; raises Refusal if it was empty."""
        if not self.file_bytes:
            raise refusals.empty_file()
