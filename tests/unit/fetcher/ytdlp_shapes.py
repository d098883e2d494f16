"""What yt-dlp says of videos, in the shape of its own records, written by ourselves."""

from typing import Any

BASE = "https://rr1---sn-abc.googlevideo.example/videoplayback"


def youtube_formats() -> list[dict[str, Any]]:
    """Storyboard, sound alone in two codecs, pictures alone, and one small file with both."""
    return [
        {
            "format_id": "sb0",
            "protocol": "mhtml",
            "ext": "mhtml",
            "acodec": "none",
            "vcodec": "none",
            "url": "https://i.ytimg.example/sb/abc/storyboard3_L0/default.jpg",
        },
        {
            "format_id": "249",
            "protocol": "https",
            "ext": "webm",
            "acodec": "opus",
            "vcodec": "none",
            "abr": 50.1,
            "tbr": 50.1,
            "filesize": 1_300_000,
            "url": f"{BASE}?itag=249",
        },
        {
            "format_id": "140",
            "protocol": "https",
            "ext": "m4a",
            "acodec": "mp4a.40.2",
            "vcodec": "none",
            "abr": 129.5,
            "tbr": 129.5,
            "filesize": 3_400_000,
            "downloader_options": {"http_chunk_size": 10_485_760},
            "http_headers": {"User-Agent": "Mozilla/5.0", "Accept": "text/html"},
            "url": f"{BASE}?itag=140",
        },
        {
            "format_id": "251",
            "protocol": "https",
            "ext": "webm",
            "acodec": "opus",
            "vcodec": "none",
            "abr": 135.2,
            "tbr": 135.2,
            "filesize": 3_500_000,
            "downloader_options": {"http_chunk_size": 10_485_760},
            "http_headers": {"User-Agent": "Mozilla/5.0", "Accept": "text/html"},
            "url": f"{BASE}?itag=251",
        },
        {
            "format_id": "18",
            "protocol": "https",
            "ext": "mp4",
            "acodec": "mp4a.40.2",
            "vcodec": "avc1.42001E",
            "height": 360,
            "tbr": 420.0,
            "abr": None,
            "filesize_approx": 11_000_000,
            "url": f"{BASE}?itag=18",
        },
        {
            "format_id": "137",
            "protocol": "https",
            "ext": "mp4",
            "acodec": "none",
            "vcodec": "avc1.640028",
            "height": 1080,
            "tbr": 2200.0,
            "filesize": 58_000_000,
            "url": f"{BASE}?itag=137",
        },
    ]


def music() -> dict[str, Any]:
    """A track as YouTube Music has it."""
    return {
        "_type": "video",
        "id": "dQw4w9WgXcQ",
        "extractor": "youtube",
        "extractor_key": "Youtube",
        "title": "The Song",
        "fulltitle": "The Song",
        "track": "The Song",
        "artists": ["One Singer", "Another, Jr."],
        "artist": "One Singer, Another\uff0c Jr.",
        "album": "The Album",
        "album_artists": ["One Singer"],
        "genres": ["Pop"],
        "track_number": 3,
        "release_year": 1987,
        "release_date": "19870727",
        "upload_date": "20091025",
        "uploader": "One Singer - Topic",
        "channel": "One Singer - Topic",
        "duration": 213,
        "live_status": "not_live",
        "availability": "public",
        "language": "en",
        "webpage_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "original_url": "https://music.youtube.com/watch?v=dQw4w9WgXcQ",
        "chapters": None,
        "thumbnail": "https://i.ytimg.example/vi_webp/dQw4w9WgXcQ/maxresdefault.webp",
        "thumbnails": [
            {"url": "https://i.ytimg.example/vi/dQw4w9WgXcQ/default.jpg", "preference": -13},
            {"url": "https://i.ytimg.example/vi_webp/dQw4w9WgXcQ/default.webp", "preference": -12},
            {"url": "https://i.ytimg.example/vi/dQw4w9WgXcQ/maxresdefault.jpg", "preference": -1},
            {"url": "https://i.ytimg.example/vi_webp/dQw4w9WgXcQ/maxresdefault.webp"},
        ],
        "formats": youtube_formats(),
    }


def talk() -> dict[str, Any]:
    """A plain video with chapters."""
    return {
        "_type": "video",
        "id": "a1b2c3d4e5f",
        "extractor": "youtube",
        "extractor_key": "Youtube",
        "title": "A talk\n about \x00things",
        "uploader": "A Conference",
        "upload_date": "20260102",
        "duration": 3600.5,
        "was_live": False,
        "is_live": False,
        "webpage_url": "https://www.youtube.com/watch?v=a1b2c3d4e5f",
        "chapters": [
            {"start_time": 0.0, "end_time": 60.0, "title": "<Untitled Chapter 1>"},
            {"start_time": 60.0, "end_time": 600.0, "title": "Beginning"},
            {"start_time": 60.0, "end_time": 600.0, "title": "The same time again"},
            {"start_time": None, "title": "No time"},
            {"start_time": 600.0, "title": "End"},
        ],
        "formats": youtube_formats(),
    }


def listing() -> dict[str, Any]:
    """A playlist, flat."""
    watch = "https://www.youtube.com/watch?v="
    return {
        "_type": "playlist",
        "id": "PLabc",
        "title": "A list",
        "extractor_key": "YoutubeTab",
        "webpage_url": "https://www.youtube.com/playlist?list=PLabc",
        "entries": [
            {"_type": "url", "id": "1", "url": f"{watch}11111111111", "title": "First"},
            {"_type": "url", "id": "2", "url": f"{watch}22222222222", "title": "[Deleted video]"},
            {"_type": "url", "id": "3", "url": f"{watch}33333333333", "title": "[Private video]"},
            {"_type": "url", "id": "4", "url": f"{watch}44444444444", "title": None},
            {
                "_type": "url",
                "id": "5",
                "url": f"{watch}55555555555",
                "title": "Hidden",
                "availability": "private",
            },
            None,
            {"_type": "url", "id": "6", "url": f"{watch}66666666666", "title": "Last"},
        ],
    }
