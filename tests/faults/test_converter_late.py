"""A converter stops for longer than its lease, and goes on when another has taken the job over."""

import signal

import pytest

from tests.faults.clips import LONG_OPTIONS, Clips
from tests.faults.recovery import Fault
from tests.faults.steps import Step, after, before
from tests.faults.system import System, counted
from tests.waiting import wait_for

STEPS = {
    "converting": after("getMore", "videos.fs.chunks"),
    "storing": before("insert", "mp3s.fs.files"),
    "stored": before("update", "jobs.jobs", state="ready"),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_late_converter_changes_nothing(
    step: Step, system: System, fault: Fault, clips: Clips
) -> None:
    """What a converter finishes after its lease has gone to another is deleted, and only that."""
    late = system.service("converter")
    earlier = counted(late, "conversions_total")
    system.interrupt(late, step, signal.SIGSTOP)
    promises = [system.client.promised(clips.long, LONG_OPTIONS)]
    fid = promises[0].fid
    system.await_stopped(late)
    late_fid = system.job(fid)["writing_fid"]
    system.add_replica("converter")
    wait_for(lambda: system.job(fid)["state"] == "ready", what="the successor's MP3")
    won = system.job(fid)
    assert (won["attempts"], won["mp3_fid"] == late_fid) == (2, False)
    late.resume()
    fault.ends()
    wait_for(
        lambda: counted(late, "conversions_total") > earlier, what="the end of the late conversion"
    )
    system.further[0].stop()
    promises += [system.client.promised(clip) for clip in clips.short]
    fault.assert_survived(promises)
    unchanged = ("state", "attempts", "mp3_fid", "result", "failure")
    assert {name: system.job(fid)[name] for name in unchanged} == {
        name: won[name] for name in unchanged
    }
