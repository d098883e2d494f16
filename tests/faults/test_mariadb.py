"""MySQL is down."""

from tests.faults.clips import Clips
from tests.faults.recovery import Fault
from tests.faults.system import System


def test_mysql_is_down(system: System, fault: Fault, clips: Clips) -> None:
    """Without MySQL nobody logs in, and whoever has a token goes on as ever."""
    mariadb = system.stack.mariadb
    mariadb.kill()
    refused = system.client.log_in()
    assert (refused.status_code, refused.headers["Content-Type"]) == (
        503,
        "application/problem+json",
    )
    assert int(refused.headers["Retry-After"]) > 0
    fault.assert_survived([system.client.promised(clip) for clip in clips.short])
    mariadb.start()
    assert system.client.log_in().status_code == 200
