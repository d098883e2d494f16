"""The facts of a conversion, which come from a process that may have been taken over."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.jobs import ResultPart
from chassis.sources import Loudness, MediaFacts
from converter.conversion import Conversion, Mp3Facts

FACTS = Conversion(
    source=MediaFacts("mp4", "aac", 2, 44100, 12.5, "Title", 96_000, Loudness(-23.1, -3.25, 0)),
    mp3=Mp3Facts(12.5, 190_000, 44100, 2, "VBR V2", Loudness(None, None, 17)),
    notes=("One.", "Two."),
    parts=(ResultPart("One", 40, 1000, 10.0), ResultPart("Two", 1080, 300, 2.5)),
)


def changed(part: str, key: str, value: object) -> dict[str, Any]:
    document = FACTS.to_document()
    document[part] = document[part] | {key: value}
    return document


def test_facts_survive_the_way_through_json() -> None:
    """What was written is what is read."""
    assert Conversion.from_document(json.loads(json.dumps(FACTS.to_document()))) == FACTS


def with_parts(*changes: dict[str, Any]) -> dict[str, Any]:
    part = {"title": "One", "offset": 40, "size": 1000, "duration": 10.0}
    return FACTS.to_document() | {"parts": [part | change for change in changes]}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"source": {}, "mp3": {}},
        {"source": None, "mp3": []},
        changed("mp3", "bitrate", "190000"),
        changed("mp3", "bitrate", 1.5),
        changed("mp3", "duration", float("nan")),
        changed("mp3", "duration", float("inf")),
        changed("mp3", "duration", -1.0),
        changed("mp3", "channels", True),
        changed("source", "container", 7),
        changed("source", "title", "x" * 10_000),
        changed("source", "duration", "long"),
        changed("source", "channels", 10**30),
        FACTS.to_document() | {"parts": None},
        FACTS.to_document() | {"parts": [7]},
        with_parts({"title": None}),
        with_parts({"title": "x" * 10_000}),
        with_parts({"offset": -1}),
        with_parts({"size": 1.5}),
        with_parts({"duration": "long"}),
        with_parts({}, {"offset": 1039}),
        with_parts(*({"offset": 2000 * number} for number in range(1, 257))),
        FACTS.to_document() | {"notes": "text"},
        FACTS.to_document() | {"notes": ["x" * 1000]},
        FACTS.to_document() | {"notes": ["x"] * 1000},
        FACTS.to_document() | {"notes": [7]},
    ],
)
def test_anything_else_is_refused(document: dict[str, Any]) -> None:
    """Facts of the wrong type or out of all proportion are a ValueError, never taken over."""
    with pytest.raises(ValueError, match="not"):
        Conversion.from_document(document)


@given(
    st.dictionaries(
        st.sampled_from(["source", "mp3", "x"]),
        st.dictionaries(st.text(), st.none() | st.integers() | st.text()),
    )
)
def test_nothing_else_is_raised(document: dict[str, Any]) -> None:
    """Whatever comes, it is a ValueError."""
    with pytest.raises(ValueError, match="not"):
        Conversion.from_document(document)
