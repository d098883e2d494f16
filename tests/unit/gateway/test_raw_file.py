"""A body that is the file itself, with its name and options in the URL."""

import pytest

from chassis.errors import ServiceError
from gateway.form import Field, FileStart
from gateway.raw_file import RawFile

Query = dict[str, list[str]]


def events(query: Query, *pieces: bytes, content_type: str = "", limit: int = 100) -> list[object]:
    """Everything that a body of these pieces turns into."""
    file = RawFile(query, content_type, limit)
    found: list[object] = [event for piece in pieces for event in file.feed(piece)]
    file.close()
    assert file.file_bytes == sum(map(len, pieces))
    return found


def refusal(query: Query, *pieces: bytes, content_type: str = "", limit: int = 100) -> str:
    with pytest.raises(ServiceError) as caught:
        events(query, *pieces, content_type=content_type, limit=limit)
    return caught.value.code


def test_the_body_is_the_file() -> None:
    """Options come first, then the file with its name and type, then its bytes as they are."""
    query = {"name": ["Отпуск.mkv"], "bitrate": ["192k"]}
    assert events(query, b"first", b"second", content_type="video/x-matroska") == [
        Field("bitrate", "192k"),
        FileStart("Отпуск.mkv", "video/x-matroska"),
        b"first",
        b"second",
    ]


@pytest.mark.parametrize(
    ("query", "kept"),
    [({}, "video"), ({"name": [""]}, "video"), ({"name": ["../../etc/pass\x00wd"]}, "passwd")],
)
def test_a_name_is_cleaned(query: Query, kept: str) -> None:
    """As in a form; without a name and a type there are defaults."""
    assert events(query, b"x")[0] == FileStart(kept, "application/octet-stream")


@pytest.mark.parametrize(
    "query",
    [
        {"colour": ["red"]},
        {"bitrate": ["1k"]},
        {"bitrate": ["128k"], "quality": ["V0"]},
        {"quality": ["1", "1"]},
        {"name": ["a", "b"]},
        {"quality": ["1" * 201]},
    ],
)
def test_bad_options(query: Query) -> None:
    """They are refused before any byte of the body is wanted."""
    with pytest.raises(ServiceError) as caught:
        RawFile(query, "", 100)
    assert caught.value.code == "invalid_option"


def test_an_empty_body() -> None:
    """It is refused as an empty file is."""
    assert refusal({"name": ["a.mkv"]}) == "empty"


def test_the_limit_is_the_files() -> None:
    """A byte more than the limit is refused, the limit is not."""
    assert refusal({}, b"x" * 50, b"x" * 51) == "too_large"
    assert events({}, b"x" * 50, b"x" * 50)


def test_a_form_is_not_stored_as_a_file() -> None:
    """Who sends a form by PUT is told to send it by POST."""
    assert refusal({}, b"x", content_type="multipart/form-data; boundary=x") == "form_by_put"
