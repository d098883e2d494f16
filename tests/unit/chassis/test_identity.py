"""The names by which processes hold leases."""

from chassis.identity import unique_name


def test_a_restarted_process_is_another_one() -> None:
    """The same process id on the same host, as in a container, still makes another name."""
    first, second = unique_name("converter"), unique_name("converter")
    assert first.startswith("converter@")
    assert first != second
