"""What the box does with a process that hangs, dies, or does harm."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psutil
import pytest

from chassis.errors import Permanent, Retryable, StoreUnavailable
from chassis.options import ConversionOptions, Cover
from converter import wire
from converter.box import Box, BoxLimits, Stopped
from converter.conversion import Conversion
from converter.cores import Cores
from converter.fork_client import ForkServerError
from converter.output_limit import most_bytes
from tests.integration.converter_engine.media import MemorySink, MemorySource
from tests.waiting import wait_for

ENGINES = "tests.integration.converter_engine.misbehaving"
PATIENT = BoxLimits(stall_seconds=60.0, max_seconds=60.0)


SERVICE = """
import sys
from chassis.options import ConversionOptions
from converter.box import Box, BoxLimits
from converter.cores import Cores
from tests.integration.converter_engine.media import MemorySink, MemorySource

class TellingSink(MemorySink):
    def write(self, data):
        print("converting", flush=True)

with Box(BoxLimits(), Cores(1), engine=sys.argv[1]) as box:
    box.convert(
        MemorySource(b"x"), TellingSink(), ConversionOptions(), name="x",
        on_progress=print, should_stop=lambda: False,
    )
"""


@contextmanager
def boxed(engine: str, limits: BoxLimits = PATIENT) -> Iterator[Box]:
    with Box(limits, Cores(1), engine=f"{ENGINES}:{engine}") as box:
        yield box
    left = [child for child in psutil.Process().children(recursive=True) if _serves(child)]
    assert not left, "processes were left behind"


def run(
    box: Box,
    source: Any = None,
    sink: Any = None,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Conversion:
    return box.convert(
        source or MemorySource(bytes(range(256)) * 100),
        sink or MemorySink(),
        ConversionOptions(**options),
        name="video.mp4",
        on_progress=lambda _: None,
        should_stop=should_stop,
    )


def fork_server() -> psutil.Process:
    """The process that the conversions of the box under test are forked from."""
    (server,) = [child for child in psutil.Process().children() if _serves(child)]
    return server


def conversions() -> list[psutil.Process]:
    """The processes that convert just now."""
    return fork_server().children()


def _serves(process: psutil.Process) -> bool:
    """Whether it is a fork server or forked from one; other tests' servers have children too."""
    try:
        return any(argument.startswith(ENGINES) for argument in process.cmdline())
    except psutil.Error:
        return False


def test_a_good_engine_gets_and_gives_every_byte() -> None:
    """Bytes come through the box unchanged, the start as it was rewritten."""
    source, sink = MemorySource(os.urandom(300_000)), MemorySink()
    with boxed("well_behaved") as box:
        assert run(box, source, sink).source.title == "video.mp4"
        assert sink.data == b"start" + source.data[5:]
        assert not conversions()


@pytest.mark.parametrize(
    ("engine", "code"),
    [
        ("crash", "engine_crashed"),
        ("leave", "engine_crashed"),
        ("talk_nonsense", "engine_crashed"),
        ("announce_too_much", "engine_crashed"),
        ("read_behind_the_end", "engine_crashed"),
        ("read_too_much", "engine_crashed"),
        ("read_beside_the_window", "engine_crashed"),
        ("write_into_the_window", "engine_crashed"),
        ("rewrite_unwritten", "engine_crashed"),
        ("invent_a_part", "engine_crashed"),
        ("flood", "engine_crashed"),
        ("lie", "engine_crashed"),
        ("crash_after_drawing", "engine_crashed"),
        ("talk_nonsense_of_drawing", "engine_crashed"),
        ("invent_a_refusal", "engine_failed"),
        ("fail", "engine_failed"),
        ("eat_memory", "engine_memory"),
    ],
)
def test_harm_ends_with_the_process(engine: str, code: str) -> None:
    """Whatever the process does, it is dead afterwards and the box goes on."""
    with boxed(engine) as box:
        for _ in range(2):
            with pytest.raises(Retryable) as caught:
                run(box)
            assert caught.value.code == code
            assert not conversions()


@pytest.mark.parametrize(
    "engine",
    ["crash_drawing", "hang_drawing", "read_drawing", "fail_drawing", "eat_memory_drawing"],
)
def test_a_picture_that_ends_the_process_costs_the_cover_alone(engine: str) -> None:
    """The conversion is made without it, from its beginning, and its owner is told."""
    source, sink = MemorySource(os.urandom(10_000)), MemorySink()
    with boxed(engine, BoxLimits(stall_seconds=3.0)) as box:
        conversion = run(box, source, sink, cover=Cover.FRAME)
        assert not conversions()
    assert conversion.notes == ("No cover: its picture could not be read.",)
    assert sink.data == b"start" + source.data[5:]


def test_a_store_that_fails_meanwhile_is_not_the_pictures_fault() -> None:
    """What the source raises is raised, and the cover not given up."""

    class Away(MemorySource):
        def read_at(self, offset: int, length: int) -> bytes:
            raise StoreUnavailable("away")

    with boxed("read_drawing") as box, pytest.raises(StoreUnavailable):
        run(box, Away(bytes(100)), cover=Cover.FRAME)


def test_stopping_is_heard_while_a_cover_is_drawn() -> None:
    """It is not taken for the picture's fault."""
    with boxed("hang_drawing") as box, pytest.raises(Stopped):
        run(box, should_stop=lambda: True, cover=Cover.FRAME)


@pytest.mark.parametrize("split", [False, True])
def test_what_may_be_written_is_bounded(split: bool) -> None:
    """By the longest MP3 with all of its labels; in a ZIP each may have a cover."""
    limits = BoxLimits(max_seconds=1.0)
    limit = most_bytes(ConversionOptions(split_chapters=split), 1.0)
    sink = MemorySink()
    with boxed("write_zeros", limits) as box:
        run(box, MemorySource(bytes(limit)), sink, split_chapters=split)
        assert len(sink.data) == limit
        with pytest.raises(Retryable, match="longer than any MP3"):
            run(box, MemorySource(bytes(limit + 1)), split_chapters=split)


def test_absurd_sizes_are_the_fault_of_the_file() -> None:
    """A file that makes the library ask for a terabyte is damaged: it is not tried again."""
    with boxed("ask_for_too_much") as box, pytest.raises(Permanent) as caught:
        run(box)
    assert caught.value.code == "corrupt"


def test_a_bug_is_told_with_its_trace() -> None:
    """What went wrong in the process can be read in the log of the service."""
    with boxed("fail") as box, pytest.raises(Retryable) as caught:
        run(box)
    assert "ZeroDivisionError: a bug" in "".join(caught.value.__notes__)


@pytest.mark.parametrize("engine", ["hang", "spin"])
def test_a_silent_process_is_killed(engine: str) -> None:
    """A process that gives no sign of life for the set time is ended."""
    with boxed(engine, BoxLimits(stall_seconds=1.0)) as box:
        with pytest.raises(Retryable) as caught:
            run(box)
        assert caught.value.code == "engine_timeout"
        assert not conversions()


@pytest.mark.parametrize("engine", ["chatter", "drip"])
def test_a_process_that_only_talks_is_killed(engine: str) -> None:
    """Messages without end do not keep a process alive beyond its whole time."""
    with boxed(engine, BoxLimits(busy_seconds=0.2)) as box, pytest.raises(Retryable) as caught:
        run(box)
    assert caught.value.code == "engine_timeout"


def test_computing_time_is_limited() -> None:
    """The kernel ends a process that has computed for too long."""
    with boxed("spin", BoxLimits(cpu_seconds=1)) as box, pytest.raises(Retryable) as caught:
        run(box)
    assert caught.value.code == "engine_timeout"


def test_the_process_is_confined() -> None:
    """It can open nothing, gains no rights, and knows nothing of the service's environment."""
    os.environ["MONGODB_URL"] = "mongodb://user:secret@host"
    try:
        with boxed("peek") as box:
            title = run(box).source.title
    finally:
        del os.environ["MONGODB_URL"]
    assert title is not None
    found = json.loads(title)
    assert found == {
        "could": [],
        "environment": [
            "GLIBC_TUNABLES",
            "LC_ALL",
            "OPENBLAS_NUM_THREADS",
            "PYTHONDONTWRITEBYTECODE",
            "PYTHONPATH",
        ],
        "leads its group": True,
        "no new privileges": 1,
        "descriptors": [0, 1, 2],
    }


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_killed_process_is_a_crash(number: signal.Signals) -> None:
    """A signal from outside ends the conversion, to be tried again."""

    class KillingSink(MemorySink):
        def write(self, data: bytes) -> None:
            conversions()[0].send_signal(number)

    with boxed("hang") as box:
        with pytest.raises(Retryable) as caught:
            run(box, sink=KillingSink())
        assert caught.value.code == "engine_crashed"
        assert f"signal {number}" in caught.value.detail


def test_a_stopped_process_is_killed() -> None:
    """SIGSTOP is silence like any other."""

    class StoppingSink(MemorySink):
        def write(self, data: bytes) -> None:
            conversions()[0].suspend()

    with boxed("well_behaved", BoxLimits(stall_seconds=1.0)) as box:
        with pytest.raises(Retryable) as caught:
            run(box, MemorySource(bytes(4 * wire.MAX_READ_BYTES)), StoppingSink())
        assert caught.value.code == "engine_timeout"
        assert not conversions()


def test_nothing_outlives_a_conversion_by_forking() -> None:
    """The whole process group is killed."""
    seen: list[psutil.Process] = []

    class LookingSink(MemorySink):
        def write(self, data: bytes) -> None:
            seen.extend(conversions()[0].children(recursive=True) + conversions())

    limits = BoxLimits(stall_seconds=1.0)
    with boxed("ignore_signals_and_hang", limits) as box:
        with pytest.raises(Retryable):
            run(box, sink=LookingSink())
        assert seen
        wait_for(lambda: not any(_runs(process) for process in seen), what="the end of the group")


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("engine", ["hang", "spin", "chatter", "drip"])
def test_a_conversion_is_stopped_when_its_caller_says_so(engine: str) -> None:
    """`should_stop` is heard whether the process waits, computes or talks."""
    with boxed(engine) as box:
        asked = 0

        def should_stop() -> bool:
            nonlocal asked
            asked += 1
            return asked == 2

        with pytest.raises(Stopped):
            run(box, should_stop=should_stop)
        assert not conversions()


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()])
def test_errors_of_the_store_pass_through(error: BaseException) -> None:
    """What the source, the sink or a callback raises is raised, and the process is dead."""

    class Broken:
        size = 100

        def read_at(self, offset: int, length: int) -> bytes:
            raise error

        def write(self, data: bytes) -> None:
            raise error

        def rewrite(self, offset: int, data: bytes) -> None:
            raise AssertionError

        def start_over(self) -> None:
            raise AssertionError

    def should_stop() -> bool:
        raise error

    with boxed("well_behaved") as box:
        for attempt in (partial(run, box, source=Broken()), partial(run, box, sink=Broken())):
            with pytest.raises(type(error)) as caught:
                attempt()
            assert caught.value is error
            assert not conversions()
    with boxed("hang") as box:
        with pytest.raises(type(error)):
            run(box, should_stop=should_stop)
        assert not conversions()


def test_a_dead_fork_server_is_started_again() -> None:
    """The next conversion works, whatever killed the process that they are forked from."""
    with boxed("well_behaved") as box:
        server = fork_server()
        server.kill()
        wait_for(lambda: not _runs(server), what="the end of the server")
        assert run(box).source.title == "video.mp4"


def test_conversions_die_with_the_fork_server() -> None:
    """A conversion whose server is killed is a crash, and does not go on unseen."""
    seen: list[psutil.Process] = []

    class KillingSink(MemorySink):
        def write(self, data: bytes) -> None:
            seen.extend(conversions())
            parent = seen[0].parent()
            assert parent is not None
            parent.kill()

    with boxed("hang") as box:
        with pytest.raises(Retryable) as caught:
            run(box, sink=KillingSink())
        assert caught.value.code == "engine_crashed"
        wait_for(lambda: not _runs(seen[0]), what="the end of the conversion")


def test_an_engine_that_cannot_be_loaded_is_told_at_once() -> None:
    """A service that could not convert anything does not start."""
    with pytest.raises(ForkServerError):
        Box(PATIENT, Cores(1), engine=f"{ENGINES}:there_is_no_such_engine").start()


def test_nothing_outlives_the_service() -> None:
    """A service that is killed leaves neither conversions nor their server behind."""
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE, f"{ENGINES}:hang"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    assert service.stdout is not None
    assert service.stdout.readline() == b"converting\n"
    started = psutil.Process(service.pid).children(recursive=True)
    assert len(started) == 2
    service.kill()
    service.wait()
    wait_for(lambda: not any(_runs(process) for process in started), what="the end of all")


def test_many_at_once() -> None:
    """Conversions of several threads do not mix, nor do those that end badly disturb others."""
    with boxed("well_behaved") as box:
        failed: list[BaseException] = []

        def work(number: int) -> None:
            source, sink = MemorySource(os.urandom(100_000 + number)), MemorySink()
            try:
                if number % 3:
                    run(box, source, sink)
                    assert sink.data == b"start" + source.data[5:]
                else:
                    with pytest.raises(Stopped):
                        run(box, Slow(source), sink, should_stop=lambda: True)
            except BaseException as error:  # noqa: BLE001 - told below
                failed.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert not conversions()


class Slow:
    """A source that takes its time, and gives little at once."""

    def __init__(self, source: MemorySource) -> None:
        self.source = source
        self.size = source.size

    def read_at(self, offset: int, length: int) -> bytes:
        threading.Event().wait(0.1)
        return self.source.read_at(offset, min(length, 1000))


def test_no_descriptor_is_lost() -> None:
    """However conversions end, the service has as many files open as before."""
    with boxed("well_behaved") as box:
        run(box)
        before = psutil.Process().num_fds()
        for _ in range(20):
            run(box)
            with pytest.raises(Stopped):
                run(box, Slow(MemorySource(bytes(10_000))), should_stop=lambda: True)
        assert psutil.Process().num_fds() == before
