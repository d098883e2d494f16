"""All addresses of a YouTube video are one video."""

import pytest

from chassis.errors import InvalidUrl, UrlNotAllowed
from chassis.link_rules import LinkRules
from chassis.link_url import LinkUrl, parse_link

RULES = LinkRules()
VIDEO = "dQw4w9WgXcQ"
LIST = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf"


@pytest.mark.parametrize(
    "text",
    [
        f"https://www.youtube.com/watch?v={VIDEO}",
        f"http://www.youtube.com/watch?v={VIDEO}",
        f"HTTPS://YouTube.com:443/watch?v={VIDEO}#t=42",
        f"https://m.youtube.com/watch?v={VIDEO}&feature=youtu.be",
        f"https://music.youtube.com/watch?v={VIDEO}&list=RDAMVM{VIDEO}",
        f"https://www.youtube.com/watch?app=desktop&t=1m3s&v={VIDEO}",
        f"https://www.youtube.com/watch?v={VIDEO}&list={LIST}&index=3",
        f"https://www.youtube.com/watch/?v={VIDEO}",
        f"https://www.youtube.com/watch/{VIDEO}",
        f"https://www.youtube.com/watch_popup?v={VIDEO}",
        f"https://www.youtube.com//watch?v={VIDEO}&v=other",
        f"https://www.youtube.com/shorts/{VIDEO}",
        f"https://youtube.com/shorts/{VIDEO}?feature=share",
        f"https://www.youtube.com/live/{VIDEO}?si=abcdefghij",
        f"https://www.youtube.com/embed/{VIDEO}?start=10&autoplay=1",
        f"https://www.youtube-nocookie.com/embed/{VIDEO}",
        f"https://www.youtube.com/v/{VIDEO}",
        f"https://www.youtube.com/e/{VIDEO}/",
        f"https://youtu.be/{VIDEO}",
        f"https://youtu.be/{VIDEO}?si=abcdefghij&t=42",
        f"https://youtu.be/{VIDEO}?list={LIST}",
        f"http://www.youtu.be/{VIDEO}/",
        f"https://www.youtube.com./watch?v={VIDEO}",
        f"https://www.youtubekids.com/watch?v={VIDEO}",
        f"  https://youtu.be/{VIDEO}\n",
    ],
)
def test_every_address_of_a_video_is_the_video(text: str) -> None:
    """Watch, short, shorts, live, embed, music; with lists, time stamps and what else is added."""
    page = f"https://www.youtube.com/watch?v={VIDEO}"
    assert parse_link(text, RULES) == LinkUrl(page, f"youtube:{VIDEO}", "www.youtube.com", 443)


@pytest.mark.parametrize(
    "text",
    [
        f"https://www.youtube.com/playlist?list={LIST}",
        f"https://music.youtube.com/playlist?list={LIST}&si=abcdefghij",
        f"https://m.youtube.com/watch?list={LIST}",
        f"https://www.youtube.com/embed/videoseries?list={LIST}",
    ],
)
def test_every_address_of_a_playlist_is_the_playlist(text: str) -> None:
    """A list without a video in it."""
    link = parse_link(text, RULES)
    assert link.url == f"https://www.youtube.com/playlist?list={LIST}"
    assert link.key == f"youtube:list:{LIST}"
    assert link.is_playlist


@pytest.mark.parametrize(
    "text",
    [
        "https://www.youtube.com/watch",
        "https://www.youtube.com/watch?v=",
        f"https://www.youtube.com/watch?v={VIDEO}x",
        f"https://www.youtube.com/watch?v={VIDEO[1:]}",
        f"https://www.youtube.com/watch?V={VIDEO}",
        "https://www.youtube.com/watch?v=dQw4w9WgXc!",
        "https://www.youtube.com/watch?v=dQw4w9WgXc%20",
        f"https://www.youtube.com/watch?v=&list={LIST}",
        "https://www.youtube.com/watch?list=short",
        "https://www.youtube.com/playlist",
        "https://www.youtube.com/playlist?list=no/list-of-theirs",
        "https://www.youtube.com/shorts/",
        f"https://www.youtube.com/shorts/{VIDEO}x",
        "https://www.youtube.com/live/now",
        "https://www.youtube.com/embed/",
        "https://www.youtube.com/watch?" + "&".join("a=b" for _ in range(101)),
        "https://youtu.be/",
        "https://youtu.be",
        f"https://youtu.be/{VIDEO}x",
        f"https://youtu.be/watch?v={VIDEO}",
    ],
)
def test_a_near_miss_is_no_link(text: str) -> None:
    """The site is not asked for what cannot be there."""
    with pytest.raises(InvalidUrl):
        parse_link(text, RULES)


@pytest.mark.parametrize(
    "text",
    [
        "https://www.youtube.com/",
        "https://www.youtube.com/@somebody",
        "https://www.youtube.com/embed/live_stream?channel=UC4R8DWoMoI7CAwX8_LjQHig",
        f"https://www.youtube.com.example.com/watch?v={VIDEO}",
        f"https://notyoutube.com/watch?v={VIDEO}",
        f"https://youtu.be.example.com/{VIDEO}",
        f"https://example.com/watch?v={VIDEO}",
        f"https://www.youtube.com/oembed?url=https://youtu.be/{VIDEO}",
    ],
)
def test_other_addresses_are_kept_as_they_are(text: str) -> None:
    """Pages without a video of their own, and other sites that look like YouTube."""
    link = parse_link(text, RULES)
    assert link.url == link.key == text
    assert not link.is_playlist


def test_an_installation_for_other_sites_refuses_youtube() -> None:
    """The rules judge the video's page, whichever address it had."""
    with pytest.raises(UrlNotAllowed):
        parse_link(f"https://youtu.be/{VIDEO}", LinkRules(hosts=frozenset({"example.com"})))
    parse_link(f"https://youtu.be/{VIDEO}", LinkRules(hosts=frozenset({"youtube.com"})))


def test_another_port_is_not_youtube_s() -> None:
    """It is judged by the rules about ports."""
    with pytest.raises(UrlNotAllowed):
        parse_link(f"https://www.youtube.com:8443/watch?v={VIDEO}", RULES)
