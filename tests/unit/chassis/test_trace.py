"""Trace context."""

import pytest

from chassis.trace import is_traceparent, new_traceparent, trace_id


def test_a_new_one_is_one() -> None:
    """What we make is what we accept, and no two are the same."""
    first, second = new_traceparent(), new_traceparent()
    assert is_traceparent(first)
    assert trace_id(first) != trace_id(second)
    assert len(trace_id(first)) == 32


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"00",
        "",
        "00-" + "0" * 32 + "-" + "1" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "0" * 16 + "-01",
        "00-" + "A" * 32 + "-" + "1" * 16 + "-01",
        "01-" + "1" * 32 + "-" + "1" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "1" * 16 + "-01\n",
    ],
)
def test_what_the_standard_forbids_is_none(value: object) -> None:
    """All zeros, capitals, other versions and additions are refused (W3C Trace Context)."""
    assert not is_traceparent(value)
