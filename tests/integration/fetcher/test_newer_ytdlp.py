"""Another yt-dlp than the one that is installed, as YT_DLP names it."""

import shutil
import zipapp
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from fetcher.ports import Brought
from fetcher.ytdlp_program import Program
from tests.integration.fetcher.conftest import Fetching
from tests.integration.fetcher.media_site import MediaSite, Resource

PAGE = (
    b'<html><head><title>A page</title></head><body><video src="/film.mp4"></video></body></html>'
)


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A zipapp as yt-dlp's releases have it; where it was run from, `ran` beside it tells."""
    folder, app = tmp_path / "newer", tmp_path / "yt-dlp"
    installed = find_spec("yt_dlp")
    assert installed is not None
    assert installed.origin is not None
    shutil.copytree(Path(installed.origin).parent, folder / "yt_dlp")
    (folder / "__main__.py").write_text(
        "import yt_dlp\n"
        f"open({str(tmp_path / 'ran')!r}, 'a').write(yt_dlp.__file__)\n"
        "yt_dlp.main()\n"
    )
    zipapp.create_archive(folder, app)
    return app


def test_it_is_used_as_it_lies_there(site: MediaSite, fetching: Fetching, newer: Path) -> None:
    """The file is run in place of the package, and of nothing else."""
    site.serve("/film.mp4", Resource(b"\0\0\0\x18ftypmp42" + bytes(200_000)))
    page = site.serve("/page", Resource(PAGE, "text/html"))
    fetching.bringer = replace(fetching.bringer, program=Program(newer))
    assert isinstance(fetching.bring(page), Brought)
    assert len(fetching.arrived.data) == 200_012
    assert str(newer) in newer.with_name("ran").read_text()
