"""Which jobs have the same result."""

from dataclasses import replace

from chassis.options import ConversionOptions
from chassis.result_key import PUBLIC, key_of, result_key
from chassis.sources import Chapter, Link, Metadata, Source
from tests import sample_jobs

HASH = "0123456789abcdef" * 4
NAME = "Holiday.mkv"
OPTIONS = ConversionOptions(bitrate=192, quality=None)
SOURCE = Source(NAME, sha256=HASH)


def test_a_key_is_what_it_always_was() -> None:
    """Databases are full of keys: one that changes by accident shares nothing with them."""
    assert result_key("user:ada@example.com", SOURCE, OPTIONS) == (
        "6de0169fec665522b05a19fa29031ec2031d056c37ca317b7238157c0056ed9c"
    )


def test_scope_content_name_and_options_make_the_key() -> None:
    """Another user, another byte, another name, another option: another key."""
    keys = {
        result_key(scope, Source(name, sha256=sha256), options)
        for scope in ("user:ada@example.com", "user:bob@example.com")
        for sha256 in (HASH, HASH[::-1])
        for name in (NAME, "Other.mp4")
        for options in (OPTIONS, ConversionOptions(), ConversionOptions(quality=3))
    }
    assert len(keys) == 24


def test_options_that_mean_the_same_have_one_key() -> None:
    """What the form left out and what it said as the default is the same."""
    said, unsaid = ConversionOptions.parse({"quality": "V2"}), ConversionOptions.parse({})
    assert result_key("x", SOURCE, said) == result_key("x", SOURCE, unsaid)


def test_the_name_is_the_title_and_so_part_of_it() -> None:
    """The same video under another name may have another title in its MP3."""
    job = sample_jobs.queued(sha256=HASH)
    renamed = replace(job, source=replace(job.source, name="Other.mp4"))
    assert key_of(job) == job.result_key != key_of(renamed)


def test_what_is_not_whole_has_no_key() -> None:
    """Before the last byte nothing is known to be the same."""
    assert key_of(sample_jobs.receiving()) is None
    assert key_of(replace(sample_jobs.queued(), source=Source("x.mkv"))) is None


def test_what_came_by_a_link_is_shared_by_all() -> None:
    """Two users who sent the same link have one key, which no upload has."""
    job = sample_jobs.queued(sha256=HASH)
    link = Link("https://example.com/a.mp4", "https://example.com/a.mp4")
    linked = replace(job, link=link)
    assert key_of(linked) == key_of(replace(linked, username="bob@example.com"))
    assert key_of(linked) == result_key(PUBLIC, job.source, job.options) != key_of(job)


def test_what_a_site_says_is_part_of_it() -> None:
    """The same sound by another artist, or with another picture, has other tags."""
    described = [
        Source(NAME, sha256=HASH, metadata=metadata)
        for metadata in (
            None,
            Metadata(artist="Ada"),
            Metadata(artist="Ada", picture_sha256=HASH),
            Metadata(artist="Ada", chapters=(Chapter(0.0, "One"),)),
        )
    ]
    assert len({result_key("x", source, OPTIONS) for source in described}) == 4
