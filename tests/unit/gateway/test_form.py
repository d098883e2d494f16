"""A form is read in one pass, wherever the network cuts it."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import ServiceError
from gateway.form import Field, FileStart, UploadForm, boundary_of
from tests.multipart_forms import BOUNDARY, CONTENT_TYPE, field_part, file_part, form

DATA = b"\r\n--" + bytes(range(256)) * 40 + b"\r\n--\r"


class Read:
    """What a form turned out to hold."""

    def __init__(self, pieces: Iterable[bytes], limit: int = 1 << 20) -> None:
        self.starts: list[FileStart] = []
        self.fields: list[Field] = []
        self.data = bytearray()
        reader = UploadForm(BOUNDARY, limit)
        for piece in pieces:
            for event in reader.feed(piece):
                if isinstance(event, FileStart):
                    self.starts.append(event)
                elif isinstance(event, Field):
                    self.fields.append(event)
                else:
                    self.data += event
        reader.close()


def refusal(body: bytes, limit: int = 1 << 20) -> str:
    with pytest.raises(ServiceError) as caught:
        Read([body], limit)
    return caught.value.code


def test_the_file_and_the_options_around_it_are_found() -> None:
    """Options may stand before and after the file, whose field has any name."""
    body = form(field_part("bitrate", "128k"), file_part(DATA, name="x"), field_part("a", "b"))
    read = Read([body])
    assert read.starts == [FileStart("video.mkv", "video/x-matroska")]
    assert read.data == DATA
    assert read.fields == [Field("bitrate", "128k"), Field("a", "b")]


def delimiter_crumbs() -> st.SearchStrategy[bytes]:
    """Bytes with many beginnings of a delimiter, and hardly ever a whole one."""
    line = f"\r\n--{BOUNDARY}".encode()
    crumbs = st.integers(min_value=1, max_value=len(line) - 1).map(lambda size: line[:size])
    return st.lists(crumbs | st.binary(max_size=50), min_size=1).map(b"".join)


@settings(max_examples=200)
@given(
    st.binary(min_size=1, max_size=3000) | delimiter_crumbs().filter(bool),
    st.lists(st.integers(min_value=1, max_value=400), min_size=1),
)
def test_any_cut_gives_the_same(data: bytes, sizes: list[int]) -> None:
    """The bytes of the file arrive whole, however the body is cut into pieces."""
    body = form(field_part("quality", "V0"), file_part(data), field_part("after", "1"))
    pieces, place, turn = [], 0, 0
    while place < len(body):
        size = sizes[turn % len(sizes)]
        pieces.append(body[place : place + size])
        place, turn = place + size, turn + 1
    read = Read(pieces)
    assert bytes(read.data) == data
    assert read.fields == [Field("quality", "V0"), Field("after", "1")]


def test_parameters_of_the_url_are_fields_too() -> None:
    """They come before all of the body, and each option comes once."""
    reader = UploadForm(BOUNDARY, 1 << 20, {"quality": "V0", "title": "x"})
    body = form(field_part("channels", "1"), file_part(b"x"))
    found = [event for place in range(len(body)) for event in reader.feed(body[place : place + 1])]
    reader.close()
    assert found == [
        Field("quality", "V0"),
        Field("title", "x"),
        Field("channels", "1"),
        FileStart("video.mkv", "video/x-matroska"),
        b"x",
    ]
    reader = UploadForm(BOUNDARY, 1 << 20, {"quality": "V0"})
    with pytest.raises(ServiceError, match="'quality' was sent twice"):
        list(reader.feed(form(field_part("quality", "V0"), file_part(b"x"))))


def test_one_byte_at_a_time_gives_the_same() -> None:
    """A body that comes byte by byte is read as one that comes at once."""
    body = form(file_part(DATA))
    assert Read(body[place : place + 1] for place in range(len(body))).data == DATA


def test_what_looks_like_the_boundary_belongs_to_the_file() -> None:
    """Beginnings of the boundary inside the file change nothing."""
    data = f"\r\n--{BOUNDARY[:-1]}x\r\n--{BOUNDARY[:-2]}".encode() * 50
    body = form(file_part(data))
    for size in (len(body), *range(1, 100)):
        pieces = [body[place : place + size] for place in range(0, len(body), size)]
        assert Read(pieces).data == data


def pieces_of_a_part_that_says(length: int) -> list[bytes]:
    """DATA in a part whose header has that length; the body is cut into small pieces."""
    headers, data = file_part(DATA)
    body = form((f"{headers}Content-Length: {length}\r\n", data))
    return [body[place : place + 100] for place in range(0, len(body), 100)]


def test_a_part_may_say_its_length() -> None:
    """It then is what it says."""
    assert Read(pieces_of_a_part_that_says(len(DATA))).data == DATA


@pytest.mark.parametrize("length", [len(DATA) - 1, len(DATA) + 1])
def test_a_part_is_as_long_as_it_says(length: int) -> None:
    """However it is cut: what goes past the parser would not be counted."""
    with pytest.raises(ServiceError) as caught:
        Read(pieces_of_a_part_that_says(length))
    assert caught.value.code == "malformed_multipart"


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (file_part(b"x", "../a/b.mkv"), "b.mkv"),
        (file_part(b"x", "видео.mkv"), "видео.mkv"),
        (file_part(b"x", "a%22b.mkv"), 'a"b.mkv'),
        (file_part(b"x", parameters="; filename*=UTF-8''na%C3%AFve.mkv"), "naïve.mkv"),
        (file_part(b"x", "a\tb.mkv"), "ab.mkv"),
        (file_part(b"x", ""), "video"),
        (("Content-Disposition: form-data; name=f; filename=bare.mkv\r\n", b"x"), "bare.mkv"),
        (("Content-Disposition: form-data; name=f; filename*=utf-8''e.mkv\r\n", b"x"), "e.mkv"),
    ],
)
def test_names_are_understood(part: tuple[str, bytes], name: str) -> None:
    """The file's name is found in each form that clients write, and is cleaned."""
    assert Read([form(part)]).starts[0].name == name


def test_a_name_in_no_encoding_is_no_reason_to_refuse() -> None:
    """Bytes that are no UTF-8 make an odd name, not an error."""
    body = form(file_part(b"x", "?.mkv")).replace(b"?.mkv", b"\xff\xfe.mkv")
    assert Read([body]).starts[0].name == "\ufffd\ufffd.mkv"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (form(), "file_required"),
        (form(field_part("quality", "2")), "file_required"),
        (form(file_part(b"", "")), "file_required"),
        (form(file_part(b"")), "empty"),
        (form(file_part(b""), field_part("quality", "2")), "empty"),
        (form(file_part(b"x"), file_part(b"y", name="other")), "one_file"),
        (form(file_part(b"x"), file_part(b"y")), "one_file"),
        (form(file_part(b"x"), file_part(b"")), "one_file"),
        (form(field_part("a", "1"), field_part("a", "1"), file_part(b"x")), "invalid_option"),
        (form(field_part("a", "1" * 5000), file_part(b"x")), "invalid_option"),
        (b"", "malformed_multipart"),
        (b"not a form at all", "malformed_multipart"),
        (form(file_part(b"x" * 500))[:400], "malformed_multipart"),
        (form(file_part(b"x"))[:-4], "malformed_multipart"),
        (form(("No-Disposition: x\r\n", b"x")), "malformed_multipart"),
        (form(("Content-Disposition: attachment\r\n", b"x")), "malformed_multipart"),
        (form(("nonsense\r\n", b"x")), "malformed_multipart"),
        (form((f"X-Long: {'x' * 20_000}\r\n", b"x")), "malformed_multipart"),
        (form(("X: y\r\n" * 50, b"x")), "malformed_multipart"),
        (b"x" * (UploadForm.overhead_bytes + 1), "malformed_multipart"),
        (form(file_part(b"x")) + b"x" * UploadForm.overhead_bytes, "malformed_multipart"),
        (form(*(field_part(f"f{n}", "1" * 100) for n in range(600))), "malformed_multipart"),
    ],
)
def test_other_forms_are_refused(body: bytes, code: str) -> None:
    """Whatever is wrong with a form has its own code."""
    assert refusal(body) == code


def test_a_file_may_be_as_large_as_the_limit_and_no_larger() -> None:
    """The limit counts the file's bytes, not those of the form."""
    assert Read([form(file_part(b"x" * 1000))], limit=1000).data == b"x" * 1000
    assert refusal(form(file_part(b"x" * 1001)), limit=1000) == "too_large"


@pytest.mark.parametrize(
    "content_type",
    [CONTENT_TYPE, f'multipart/form-data; charset=utf-8; boundary="{BOUNDARY}"'],
)
def test_the_boundary_is_found(content_type: str) -> None:
    """The boundary is read as clients write it, quoted or not."""
    assert boundary_of(content_type) == BOUNDARY


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("", "not_multipart"),
        ("application/json", "not_multipart"),
        ("multipart/mixed; boundary=x", "not_multipart"),
        ("application/x-www-form-urlencoded", "not_multipart"),
        ("multipart/form-data", "malformed_multipart"),
        ("multipart/form-data; boundary=", "malformed_multipart"),
        (f"multipart/form-data; boundary={'x' * 71}", "malformed_multipart"),
    ],
)
def test_another_content_type_is_refused(content_type: str, code: str) -> None:
    """What is not a form with files is refused by its type alone."""
    with pytest.raises(ServiceError) as caught:
        boundary_of(content_type)
    assert caught.value.code == code
