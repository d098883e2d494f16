"""Tags, pictures and playlists from what yt-dlp says."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chassis.sources import Chapter, Metadata
from fetcher.ports import Entry
from fetcher.ytdlp_entries import playlist_of
from fetcher.ytdlp_metadata import metadata_of
from fetcher.ytdlp_pictures import is_picture, thumbnails
from tests.unit.fetcher.ytdlp_shapes import listing, music, talk

PAGE = "https://www.youtube.com/playlist?list=PLabc"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "title",
                    "artists",
                    "url",
                    "entries",
                    "formats",
                    "start_time",
                    "chapters",
                    "_type",
                    "thumbnails",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def test_music_has_a_track_its_artists_and_an_album() -> None:
    """As its site tells."""
    assert metadata_of(music()) == Metadata(
        title="The Song",
        artist="One Singer, Another, Jr.",
        album="The Album",
        album_artist="One Singer",
        date="1987-07-27",
        track="3",
        genre="Pop",
        comment="https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        language="en",
    )


def test_any_other_video_is_its_uploaders() -> None:
    """Texts on one line, chapters in order and each with a title."""
    assert metadata_of(talk()) == Metadata(
        title="A talk about things",
        artist="A Conference",
        date="2026-01-02",
        comment="https://www.youtube.com/watch?v=a1b2c3d4e5f",
        chapters=(Chapter(0.0, "Chapter 1"), Chapter(60.0, "Beginning"), Chapter(600.0, "End")),
    )


def test_a_channel_of_an_artist_is_named_for_the_artist() -> None:
    """Without YouTube's ending for it."""
    assert metadata_of({"title": "x", "uploader": "One Singer - Topic"}).artist == "One Singer"


def test_any_page_says_less_of_its_video() -> None:
    """The generic extractor numbers titles, and has the time of the page for that of the video."""
    facts = {"extractor_key": "HTML5MediaEmbed", "title": "A (1)", "upload_date": "20260102"}
    assert metadata_of(facts) == Metadata(title="A")


def test_what_is_missing_is_missing() -> None:
    """Nothing is made up."""
    assert metadata_of({"id": "x", "chapters": None, "artists": []}) == Metadata()
    assert metadata_of({"release_year": 1987}).date == "1987"


def test_the_best_thumbnail_that_can_be_a_cover_comes_first() -> None:
    """WebP cannot; what does not say what it is comes behind what does."""
    assert thumbnails(music()) == [
        "https://i.ytimg.example/vi/dQw4w9WgXcQ/maxresdefault.jpg",
        "https://i.ytimg.example/vi/dQw4w9WgXcQ/default.jpg",
    ]
    listed: dict[str, Any] = {
        "thumbnails": [
            {"url": "https://t.example/a.png?x=.webp"},
            {"url": "https://t.example/picture"},
            {"url": "data:image/png;base64,xyz"},
            {"url": "https://t.example/b.webp"},
            {},
        ]
    }
    assert thumbnails(listed) == ["https://t.example/a.png?x=.webp", "https://t.example/picture"]
    assert thumbnails({"thumbnail": "https://t.example/x.jpg"}) == ["https://t.example/x.jpg"]


def test_pictures_are_known_by_their_first_bytes() -> None:
    """Whatever their address says."""
    assert is_picture(b"\xff\xd8\xff\xe0")
    assert is_picture(b"\x89PNG\r\n\x1a\n\x00")
    assert not is_picture(b"RIFF\x00\x00\x00\x00WEBP")


def test_entries_of_a_playlist() -> None:
    """In their order, without those that are deleted or private."""
    found = playlist_of(listing(), PAGE, 100)
    assert found.title == "A list"
    watch = "https://www.youtube.com/watch?v="
    assert found.entries == (
        Entry(f"{watch}11111111111", "First"),
        Entry(f"{watch}44444444444", None),
        Entry(f"{watch}66666666666", "Last"),
    )
    assert len(playlist_of(listing(), PAGE, 2).entries) == 2


def test_videos_that_stand_on_the_page_itself_are_their_files() -> None:
    """The page would lead to the playlist again."""
    entry = {
        "_type": "video",
        "title": "One",
        "webpage_url": "https://p.example/page",
        "formats": [{"url": "https://p.example/1.mp4", "protocol": "https"}],
    }
    facts = {"_type": "playlist", "entries": [entry]}
    found = playlist_of(facts, "https://p.example/page", 9)
    assert found.entries == (Entry("https://p.example/1.mp4", "One"),)


def test_a_single_video_is_a_playlist_of_one() -> None:
    """Where somebody sent it as a playlist."""
    assert playlist_of(talk(), "https://v.example/", 9).entries == (
        Entry("https://v.example/", "A talk about things"),
    )


@given(facts=st.dictionaries(st.sampled_from([*music(), "entries"]), ANYTHING))
def test_no_shape_surprises(facts: dict[str, Any]) -> None:
    """Fields may be missing, or of any kind."""
    metadata_of(facts)
    thumbnails(facts)
    playlist_of(facts, PAGE, 5)
