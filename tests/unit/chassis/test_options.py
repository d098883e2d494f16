"""What a user may ask of an MP3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.options import OPTION_NAMES, ConversionOptions, Cover, InvalidOption


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
        ({"bitrate": "32k"}, ConversionOptions(bitrate=32, quality=None)),
        ({"preset": "v0"}, ConversionOptions(quality=0)),
        ({"preset": "320"}, ConversionOptions(bitrate=320, quality=None)),
        ({"preset": "128k"}, ConversionOptions(bitrate=128, quality=None)),
        (
            {"preset": "Voice"},
            ConversionOptions(quality=6, channels=1, sample_rate=24000, lowpass=9000),
        ),
        (
            {"preset": "voice", "channels": "stereo", "sample_rate": "32000"},
            ConversionOptions(quality=6, channels=2, sample_rate=32000, lowpass=9000),
        ),
        ({"channels": "mono"}, ConversionOptions(channels=1)),
        ({"audio_track": "2"}, ConversionOptions(audio_track=2)),
        ({"audio_track": "100"}, ConversionOptions(audio_track=100)),
        ({"audio_track": "DE"}, ConversionOptions(audio_track="de")),
        ({"audio_track": "pt-BR"}, ConversionOptions(audio_track="pt-br")),
        ({"start": "0"}, ConversionOptions()),
        ({"start": "90.5", "end": "1:02:03.25"}, ConversionOptions(start=90.5, end=3723.25)),
        ({"start": "1:30"}, ConversionOptions(start=90.0)),
        ({"start": "90:00"}, ConversionOptions(start=5400.0)),
        ({"start": ".5", "end": "1."}, ConversionOptions(start=0.5, end=1.0)),
        ({"start": "0.123456789012345"}, ConversionOptions(start=0.123456789012345)),
        ({"end": "0:00:00.0000000001"}, ConversionOptions(end=1e-10)),
        ({"end": "168:00:00"}, ConversionOptions(end=604800.0)),
        ({"normalize": "yes"}, ConversionOptions(normalize=-14.0)),
        ({"normalize": "-16.5"}, ConversionOptions(normalize=-16.5)),
        ({"normalize": "-14.0625"}, ConversionOptions(normalize=-14.0625)),
        ({"normalize": "off"}, ConversionOptions()),
        ({"split_chapters": "on"}, ConversionOptions(split_chapters=True)),
        ({"accept_truncated": "true"}, ConversionOptions(accept_truncated=True)),
        ({"cover": "Frame"}, ConversionOptions(cover=Cover.FRAME)),
        ({"cover": "none"}, ConversionOptions(cover=Cover.NONE)),
        ({"cover": "1:05"}, ConversionOptions(cover=65.0)),
        ({"cover_square": "1"}, ConversionOptions(cover_square=True)),
        ({"title": " Ночь 🌙 "}, ConversionOptions(title="Ночь 🌙")),
        ({"title": ""}, ConversionOptions(title="")),
        ({"date": "2024-02-29"}, ConversionOptions(date="2024-02-29")),
        ({"date": "2024-12"}, ConversionOptions(date="2024-12")),
        ({"title": "שלום \u200fעולם"}, ConversionOptions(title="שלום \u200fעולם")),
        ({"track": "3/12"}, ConversionOptions(track="3/12")),
        ({"language": "ENG"}, ConversionOptions(language="eng")),
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
        {"bitrate": "128", "preset": "voice"},
        {"preset": "v10"},
        {"preset": "v128"},
        {"preset": "loud"},
        {"bitrate": "320", "sample_rate": "22050"},
        {"preset": "192", "sample_rate": "16000"},
        {"sample_rate": "44.1"},
        {"channels": "3"},
        {"audio_track": "0"},
        {"audio_track": "german"},
        {"start": "-1"},
        {"start": "+1"},
        {"start": "."},
        {"start": ""},
        {"start": "1:60"},
        {"start": "1:99"},
        {"start": "1:60:00"},
        {"start": "1:2:3:4"},
        {"start": "1e9"},
        {"start": "9" * 4000},
        {"start": "9" * 4000 + ":00"},
        {"start": "168:00:01"},
        {"cover": "168:00:01"},
        {"cover": "-1"},
        {"start": "1e3"},
        {"start": "nan"},
        {"start": "10", "end": "10"},
        {"end": "0"},
        {"end": "99999999"},
        {"normalize": "-3"},
        {"normalize": "14"},
        {"normalize": "-30.01"},
        {"normalize": "-" + "9" * 4000},
        {"split_chapters": "maybe"},
        {"cover": "best"},
        {"title": "x" * 251},
        {"title": "two\nlines"},
        {"title": "two\u2028lines"},
        {"title": "Gr\ufffd\ufffde"},
        {"date": "2024-13"},
        {"date": "2023-02-29"},
        {"date": "0000"},
        {"date": "2024-1-1"},
        {"date": "20240101"},
        {"track": "0"},
        {"language": "english"},
    ],
)
def test_nonsense_is_refused_with_a_sentence(fields: dict[str, str]) -> None:
    """Unknown options and values out of range are refused, never ignored."""
    with pytest.raises(InvalidOption) as refused:
        ConversionOptions.parse(fields)
    assert refused.value.code == "invalid_option"
    assert refused.value.detail.endswith(".")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"start": "1:99"}, "start is a time in seconds, or as m:ss or h:mm:ss; '1:99' is not."),
        ({"end": "1000000"}, "end is a time of at most 168 hours."),
        ({"start": "9", "end": "3"}, "end has to be later than start."),
        ({"title": "Gr\ufffd"}, "title is text in UTF-8; this is in another encoding."),
        ({"title": True}, "title is a text or a number, not true or false."),
        ({"channels": True}, "channels is a text or a number, not true or false."),
        ({"start": [1]}, "'start' has one value: a text, a number, or true or false."),
        ({"normalize": -40}, "normalize is yes, no, or LUFS from -30 to -5; '-40' is not."),
    ],
)
def test_the_sentence_says_what_is_wrong(fields: dict[str, object], said: str) -> None:
    """And shows what was written, not what we made of it."""
    with pytest.raises(InvalidOption) as refused:
        ConversionOptions.parse(fields)
    assert refused.value.detail == said


def test_json_says_the_same_as_a_form() -> None:
    """Numbers, true and false mean what their text means; null is as not written."""
    said = {"bitrate": 192, "start": 1.5, "split_chapters": True, "title": None, "normalize": -14}
    written = {"bitrate": "192", "start": "1.5", "split_chapters": "yes", "normalize": "-14"}
    assert ConversionOptions.parse(said) == ConversionOptions.parse(written)


@pytest.mark.parametrize("value", [[], {}, [1], float("nan"), float("inf"), -1e300])
def test_json_that_is_no_value_is_refused(value: object) -> None:
    """What cannot be an option's value is refused, whatever JSON can say."""
    with pytest.raises(InvalidOption):
        ConversionOptions.parse({"start": value})


def test_a_document_tells_what_was_chosen() -> None:
    """A job shows bitrate and quality, and beside them only what is not the default."""
    options = ConversionOptions.parse({"cover": "frame", "start": "2"})
    assert options.to_document() == {"bitrate": None, "quality": 2, "start": 2.0, "cover": "frame"}


_VALUES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["yes", "no", "2", "1:30", "192", "frame", "-14", "eng", "V3", "voice"]),
)


@given(st.dictionaries(st.sampled_from([*OPTION_NAMES, "x"]), _VALUES, max_size=4))
def test_any_text_is_an_option_or_a_refusal(fields: dict[str, str]) -> None:
    """Whatever is written, exactly one of bitrate and quality is set, or it is refused."""
    try:
        options = ConversionOptions.parse(fields)
    except InvalidOption:
        return
    assert (options.bitrate is None) != (options.quality is None)
    assert ConversionOptions.from_document(options.to_document()) == options
