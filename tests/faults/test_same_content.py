"""The converter is killed while other jobs wait for the same result."""

import pytest

from tests.faults.clips import LONG_OPTIONS, Clips
from tests.faults.invariant import Promise
from tests.faults.recovery import Fault
from tests.faults.steps import PUBLISH, Step, after, before
from tests.faults.system import System

STEPS = {
    "converting": (after("insert", "mp3s.fs.chunks"), 2),
    "ready, before it answers the others": (before(PUBLISH, "mp3"), 1),
}
"""A step, and how many attempts all jobs together take in the end."""


@pytest.mark.parametrize(("step", "attempts"), STEPS.values(), ids=STEPS)
def test_a_converter_is_killed_while_others_wait(
    step: Step, attempts: int, system: System, fault: Fault, clips: Clips
) -> None:
    """Whoever waited for its result gets it from its successor: one MP3, and a mail for each."""
    converter = system.service("converter")
    content = clips.long.content()
    system.interrupt(converter, step)
    fids = [system.client.upload(content, options=LONG_OPTIONS) for _ in range(3)]
    promises = [Promise(fid, clips.long.seconds) for fid in fids]
    system.await_killed(converter)
    converter.start()
    fault.ends()
    promises += [system.client.promised(clip) for clip in clips.short]
    fault.assert_survived(promises)
    jobs = [system.job(fid) for fid in fids]
    assert len({job["mp3_fid"] for job in jobs}) == 1
    assert sum(job["attempts"] for job in jobs) == attempts
