"""Damage anywhere in a file ends in an MP3 or in a refusal, never in anything else."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Permanent
from converter.box import Box
from tests.integration.converter_engine.media import PICTURE, Mp3, convert, ffmpeg, sound

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
FILMS = {
    "last.mp4": (*H264, "-c:a", "aac"),
    "pieces.mp4": (*H264, "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-g", "5"),
    "x.mov": (*H264, "-c:a", "pcm_f32le"),
    "x.mkv": (*H264, "-c:a", "flac"),
    "x.webm": ("-c:v", "libvpx", "-c:a", "libvorbis"),
    "x.avi": ("-c:v", "mpeg4", "-c:a", "ac3"),
    "x.ts": (*H264, "-c:a", "aac"),
    "x.ogg": ("-vn", "-c:a", "libvorbis"),
}
REFUSALS = {"not_media", "no_audio", "truncated", "corrupt", "too_long"}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("films")
    made = {}
    for name, codecs in FILMS.items():
        ffmpeg(*PICTURE, *sound(1.5), "-t", "1.5", *codecs, folder / name)
        made[name] = Path(folder / name).read_bytes()
    return made


def attempt(box: Box, data: bytes) -> Mp3 | Permanent:
    """The MP3, or the refusal; anything else is raised."""
    try:
        return convert(box, data)
    except Permanent as refusal:
        return refusal


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(FILMS)),
    places=st.lists(st.floats(0, 1), min_size=1, max_size=20),
    damage=st.binary(min_size=1, max_size=16),
    removed=st.sampled_from([0, 0, 1, 500]),
)
def test_damage_anywhere(
    box: Box, films: dict[str, bytes], name: str, places: list[float], damage: bytes, removed: int
) -> None:
    """Bytes changed, inserted or lost: the engine neither crashes nor hangs nor tries again."""
    data = bytearray(films[name])
    for place in places:
        # The cube puts half of the damage into the first eighth, where the headers are.
        at = int(place**3 * (len(data) - 1))
        data[at : at + max(removed, len(damage))] = damage
    outcome = attempt(box, bytes(data))
    if isinstance(outcome, Permanent):
        assert outcome.code in REFUSALS
        assert outcome.detail
    else:
        assert outcome.data.startswith(b"ID3")
        assert outcome.facts.mp3.duration > 0


@settings(max_examples=80, deadline=None, derandomize=True)
@given(name=st.sampled_from(["last.mp4", "x.mov", "x.mkv", "x.webm", "x.avi"]), cut=st.floats(0, 1))
def test_cut_anywhere(box: Box, films: dict[str, bytes], name: str, cut: float) -> None:
    """A file that was cut off gives no MP3 at all, or one with all of the sound."""
    whole = convert(box, films[name], name).facts.mp3
    outcome = attempt(box, films[name][: int(cut * len(films[name]))])
    if isinstance(outcome, Permanent):
        assert outcome.code in {"truncated", "not_media", "corrupt"}
    else:
        assert outcome.facts.mp3.duration == pytest.approx(whole.duration, abs=0.15)
