"""PUT /account/password, and the admin's /users."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, request

from auth.accounts import Account, fold_address
from auth.errors import InvalidRequest
from auth.management import Management
from auth.web.bodies import Body, read_body
from auth.web.callers import Callers

PAGE: Final = 100
LARGEST_PAGE: Final = 500


class PasswordBody(Body):
    """What a change of one's own password needs."""

    current_password: str
    new_password: str


class NewUserBody(Body):
    """What a new account needs."""

    username: str
    password: str
    admin: bool = False


class UserChangeBody(Body):
    """What an admin may change of an account; what is left out stays."""

    active: bool | None = None
    admin: bool | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class AccountEndpoints:
    """Accounts, as their owners and as admins may work on them."""

    management: Management
    callers: Callers

    def blueprint(self) -> Blueprint:
        """The addresses."""
        routes = Blueprint("accounts", __name__)
        routes.put("/account/password")(self.put_password)
        routes.get("/users")(self.get_users)
        routes.post("/users")(self.post_user)
        routes.get("/users/<text>")(self.get_user)
        routes.patch("/users/<text>")(self.patch_user)
        routes.delete("/users/<text>")(self.delete_user)
        return routes

    def put_password(self) -> Response:
        """Another password for the caller; 204."""
        account = self.callers.account()
        body = read_body(PasswordBody)
        self.management.change_own_password(account, body.current_password, body.new_password)
        return Response(status=HTTPStatus.NO_CONTENT)

    def get_users(self) -> Response:
        """One page of the accounts by address; `next` is the URL of the next one, or null."""
        self.callers.admin()
        limit = _limit(request.args.get("limit", str(PAGE)))
        after = fold_address(request.args.get("after", ""))
        found = self.management.page(after, limit + 1)
        shown = found[:limit]
        following = f"/users?limit={limit}&after={quote(shown[-1].username)}"
        more = following if len(found) > limit else None
        return _json({"users": [_public(account) for account in shown], "next": more})

    def post_user(self) -> Response:
        """A new account; 201 with its address."""
        self.callers.admin()
        body = read_body(NewUserBody)
        account = self.management.add(body.username, body.password, admin=body.admin)
        response = _json(_public(account), HTTPStatus.CREATED)
        response.headers["Location"] = f"/users/{account.id}"
        return response

    def get_user(self, text: str) -> Response:
        """One account."""
        self.callers.admin()
        return _json(_public(self.management.get(_account_id(text))))

    def patch_user(self, text: str) -> Response:
        """The account after the change."""
        self.callers.admin()
        account_id = _account_id(text)
        body = read_body(UserChangeBody)
        account = self.management.change(
            account_id, active=body.active, admin=body.admin, password=body.password
        )
        return _json(_public(account))

    def delete_user(self, text: str) -> Response:
        """The account is no more; 204."""
        self.callers.admin()
        self.management.remove(_account_id(text))
        return Response(status=HTTPStatus.NO_CONTENT)


def _public(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "username": account.username,
        "admin": account.admin,
        "active": account.active,
        "created_at": account.created_at.isoformat(),
    }


def _json(document: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(json.dumps(document), status, headers, mimetype="application/json")


def _account_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise InvalidRequest("That is not the id of an account: ids are UUIDs.") from error


def _limit(text: str) -> int:
    # isdecimal alone would take digits of other scripts, and numbers of any length.
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_PAGE))):
        raise InvalidRequest(f"limit is a number from 1 to {LARGEST_PAGE}.")
    limit = int(text)
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidRequest(f"limit is a number from 1 to {LARGEST_PAGE}.")
    return limit
