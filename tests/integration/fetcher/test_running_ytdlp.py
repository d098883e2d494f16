"""The process that yt-dlp runs in, with a program of ours in its place."""

import json
import os
import signal
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.errors import ServiceError
from chassis.link_rules import LinkRules
from chassis.settings import read_settings
from fetcher.guard.name_resolver import NameResolver
from fetcher.guard.server import Guard
from fetcher.limits import FetchLimits
from fetcher.scratch import clear_scratch, scratch_folder
from fetcher.settings import FetcherSettings
from fetcher.watch import Watch
from fetcher.ytdlp_formats import usable
from fetcher.ytdlp_program import Program
from fetcher.ytdlp_runs import YtDlp
from tests.integration.fetcher.conftest import LIMITS
from tests.waiting import wait_for

Started = Callable[..., YtDlp]
NEEDED = {"MONGODB_URL": "mongodb://nowhere", "AMQP_URL": "amqp://nowhere"}


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Makes what runs the given Python code as if it were yt-dlp."""
    with closing(_Programs(tmp_path)) as programs:
        yield programs.started


class _Programs:
    def __init__(self, folder: Path, javascript: str | None = None) -> None:
        self._folder = folder
        self._javascript = javascript
        self._open: list[Iterator[YtDlp]] = []

    def started(self, code: str, limits: FetchLimits = LIMITS) -> YtDlp:
        program = self._folder / "program.py"
        program.write_text(textwrap.dedent(code))
        running = self._running(Program(program, self._javascript), limits)
        self._open.append(running)
        return next(running)

    def _running(self, program: Program, limits: FetchLimits) -> Iterator[YtDlp]:
        with (
            scratch_folder() as folder,
            Guard(LinkRules(), NameResolver()) as guard,
            guard.session() as session,
            Watch(limits, lambda: session.bytes_received, lambda: False) as watch,
        ):
            yield YtDlp(program, session, watch, limits, folder)

    def close(self) -> None:
        for running in self._open:
            with suppress(StopIteration):
                next(running)


def code_of(asked: Callable[[], object]) -> str:
    with pytest.raises(ServiceError) as raised:
        asked()
    return raised.value.code


def is_alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_it_finds_nothing_of_ours(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secrets, no programs, no files but its own; everything goes through the guard."""
    monkeypatch.setenv("MONGODB_URL", "mongodb://fetcher:secret@mongo")
    monkeypatch.setenv("HTTPS_PROXY", "http://elsewhere.example")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ssl/own.pem")
    yt_dlp = started(
        """
        import json, os, resource, sys
        print(json.dumps({
            "environment": dict(os.environ), "arguments": sys.argv[1:], "folder": os.getcwd(),
            "isolated": sys.flags.isolated, "own_group": os.getpgrp() == os.getpid(),
            "files": os.listdir("/proc/self/fd"),
            "memory": resource.getrlimit(resource.RLIMIT_DATA)[1],
        }))
        """
    )
    facts, _ = yt_dlp.facts("https://v.example/-x")
    folder = facts["folder"]
    assert set(facts["environment"]) <= {
        *("HOME", "TMPDIR", "XDG_CACHE_HOME", "PATH", "LANG", "LC_CTYPE"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
    assert facts["environment"]["HOME"] == folder
    assert not Path(facts["environment"]["PATH"]).exists()
    assert facts["arguments"][-2:] == ["--", "https://v.example/-x"]
    given = dict(zip(facts["arguments"], facts["arguments"][1:], strict=False))
    assert given["--proxy"].startswith("http://")
    assert {"--ignore-config", "--no-plugin-dirs", "--no-cache-dir"} <= set(facts["arguments"])
    assert (facts["isolated"], facts["own_group"]) == (1, True)
    assert facts["memory"] == LIMITS.memory_bytes
    assert len(facts["files"]) <= 4


def test_its_javascript_runtime_runs_within_the_bounds(tmp_path: Path) -> None:
    """The one that is built in; it sets aside much more memory than it uses."""
    settings = read_settings(FetcherSettings, NEEDED)
    code = """
        import json, subprocess, sys
        runtime = sys.argv[sys.argv.index("--js-runtimes") + 1].removeprefix("deno:")
        said = subprocess.run([runtime, "eval", "console.log(6 * 7)"], capture_output=True)
        print(json.dumps({"said": said.stdout.decode(), "errors": said.stderr.decode()}))
        """
    with closing(_Programs(tmp_path, settings.program.javascript)) as programs:
        facts, _ = programs.started(code, settings.limits).facts("https://v.example/")
    assert facts == {"said": "42\n", "errors": ""}


def test_its_messages_become_codes(started: Started) -> None:
    """With the exit status of a failure."""
    failing = """
        import sys
        print("ERROR: [x] 1: Private video", file=sys.stderr)
        sys.exit(1)
        """
    assert code_of(lambda: started(failing).facts("https://v.example/")) == "video_unavailable"


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        ("print('no JSON')", "site_unavailable"),
        ("print('[1]')", "site_unavailable"),
        ("import sys\nwhile True: sys.stdout.write('x' * 65536)", "unsupported_stream"),
        ("x = bytearray(2 << 30)", "site_unavailable"),
    ],
)
def test_senseless_answers_fail(started: Started, code: str, failed: str) -> None:
    """Neither size nor memory is without bounds."""
    assert code_of(lambda: started(code).facts("https://v.example/")) == failed


def test_fragments_are_bounded(started: Started) -> None:
    """A file that grows beyond what a fragment may have cannot be written."""
    yt_dlp = started(
        """
        import sys
        try:
            with open("--Frag1", "wb") as file:
                file.truncate(1 << 30)
        except OSError as error:
            print(f"ERROR: unable to write data: {error}", file=sys.stderr)
            sys.exit(1)
        """
    )
    assert code_of(lambda: yt_dlp.facts("https://v.example/")) == "unsupported_stream"


def test_what_it_started_ends_with_it(started: Started, tmp_path: Path) -> None:
    """Whether it ends by itself or is ended."""
    told = tmp_path / "child"
    child = f"""
        import os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open({str(told)!r}, "w").write(str(child.pid))
        """
    started(f"{child}\n        print('{{}}')").facts("https://v.example/")
    wait_for(lambda: not is_alive(int(told.read_text())), 5, "the child's end")
    hanging = started(f"{child}\n        time.sleep(600)", replace(LIMITS, extract_seconds=1.0))
    assert code_of(lambda: hanging.facts("https://v.example/")) == "site_unavailable"
    wait_for(lambda: not is_alive(int(told.read_text())), 5, "the child's end")


def test_a_stream_that_fails_at_its_end_fails(started: Started) -> None:
    """What was written before is not taken for the whole."""
    yt_dlp = started(
        """
        import sys
        sys.stdout.write("x" * 3_000_000)
        print("ERROR: fragment 7 not found, unable to continue", file=sys.stderr)
        sys.exit(1)
        """
    )
    (chosen,) = usable([{"url": "https://v.example/x.m3u8", "protocol": "m3u8_native"}])
    with closing(yt_dlp.stream({"id": "x", "webpage_url": "https://v.example/"}, chosen)) as pieces:
        assert len(next(pieces)) == 1 << 20
        assert code_of(lambda: list(pieces)) == "fetch_interrupted"


def test_a_stream_never_begins_anew(started: Started) -> None:
    """The saved facts do not hold the page, from which yt-dlp would do that."""
    yt_dlp = started(
        """
        import sys
        sys.stdout.write(open(sys.argv[-1]).read())
        """
    )
    (chosen,) = usable([{"url": "https://v.example/x.m3u8", "protocol": "m3u8_native"}])
    facts = {"id": "x", "title": "T", "webpage_url": "https://v.example/", "original_url": "y"}
    saved = json.loads(b"".join(yt_dlp.stream(facts, chosen)))
    assert saved == {"id": "x", "title": "T", "formats": [chosen.facts]}


def test_scratch_folders_of_the_dead_are_cleared(scratch: Path) -> None:
    """Those of the living stay."""
    pid = os.fork()
    if pid == 0:
        with scratch_folder() as folder:
            (folder / "--Frag1").write_bytes(b"left")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert len(list(scratch.iterdir())) == 1
    with scratch_folder() as ours:
        clear_scratch()
        assert list(scratch.iterdir()) == [ours]
