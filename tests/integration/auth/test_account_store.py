"""Accounts in a real MariaDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from auth.accounts import Account, Change
from auth.errors import AccountMissing, AddressTaken, LastAdmin
from auth.ports import AccountStore
from chassis.errors import ServiceError
from tests.integration.auth.replicas import PASSWORD, Replica

NOBODY = "00000000-0000-4000-8000-000000000000"


def store_of(replica: Replica) -> AccountStore:
    return replica.accounts.management.accounts


def test_an_account_comes_back_as_it_was_added(replica: Replica) -> None:
    """Every field of an account survives, the time to the microsecond."""
    replica.clock.advance(microseconds=123_457)
    added = replica.add("ann@example.com", admin=True)
    assert store_of(replica).find("ann@example.com") == added
    assert store_of(replica).get(added.id) == added
    assert store_of(replica).find("bob@example.com") is None
    assert store_of(replica).get(NOBODY) is None


@pytest.mark.parametrize("other", ["ánn@example.com", "ann@exampl\u00e9.com", "ann@example.com\0"])
def test_addresses_that_look_alike_are_not_the_same(replica: Replica, other: str) -> None:
    """The database takes no two different addresses for the same one."""
    replica.add("ann@example.com")
    assert store_of(replica).find(other) is None


def test_an_address_can_be_added_once(replica: Replica) -> None:
    """Of several that add the same address at once exactly one succeeds."""

    def add(_number: int) -> str:
        try:
            replica.add("ann@example.com")
        except AddressTaken:
            return "taken"
        return "added"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(4))) == ["added", "taken", "taken", "taken"]


def test_pages_go_through_all_accounts(replica: Replica) -> None:
    """Pages hold every account once, by address."""
    for name in ("dan", "ann", "cid", "bob", "eve"):
        replica.add(f"{name}@example.com")
    first = store_of(replica).page("", 2)
    second = store_of(replica).page(first[-1].username, 2)
    third = store_of(replica).page(second[-1].username, 2)
    names = [account.username[:3] for account in (*first, *second, *third)]
    assert names == ["ann", "bob", "cid", "dan", "eve"]


@pytest.mark.parametrize(
    "change", [Change(active=False), Change(admin=False), Change(active=False, admin=False)]
)
def test_the_last_admin_stays_one(replica: Replica, change: Change) -> None:
    """The only active admin can be neither disabled nor demoted nor removed."""
    admin = replica.add("ann@example.com", admin=True)
    retired = replica.add("bob@example.com", admin=True)
    store_of(replica).change(retired.id, Change(active=False))
    with pytest.raises(LastAdmin):
        store_of(replica).change(admin.id, change)
    with pytest.raises(LastAdmin):
        store_of(replica).remove(admin.id)
    assert store_of(replica).get(admin.id) == admin


def test_others_can_be_changed_beside_the_last_admin(replica: Replica) -> None:
    """The rule is about the last admin and about nobody else."""
    replica.add("ann@example.com", admin=True)
    user = replica.add("bob@example.com")
    changed = store_of(replica).change(user.id, Change(active=False, password_hash="hash"))
    assert (changed.active, changed.admin, changed.password_hash) == (False, False, "hash")
    assert store_of(replica).get(user.id) == changed
    store_of(replica).remove(user.id)
    assert store_of(replica).get(user.id) is None


@pytest.mark.parametrize(
    "take_away",
    [
        lambda store, account: store.change(account.id, Change(admin=False)),
        lambda store, account: store.change(account.id, Change(active=False)),
        lambda store, account: store.remove(account.id),
    ],
    ids=["demoted", "disabled", "removed"],
)
def test_of_admins_taken_away_at_once_one_stays(
    replica: Replica, take_away: Callable[[AccountStore, Account], None]
) -> None:
    """When all admins are taken away at the same moment, one of them stays."""
    admins = [replica.add(f"admin{number}@example.com", admin=True) for number in range(4)]

    def attempt(account: Account) -> str:
        try:
            take_away(store_of(replica), account)
        except ServiceError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(4) as pool:
        ends = sorted(pool.map(attempt, admins))
    assert ends == ["done", "done", "done", "last_admin"]
    left = [account for account in store_of(replica).page("", 10) if account.admin]
    assert sum(account.active for account in left) == 1


def test_nobody_can_be_changed(replica: Replica) -> None:
    """An account that does not exist is missing, whatever is to be done to it."""
    with pytest.raises(AccountMissing):
        store_of(replica).change(NOBODY, Change(active=True))
    with pytest.raises(AccountMissing):
        store_of(replica).remove(NOBODY)


def test_a_hash_is_replaced_only_where_it_is_still_the_same(replica: Replica) -> None:
    """A rehash that comes after a change of the password does not bring the old one back."""
    before = replica.add("ann@example.com")
    after = replica.accounts.management.change(before.id, password="another password")
    store_of(replica).replace_hash(before, "rehash of the old one")
    assert store_of(replica).get(before.id) == after
    store_of(replica).replace_hash(after, "rehash of the new one")
    assert store_of(replica).find("ann@example.com") != after


def test_the_first_admin_is_added_once(new_replica: Callable[..., Replica]) -> None:
    """Of replicas that start together one adds the first admin; later starts change nothing."""
    replicas = [new_replica() for _ in range(4)]

    def ensure(replica: Replica) -> bool:
        return replica.accounts.management.ensure_admin("Admin@example.com", PASSWORD)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ensure, replicas)) == [False, False, False, True]
    management = replicas[0].accounts.management
    (account,) = management.page()
    assert (account.username, account.admin) == ("admin@example.com", True)
    management.change(account.id, password="changed by hand")
    assert not management.ensure_admin("admin@example.com", PASSWORD)
    assert replicas[0].log_in("admin@example.com", "changed by hand").status_code == 200
