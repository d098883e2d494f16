"""One MP3 for each chapter: the ZIP, the MP3s in it, and that together they are the whole."""

import io
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.mp3 import MP3
from numpy.typing import NDArray

from chassis.errors import Permanent
from converter.box import Box, BoxLimits
from converter.cores import Cores
from tests.integration.converter_engine.media import Mp3, convert, decoded, ffmpeg

RATE = 44100
SECONDS = 6.0
Times = Sequence[tuple[float, str]]


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound that is nowhere like elsewhere: tones that rise, and a little noise."""
    path = tmp_path_factory.mktemp("music") / "music.flac"
    rising = "0.3*sin(2*PI*(300+120*t)*t)|0.3*sin(2*PI*(500+90*t)*t)"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc={rising}:s={RATE}:d={SECONDS}", path)
    return path


def with_chapters(sound: Path, folder: Path, chapters: Times, *metadata: str) -> bytes:
    """A Matroska file of `sound` that tells of `chapters`: when each begins, and its title."""
    lines = [";FFMETADATA1", "title=The whole", *metadata]
    for start, title in chapters:
        escaped = "".join(f"\\{letter}" if letter in "=;#\\\n" else letter for letter in title)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000000", f"START={round(start * 1e6)}"]
        lines += [f"END={round(start * 1e6) + 5000}", f"title={escaped}"]
    (folder / "metadata").write_text("\n".join(lines))
    path = folder / "chapters.mkv"
    inputs = ("-i", sound, "-i", folder / "metadata")
    ffmpeg(*inputs, "-map", 0, "-map_metadata", 1, "-map_chapters", 1, "-c:a", "copy", path)
    return path.read_bytes()


def unpacked(mp3: Mp3) -> dict[str, bytes]:
    """The members of the ZIP, each checked against its CRC, and its place against the facts."""
    with zipfile.ZipFile(io.BytesIO(mp3.data)) as archive:
        assert archive.testzip() is None
        members = {info.filename: archive.read(info) for info in archive.infolist()}
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
    told = [mp3.data[part.offset : part.offset + part.size] for part in mp3.facts.parts]
    assert list(members.values()) == told
    return members


def sound_of(member: bytes, folder: Path) -> NDArray[np.float32]:
    """What a player makes of one MP3."""
    path = folder / "part.mp3"
    path.write_bytes(member)
    return decoded(path, 2)


def likeness(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """The largest difference of two sounds of the same length."""
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max())


def test_each_chapter_is_an_mp3_of_its_own(box: Box, tmp_path: Path, music: Path) -> None:
    """Names, tags, durations and sound are those of the chapters; `unzip` likes the ZIP."""
    titles = ["Начало", "AC/DC: what?", "終わり"]
    chapters = list(zip((0.0, 1.5, 4.25), titles, strict=True))
    mp3 = convert(box, with_chapters(music, tmp_path, chapters), split_chapters=True)
    members = unpacked(mp3)
    assert list(members) == ["01 Начало.mp3", "02 AC_DC_ what_.mp3", "03 終わり.mp3"]
    assert [(part.title, part.duration) for part in mp3.facts.parts] == [
        (titles[0], 1.5),
        (titles[1], 2.75),
        (titles[2], 1.75),
    ]
    assert mp3.facts.mp3.duration == SECONDS
    whole = decoded(music, 2)
    place = 0
    for number, (member, part) in enumerate(
        zip(members.values(), mp3.facts.parts, strict=True), start=1
    ):
        found = sound_of(member, tmp_path)
        assert likeness(found, whole[place : place + round(part.duration * RATE)]) < 0.03
        place += len(found)
        tags: Any = MP3(io.BytesIO(member)).tags
        texts = {key: str(tags[key]) for key in ("TIT2", "TALB", "TRCK")}
        assert texts == {"TIT2": part.title, "TALB": "The whole", "TRCK": f"{number}/3"}
    archive = mp3.save(tmp_path)
    subprocess.run(["unzip", "-tqq", archive], check=True)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    starts=st.lists(st.floats(0, SECONDS + 1), max_size=9, unique=True),
    options=st.sampled_from(
        [
            {},
            {"bitrate": 128, "quality": None},
            {"start": 0.7, "end": 5.2},
            {"sample_rate": 22050},
            {"normalize": -20.0},
        ]
    ),
)
def test_the_parts_are_the_whole(
    box: Box, tmp_path: Path, music: Path, starts: list[float], options: dict[str, Any]
) -> None:
    """Decoded one after the other, whatever the chapters: no sample more, none less, no click."""
    chapters = [(start, f"at {start}") for start in starts]
    data = with_chapters(music, tmp_path, chapters)
    mp3 = convert(box, data, split_chapters=True, **options)
    parts = [sound_of(member, tmp_path) for member in unpacked(mp3).values()]
    rate = options.get("sample_rate", RATE)
    for part, found in zip(mp3.facts.parts, parts, strict=True):
        assert round(part.duration * rate) == len(found)
    whole = convert(box, data, **options)
    assert likeness(np.concatenate(parts), whole.samples(tmp_path)) < 0.1
    first, last = (
        round(rate * options.get(name, edge)) for name, edge in (("start", 0.0), ("end", SECONDS))
    )
    borders = np.cumsum([0, *map(len, parts)]) + first
    inside = {round(rate * start) for start in starts if first < round(rate * start) < last}
    assert len(borders) - 1 <= len(inside) + 1
    assert all(
        min(abs(border - place) for place in {first, last, *inside}) <= 1 for border in borders
    )


def test_without_chapters_there_is_one_part(box: Box, tmp_path: Path, music: Path) -> None:
    """The whole, under its own title; byte for byte the frames of what is not split."""
    data = with_chapters(music, tmp_path, [])
    split, whole = (convert(box, data, split_chapters=choice) for choice in (True, False))
    [(name, member)] = unpacked(split).items()
    assert name == "01 The whole.mp3"
    first_frame = b"\xff\xfb"
    frames = whole.data[whole.data.index(first_frame) : -128]  # without ID3v1
    assert member[member.index(first_frame) :].startswith(frames)
    assert whole.facts.parts == ()


@pytest.mark.parametrize(
    "title",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "C:\\nul",
        "a\u202egpj.exe",
        "x" * 300,
        "夏" * 200,
        "\u0000\u0007",
    ],
)
def test_hostile_titles_make_harmless_names(
    box: Box, tmp_path: Path, music: Path, title: str
) -> None:
    """Each file lies in the folder where the ZIP is unpacked, under a name of its own."""
    chapters = [(float(second), title.replace("\u0000", "")) for second in range(3)]
    mp3 = convert(box, with_chapters(music, tmp_path, chapters), split_chapters=True)
    names = list(unpacked(mp3))
    assert len(set(names)) == 3
    for number, name in enumerate(names, start=1):
        assert name.startswith(f"{number:02}")
        assert name.endswith(".mp3")
        assert len(name.encode()) <= 255
        assert not set(name) & set('/\\:*?"<>|\u202e\u0007')


def test_many_chapters(box: Box, tmp_path: Path, music: Path) -> None:
    """Hundreds are split as far as they are counted; the last part has all that follows."""
    chapters = [(number / 60, f"number {number}") for number in range(300)]
    data = with_chapters(music, tmp_path, chapters)
    mp3 = convert(box, data, split_chapters=True)
    assert len(unpacked(mp3)) == len(mp3.facts.parts) == 255
    assert sum(part.duration for part in mp3.facts.parts) == pytest.approx(SECONDS)
    [note] = mp3.facts.notes
    assert note == "There are more than 255 chapters: the last MP3 has all from the 255th on."
    part = convert(box, data, split_chapters=True, start=2.0)
    assert [part.title for part in part.facts.parts] == [f"number {n}" for n in range(120, 300)]
    assert part.facts.notes == ()


def test_a_cover_in_each_of_many_parts(tmp_path: Path, music: Path) -> None:
    """They are more than the longest MP3 that such a converter makes of anything in one piece."""
    picture = tmp_path / "cover.png"
    noise = ("-f", "lavfi", "-i", "nullsrc=size=300x300,geq=random(1)*255:128:128")
    ffmpeg(*noise, "-frames:v", 1, "-pix_fmt", "rgb24", picture)
    attach = ("-attach", picture, "-metadata:s:t", "mimetype=image/png")
    chapters = tmp_path / "plain.mkv"
    chapters.write_bytes(with_chapters(music, tmp_path, [(n / 20, f"{n}") for n in range(120)]))
    covered = tmp_path / "covered.mkv"
    ffmpeg("-i", chapters, "-c", "copy", *attach, "-metadata:s:t", "filename=cover.png", covered)
    with Box(BoxLimits(max_seconds=SECONDS + 1), Cores(2)) as box:
        mp3 = convert(box, covered.read_bytes(), split_chapters=True)
    members = unpacked(mp3)
    assert len(members) == 120
    assert all(picture.read_bytes() in member for member in members.values())
    assert len(mp3.data) > 40_000 * (SECONDS + 1) + (8 << 20)


def test_copying_is_no_way_to_split(box: Box, tmp_path: Path) -> None:
    """MP3 sound that fits is encoded anew, so that each part begins where it should."""
    path = tmp_path / "sound.mp3"
    ffmpeg("-f", "lavfi", "-i", f"sine=d={SECONDS}:r={RATE}", "-ac", 2, "-b:a", "64k", path)
    data = with_chapters(path, tmp_path, [(0.0, "a"), (2.0, "b")])
    mp3 = convert(box, data, split_chapters=True)
    assert mp3.facts.parts[0].duration == 2.0
    assert len(unpacked(mp3)) == 2


def test_any_number_of_threads_gives_the_same(tmp_path: Path) -> None:
    """And so does the same again: there is no time of day in it."""
    noise = tmp_path / "noise.flac"
    ffmpeg("-f", "lavfi", "-i", f"anoisesrc=color=pink:d=30:r={RATE}:seed=4", "-ac", 2, noise)
    data = with_chapters(noise, tmp_path, [(0.0, "short"), (1.3, "long"), (29.5, "short again")])
    made = []
    for threads in (1, 4, 4):
        with Box(BoxLimits(), Cores(threads)) as box:
            made.append(convert(box, data, split_chapters=True).data)
    assert made[0] == made[1] == made[2]


def test_a_start_behind_the_end_is_refused(box: Box, tmp_path: Path, music: Path) -> None:
    """As without splitting."""
    data = with_chapters(music, tmp_path, [(0.0, "a")])
    with pytest.raises(Permanent, match="nothing_there"):
        convert(box, data, split_chapters=True, start=100.0)


def test_what_is_asked_of_the_whole_is_true_of_each(box: Box, tmp_path: Path, music: Path) -> None:
    """The cover stands in each MP3; one gain for all of them, by the loudness of the whole."""
    picture = tmp_path / "cover.jpg"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=120x120:rate=1", "-frames:v", 1, picture)
    covered = tmp_path / "covered.flac"
    attach = ("-map", 0, "-map", 1, "-c", "copy", "-disposition:v", "attached_pic")
    ffmpeg("-i", music, "-i", picture, *attach, covered)
    (tmp_path / "m").write_text(
        ";FFMETADATA1\n"
        + "".join(f"[CHAPTER]\nTIMEBASE=1/1\nSTART={n}\nEND={n + 2}\n" for n in (0, 2, 4))
    )
    ffmpeg(
        *("-i", covered, "-i", tmp_path / "m", "-map", "0:a", "-map_chapters", 1, "-c:a", "copy"),
        *("-attach", picture, "-metadata:s:t", "mimetype=image/jpeg"),
        *("-metadata:s:t", "filename=cover.jpg", tmp_path / "covered.mkv"),
    )
    data = (tmp_path / "covered.mkv").read_bytes()
    mp3 = convert(box, data, split_chapters=True, normalize=-24.0)
    members = unpacked(mp3)
    assert len(members) == 3
    for member in members.values():
        tags: Any = MP3(io.BytesIO(member)).tags
        assert tags.getall("APIC")[0].data == picture.read_bytes()
    assert mp3.facts.mp3.loudness
    assert mp3.facts.mp3.loudness.integrated == pytest.approx(-24.0, abs=0.01)
    parts = np.concatenate([sound_of(member, tmp_path) for member in members.values()])
    gain = np.abs(parts).mean() / np.abs(decoded(music, 2)).mean()
    measured = mp3.facts.source.loudness
    assert measured
    assert measured.integrated
    assert 20 * np.log10(gain) == pytest.approx(-24.0 - measured.integrated, abs=0.1)
