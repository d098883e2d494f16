"""Chapters: those of the source, at their times in the MP3."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mutagen.id3 import ID3

from converter.box import Box
from tests.integration.converter_engine.media import PICTURE, Mp3, convert, ffmpeg, sound

TITLES = ("Einführung", "Глава вторая", "الفصل الثالث", "第四章 🎻")
SECONDS = 0.5


def described(folder: Path, titles: list[str], seconds: float) -> Path:
    """Chapters, each so long, as ffmpeg reads them."""
    path = folder / "chapters.txt"
    parts = [
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={round(1000 * seconds * number)}\n"
        f"END={round(1000 * seconds * (number + 1))}\ntitle={title}\n"
        for number, title in enumerate(titles)
    ]
    path.write_text(";FFMETADATA1\n" + "".join(parts))
    return path


def with_chapters(
    folder: Path, name: str, titles: list[str], seconds: float = SECONDS, length: float = 2.0
) -> Path:
    path = folder / name
    metadata = described(folder, titles, seconds)
    pictures = () if path.suffix in {".mka", ".mp3", ".ogg"} else PICTURE
    ffmpeg("-i", metadata, *pictures, *sound(length), "-map_chapters", 0, "-t", length, path)
    return path


def chapters_of(mp3: Mp3, folder: Path) -> list[tuple[float, float, str]]:
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json"]
    done = subprocess.run([*command, mp3.save(folder)], capture_output=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)["chapters"]
    return [
        (float(one["start_time"]), float(one["end_time"]), one.get("tags", {}).get("title", ""))
        for one in found
    ]


@pytest.mark.parametrize("name", ["film.mp4", "film.mov", "film.mkv", "sound.mka", "sound.mp3"])
def test_chapters_are_kept_and_cut(box: Box, tmp_path: Path, name: str) -> None:
    """The MP3 has the chapters of the video; a part of it those within, at their times there."""
    source = with_chapters(tmp_path, name, list(TITLES)).read_bytes()
    whole = convert(box, source)
    found = chapters_of(whole, tmp_path)
    assert [title for *_, title in found] == list(TITLES)
    assert [start for start, *_ in found] == [0.0, 0.5, 1.0, 1.5]
    assert found[-1][1] == pytest.approx(whole.facts.mp3.duration, abs=0.03)
    listed = ID3(whole.save(tmp_path))
    [contents] = listed.getall("CTOC")
    assert contents.child_element_ids == [f"chp{number}" for number in range(len(TITLES))]
    assert "CTOC" in subprocess.check_output(["id3v2", "-l", whole.save(tmp_path)], text=True)
    part = convert(box, source, start=0.7, end=1.25)
    assert chapters_of(part, tmp_path) == [(0.0, 0.3, TITLES[1]), (0.3, 0.55, TITLES[2])]


def test_late_sound_has_its_chapters_at_their_place(box: Box, tmp_path: Path) -> None:
    """Where the sound begins later than the video, a chapter's time counts from the sound on."""
    early = with_chapters(tmp_path, "early.mkv", list(TITLES))
    late = tmp_path / "late.mkv"
    delayed = ("-i", early, "-itsoffset", 0.75, "-i", early, "-map", "0:v", "-map", "1:a")
    ffmpeg(*delayed, "-c", "copy", "-map_chapters", 0, late)
    found = chapters_of(convert(box, late.read_bytes()), tmp_path)
    assert [title for *_, title in found] == list(TITLES[1:])
    assert [start for start, *_ in found] == pytest.approx([0.0, 0.25, 0.75], abs=0.03)


def test_hundreds_of_chapters_are_all_there(box: Box, tmp_path: Path) -> None:
    """Also those that one table of contents has no room for."""
    titles = [f"第{number}章" for number in range(600)]
    mp3 = convert(box, with_chapters(tmp_path, "many.mkv", titles, seconds=0.003).read_bytes())
    assert mp3.facts.notes == ()
    found = chapters_of(mp3, tmp_path)
    assert [title for *_, title in found] == titles
    assert [start for start, *_ in found] == pytest.approx([0.003 * n for n in range(600)])
    contents: Any = {frame.element_id: frame for frame in ID3(mp3.save(tmp_path)).getall("CTOC")}
    tables = [contents[name].child_element_ids for name in contents["toc"].child_element_ids]
    assert [name for table in tables for name in table] == [f"chp{n}" for n in range(600)]
    assert len(mp3.samples(tmp_path)) == round(44100 * mp3.facts.mp3.duration)


def test_thousands_of_chapters_are_bounded(box: Box, tmp_path: Path) -> None:
    """A hostile file costs no more than its reading: the first are named, titles are cut.

    A note says that there are more; the tag is larger than what is replaced in one piece.
    """
    path = with_chapters(tmp_path, "many.mka", ["🎻" * 300] * 5100, 0.002, length=10.3)
    mp3 = convert(box, path.read_bytes())
    found = chapters_of(mp3, tmp_path)
    assert len(found) == 5000
    assert {title for *_, title in found} == {"🎻" * 250}
    assert found[-1][0] == pytest.approx(9.998)
    assert len(mp3.data) > 5000 * 1000
    [note] = mp3.facts.notes
    assert note == "The source has more than 5000 chapters: only the first are in the MP3."
