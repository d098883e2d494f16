"""What the test has shown: a row for each phase, and everything that is not as promised.

Pure: it judges what was written down.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devstack.cluster.journal import Journal, Kill, Phase, Request

UNNOTICED_SECONDS = 5.0
"""For so long after a pod was killed the cluster may still send requests to it."""

FINISHED = frozenset({"ready", "failed", "cancelled", "expired"})

_SERVED_BY = {"login": ("gateway", "auth"), "account": ("gateway", "auth")}


@dataclass(frozen=True)
class Row:
    """What became of the uploads and requests that began in one phase."""

    phase: str
    seconds: float
    uploads: int
    ready: int
    mails: int
    requests: int
    cut: int
    failed: int

    def __str__(self) -> str:
        cells = (
            *(self.phase, f"{self.seconds:.0f}", self.uploads, self.ready, self.mails),
            *(self.requests, self.cut, self.failed),
        )
        return f"| {' | '.join(map(str, cells))} |"


HEAD = (
    "| phase | seconds | videos accepted | ready | mails | requests | cut by a kill | failed |\n"
    "|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Verdict:
    """The table, and a line for each fault."""

    rows: Sequence[Row]
    faults: Sequence[str]
    kills: Mapping[str, int]

    @property
    def table(self) -> str:
        """The rows, as Markdown, and how many pods of which service were killed."""
        killed = ", ".join(f"{service} {count}" for service, count in sorted(self.kills.items()))
        return "\n".join([HEAD, *map(str, self.rows), f"\nKilled: {killed or 'none'}."])


def is_quiet(journal: Journal, states: Mapping[str, str], mails: Mapping[str, int]) -> bool:
    """Whether no job moves any more, and no mail that was promised is still to come."""
    return set(states.values()) <= FINISHED and all(
        mails.get(f"{fid}.{states.get(fid)}") for fid in journal.promised
    )


def judge(
    journal: Journal, states: Mapping[str, str], mails: Mapping[str, int], never_accepted: int
) -> Verdict:
    """Compare what was promised with what there is.

    `states` has each job of the user; `mails` counts the mails by job and kind: `FID.ready`.
    """
    whole = Phase("in all", journal.phases[0].began, float("inf"))
    rows = [_row(phase, journal, states, mails) for phase in (*journal.phases, whole)]
    faults = [
        f"request failed: {request.kind}: {request.fault}"
        for request in journal.requests
        if request.fault and not was_cut(request, journal.kills)
    ]
    if never_accepted:
        faults.append(f"{never_accepted} uploads were never accepted")
    for fid in journal.promised:
        if states.get(fid) != "ready":
            faults.append(f"{fid} is {states.get(fid, 'lost')}")
        if (count := mails.get(f"{fid}.ready", 0)) != 1:
            faults.append(f"{fid} has {count} mails")
    for fid, state in states.items():
        # What broke off before it was answered is visible, as failed, and nobody is told by mail.
        if fid not in journal.promised and (state != "failed" or mails.get(f"{fid}.failed")):
            faults.append(f"{fid} is {state}, and nobody was promised anything")
    return Verdict(rows, faults, Counter(kill.service for kill in journal.kills))


def was_cut(request: Request, kills: Sequence[Kill]) -> bool:
    """Whether a pod that may have served the request was killed under it, or just before."""
    served_by = _SERVED_BY.get(request.kind, ("gateway",))
    return any(
        kill.service in served_by and request.began - UNNOTICED_SECONDS <= kill.at <= request.ended
        for kill in kills
    )


def _row(
    phase: Phase, journal: Journal, states: Mapping[str, str], mails: Mapping[str, int]
) -> Row:
    fids = [fid for fid, at in journal.promised.items() if phase.began <= at < phase.ended]
    sent = [one for one in journal.requests if phase.began <= one.began < phase.ended]
    faulty = [one for one in sent if one.fault]
    cut = sum(was_cut(one, journal.kills) for one in faulty)
    return Row(
        phase=phase.name,
        seconds=min(phase.ended, journal.phases[-1].ended) - phase.began,
        uploads=len(fids),
        ready=sum(states.get(fid) == "ready" for fid in fids),
        mails=sum(mails.get(f"{fid}.ready", 0) for fid in fids),
        requests=len(sent),
        cut=cut,
        failed=len(faulty) - cut,
    )
