"""The web application, put together."""

from collections.abc import Mapping
from typing import Final

from flask import Flask

from auth.keys import SigningKeys
from auth.settings import AuthSettings
from auth.tokens import Tokens
from auth.web import observation, problems
from auth.web.accounts import AccountEndpoints
from auth.web.callers import Callers
from auth.web.health import HealthEndpoints
from auth.web.tokens import TokenEndpoints
from auth.wiring import Accounts
from chassis.health import Check

MAX_BODY_BYTES: Final = 16 * 1024


def create_app(settings: AuthSettings, accounts: Accounts, ready: Mapping[str, Check]) -> Flask:
    """The application on `accounts`; ready when every check of `ready` passes."""
    clock = accounts.login.clock
    tokens = Tokens(
        keys=SigningKeys.parse(settings.signing_keys.get_secret_value()),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        lifetime=settings.token_lifetime,
    )
    callers = Callers(tokens, accounts.management, clock)
    app = Flask("auth", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.url_map.merge_slashes = False  # an address is right or a 404, never a redirect
    observation.register(app)
    problems.register(app)
    app.register_blueprint(TokenEndpoints(accounts.login, tokens, callers, clock).blueprint())
    app.register_blueprint(AccountEndpoints(accounts.management, callers).blueprint())
    app.register_blueprint(HealthEndpoints(ready).blueprint())
    return app
