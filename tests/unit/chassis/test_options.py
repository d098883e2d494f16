"""What a user may ask of an MP3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.options import ConversionOptions, InvalidOption


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ConversionOptions(quality=2)),
        ({"quality": "0"}, ConversionOptions(quality=0)),
        ({"quality": "V9"}, ConversionOptions(quality=9)),
        ({"quality": " v4 "}, ConversionOptions(quality=4)),
        ({"bitrate": "192k"}, ConversionOptions(bitrate=192, quality=None)),
        ({"bitrate": "64"}, ConversionOptions(bitrate=64, quality=None)),
        ({"bitrate": "320K"}, ConversionOptions(bitrate=320, quality=None)),
    ],
)
def test_what_users_write_is_understood(
    fields: dict[str, str], expected: ConversionOptions
) -> None:
    """Each spelling that people use means what they think; nothing at all means V2."""
    assert ConversionOptions.parse(fields) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"bitrate": "63k"},
        {"bitrate": "321"},
        {"bitrate": "-64"},
        {"bitrate": "٦٤"},
        {"bitrate": ""},
        {"quality": "10"},
        {"quality": "V"},
        {"quality": "-1"},
        {"quality": "best"},
        {"quality": "²"},
        {"bitrate": "128", "quality": "2"},
        {"colour": "red"},
    ],
)
def test_nonsense_is_refused_with_a_sentence(fields: dict[str, str]) -> None:
    """Unknown options and values out of range are refused, never ignored."""
    with pytest.raises(InvalidOption) as refused:
        ConversionOptions.parse(fields)
    assert refused.value.code == "invalid_option"
    assert refused.value.detail.endswith(".")


@given(st.dictionaries(st.sampled_from(["bitrate", "quality", "x"]), st.text(max_size=8)))
def test_any_text_is_an_option_or_a_refusal(fields: dict[str, str]) -> None:
    """Whatever is written, exactly one of bitrate and quality is set, or it is refused."""
    try:
        options = ConversionOptions.parse(fields)
    except InvalidOption:
        return
    assert (options.bitrate is None) != (options.quality is None)
    assert ConversionOptions.from_document(options.to_document()) == options
