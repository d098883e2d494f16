"""docs/receipt.md: what it names is in a job, and what is in a job it names."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.presenting import Presenter
from tests import sample_jobs

DOCUMENT = (Path(__file__).parents[3] / "docs" / "receipt.md").read_text()
ROW = re.compile(r"^\| (`[^|]+`) \|", re.MULTILINE)


def named() -> set[str]:
    """The fields in its tables, by their whole paths; a row's later names are beside its first."""
    found = set()
    for row in ROW.findall(DOCUMENT):
        first, *others = re.findall(r"`([\w.]+)`", row)
        folder = first.rpartition(".")[0]
        found |= {first, *(f"{folder}.{name}" if folder else name for name in others)}
    return found


def paths(value: Mapping[str, Any], folder: str = "") -> Iterator[str]:
    """Every field, by its path; what a loudness holds by its name alone, as both are the same."""
    for name, inner in value.items():
        path = f"{folder}{name}"
        if name == "loudness":
            yield from (path, *inner)
        elif isinstance(inner, Mapping):
            yield from paths(inner, f"{path}.")
        else:
            yield path


def test_it_names_what_there_is() -> None:
    """No field that a job has not, and each that tells of the source's sound and of the MP3."""
    job = Presenter("https://mp3.example.com", lambda fid, _: fid).job(sample_jobs.ready())
    there = set(paths(job))
    assert named() <= there
    told = {path for path in there if path.startswith(("source.media.", "result."))}
    assert told | {"seconds_waited", "seconds_converted"} <= named()
