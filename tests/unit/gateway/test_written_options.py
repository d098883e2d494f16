"""Options without a file, in each form in which they may come."""

import json

import pytest

from chassis.errors import ServiceError
from chassis.options import ConversionOptions, InvalidOption
from gateway.written_options import written_options
from tests.multipart_forms import CONTENT_TYPE, field_part, file_part, form

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b'{"bitrate": 128, "channels": "mono", "title": "\\u0414"}'),
        ("application/json; charset=utf-8", '{"bitrate":"128k","channels":1,"title":"Д"}'.encode()),
        (URLENCODED, b"bitrate=128k&channels=1&title=%D0%94"),
        (
            CONTENT_TYPE,
            form(
                field_part("bitrate", "128"), field_part("channels", "1"), field_part("title", "Д")
            ),
        ),
    ],
    ids=["JSON", "JSON with texts", "urlencoded", "form"],
)
def test_every_form_says_the_same(content_type: str, body: bytes) -> None:
    """JSON's own types, texts, and both kinds of forms; text in any script."""
    options = ConversionOptions.parse(written_options(content_type, body, {}))
    assert options == ConversionOptions(bitrate=128, quality=None, channels=1, title="Д")


@pytest.mark.parametrize("content_type", ["", JSON, URLENCODED, CONTENT_TYPE])
def test_no_body_means_the_defaults(content_type: str) -> None:
    """Whatever it is called."""
    assert written_options(content_type, b"", {}) == {}


def test_parameters_of_the_url_count_too() -> None:
    """As they do with PUT; beside a body, each option once."""
    found = written_options(JSON, b'{"channels": 1}', {"quality": ["V0"]})
    assert found == {"quality": "V0", "channels": 1}


def test_an_empty_field_is_there() -> None:
    """An empty tag leaves the tag out, which is not the same as not written."""
    assert written_options(URLENCODED, b"title=", {}) == {"title": ""}


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        (JSON, b"{", "malformed_json"),
        (JSON, b"[]", "malformed_json"),
        (JSON, b"7", "malformed_json"),
        (JSON, b'"quality"', "malformed_json"),
        (JSON, b"\xff", "malformed_json"),
        (JSON, b"[" * 60_000, "malformed_json"),
        (JSON, b'{"quality": ' + b"9" * 10_000 + b"}", "malformed_json"),
        (JSON, b'{"quality": 1, "quality": 2}', "invalid_option"),
        (JSON, json.dumps({"title": "x" * 5000}).encode(), "invalid_option"),
        (URLENCODED, b"quality=1&quality=2", "invalid_option"),
        (URLENCODED, b"\xff", "malformed_form"),
        (URLENCODED, b"&".join(b"a%d=1" % number for number in range(101)), "malformed_form"),
        (URLENCODED, b'{"quality": 1}', "unsupported_options"),
        ("text/plain", b"quality=1", "unsupported_options"),
        ("", b"quality=1", "unsupported_options"),
        (CONTENT_TYPE, form(field_part("quality", "1"))[:-9], "malformed_multipart"),
        (CONTENT_TYPE, form(field_part("a", "1"), field_part("a", "2")), "invalid_option"),
        (CONTENT_TYPE, form(file_part(b"video")), "file_to_convert"),
        (CONTENT_TYPE, form(file_part(b"")), "file_to_convert"),
    ],
)
def test_what_cannot_be_read_is_refused(content_type: str, body: bytes, code: str) -> None:
    """Nothing is guessed, and nothing ignored."""
    with pytest.raises(ServiceError) as caught:
        written_options(content_type, body, {})
    assert caught.value.code == code


@pytest.mark.parametrize(
    "body",
    [
        b'{"colour": "red"}',
        b'{"quality": [1]}',
        b'{"quality": {"V": 0}}',
        b'{"quality": NaN}',
        b'{"title": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"start": -1}',
    ],
)
def test_what_is_no_option_is_an_invalid_option(body: bytes) -> None:
    """With a sentence, whatever JSON it was."""
    with pytest.raises(InvalidOption):
        ConversionOptions.parse(written_options(JSON, body, {}))


def test_an_option_in_the_url_and_in_the_body_is_refused() -> None:
    """It is not clear which of the two is meant."""
    with pytest.raises(ServiceError) as caught:
        written_options(JSON, b'{"quality": 1}', {"quality": ["2"]})
    assert caught.value.code == "invalid_option"
