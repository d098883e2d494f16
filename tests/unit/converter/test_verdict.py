"""Whether what was decoded is what the file promised."""

from dataclasses import replace

import pytest

from converter.structure import Completeness
from converter.verdict import Promise, Reading, judge, judge_sound, truncation_note

INDEXED = Promise(60.0, of_track=True, indexed=True)
TAGGED = Promise(60.0, of_track=True)
OF_FILE = Promise(60.0)
NONE = Promise(None)


def verdict(
    promise: Promise,
    reached: float,
    structure: Completeness,
    *,
    decoded: float | None = None,
    packets: int = 1000,
    damaged: int = 0,
    reached_end: bool = True,
) -> str | None:
    reading = Reading(
        promise=promise,
        reached=reached,
        decoded=reached if decoded is None else decoded,
        packets=packets,
        damaged=damaged,
        reached_end=reached_end,
    )
    refusal = judge(reading, lambda: structure)
    return refusal.code if refusal else None


@pytest.mark.parametrize("promise", [INDEXED, TAGGED, OF_FILE, NONE])
@pytest.mark.parametrize("structure", [Completeness.WHOLE, Completeness.UNKNOWN])
def test_a_good_file_is_good(promise: Promise, structure: Completeness) -> None:
    """A file that keeps its promise, or makes none, is not refused."""
    assert verdict(promise, 60.0, structure) is None
    assert verdict(promise, 59.95, structure) is None
    assert verdict(promise, 61.0, structure) is None


@pytest.mark.parametrize("promise", [OF_FILE, NONE])
def test_a_cut_file_is_truncated(promise: Promise) -> None:
    """Where the structure says that bytes are missing, sound is missing, promise or not."""
    assert verdict(promise, 30.0, Completeness.CUT) == "truncated"
    assert verdict(promise, 60.0, Completeness.CUT) == "truncated"


@pytest.mark.parametrize("promise", [INDEXED, TAGGED])
def test_a_cut_behind_the_sound_does_not_matter(promise: Promise) -> None:
    """A file that lost only the end of its pictures keeps its promise of sound."""
    assert verdict(promise, 60.0, Completeness.CUT) is None
    assert verdict(promise, 59.0, Completeness.CUT) == "truncated"


@pytest.mark.parametrize("promise", [TAGGED, OF_FILE])
@pytest.mark.parametrize(
    ("structure", "code"), [(Completeness.UNKNOWN, "truncated"), (Completeness.WHOLE, "corrupt")]
)
def test_a_promise_that_is_not_kept(promise: Promise, structure: Completeness, code: str) -> None:
    """Less sound than announced is refused, with its reason; the rounding of headers is no loss."""
    assert verdict(promise, 40.0, structure) == code
    assert verdict(promise, 59.2, structure) is None


def test_a_wrong_duration_in_a_whole_indexed_file_is_a_mere_mistake() -> None:
    """An MP4 that is whole has nothing more than its index names, whatever its header says."""
    assert verdict(INDEXED, 5.0, Completeness.WHOLE) is None
    assert verdict(INDEXED, 5.0, Completeness.UNKNOWN) == "truncated"


def test_a_few_damaged_packets_are_forgiven() -> None:
    """Damaged packets are left out, until most of them are damaged."""
    assert verdict(INDEXED, 60.0, Completeness.WHOLE, damaged=10) is None
    assert verdict(INDEXED, 60.0, Completeness.WHOLE, damaged=501) == "corrupt"


def test_most_of_the_sound_missing_is_corrupt() -> None:
    """A track that reaches its end with less than half of its sound is damaged beyond use."""
    assert verdict(TAGGED, 60.0, Completeness.WHOLE, decoded=29.0) == "corrupt"
    assert verdict(TAGGED, 60.0, Completeness.WHOLE, decoded=31.0) is None
    assert verdict(OF_FILE, 60.0, Completeness.WHOLE, decoded=5.0) is None


def test_nothing_decoded() -> None:
    """No packets are no sound; packets of which none can be decoded are damage."""
    assert verdict(NONE, 0.0, Completeness.WHOLE, packets=0) == "no_audio"
    assert verdict(NONE, 0.0, Completeness.WHOLE, packets=10) == "corrupt"
    assert verdict(NONE, 0.0, Completeness.CUT, packets=0) == "truncated"


def test_the_structure_is_read_only_in_doubt() -> None:
    """A file that was read as promised is not read again."""
    reading = Reading(INDEXED, 60.0, 60.0, packets=1, damaged=0, reached_end=False)

    def never() -> Completeness:
        raise AssertionError

    assert judge(reading, never) is None


def test_the_sentence_says_how_much_is_there() -> None:
    """A person reads how much of the file was found."""
    reading = Reading(OF_FILE, 41.0, 41.0, packets=1, damaged=0, reached_end=True)
    refusal = judge(reading, lambda: Completeness.UNKNOWN)
    assert refusal is not None
    assert refusal.detail == "The end of the file is missing; only 0:41 of 1:00 is there."


def test_what_is_there_of_a_cut_file_is_judged_by_itself() -> None:
    """A missing end does not excuse damage in what is there."""
    reading = Reading(OF_FILE, 41.0, 41.0, packets=100, damaged=10, reached_end=True)
    assert judge_sound(reading) is None
    assert truncation_note(reading) == (
        "The end of the file is missing: 0:41 of 1:00 were converted."
    )
    damaged = judge_sound(replace(reading, damaged=51))
    empty = judge_sound(replace(reading, packets=0, damaged=0))
    assert damaged is not None
    assert empty is not None
    assert (damaged.code, empty.code) == ("corrupt", "no_audio")
