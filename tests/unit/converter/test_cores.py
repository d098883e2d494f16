"""How the jobs under way share the cores."""

import pytest

from chassis.messages import JobMessage
from converter.cores import Cores

MESSAGE = JobMessage("a job", "ada@example.com")


def test_one_alone_has_all_and_others_their_part() -> None:
    """A conversion that begins beside another gets half, and all again once that has ended."""
    cores = Cores(4)
    shares: list[int] = []

    def inner(_message: JobMessage) -> None:
        shares.append(cores.share)

    def outer(message: JobMessage) -> None:
        shares.append(cores.share)
        cores.shared_by(inner)(message)
        shares.append(cores.share)

    cores.shared_by(outer)(MESSAGE)
    assert shares == [4, 2, 4]


def test_everybody_has_one() -> None:
    """However many there are, and also before there is any."""
    cores = Cores(1)
    shares: list[int] = []
    assert cores.share == 1
    cores.shared_by(cores.shared_by(lambda _message: shares.append(cores.share)))(MESSAGE)
    assert shares == [1]


def test_a_message_that_fails_counts_no_more() -> None:
    """What it had is free again."""
    cores = Cores(2)

    def fails(_message: JobMessage) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cores.shared_by(cores.shared_by(fails))(MESSAGE)
    assert cores.share == 2


def test_the_rest_of_a_message_counts_too() -> None:
    """A conversion that begins while another is being stored gets what it will have beside one."""
    cores = Cores(2)
    shares: list[int] = []
    rest = cores.shared_by(lambda _message: lambda: shares.append(cores.share))(MESSAGE)
    assert rest is not None
    cores.shared_by(lambda _message: shares.append(cores.share))(MESSAGE)
    rest()
    assert shares == [1, 2]


def test_no_more_count_than_are_converted_at_once() -> None:
    """Where conversions run one after the other, each has all, whatever is still being stored."""
    cores = Cores(2, at_once=1)
    shares: list[int] = []
    cores.shared_by(lambda _message: lambda: None)(MESSAGE)
    cores.shared_by(lambda _message: shares.append(cores.share))(MESSAGE)
    assert shares == [2]
