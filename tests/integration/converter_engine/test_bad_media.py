"""Bad videos are refused once, with a reason that a person understands."""

import random
import struct
from pathlib import Path

import pytest

from chassis.errors import Permanent
from converter.box import Box, BoxLimits
from converter.cores import Cores
from tests.integration.converter_engine.media import (
    PICTURE,
    convert,
    ffmpeg,
    sound,
)

CANARY = "the secret of another file"
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac")


def refusal(box: Box, data: bytes, name: str = "video.mp4") -> Permanent:
    with pytest.raises(Permanent) as caught:
        convert(box, data, name)
    return caught.value


@pytest.mark.parametrize("size", [0, 1, 7, 100, 5000, 300_000])
@pytest.mark.parametrize("seed", range(5))
def test_random_bytes(box: Box, size: int, seed: int) -> None:
    """Random bytes are no media, whatever they are called."""
    assert refusal(box, random.Random(seed).randbytes(size)).code == "not_media"


@pytest.mark.parametrize(
    "text",
    [
        b"just a text\n" * 100,
        b'{"json": true}',
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='canary.wav'/></svg>",
        b"%PDF-1.7\n" + bytes(5000),
        b"PK\x03\x04" + bytes(5000),
        b"\x7fELF" + bytes(5000),
        bytes(100_000),
        b"\xff" * 100_000,
        b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 10,
        b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n",
    ],
)
def test_other_files(box: Box, text: bytes) -> None:
    """Documents, programs, zeros and subtitles are no media."""
    assert refusal(box, text).code == "not_media"


@pytest.mark.parametrize(
    "suffix", ["png", "jpg", "gif", "bmp", "tiff", "webp", "ppm", "jp2", "apng"]
)
def test_pictures(box: Box, tmp_path: Path, suffix: str) -> None:
    """A picture is no video, under whatever name; a moving one neither."""
    picture = tmp_path / f"picture.{suffix}"
    frames = "10" if suffix in {"gif", "apng"} else "1"
    ffmpeg(*PICTURE, "-frames:v", frames, *(("-f", "apng") if suffix == "apng" else ()), picture)
    assert refusal(box, picture.read_bytes()).code == "not_media"


def test_pictures_in_a_film_container(box: Box, tmp_path: Path) -> None:
    """AVIF looks like MP4 from outside, and is a picture."""
    picture = tmp_path / "picture.avif"
    ffmpeg(*PICTURE, "-frames:v", "1", picture)
    assert refusal(box, picture.read_bytes()).code == "not_media"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A sound file that no conversion may read."""
    path = tmp_path / "canary.wav"
    ffmpeg(*sound(2.0), "-metadata", f"title={CANARY}", path)
    return path


def playlists(canary: Path) -> dict[str, str]:
    return {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{canary}\n#EXT-X-ENDLIST\n",
        "hls master": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile://{canary}\n",
        "concat": f"ffconcat version 1.0\nfile '{canary}'\n",
        "concat protocol": f"concat:{canary}|{canary}",
        "m3u": f"{canary}\n",
        "dash": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'"
        " mediaPresentationDuration='PT2S'><Period><AdaptationSet mimeType='audio/wav'>"
        f"<Representation id='1' bandwidth='1'><BaseURL>file://{canary}</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>",
        "smooth streaming": "<SmoothStreamingMedia MajorVersion='2' Duration='1'/>",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=audio 5004 RTP/AVP 0\n",
        "rtsp": "[Reference]\nRef1=rtsp://127.0.0.1/x\n",
        "asx": f"<asx version='3.0'><entry><ref href='file://{canary}'/></entry></asx>",
        "image sequence": f"{canary.parent}/%d.png",
        "cue": f'FILE "{canary}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    }


@pytest.mark.parametrize("kind", sorted(playlists(Path("x"))))
@pytest.mark.parametrize("name", ["video.mp4", "list.m3u8", "list.ffconcat", "x.sdp", "x.mpd"])
def test_playlists_and_manifests(box: Box, canary: Path, kind: str, name: str) -> None:
    """What names other files or hosts is no media, and nothing it names is read."""
    reached = canary.stat().st_atime_ns
    refused = refusal(box, playlists(canary)[kind].encode(), name)
    assert refused.code == "not_media"
    assert CANARY not in refused.detail
    assert canary.stat().st_atime_ns == reached


def referring_elsewhere(film: bytes, path: Path) -> bytes:
    """The film, its index last, with an alias record as its data reference (QuickTime's dref)."""
    name = str(path).encode()
    record = bytes(150)  # volume, name and dates, none of them given
    record += struct.pack(">HH", 2, len(name)) + name + b"\0" * (len(name) % 2)
    record += struct.pack(">HH", 0xFFFF, 0)
    alias = struct.pack(">I4sI", 12 + len(record), b"alis", 0) + record
    (own,) = (struct.pack(">I4sI", 12, kind, 1) for kind in (b"url ", b"alis") if kind in film)
    at = film.index(own)
    changed = bytearray(film[:at] + alias + film[at + len(own) :])
    for kind in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        start = film.rindex(kind, 0, at) - 4
        size = struct.unpack_from(">I", film, start)[0]
        struct.pack_into(">I", changed, start, size + len(alias) - len(own))
    return bytes(changed)


def test_a_film_that_refers_to_another_file(box: Box, tmp_path: Path, canary: Path) -> None:
    """A QuickTime film whose media lie in another file is not followed there."""
    film = tmp_path / "film.mov"
    ffmpeg(*sound(2.0), "-c:a", "pcm_s16le", film)
    reached = canary.stat().st_atime_ns
    refused = refusal(box, referring_elsewhere(film.read_bytes(), canary))
    assert refused.code == "no_audio"
    assert canary.stat().st_atime_ns == reached


def test_a_silent_film_has_no_audio(box: Box, tmp_path: Path) -> None:
    """A video without a sound track says so, in every container."""
    for suffix in ("mp4", "mkv", "webm", "avi", "ts", "mov"):
        film = tmp_path / f"silent.{suffix}"
        ffmpeg(*PICTURE, "-t", "1", film)
        assert refusal(box, film.read_bytes()).code == "no_audio", suffix


def test_sound_in_a_codec_that_is_not_allowed(box: Box, tmp_path: Path) -> None:
    """A codec that may not run is said to be unreadable."""
    film = tmp_path / "x.mkv"
    ffmpeg(*sound(1.0, 8000, 1), "-c:a", "g723_1", "-b:a", "6300", film)
    refused = refusal(box, film.read_bytes())
    assert refused.code == "no_audio"
    assert "format" in refused.detail


CUT_FILES = {
    "last.mp4": (*H264, *AAC),
    "first.mp4": (*H264, *AAC, "-movflags", "+faststart"),
    "pieces.mp4": (*H264, *AAC, "-g", "5", "-movflags", "frag_keyframe+empty_moov"),
    "x.mov": (*H264, "-c:a", "pcm_s16le"),
    "x.mkv": (*H264, "-c:a", "ac3"),
    "clusters.mkv": (*H264, *AAC, "-cluster_time_limit", "300"),
    "x.webm": ("-c:v", "libvpx", "-c:a", "libopus", "-ar", "48000"),
    "x.avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "x.wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("films")
    made = {}
    for name, codecs in CUT_FILES.items():
        ffmpeg(*PICTURE, *sound(4.0), "-t", "4", *codecs, folder / name)
        made[name] = (folder / name).read_bytes()
    return made


@pytest.mark.parametrize("name", sorted(CUT_FILES))
@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9])
def test_cut_off(box: Box, films: dict[str, bytes], name: str, share: float) -> None:
    """A file that was cut off is said to be, wherever the cut is."""
    whole = films[name]
    refused = refusal(box, whole[: int(share * len(whole))])
    assert refused.code == "truncated"
    assert "missing" in refused.detail


@pytest.mark.parametrize("suffix", ["flac", "mp3", "flv", "wav"])
@pytest.mark.parametrize("share", [0.3, 0.6])
def test_sound_files_cut_off(box: Box, tmp_path: Path, suffix: str, share: float) -> None:
    """So are files that only say how long they are."""
    path = tmp_path / f"x.{suffix}"
    ffmpeg(*(PICTURE if suffix == "flv" else ()), *sound(6.0), "-t", "6", path)
    whole = path.read_bytes()
    assert refusal(box, whole[: int(share * len(whole))]).code == "truncated"


def test_a_cut_transport_stream_converts_as_far_as_it_goes(box: Box, tmp_path: Path) -> None:
    """MPEG-TS has neither length nor end: what is there is all there is."""
    path = tmp_path / "x.ts"
    ffmpeg(*PICTURE, *sound(4.0), "-t", "4", *H264, *AAC, path)
    whole = path.read_bytes()
    mp3 = convert(box, whole[: len(whole) // 2])
    assert 1.0 < mp3.facts.mp3.duration < 3.0


def test_a_cut_that_costs_no_sound(box: Box, tmp_path: Path) -> None:
    """An MP4 that lost only pictures at its end has all its sound, and converts."""
    path = tmp_path / "x.mp4"
    ffmpeg(*PICTURE, *sound(1.0), "-t", "4", *H264, *AAC, "-movflags", "+faststart", path)
    assert convert(box, path.read_bytes()[:-100]).facts.mp3.duration == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", ["first.mp4", "clusters.mkv", "x.avi", "x.mov"])
def test_a_small_hole_in_the_middle_is_forgiven(
    box: Box, films: dict[str, bytes], name: str
) -> None:
    """Some zeros in the middle cost a moment of sound, not the whole conversion."""
    whole = films[name]
    middle = len(whole) // 2
    holed = whole[:middle] + bytes(2000) + whole[middle + 2000 :]
    assert convert(box, holed).facts.mp3.duration == pytest.approx(4.0, abs=1.0)


@pytest.mark.parametrize("name", ["first.mp4", "x.mkv", "x.webm", "pieces.mp4"])
def test_mostly_zeros_is_damaged_beyond_use(box: Box, films: dict[str, bytes], name: str) -> None:
    """A download of which most never came, though the file is as long, is refused."""
    whole = films[name]
    kept = whole[: len(whole) // 5]
    refused = refusal(box, kept + bytes(len(whole) - len(kept)))
    assert refused.code in {"corrupt", "truncated"}


def test_an_index_of_zeros_is_corrupt(box: Box, films: dict[str, bytes]) -> None:
    """A whole MP4 whose index cannot be read is damaged, not cut."""
    whole = films["first.mp4"]
    start = whole.index(b"moov") + 4
    length = struct.unpack(">I", whole[start - 8 : start - 4])[0] - 8
    refused = refusal(box, whole[:start] + bytes(length) + whole[start + length :])
    assert refused.code == "corrupt"


def with_duration(film: bytes, seconds: int) -> bytes:
    """The MP4 with another duration in the headers of the film and of each track."""
    changed = bytearray(film)
    for kind, timescale_at in ((b"mvhd", 12), (b"mdhd", 12)):
        at = film.find(kind)
        while at >= 0:
            timescale = struct.unpack_from(">I", film, at + 4 + timescale_at)[0]
            struct.pack_into(">I", changed, at + 4 + timescale_at + 4, seconds * timescale)
            at = film.find(kind, at + 1)
    return bytes(changed)


def test_a_duration_that_is_too_long_is_a_mistake(box: Box, films: dict[str, bytes]) -> None:
    """An MP4 that announces an hour and is whole with four seconds has four seconds."""
    mp3 = convert(box, with_duration(films["first.mp4"], 3600))
    assert mp3.facts.mp3.duration == pytest.approx(4.0, abs=0.1)


def test_longer_than_the_limit(films: dict[str, bytes]) -> None:
    """A video over the limit is refused, by what it announces or by what is found."""
    with Box(BoxLimits(max_seconds=3.0), Cores(1)) as strict:
        for name in CUT_FILES:
            assert refusal(strict, films[name]).code == "too_long"
        assert refusal(strict, with_duration(films["first.mp4"], 1)).code == "too_long"
        short = films["first.mp4"]
        assert refusal(strict, with_duration(short, 86_400)).code == "too_long"


def test_hundreds_of_tracks(box: Box, tmp_path: Path) -> None:
    """Nobody makes a video of three hundred tracks in earnest."""
    for suffix in ("mkv", "mp4"):
        path = tmp_path / f"x.{suffix}"
        maps = [part for _ in range(300) for part in ("-map", "0:a")]
        ffmpeg(*sound(0.2, 8000, 1), *maps, "-c:a", "aac", path)
        refused = refusal(box, path.read_bytes())
        assert refused.code == "not_media"
        assert "tracks" in refused.detail


def test_an_empty_track(box: Box, tmp_path: Path) -> None:
    """A sound track without any sound is none."""
    path = tmp_path / "x.mkv"
    command = (*PICTURE, *sound(1.0), "-t", "2", "-af", "atrim=start=9", *H264, *AAC, path)
    ffmpeg(*command)
    assert refusal(box, path.read_bytes()).code == "no_audio"


def test_a_huge_picture_is_never_decoded(tmp_path: Path) -> None:
    """A film with a picture of 256 megapixels converts within the memory of any other."""
    picture, film = tmp_path / "x.png", tmp_path / "x.mkv"
    ffmpeg("-f", "lavfi", "-i", "color=black:s=16000x16000", "-frames:v", "1", picture)
    ffmpeg(
        "-loop",
        "1",
        "-framerate",
        "1",
        "-i",
        picture,
        *sound(2.0),
        "-t",
        "2",
        "-c:v",
        "copy",
        "-c:a",
        "aac",
        film,
    )
    with Box(BoxLimits(memory_bytes=144 << 20), Cores(1)) as small:
        assert convert(small, film.read_bytes()).facts.mp3.duration == pytest.approx(2, abs=0.1)


def test_a_cover_picture_does_no_harm(box: Box, tmp_path: Path) -> None:
    """A sound file with its cover attached is a sound file."""
    picture, song = tmp_path / "x.png", tmp_path / "x.mp3"
    ffmpeg(*PICTURE, "-frames:v", "1", picture)
    ffmpeg("-i", picture, *sound(1.0), "-map", "1", "-map", "0", "-c:v", "copy", song)
    assert convert(box, song.read_bytes()).facts.mp3.duration == pytest.approx(1.0, abs=0.01)


def test_a_file_with_attachments_and_subtitles(box: Box, tmp_path: Path) -> None:
    """Fonts and subtitles beside the sound do not matter."""
    subtitles, font, film = tmp_path / "x.srt", tmp_path / "x.ttf", tmp_path / "x.mkv"
    subtitles.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    font.write_bytes(bytes(10_000))
    attached = ("-attach", font, "-metadata:s:t", "mimetype=application/x-truetype-font")
    ffmpeg(*PICTURE, *sound(1.0), "-i", subtitles, "-t", "1", *attached, film)
    assert convert(box, film.read_bytes()).facts.mp3.duration == pytest.approx(1.0, abs=0.05)


def test_our_own_result_converts_again(box: Box, films: dict[str, bytes]) -> None:
    """An MP3 is a source like any other."""
    once = convert(box, films["first.mp4"])
    twice = convert(box, once.data)
    assert twice.facts.mp3.duration == once.facts.mp3.duration
