"""What a request with links asks for, whichever way it is written."""

import pytest

from chassis.errors import ServiceError
from chassis.options import ConversionOptions
from gateway.link_form import Way, asked_by, asked_media, needs_pixels

URL = "https://videos.example.com/a.mp4"
SHA256 = "AB" * 32


def test_one_video_with_options() -> None:
    """What is no link and no checksum is an option, as for uploads."""
    asked = asked_by({"video_url": URL, "bitrate": "192k", "sha256": SHA256}, 50)
    assert (asked.way, asked.urls, asked.sha256) == (Way.VIDEO, (URL,), SHA256.lower())
    assert asked.options.bitrate == 192


def test_several_videos_and_a_playlist() -> None:
    """Both are said in their own way; null is as not written."""
    several = asked_by({"video_urls": [URL, URL], "video_url": None}, 2)
    assert (several.way, several.urls) == (Way.VIDEOS, (URL, URL))
    assert asked_by({"playlist_url": URL}, 50).way is Way.PLAYLIST


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({}, "link_required"),
        ({"video_url": URL, "playlist_url": URL}, "link_required"),
        ({"video_urls": []}, "link_required"),
        ({"video_url": 7}, "invalid_url"),
        ({"video_url": [URL]}, "invalid_url"),
        ({"video_urls": [URL, None]}, "invalid_url"),
        ({"video_urls": [URL] * 3}, "too_many_entries"),
        ({"video_url": URL, "sha256": "abc"}, "invalid_checksum"),
        ({"video_url": URL, "sha256": 7}, "invalid_checksum"),
        ({"video_urls": [URL], "sha256": SHA256}, "invalid_checksum"),
        ({"video_url": URL, "colour": "red"}, "invalid_option"),
    ],
)
def test_what_cannot_be_meant(written: dict[str, object], code: str) -> None:
    """Each mistake has its code."""
    with pytest.raises(ServiceError) as caught:
        asked_by(written, 2)
    assert caught.value.code == code


def test_files_are_asked_for_one_by_one_or_in_a_list() -> None:
    """A list of one is a list."""
    assert not asked_media({"url": URL, "sha256": SHA256}, 1).is_list
    assert asked_media({"urls": [URL]}, 1).is_list
    with pytest.raises(ServiceError) as caught:
        asked_media({}, 1)
    assert caught.value.code == "link_required"


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({}, False),
        ({"cover": "attached"}, False),
        ({"cover": "none"}, False),
        ({"cover": "frame"}, True),
        ({"cover": "1:30"}, True),
        ({"audio_track": "de"}, True),
    ],
)
def test_when_the_sound_alone_does_not_do(options: dict[str, str], needed: bool) -> None:
    """A cover out of the video, or another track, is not in what a site offers as sound."""
    assert needs_pixels(ConversionOptions.parse(options)) is needed
