"""The converter is killed at each step of a job."""

from dataclasses import dataclass

import psutil
import pytest

from tests.faults.clips import LONG_OPTIONS, Clips
from tests.faults.recovery import Fault, stored
from tests.faults.steps import PUBLISH, Step, after, before
from tests.faults.system import System
from tests.waiting import wait_for


@dataclass(frozen=True)
class Case:
    """A step, what is found after a kill there, and how many attempts the job takes in the end."""

    step: Step
    state: str
    chunks: bool
    file: bool
    attempts: int


CASES = {
    "claimed": Case(
        after("update", "jobs.jobs", state="converting"), "converting", False, False, 2
    ),
    "converting": Case(after("getMore", "videos.fs.chunks"), "converting", False, False, 2),
    "storing": Case(after("insert", "mp3s.fs.chunks"), "converting", True, False, 2),
    "stored": Case(before("update", "jobs.jobs", state="ready"), "converting", True, True, 2),
    "ready": Case(before(PUBLISH, "mp3"), "ready", True, True, 1),
    "announced": Case(after(PUBLISH, "mp3"), "ready", True, True, 1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_converter_is_killed(case: Case, system: System, fault: Fault, clips: Clips) -> None:
    """A converter killed at any step of a job leaves a job that its successor finishes."""
    converter = system.service("converter")
    family = psutil.Process(converter.pid).children(recursive=True)
    system.interrupt(converter, case.step)
    promises = [system.client.promised(clips.long, LONG_OPTIONS)]
    fid = promises[0].fid
    system.await_killed(converter)
    left = stored(system)
    found = (left.jobs[fid]["state"], bool(left.chunks["mp3s"]), bool(left.files["mp3s"]))
    assert found == (case.state, case.chunks, case.file)
    wait_for(lambda: not any(map(_runs, family)), what="the end of the converter's children")
    converter.start()
    fault.ends()
    promises += [system.client.promised(clip) for clip in clips.short]
    fault.assert_survived(promises)
    assert system.job(fid)["attempts"] == case.attempts


def test_a_conversion_is_killed(system: System, fault: Fault, clips: Clips) -> None:
    """A conversion that dies (out of memory, say) is tried again, and harms no other."""
    promises = [system.client.promised(clips.long, LONG_OPTIONS)]
    _running_conversion(system).kill()
    fault.ends()
    promises += [system.client.promised(clip) for clip in clips.short]
    fault.assert_survived(promises)
    assert system.job(promises[0].fid)["attempts"] == 2


def test_a_conversion_hangs(system: System, fault: Fault, clips: Clips) -> None:
    """A conversion that gives no sign of life is ended and tried again."""
    promises = [system.client.promised(clips.long, LONG_OPTIONS)]
    conversion = _running_conversion(system)
    conversion.suspend()
    fault.ends()
    promises += [system.client.promised(clip) for clip in clips.short]
    fault.assert_survived(promises)
    assert not _runs(conversion)
    assert system.job(promises[0].fid)["attempts"] == 2


def test_a_converter_is_told_to_stop(system: System, fault: Fault, clips: Clips) -> None:
    """A conversion longer than the time to drain is given back, and that is no attempt."""
    converter = system.service("converter")
    promises = [system.client.promised(clips.long, LONG_OPTIONS)]
    # It hangs, so it is not finished when the time is over, however fast this machine is.
    _running_conversion(system).suspend()
    converter.stop()
    assert system.job(promises[0].fid)["state"] == "queued"
    assert system.job(promises[0].fid)["attempts"] == 0
    converter.start()
    fault.ends()
    fault.assert_survived(promises)


def _running_conversion(system: System) -> psutil.Process:
    """The process of the one conversion that runs: a child of the converter's fork server."""
    (server,) = psutil.Process(system.service("converter").pid).children()
    wait_for(lambda: bool(server.children()), what="a conversion")
    return server.children()[0]


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
