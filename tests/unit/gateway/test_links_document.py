"""docs/links.md says what the code does."""

import re
from http import HTTPStatus
from pathlib import Path

from fetcher.failures import CODES
from gateway.problems import STATUS_BY_CODE, STATUS_OF_FETCH, message_code

DOCUMENT = (Path(__file__).parents[3] / "docs" / "links.md").read_text()


def test_every_way_in_which_a_fetch_fails() -> None:
    """Code and status of each, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", DOCUMENT, re.MULTILINE)
    expected = {code: STATUS_OF_FETCH.get(code, HTTPStatus.BAD_GATEWAY) for code in CODES}
    assert {code: int(status) for code, status in rows} == expected


def test_every_way_in_which_a_link_is_refused() -> None:
    """Status, code and message_code stand together."""
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| `(\w+)` \|", DOCUMENT, re.MULTILINE)
    assert len(rows) == 4
    for status, code, shown in rows:
        assert (int(status), shown) == (STATUS_BY_CODE[code], message_code(code))
