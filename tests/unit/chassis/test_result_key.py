"""Which jobs have the same result."""

from dataclasses import replace

from chassis.jobs import Source
from chassis.options import ConversionOptions
from chassis.result_key import key_of, result_key, upload_scope
from tests import sample_jobs

HASH = "0123456789abcdef" * 4
NAME = "Holiday.mkv"
OPTIONS = ConversionOptions(bitrate=192, quality=None)


def test_a_key_is_what_it_always_was() -> None:
    """Databases are full of keys: one that changes by accident shares nothing with them."""
    assert result_key(upload_scope("ada@example.com"), HASH, NAME, OPTIONS) == (
        "fbf035270e13c7f599929a6479c9990c9ee3357dc91c5c4508fb7ae25badf9f4"
    )


def test_scope_content_name_and_options_make_the_key() -> None:
    """Another user, another byte, another name, another option: another key."""
    keys = {
        result_key(upload_scope(username), sha256, name, options)
        for username in ("ada@example.com", "bob@example.com")
        for sha256 in (HASH, HASH[::-1])
        for name in (NAME, "Other.mp4")
        for options in (OPTIONS, ConversionOptions(), ConversionOptions(quality=3))
    }
    assert len(keys) == 24


def test_options_that_mean_the_same_have_one_key() -> None:
    """What the form left out and what it said as the default is the same."""
    said, unsaid = ConversionOptions.parse({"quality": "V2"}), ConversionOptions.parse({})
    assert result_key("x", HASH, NAME, said) == result_key("x", HASH, NAME, unsaid)


def test_the_name_is_the_title_and_so_part_of_it() -> None:
    """The same video under another name may have another title in its MP3."""
    job = sample_jobs.queued(sha256=HASH)
    renamed = replace(job, source=replace(job.source, name="Other.mp4"))
    assert key_of(job) == job.result_key != key_of(renamed)


def test_what_is_not_whole_has_no_key() -> None:
    """Before the last byte nothing is known to be the same."""
    assert key_of(sample_jobs.receiving()) is None
    assert key_of(replace(sample_jobs.queued(), source=Source("x.mkv"))) is None
