"""Which jobs have the same result."""

from dataclasses import replace

from chassis.jobs import Source
from chassis.options import ConversionOptions
from chassis.result_key import key_of, result_key, upload_scope
from tests import sample_jobs

HASH = "0123456789abcdef" * 4
OPTIONS = ConversionOptions(bitrate=192, quality=None)


def test_a_key_is_what_it_always_was() -> None:
    """Databases are full of keys: one that changes by accident shares nothing with them."""
    assert result_key(upload_scope("ada@example.com"), HASH, OPTIONS) == (
        "a7ab9d894530cfc86613f3b6f1a719806f42a8858c1192724646cbfbdcd709f8"
    )


def test_scope_content_and_options_make_the_key() -> None:
    """Another user, another byte, another option: another key."""
    keys = {
        result_key(upload_scope(username), sha256, options)
        for username in ("ada@example.com", "bob@example.com")
        for sha256 in (HASH, HASH[::-1])
        for options in (OPTIONS, ConversionOptions(), ConversionOptions(quality=3))
    }
    assert len(keys) == 12


def test_options_that_mean_the_same_have_one_key() -> None:
    """What the form left out and what it said as the default is the same."""
    said = ConversionOptions.parse({"quality": "V2"})
    assert result_key("x", HASH, said) == result_key("x", HASH, ConversionOptions.parse({}))


def test_the_name_of_the_file_is_not_part_of_it() -> None:
    """The same video under two names is the same."""
    job = sample_jobs.queued(sha256=HASH)
    renamed = replace(job, source=replace(job.source, name="Other.mp4"))
    assert key_of(job) == key_of(renamed) == job.result_key


def test_what_is_not_whole_has_no_key() -> None:
    """Before the last byte nothing is known to be the same."""
    assert key_of(sample_jobs.receiving()) is None
    assert key_of(replace(sample_jobs.queued(), source=Source("x.mkv"))) is None
