"""The steps at which a test interrupts a service: what the service just says to a server."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

PUBLISH = "publish"


@dataclass(frozen=True)
class Step:
    """Right before or right after a service has something done by a server.

    `action` is a MongoDB command, and `target` its collection with the database in front; or
    `action` is PUBLISH, which is over when RabbitMQ has confirmed, and `target` is a queue. `state`
    and `mailed` choose among the updates of jobs: the state that the job gets, and whether the
    update says that its mail was sent.
    """

    moment: str
    action: str
    target: str
    state: str | None = None
    mailed: bool = False

    def is_command(self, name: str, database: str, command: Mapping[str, Any]) -> bool:
        """Whether a command to MongoDB is the one of this step."""
        collection = command["collection"] if name == "getMore" else command.get(name)
        if (name, f"{database}.{collection}") != (self.action, self.target):
            return False
        written = [update["u"] for update in command.get("updates", ())]
        if self.mailed:
            return any(job["mail"]["sent_at"] for job in written)
        return self.state is None or self.state in [job["state"] for job in written]

    def is_publishing(self, queue: str) -> bool:
        """Whether publishing on `queue` is this step."""
        return (self.action, self.target) == (PUBLISH, queue)


@dataclass(frozen=True)
class Interruption:
    """A signal that a service sends itself at a step."""

    step: Step
    signal: int

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields = json.loads(text)
        return cls(Step(**fields["step"]), fields["signal"])


def before(action: str, target: str, **which: Any) -> Step:
    return Step("before", action, target, **which)


def after(action: str, target: str, **which: Any) -> Step:
    return Step("after", action, target, **which)
