"""What a link's site says of a video: which of it counts, what is bounded, and what is lost."""

import io
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import ID3

from chassis import sources
from chassis.fake_media import FakeMediaStore
from chassis.options import ConversionOptions
from chassis.sources import Metadata
from converter import wire
from converter.chapters import MAX_CHAPTERS, clip, of_site, one_after_another
from converter.cover import picture_of_site
from converter.cutting import Span
from converter.id3 import Id3
from converter.labels import Labels
from converter.picture_decoding import NoCover
from converter.site import MAX_PICTURE_BYTES, Site
from converter.site_picture import read_site
from converter.tags import Tags, choose_tags
from converter.wire import Kind
from tests import sample_jobs
from tests.sites import METADATA, SCRIPTS, by_link

OWN = {"title": "Own", "artist": "Somebody", "date": "1999", "genre": "Rock", "language": "eng"}
PNG_HEADER = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x10\x00\x00\x00\x20"
PICTURE = PNG_HEADER + bytes(100)


def told(**said: str) -> Metadata:
    return Metadata(**said)  # type: ignore[arg-type]  # texts alone


def test_the_site_goes_before_the_file() -> None:
    """Its texts count; where it says nothing, the file's own do."""
    site = told(title="Of the site", date="2024-05-03")
    assert choose_tags(OWN, "file.mp4", None, site) == Tags(
        title="Of the site", artist="Somebody", date="2024-05-03", genre="Rock", language="eng"
    )
    assert choose_tags(OWN, "file.mp4", None, Metadata()) == choose_tags(OWN, "file.mp4")


def test_options_go_before_the_site() -> None:
    """An empty text there leaves the tag out, whoever else has one."""
    options = ConversionOptions.parse({"title": "Mine", "artist": ""})
    tags = choose_tags(OWN, "file.mp4", options, told(title="Theirs", artist="Them", genre="Folk"))
    assert (tags.title, tags.artist, tags.genre) == ("Mine", None, "Folk")


def test_the_name_comes_last() -> None:
    """It is the title where neither the site nor the file has one."""
    assert choose_tags({}, "A song.m4a", None, told(artist="Them")).title == "A song"
    assert choose_tags({}, "A song.m4a", None, told(title="\u202e\x00 ")).title == "A song"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (told(title="two\r\nlines\x00\u202e!"), "two lines !"),
        (told(title="mojibake \ufffd"), "Own"),
        (told(title="t" * 5000), "t" * 250),
    ],
)
def test_a_site_is_a_stranger(said: Metadata, kept: str) -> None:
    """Its texts are cleaned and cut as a file's are; what is unusable gives way to the file's."""
    assert choose_tags(OWN, "x", None, said).title == kept


def test_a_sites_dates_and_numbers_are_such_or_nothing() -> None:
    """They are read as a file's are; else the file's own count."""
    bad = told(date="yesterday", track="A1", language="English, please")
    assert choose_tags(OWN | {"track": "7"}, "x", None, bad) == Tags(
        title="Own", artist="Somebody", date="1999", track="7", genre="Rock", language="eng"
    )
    good = told(date="2024-05-03T10:00:00Z", track="03/12", language="pt-BR")
    tags = choose_tags(OWN, "x", None, good)
    assert (tags.date, tags.track, tags.language) == ("2024-05-03", "3/12", "por")


def test_a_track_that_was_chosen_has_its_own_language() -> None:
    """What the site says is of the video as it plays by itself."""
    chosen = ConversionOptions.parse({"audio_track": "2"})
    assert choose_tags(OWN, "x", chosen, told(language="de")).language == "eng"
    assert choose_tags({}, "x", chosen, told(language="de")).language == "deu"
    assert choose_tags(OWN, "x", ConversionOptions(), told(language="de")).language == "deu"


@pytest.mark.parametrize("text", SCRIPTS)
def test_every_script_survives(text: str) -> None:
    """Through the pipe, the cleaning and ID3: title and chapter are what the site said."""
    metadata = Metadata(title=text, comment=text, chapters=(sources.Chapter(0.0, text),))
    document = wire.parse_document(wire.document(site=Site(metadata).to_document()))
    site = Site.from_document(document["site"], None)
    assert site.metadata == metadata
    chapters = tuple(clip(of_site(site.metadata.chapters, 0.0), Span(end=1.0)))
    tags = choose_tags({}, "x", None, site.metadata)
    read = ID3(io.BytesIO(Id3(Labels(tags, chapters)).start + bytes(1000)))
    assert str(read["TIT2"]) == str(read["COMM::XXX"]) == text
    assert str(read["CHAP:chp0"].sub_frames["TIT2"]) == text


def test_what_a_site_says_has_a_bound() -> None:
    """However much it says, and in whatever script, it fits into one message, as far as it counts.

    One chapter more than an MP3 has goes along, so that its owner is told.
    """
    endless = "\U0001f3bb" * 100_000
    chapters = (sources.Chapter(1 / 3, endless),) * 100_000
    names = ("title", "artist", "album", "album_artist", "date", "track", "genre", "comment")
    said = replace(told(**dict.fromkeys(names, endless)), chapters=chapters)
    payload = wire.document(site=Site(said).to_document(), options="x" * (64 << 10))
    assert len(payload) <= wire.MAX_PAYLOAD[Kind.START]
    site = Site.from_document(wire.parse_document(payload)["site"], None)
    assert len(site.metadata.chapters) == MAX_CHAPTERS + 1
    assert choose_tags({}, "x", None, site.metadata) == choose_tags({}, "x", None, said)


def test_the_chapters_of_a_site_are_told_by_their_starts() -> None:
    """Each lasts up to the next, in whatever order it tells them; the times are the video's."""
    said = [sources.Chapter(20.0, "b"), sources.Chapter(0.0, "a"), sources.Chapter(30.0, "c")]
    kept = list(clip(one_after_another(of_site(said, 5.0)), Span()))
    assert [(one.start, one.end, one.title) for one in kept] == [
        (0.0, 15.0, "a"),
        (15.0, 25.0, "b"),
        (25.0, math.inf, "c"),
    ]


@given(st.lists(st.builds(sources.Chapter, st.floats(), st.just("x"))), st.floats(0, 1e6))
def test_whatever_times_a_site_says(said: list[sources.Chapter], end: float) -> None:
    """Chapters lie in the part that is taken, none is empty; what is no time is left out."""
    for chapter in clip(one_after_another(of_site(said, 0.5)), Span(end=end)):
        assert 0 <= chapter.start < chapter.end <= end


def test_a_sites_picture_is_what_its_bytes_say() -> None:
    """Nobody looks at what it was called; what is no picture, or is not there, is noted."""
    metadata = replace(Metadata(), picture_sha256="ab" * 32)
    picture = picture_of_site(Site(metadata, PICTURE))
    assert picture is not None
    assert (picture.mime, picture.width, picture.height) == ("image/png", 16, 32)
    for lost in (None, b"", b"GIF89a" + bytes(100), b"\xff\xd8\xff", b"<svg>", PNG_HEADER[:20]):
        with pytest.raises(NoCover, match="the picture of the site could not be used"):
            picture_of_site(Site(metadata, lost))


def test_who_has_no_picture_is_told_nothing() -> None:
    """A site without one is no fault, and an upload has no site."""
    assert picture_of_site(Site(Metadata())) is None
    assert picture_of_site(None) is None


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        (PICTURE, PICTURE),
        (PICTURE + b"more", None),
        (PICTURE[:-1], None),
        (b"", None),
        (None, None),
    ],
    ids=["it", "longer", "cut", "empty", "gone"],
)
def test_the_picture_is_the_one_that_was_fetched_or_none(
    stored: bytes | None, given: bytes | None
) -> None:
    """Its hash says so; the metadata still tells that there was one."""
    job = by_link(sample_jobs.queued(), picture=PICTURE)
    videos = FakeMediaStore()
    if stored is not None:
        videos.files[job.picture_fid or ""] = stored
    assert job.source.metadata is not None
    assert read_site(job, videos) == Site(job.source.metadata, given)


def test_a_picture_is_not_read_beyond_its_limit() -> None:
    """One that is larger is as good as none, whatever its hash."""
    for size, is_read in ((MAX_PICTURE_BYTES, True), (MAX_PICTURE_BYTES + 1, False)):
        job, videos = by_link(sample_jobs.queued(), picture=bytes(size)), FakeMediaStore()
        videos.files[job.picture_fid or ""] = bytes(size)
        site = read_site(job, videos)
        assert site is not None
        assert (site.picture is not None) is is_read


def test_nothing_is_read_where_there_is_nothing() -> None:
    """Neither of an upload, nor where the site has no picture, nor where the job names none."""
    assert read_site(sample_jobs.queued(), FakeMediaStore()) is None
    assert read_site(by_link(sample_jobs.queued()), FakeMediaStore()) == Site(METADATA)
    named = replace(by_link(sample_jobs.queued(), picture=PICTURE), picture_fid=None)
    assert named.source.metadata is not None
    assert read_site(named, FakeMediaStore()) == Site(named.source.metadata)
