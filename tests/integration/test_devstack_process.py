"""Programs that we start end when they should, all of them."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from devstack.daemon import bare_environment
from devstack.process import NotReady, Process, ProgramFailed, run, thread_states

# A program with a grandchild of ours, which says its process id.
FAMILY = ["sh", "-c", "sleep 1000 & echo child $!; wait"]


def make(tmp_path: Path, command: list[str]) -> Process:
    return Process("program", command, log=tmp_path / "log", environment=bare_environment())


def family(tmp_path: Path) -> tuple[Process, int]:
    process = make(tmp_path, FAMILY)
    process.start()
    process.wait_for_line(r"child \d+", 10)
    return process, int(process.output().split()[1])


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("ending", [lambda p: p.stop(5), Process.kill])
def test_the_children_of_a_program_end_with_it(
    tmp_path: Path, ending: Callable[[Process], None]
) -> None:
    """Stopping and killing a program leave none of its children behind."""
    process, child = family(tmp_path)
    pid = process.pid
    ending(process)
    assert not process.running
    assert eventually(lambda: not alive(pid) and not alive(child))


def test_starting_again_ends_what_is_left_of_the_last_time(tmp_path: Path) -> None:
    """The children of a program that died by itself are gone before it starts anew."""
    process, child = family(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert alive(child)
    process.start()
    assert eventually(lambda: not alive(child))
    process.kill()


def test_a_suspended_program_does_nothing_more(tmp_path: Path) -> None:
    """When `suspend` returns, each thread of the program and of its children stands still."""
    process = make(tmp_path, ["sh", "-c", "talk() { while :; do echo up; done; }; talk & talk"])
    process.start()
    process.wait_for_line("up", 10)
    process.suspend()
    assert set(thread_states(process.pid)) == {"T"}
    printed = process.log.stat().st_size
    time.sleep(0.2)
    assert process.log.stat().st_size == printed
    process.resume()
    assert eventually(lambda: process.log.stat().st_size > printed)
    process.kill()


def test_a_suspended_program_can_be_stopped(tmp_path: Path) -> None:
    """A program that hangs in SIGSTOP is resumed, so that it can end in good order."""
    process = make(
        tmp_path,
        [
            "sh",
            "-c",
            "trap 'echo bye; exit 0' TERM; echo up; sleep 0.1 & wait; while :; do sleep 0.1; done",
        ],
    )
    process.start()
    process.wait_for_line("up", 10)
    process.suspend()
    process.stop(10)
    assert "bye" in process.output()


def test_a_program_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    """Stopping waits no longer than it was told to."""
    process = make(tmp_path, ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"])
    process.start()
    process.wait_for_line("up", 10)
    pid = process.pid
    process.stop(0.2)
    assert not alive(pid)


def test_nothing_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    """SIGKILL of the starting process ends everything it started, from any thread."""
    script = textwrap.dedent(f"""
        import threading, time
        from pathlib import Path
        from devstack.process import Process
        def start(name):
            log = Path({str(tmp_path)!r}) / name
            process = Process(name, {FAMILY!r}, log=log, environment={{}})
            process.start()
            process.wait_for_line("child", 10)
            print(process.pid, process.output().split()[1], flush=True)
        start("one")
        thread = threading.Thread(target=start, args=("two",))
        thread.start()
        thread.join()
        print("ready", flush=True)
        time.sleep(1000)
    """)
    environment = bare_environment() | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for _ in range(2) for pid in parent.stdout.readline().split()]
        assert parent.stdout.readline() == "ready\n"
        time.sleep(0.2)
        assert all(alive(pid) for pid in pids)  # also what a thread started that has ended
        parent.send_signal(signal.SIGKILL)
    assert len(pids) == 4
    assert eventually(lambda: not any(alive(pid) for pid in pids))


def test_a_killed_guardian_has_a_successor(tmp_path: Path) -> None:
    """Programs can be started and stopped after somebody killed the guardian."""
    process, child = family(tmp_path)
    for sibling in psutil.Process().children():
        if "guardian.py" in " ".join(sibling.cmdline()):
            sibling.kill()
            sibling.wait()
    process.kill()
    process.start()
    process.wait_for_line(r"child \d+", 10)
    process.kill()
    assert eventually(lambda: not alive(child))


def test_a_program_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    """Waiting for a program that ended stops at once and shows what it printed."""
    process = make(tmp_path, ["sh", "-c", "echo no space left; exit 3"])
    process.start()
    with pytest.raises(NotReady, match=r"exit code 3(.|\n)*no space left"):
        process.wait_for_line("ready", 60)


def test_old_output_is_not_taken_for_new(tmp_path: Path) -> None:
    """A program that is started again has to say anew that it is ready."""
    marker = tmp_path / "marker"
    process = make(
        tmp_path, ["sh", "-c", f"test -e {marker} || {{ touch {marker}; echo ready; }}; sleep 9"]
    )
    process.start()
    process.wait_for_line("ready", 10)
    process.kill()
    process.start()
    with pytest.raises(NotReady):
        process.wait_for_line("ready", 0.5)
    process.kill()
    assert "ready" in process.log.read_text()


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """A program that is not installed is reported as such."""
    with pytest.raises(ProgramFailed, match="no-such-program is missing"):
        make(tmp_path, ["no-such-program"]).start()
    with pytest.raises(ProgramFailed, match="no-such-program is missing"):
        run("it", ["no-such-program"], bare_environment())
