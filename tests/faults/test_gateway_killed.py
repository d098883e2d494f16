"""The gateway is killed at each step of an upload."""

from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.faults.client import NotAccepted
from tests.faults.clips import LONG_OPTIONS, Clip, Clips
from tests.faults.invariant import Promise
from tests.faults.recovery import Fault, stored
from tests.faults.steps import PUBLISH, Step, after, before
from tests.faults.system import System


@dataclass(frozen=True)
class Case:
    """A step, and what is found after a kill there."""

    step: Step
    state: str
    file: bool

    @property
    def is_complete(self) -> bool:
        """Whether the upload was complete as far as the job says, which is what counts."""
        return self.state == "queued"

    def clip(self, clips: Clips) -> Clip:
        """A video that comes to this step: a long one is announced early too."""
        return clips.short[0] if self.step.action == PUBLISH else clips.long


CASES = {
    "storing": Case(after("insert", "videos.fs.chunks"), "receiving", False),
    "stored": Case(before("update", "jobs.jobs", state="queued"), "receiving", True),
    "queued": Case(before(PUBLISH, "video"), "queued", True),
    "announced": Case(after(PUBLISH, "video"), "queued", True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_upload_is_sent_again(case: Case, system: System, fault: Fault, clips: Clips) -> None:
    """An upload whose answer never came is sent again with its key: there is one job in the end."""
    key, clip = str(uuid4()), case.clip(clips)
    content = clip.content()
    first = _killed_upload(case, system, content, key)
    system.service("gateway").start()
    fault.ends()
    fid = system.client.insist(content, key, LONG_OPTIONS)
    assert (fid == first) is case.is_complete
    fault.assert_survived([Promise(fid, clip.seconds)])
    if not case.is_complete:
        assert system.job(first)["failure"]["code"] == "upload_interrupted"


@pytest.mark.parametrize("name", ["storing", "stored", "queued"])
def test_an_upload_is_not_sent_again(name: str, system: System, fault: Fault, clips: Clips) -> None:
    """A complete upload is converted though nobody was told; of another one nothing is left."""
    case = CASES[name]
    clip = case.clip(clips)
    fid = _killed_upload(case, system, clip.content(), None)
    system.service("gateway").start()
    fault.ends()
    fault.assert_survived([Promise(fid, clip.seconds)] if case.is_complete else [])
    if not case.is_complete:
        job = system.client.job(fid)
        assert (job["status"], job["failure"]["code"]) == ("failed", "upload_interrupted")


def _killed_upload(case: Case, system: System, content: bytes, key: str | None) -> str:
    """Upload to a gateway that is killed over it; the fid of the job that it has made."""
    gateway = system.service("gateway")
    # The converter would change what is found.
    system.service("converter").suspend()
    system.interrupt(gateway, case.step)
    with pytest.raises(NotAccepted, match="no answer"):
        system.client.upload(content, key=key, options=LONG_OPTIONS)
    system.await_killed(gateway)
    left = stored(system)
    ((fid, job),) = left.jobs.items()
    assert (job["state"], bool(left.files["videos"])) == (case.state, case.file)
    assert left.chunks["videos"]
    system.service("converter").resume()
    return fid
