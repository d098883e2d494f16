"""How the mail sink behaves: it stands in a file, which is read anew for every mail."""

import enum
from pathlib import Path


class Mode(enum.StrEnum):
    """What the server does with a mail."""

    ACCEPT = "accept"
    DEFER = "defer"  # 451 at RCPT: try again later
    REFUSE = "refuse"  # 550 at RCPT: never
    HANG = "hang"  # takes the text and then says nothing, keeping nothing
    DIE = "die"  # keeps the mail and dies before it answers; accepts when started again


def read_mode(folder: Path) -> Mode:
    """How to behave now."""
    path = folder / "mode"
    return Mode(path.read_text().strip()) if path.exists() else Mode.ACCEPT


def write_mode(folder: Path, mode: Mode) -> None:
    """Behave like `mode` from the next mail on."""
    fresh = folder / "mode.new"
    fresh.write_text(mode)
    fresh.replace(folder / "mode")
