"""How yt-dlp is called: which program, with which options, in which environment.

Nothing that lies around on the machine has a say: no configuration files, no plugins, no cache, no
cookies, no programs but its JavaScript runtime, and no network but the guard.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")

_ALWAYS: Final = (
    *("--ignore-config", "--no-plugin-dirs", "--no-cache-dir", "--no-js-runtimes"),
    *("--color", "never", "--no-progress", "--xff", "never"),
    *("--abort-on-error", "--ignore-no-formats-error", "--downloader", "native"),
)
_FACTS: Final = ("--dump-single-json", "--flat-playlist", "--format", "b*")
_STREAM: Final = (
    *("--output", "-", "--format", "all", "--fixup", "never", "--no-mtime"),
    "--abort-on-unavailable-fragments",
)


@dataclass(frozen=True, slots=True)
class Network:
    """The way to the sites: the guard, and how often and after how many seconds to try again."""

    proxy_url: str
    stall_seconds: float
    retry_pauses: tuple[float, ...]

    def options(self) -> list[str]:
        """What yt-dlp is told of it."""
        tries = str(len(self.retry_pauses))
        pause = f"exp={self.retry_pauses[0]:g}:{self.retry_pauses[-1]:g}"
        return [
            *("--proxy", self.proxy_url, "--socket-timeout", f"{self.stall_seconds:g}"),
            *("--retries", tries, "--fragment-retries", tries, "--extractor-retries", "1"),
            *("--retry-sleep", pause, "--retry-sleep", f"fragment:{pause}"),
        ]


@dataclass(frozen=True, slots=True)
class Program:
    """yt-dlp: the package that is installed, or a newer one (a file of Python code, a zipapp).

    `javascript` is what --js-runtimes takes, as `quickjs:/usr/bin/qjs`; yt-dlp needs one for some
    sites.
    """

    zipapp: Path | None = None
    javascript: str | None = None

    def facts(self, network: Network, url: str) -> list[str]:
        """Says as JSON what is at `url`, a video."""
        options = ("--no-playlist", "--playlist-items", "1:2")
        return [*self._start(network), *_FACTS, *options, "--", url]

    def listing(self, network: Network, url: str, limit: int) -> list[str]:
        """Says as JSON what the first `limit` entries of the playlist at `url` are."""
        options = ("--yes-playlist", "--playlist-items", f"1:{limit}")
        return [*self._start(network), *_FACTS, *options, "--", url]

    def stream(self, network: Network, facts: Path) -> list[str]:
        """Writes the one format in the file `facts` to its standard output."""
        return [*self._start(network), *_STREAM, "--load-info-json", str(facts)]

    def _start(self, network: Network) -> list[str]:
        # Isolated (-I): neither its working folder nor PYTHON... variables bring in code.
        python = [sys.executable, "-I", "-X", "utf8"]
        module = [str(self.zipapp)] if self.zipapp else ["-m", "yt_dlp"]
        runtime = ["--js-runtimes", self.javascript] if self.javascript else []
        return [*python, *module, *_ALWAYS, *runtime, *network.options()]


def environment(folder: Path) -> Mapping[str, str]:
    """What yt-dlp finds in its environment: nothing of ours but where certificates lie.

    Without a PATH that leads anywhere it starts no other program.
    """
    kept = {name: os.environ[name] for name in _CERTIFICATES if name in os.environ}
    return {
        **kept,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "XDG_CACHE_HOME": str(folder),
        "PATH": str(folder / "no-programs"),
        "LANG": "C.UTF-8",
    }
