"""docs/options.md: every command in it works as it stands there, and does what it says."""

import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.options import OPTION_NAMES
from devstack.stack import LOGIN_EMAIL, Stack
from tests.e2e.conftest import OVERRIDES
from tests.e2e.shell import Shell
from tests.waiting import wait_for

DOCUMENT = (Path(__file__).parents[2] / "docs" / "options.md").read_text()
SECONDS = 6.0
TAGS = (
    *("title", "artist", "album", "album_artist", "date", "track", "genre", "comment"),
    "language",
)
CHAPTERS = ((0, 2, "Morning"), (2, 6, "Noon"))

Job = dict[str, Any]
Probe = dict[str, Any]


def commands(heading: str) -> list[str]:
    """The commands of the section with that heading, line by line, up to its first heading."""
    after = DOCUMENT.partition(f"# {heading}\n")[2]
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", after.partition("\n#")[0], re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def table() -> list[str]:
    """The options in the table, in its order."""
    return re.findall(r"^\| \[`(\w+)`\]\(#\1\) \|", DOCUMENT, re.MULTILINE)


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell of a user of a system that keeps sources, set up as the document says."""
    folder = tmp_path_factory.mktemp("options")
    make_video(folder)
    settings = OVERRIDES | {"KEEP_SOURCES": "true"}
    with Stack.on_free_ports(tmp_path_factory.mktemp("keeping"), settings) as stack:
        shell = Shell(stack, folder)
        for line in commands("How to send them")[:2]:
            shell.run(
                line.replace("http://127.0.0.1:8080", stack.gateway_url).replace(
                    "EMAIL:PASSWORD", f"{LOGIN_EMAIL}:{stack.login_password}"
                )
            )
        for line in commands("An example of each"):
            shell.run(line)
        yield shell


def make_video(folder: Path) -> None:
    """video.mkv: SECONDS long, an English track of noise in stereo, a German one in mono.

    broken.mkv is the first half of it.
    """
    chapters = "".join(
        f"[CHAPTER]\nTIMEBASE=1/1\nSTART={start}\nEND={end}\ntitle={title}\n"
        for start, end, title in CHAPTERS
    )
    header = ";FFMETADATA1\ntitle=A day out\nartist=Ada\n"
    (folder / "metadata").write_text(header + chapters)
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10"),
            *("-f", "lavfi", "-i", "anoisesrc=color=pink:sample_rate=44100,pan=stereo|c0=c0|c1=c0"),
            *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-i", "metadata"),
            *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-map_metadata", "3"),
            *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"),
            *("-t", str(SECONDS), "-c:v", "mpeg4", "-c:a", "flac", "video.mkv"),
        ],
        cwd=folder,
        check=True,
    )
    whole = (folder / "video.mkv").read_bytes()
    (folder / "broken.mkv").write_bytes(whole[: len(whole) // 2])


def converted(shell: Shell, command: str) -> Job:
    """The job that the command made, once it is ready."""
    answer = json.loads(shell.run(command))
    assert answer["message"] == "success!", answer

    def job() -> Job:
        shown: Job = json.loads(shell.run(f'curl -H "$AUTH" $GATEWAY/jobs/{answer["fid"]}'))
        return shown

    wait_for(lambda: job()["status"] in ("ready", "failed"), what=f"the end of {command}")
    assert job()["status"] == "ready", job()["failure"]
    return job()


def probe(shell: Shell, job: Job) -> Probe:
    """What ffprobe finds in the MP3."""
    shell.run(f'curl -H "$AUTH" -o out.mp3 "{job["download_url"]}"')
    printed = shell.run("ffprobe -v error -of json -show_streams -show_format out.mp3")
    found: Probe = json.loads(printed)
    return found


def sound(found: Probe) -> dict[str, Any]:
    [stream] = [stream for stream in found["streams"] if stream["codec_type"] == "audio"]
    return dict(stream)


def lasts(wanted: float, job: Job, found: Probe) -> bool:
    """To the sample by the job, by ffprobe up to the frames that players leave out in part."""
    exact: float = job["result"]["duration"]
    return exact == wanted and abs(float(sound(found)["duration"]) - wanted) < 0.1


def bitrate(found: Probe) -> int:
    return int(sound(found)["bit_rate"])


def picture(found: Probe) -> tuple[int, int]:
    """Width and height of the cover."""
    [stream] = [stream for stream in found["streams"] if stream["codec_type"] == "video"]
    return stream["width"], stream["height"]


def loudness(shell: Shell) -> float:
    """The integrated loudness in LUFS that ffmpeg measures."""
    said = shell.run("ffmpeg -nostats -i out.mp3 -af ebur128 -f null - 2>&1")
    return float(re.findall(r"I: +(-[0-9.]+) LUFS", said)[-1])


Effect = Callable[[Shell, Job, Probe], bool]

EFFECTS: dict[str, Effect] = {
    "preset": lambda _shell, _job, found: (
        (sound(found)["channels"], sound(found)["sample_rate"]) == (1, "24000")
    ),
    "bitrate": lambda _shell, _job, found: bitrate(found) == 192_000,
    "quality": lambda shell, job, _found: job["result"]["bitrate"] > plain(shell)["bitrate"],
    "channels": lambda _shell, _job, found: sound(found)["channels"] == 1,
    "sample_rate": lambda _shell, _job, found: sound(found)["sample_rate"] == "22050",
    # The German track is the one with a single channel.
    "audio_track": lambda _shell, _job, found: sound(found)["channels"] == 1,
    "start": lambda _shell, job, found: lasts(SECONDS - 1.5, job, found),
    "end": lambda _shell, job, found: lasts(4.0, job, found),
    "normalize": lambda shell, _job, _found: abs(loudness(shell) + 16) < 0.5,
    "split_chapters": lambda shell, job, _found: is_split(shell, job),
    "accept_truncated": lambda _shell, job, _found: 0 < job["result"]["duration"] < SECONDS,
    "cover": lambda _shell, _job, found: picture(found) == (160, 120),
    "cover_square": lambda _shell, _job, found: picture(found) == (120, 120),
    **{
        name: lambda _shell, job, found, name=name: (  # type: ignore[misc]  # a default binds it
            job["options"][name] == found["format"]["tags"][name]
        )
        for name in TAGS
    },
}
"""Whether the MP3 of an option's example is what it was asked to be."""


def is_split(shell: Shell, job: Job) -> bool:
    """By the document's own commands: the ZIP, and its second MP3 alone, as they are described."""
    shell.variables["FID"] = job["fid"]
    for command in commands("split_chapters")[3:]:
        shell.run(command)
    with zipfile.ZipFile(shell.folder / "chapters.zip") as archive:
        assert archive.namelist() == ["01 Morning.mp3", "02 Noon.mp3"]
        alone = (shell.folder / "02 Noon.mp3").read_bytes()
        assert archive.read("02 Noon.mp3") == alone
    told = [(part["title"], part["duration"]) for part in job["result"]["chapters"]]
    return told == [(title, end - start) for start, end, title in CHAPTERS]


def plain(shell: Shell) -> dict[str, Any]:
    """What became of the video without any option."""
    result = converted(shell, 'curl -F file=@video.mkv -H "$AUTH" $GATEWAY/upload')["result"]
    return dict(result)


def test_the_document_has_every_option() -> None:
    """Each in the table and with an example; none that there is not."""
    headings = re.findall(r"^### (\w+)$", DOCUMENT, re.MULTILINE)
    assert table() == headings == list(EFFECTS)
    assert set(table()) == set(OPTION_NAMES)


def test_every_way_in_takes_the_same_options(keeping: Shell) -> None:
    """The commands that show how to send options: all ask for the same, and get it."""
    _, _, by_form, by_put, *again = commands("How to send them")
    assert len(again) == 3
    first = converted(keeping, by_form)
    keeping.variables["FID"] = first["fid"]
    jobs = [converted(keeping, command) for command in (by_put, *again)]
    assert [job["options"] for job in jobs] == [first["options"]] * 4
    assert first["options"]["channels"] == 1
    assert first["convert_url"] == f"{keeping.variables['GATEWAY']}/jobs/{first['fid']}/convert"
    # The same content and options: converted once.
    assert [job["attempts"] for job in (first, *jobs)] == [1, 0, 0, 0, 0]


@pytest.mark.parametrize("option", table())
def test_an_example_does_what_it_says(keeping: Shell, option: str) -> None:
    """The MP3 is as asked for; the file itself and JSON mean the same as the form."""
    by_form, by_put, by_json = commands(option)[:3]
    job = converted(keeping, by_form)
    found = probe(keeping, job) if option != "split_chapters" else {}
    assert EFFECTS[option](keeping, job, found)
    keeping.variables["FID"] = job["fid"]
    for command in (by_put, by_json):
        assert converted(keeping, command)["options"] == job["options"]
