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
    *("--retries", "3", "--extractor-retries", "1"),
)
_FACTS: Final = ("--dump-single-json", "--flat-playlist", "--format", "b*")
_STREAM: Final = (
    *("--output", "-", "--format", "all", "--fixup", "never", "--no-mtime"),
    *("--abort-on-unavailable-fragments", "--fragment-retries", "5"),
    *("--retry-sleep", "exp=0.5:8", "--retry-sleep", "fragment:exp=0.5:8"),
)


@dataclass(frozen=True, slots=True)
class Program:
    """yt-dlp: the package that is installed, or a newer one (a file of Python code, a zipapp).

    `javascript` is what --js-runtimes takes, as `quickjs:/usr/bin/qjs`; yt-dlp needs one for some
    sites.
    """

    zipapp: Path | None = None
    javascript: str | None = None

    def facts(self, proxy_url: str, stall_seconds: float, url: str) -> list[str]:
        """Says as JSON what is at `url`, a video."""
        options = ("--no-playlist", "--playlist-items", "1:2")
        return [*self._start(proxy_url, stall_seconds), *_FACTS, *options, "--", url]

    def listing(self, proxy_url: str, stall_seconds: float, url: str, limit: int) -> list[str]:
        """Says as JSON what the first `limit` entries of the playlist at `url` are."""
        options = ("--yes-playlist", "--playlist-items", f"1:{limit}")
        return [*self._start(proxy_url, stall_seconds), *_FACTS, *options, "--", url]

    def stream(self, proxy_url: str, stall_seconds: float, facts: Path) -> list[str]:
        """Writes the one format in the file `facts` to its standard output."""
        return [*self._start(proxy_url, stall_seconds), *_STREAM, "--load-info-json", str(facts)]

    def _start(self, proxy_url: str, stall_seconds: float) -> list[str]:
        # Isolated (-I): neither its working folder nor PYTHON... variables bring in code.
        python = [sys.executable, "-I", "-X", "utf8"]
        module = [str(self.zipapp)] if self.zipapp else ["-m", "yt_dlp"]
        runtime = ["--js-runtimes", self.javascript] if self.javascript else []
        network = ["--proxy", proxy_url, "--socket-timeout", f"{stall_seconds:g}"]
        return [*python, *module, *_ALWAYS, *runtime, *network]


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
        "PATH": str(folder),
        "LANG": "C.UTF-8",
    }
