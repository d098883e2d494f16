"""Lyrics: the text subtitles of the video, plain and with their times."""

from pathlib import Path
from typing import Any

import pytest
from mutagen.id3 import ID3

from converter.box import Box
from tests.integration.converter_engine.media import (
    PICTURE,
    Mp3,
    convert,
    ffmpeg,
    sound,
)

TEXTS = ("Hello <i>there</i>", "Привет, мир", "مرحبا", "こんにちは 🎻", "Goodbye")
PLAIN = ["Hello there", *TEXTS[1:]]
KINDS = {
    "film.mp4": "mov_text",
    "film.mkv": "subrip",
    "styled.mkv": "ass",
    "web.mkv": "webvtt",
}


def subtitles(folder: Path, texts: tuple[str, ...], step: float = 0.5) -> Path:
    """Each text is shown for most of its `step` seconds."""
    path = folder / "subtitles.srt"
    blocks = [
        f"{number + 1}\n{stamp(step * number)} --> {stamp(step * (number + 0.8))}\n{text}\n"
        for number, text in enumerate(texts)
    ]
    path.write_text("\n".join(blocks))
    return path


def stamp(seconds: float) -> str:
    whole, rest = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{rest:03}"


def film(folder: Path, name: str, codec: str, texts: tuple[str, ...], step: float = 0.5) -> bytes:
    path = folder / name
    maps = ("-map", 0, "-map", 1, "-map", 2, "-c:s", codec, "-metadata:s:s:0", "language=rus")
    ffmpeg(*PICTURE, *sound(3.0), "-i", subtitles(folder, texts, step), *maps, "-t", 3, path)
    return path.read_bytes()


def lyrics_of(mp3: Mp3, folder: Path) -> tuple[str | None, list[tuple[str, float]]]:
    """The plain text, and the lines with their times in seconds."""
    tags: Any = ID3(mp3.save(folder))
    timed = [(text, ms / 1000) for frame in tags.getall("SYLT") for text, ms in frame.text]
    for frame in tags.getall("SYLT"):
        assert (frame.format, frame.type, frame.lang) == (2, 1, "rus")
    plain = [frame.text for frame in tags.getall("USLT") if frame.lang == "rus"]
    return (plain[0] if plain else None), timed


@pytest.mark.parametrize("name", KINDS)
def test_subtitles_are_lyrics(box: Box, tmp_path: Path, name: str) -> None:
    """All formats of text give the same, in every script; a part has its own, at its times."""
    source = film(tmp_path, name, KINDS[name], TEXTS)
    mp3 = convert(box, source)
    plain, timed = lyrics_of(mp3, tmp_path)
    assert plain == "\n".join(PLAIN)
    assert [text for text, _ in timed] == PLAIN
    assert [at for _, at in timed] == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0], abs=0.03)
    assert mp3.probe(tmp_path)["format"]["tags"]["lyrics-rus"] == plain
    assert len(mp3.samples(tmp_path)) == pytest.approx(3 * 44100, abs=2048)
    part = convert(box, source, start=0.7, end=1.45)
    plain, timed = lyrics_of(part, tmp_path)
    assert plain == "\n".join(PLAIN[1:3])
    assert [at for _, at in timed] == pytest.approx([0.0, 0.3], abs=0.03)
    assert len(part.samples(tmp_path)) == round(0.75 * 44100)


@pytest.mark.parametrize(
    ("length", "times", "note"),
    [(100, True, None), (2500, False, "without their times"), (6000, False, "are not in the MP3")],
)
def test_what_does_not_fit_is_left_out(
    box: Box, tmp_path: Path, length: int, times: bool, note: str | None
) -> None:
    """The tag has a bounded room: the times go first, then all of it, and a note tells so."""
    texts = tuple("\n".join(["x" * 100] * (length // 500)) or "x" * 20 for _ in range(5))
    mp3 = convert(box, film(tmp_path, "film.mkv", "subrip", texts))
    plain, timed = lyrics_of(mp3, tmp_path)
    assert bool(timed) == times
    assert bool(plain) == (note != "are not in the MP3")
    assert len(mp3.facts.notes) == (note is not None)
    assert (note or "") in "".join(mp3.facts.notes)
    assert len(mp3.samples(tmp_path)) == pytest.approx(3 * 44100, abs=2048)


def test_broken_subtitles_harm_nothing(box: Box, tmp_path: Path) -> None:
    """What is no text is left out; the others are there."""
    source = film(tmp_path, "film.mkv", "subrip", TEXTS)
    broken = source.replace("Привет, мир".encode(), b"\xff\xfe\0<\x80{\\p1}</i>" + bytes(6))
    assert broken != source
    mp3 = convert(box, broken)
    assert mp3.facts == convert(box, source).facts
    assert [text for text, _ in lyrics_of(mp3, tmp_path)[1]] == [PLAIN[0], "<", *PLAIN[2:]]


def test_without_subtitles_there_is_no_room_for_them(box: Box, tmp_path: Path) -> None:
    """The tag is as short as ever."""
    path = tmp_path / "film.mp4"
    ffmpeg(*PICTURE, *sound(1.0), "-t", 1, path)
    assert convert(box, path.read_bytes()).data.index(b"\xff\xfb") < 100
