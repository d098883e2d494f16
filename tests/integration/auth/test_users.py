"""An admin's /users, and everyone's /account/password."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from auth.accounts import Account
from tests.integration.auth.replicas import ADMIN, PASSWORD, Replica, refusal

ANN = "ann@example.com"
NEW = {"username": ANN, "password": PASSWORD}
NOBODY = "00000000-0000-4000-8000-000000000000"


def post(replica: Replica, token: dict[str, str], document: Any) -> TestResponse:
    return replica.client.post("/users", json=document, headers=token)


def test_an_admin_adds_a_user(replica: Replica, admin: dict[str, str]) -> None:
    """A user whom an admin added is shown at the address that is named, and can log in."""
    response = post(replica, admin, {**NEW, "username": "Ann@Example.com"})
    assert response.status_code == 201
    user = response.get_json()
    assert set(user) == {"id", "username", "admin", "active", "created_at"}
    assert (user["username"], user["admin"], user["active"]) == (ANN, False, True)
    assert response.headers["Location"] == f"/users/{user['id']}"
    shown = replica.client.get(response.headers["Location"], headers=admin)
    assert (shown.status_code, shown.get_json()) == (200, user)
    assert replica.log_in(ANN).status_code == 200


def test_an_address_has_one_account(replica: Replica, admin: dict[str, str]) -> None:
    """A second account for an address, in whatever case, is a conflict."""
    assert post(replica, admin, NEW).status_code == 201
    again = post(replica, admin, {**NEW, "username": "ANN@example.com"})
    assert refusal(again) == (409, "username_taken")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"username": "ann@example.com\r\nBcc: eve@example.com"}, "invalid_username"),
        ({"username": "ann@example.com\n"}, "invalid_username"),
        ({"username": "ann@example.com,eve@example.com"}, "invalid_username"),
        ({"username": "ann"}, "invalid_username"),
        ({"username": ""}, "invalid_username"),
        ({"username": "x" * 300 + "@example.com"}, "invalid_username"),
        ({"username": None}, "invalid_request"),
        ({"username": ["ann@example.com"]}, "invalid_request"),
        ({"password": "short"}, "invalid_password"),
        ({"password": "x" * 129}, "invalid_password"),
        ({"password": "line\nbreak"}, "invalid_password"),
        ({"password": ANN}, "invalid_password"),
        ({"password": 12345678}, "invalid_request"),
        ({"admin": "true"}, "invalid_request"),
        ({"admin": 1}, "invalid_request"),
        ({"role": "admin"}, "invalid_request"),
    ],
    ids=str,
)
def test_a_user_that_cannot_be_is_refused(
    replica: Replica, admin: dict[str, str], change: dict[str, Any], code: str
) -> None:
    """Whatever is wrong with a new account is a 400 that repeats no password."""
    response = post(replica, admin, {**NEW, **change})
    assert refusal(response) == (400, code)
    assert PASSWORD not in response.text
    assert "12345678" not in response.text
    assert replica.accounts.management.page()[-1].username == ADMIN


@pytest.mark.parametrize("body", ["{}", '{"username": "a@b.c"}', "[]", '"a"', "7", "null", "[[]]"])
def test_a_body_that_is_no_user_is_refused(
    replica: Replica, admin: dict[str, str], body: str
) -> None:
    """JSON that is not what is asked for is a 400."""
    kind = "application/json"
    response = replica.client.post("/users", data=body, content_type=kind, headers=admin)
    assert refusal(response) == (400, "invalid_request")


def test_users_are_listed_in_pages(replica: Replica, admin: dict[str, str]) -> None:
    """Following `next` shows every account once, by address."""
    for name in ("dan+tag&x", "ann", "cid", "bob"):
        replica.add(f"{name}@example.com")
    seen: list[str] = []
    following = "/users?limit=2"
    pages = 0
    while following:
        page = replica.client.get(following, headers=admin).get_json()
        seen += [user["username"] for user in page["users"]]
        following = page["next"]
        pages += 1
    assert seen == sorted(
        [ADMIN, *(f"{name}@example.com" for name in ("ann", "bob", "cid", "dan+tag&x"))]
    )
    assert pages == 3
    assert "argon2" not in replica.client.get("/users", headers=admin).text


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "", "1.5", "٣", "9" * 5000])
def test_a_page_has_a_size(replica: Replica, admin: dict[str, str], limit: str) -> None:
    """A page size that is no number in its range is a 400."""
    response = replica.client.get("/users", query_string={"limit": limit}, headers=admin)
    assert refusal(response) == (400, "invalid_request")


def change(replica: Replica, token: dict[str, str], account: Account, **fields: Any) -> Any:
    response = replica.client.patch(f"/users/{account.id}", json=fields, headers=token)
    return refusal(response) if response.status_code >= 400 else response.get_json()


def test_an_admin_disables_and_enables(replica: Replica, admin: dict[str, str]) -> None:
    """A disabled user cannot log in, and can again when enabled."""
    ann = replica.add(ANN)
    assert change(replica, admin, ann, active=False)["active"] is False
    assert refusal(replica.log_in(ANN)) == (401, "invalid_credentials")
    assert change(replica, admin, ann, active=True)["active"] is True
    assert replica.log_in(ANN).status_code == 200


def test_an_admin_sets_a_password(replica: Replica, admin: dict[str, str]) -> None:
    """A password that an admin set works at once, also for a user who was refused for failures."""
    ann = replica.add(ANN)
    for _ in range(6):
        replica.log_in(ANN, "wrong password")
    change(replica, admin, ann, password="another password")
    assert replica.log_in(ANN, "another password").status_code == 200
    assert replica.log_in(ANN).status_code == 401
    assert change(replica, admin, ann, password="short") == (400, "invalid_password")


def test_an_admin_makes_an_admin(replica: Replica, admin: dict[str, str]) -> None:
    """Who was made an admin can manage accounts with a token from before."""
    ann = replica.add(ANN)
    token = replica.token(ANN)
    assert refusal(replica.client.get("/users", headers=token)) == (403, "admin_only")
    assert change(replica, admin, ann, admin=True)["admin"] is True
    assert replica.client.get("/users", headers=token).status_code == 200


def test_an_admin_removes_a_user(replica: Replica, admin: dict[str, str]) -> None:
    """A removed user is gone: no login, no account, and a second removal finds nothing."""
    ann = replica.add(ANN)
    address = f"/users/{ann.id}"
    assert replica.client.delete(address, headers=admin).status_code == 204
    assert replica.log_in(ANN).status_code == 401
    assert refusal(replica.client.get(address, headers=admin)) == (404, "account_not_found")
    assert refusal(replica.client.delete(address, headers=admin)) == (404, "account_not_found")
    assert change(replica, admin, ann, active=True) == (404, "account_not_found")
    assert change(replica, admin, ann, password="another password") == (404, "account_not_found")


@pytest.mark.parametrize("fields", [{"admin": False}, {"active": False}])
def test_the_last_admin_cannot_be_taken_away(
    replica: Replica, admin: dict[str, str], fields: dict[str, bool]
) -> None:
    """The last active admin can be neither demoted, disabled nor removed: 409."""
    account = replica.accounts.management.find(ADMIN)
    assert change(replica, admin, account, **fields) == (409, "last_admin")
    response = replica.client.delete(f"/users/{account.id}", headers=admin)
    assert refusal(response) == (409, "last_admin")
    replica.add(ANN, admin=True)
    change(replica, admin, account, **fields)
    assert replica.client.get("/users", headers=replica.token(ANN)).status_code == 200


@pytest.mark.parametrize("text", ["1", "x", NOBODY[:-1], f"{NOBODY}0", "%00", "../users"])
def test_an_id_has_a_form(replica: Replica, admin: dict[str, str], text: str) -> None:
    """What is no id is told so before anything is looked up."""
    for method in ("GET", "PATCH", "DELETE"):
        response = replica.client.open(f"/users/{text}", method=method, json={}, headers=admin)
        assert refusal(response) in {(400, "invalid_request"), (404, "not_found")}


@pytest.mark.parametrize("fields", [{"active": "no"}, {"username": ANN}, {"password": 1}])
def test_a_change_has_a_form(
    replica: Replica, admin: dict[str, str], fields: dict[str, Any]
) -> None:
    """What cannot be changed, or not to that, is a 400 and changes nothing."""
    ann = replica.add(ANN)
    assert change(replica, admin, ann, **fields) == (400, "invalid_request")
    assert replica.accounts.management.get(ann.id) == ann


ENDPOINTS: list[tuple[str, str]] = [
    ("GET", "/users"),
    ("POST", "/users"),
    ("GET", f"/users/{NOBODY}"),
    ("PATCH", f"/users/{NOBODY}"),
    ("DELETE", f"/users/{NOBODY}"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_only_admins_manage(replica: Replica, method: str, path: str) -> None:
    """Without a token 401, with a user's 403, and neither learns what exists."""
    replica.add(ANN)
    token = replica.token(ANN)
    anonymous = replica.client.open(path, method=method, json=NEW)
    assert refusal(anonymous) == (401, "token_required")
    user = replica.client.open(path, method=method, json=NEW, headers=token)
    assert refusal(user) == (403, "admin_only")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize(
    ("happen", "answer"),
    [
        (lambda management, bob: management.change(bob, active=False), (401, "invalid_token")),
        (lambda management, bob: management.remove(bob), (401, "invalid_token")),
        (lambda management, bob: management.change(bob, admin=False), (403, "admin_only")),
    ],
    ids=["disabled", "removed", "demoted"],
)
def test_an_admin_of_yesterday_manages_no_more(
    replica: Replica,
    admin: dict[str, str],
    method: str,
    path: str,
    happen: Callable[..., None],
    answer: tuple[int, str],
) -> None:
    """A token says admin for a day; managing needs an account that is one now."""
    bob = replica.add("bob@example.com", admin=True)
    token = replica.token("bob@example.com")
    happen(replica.accounts.management, bob.id)
    assert refusal(replica.client.open(path, method=method, json=NEW, headers=token)) == answer


def put_password(replica: Replica, token: dict[str, str], current: str, new: str) -> TestResponse:
    document = {"current_password": current, "new_password": new}
    return replica.client.put("/account/password", json=document, headers=token)


def test_a_user_changes_their_password(replica: Replica) -> None:
    """With the current password a user sets another; tokens stay valid until they expire."""
    replica.add(ANN)
    token = replica.token(ANN)
    response = put_password(replica, token, PASSWORD, "another password")
    assert (response.status_code, response.data) == (204, b"")
    assert replica.log_in(ANN).status_code == 401
    assert replica.log_in(ANN, "another password").status_code == 200
    assert replica.client.post("/validate", headers=token).status_code == 200


def test_a_token_alone_changes_no_password(replica: Replica) -> None:
    """Who has a token but not the password cannot change it, nor guess it without end."""
    replica.add(ANN)
    token = replica.token(ANN)
    for _ in range(5):
        response = put_password(replica, token, "wrong password", "another password")
        assert refusal(response) == (403, "wrong_password")
    response = put_password(replica, token, "wrong password", "another password")
    assert refusal(response) == (429, "too_many_failures")
    assert refusal(put_password(replica, token, PASSWORD, "another password"))[0] == 429


@pytest.mark.parametrize("new", ["short", "x" * 129, ANN])
def test_a_new_password_keeps_the_rules(replica: Replica, new: str) -> None:
    """A new password that breaks the rules changes nothing."""
    replica.add(ANN)
    response = put_password(replica, replica.token(ANN), PASSWORD, new)
    assert refusal(response) == (400, "invalid_password")
    assert replica.log_in(ANN).status_code == 200


def test_a_password_needs_a_token(replica: Replica) -> None:
    """Without a token, and with one of a disabled account, no password is changed."""
    ann = replica.add(ANN)
    token = replica.token(ANN)
    assert refusal(put_password(replica, {}, PASSWORD, "another password"))[0] == 401
    replica.accounts.management.change(ann.id, active=False)
    assert refusal(put_password(replica, token, PASSWORD, "another password"))[0] == 401
