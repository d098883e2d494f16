"""Every way in which auth says no: a stable code, a sentence for people, and nothing secret.

Which HTTP status each becomes stands in one table, `auth.web.problems`.
"""

from datetime import timedelta

from chassis.errors import Permanent, Retryable


class InvalidRequest(Permanent):
    """A request is understood but says something that cannot be taken."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid_request", detail)


class AddressInvalid(Permanent):
    """What should be one email address is not."""

    def __init__(self, reason: str) -> None:
        super().__init__("invalid_username", f"The user name must be one email address: {reason}.")


class PasswordUnacceptable(Permanent):
    """A new password breaks the rules."""

    def __init__(self, reason: str) -> None:
        super().__init__("invalid_password", f"This password cannot be used: {reason}.")


class AddressTaken(Permanent):
    """There is an account with this address already."""

    def __init__(self) -> None:
        super().__init__("username_taken", "There is an account with this address already.")


class AccountMissing(Permanent):
    """There is no such account."""

    def __init__(self) -> None:
        super().__init__("account_not_found", "There is no such account.")


class LastAdmin(Permanent):
    """The change would leave nobody who can manage accounts."""

    def __init__(self) -> None:
        super().__init__(
            "last_admin",
            "This is the last active admin: make another account an admin first.",
        )


class CredentialsRequired(Permanent):
    """A login came without user name and password."""

    def __init__(self) -> None:
        super().__init__(
            "credentials_required", "Send your address and password with HTTP Basic authentication."
        )


class CredentialsWrong(Permanent):
    """Unknown address, wrong password or disabled account: the answer does not say which."""

    def __init__(self) -> None:
        super().__init__("invalid_credentials", "The address or the password is wrong.")


class CurrentPasswordWrong(Permanent):
    """Whoever wants to change a password does not know the one that is to be replaced."""

    def __init__(self) -> None:
        super().__init__("wrong_password", "The current password is wrong.")


class TooManyFailures(Permanent):
    """Too many failed logins under this name; `wait` is how long none is looked at."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(
            "too_many_failures", "There were too many failed logins for this address: wait a while."
        )
        self.wait = wait


class TokenRequired(Permanent):
    """A request that needs a token came without one."""

    def __init__(self) -> None:
        super().__init__("token_required", "Send a token: Authorization: Bearer TOKEN.")


class AdminOnly(Permanent):
    """A user asked for what only an admin may do."""

    def __init__(self) -> None:
        super().__init__("admin_only", "Only an admin may do this.")


class AccountsUnavailable(Retryable):
    """MySQL cannot be reached, does not answer in time, or holds no tables yet."""

    def __init__(self) -> None:
        super().__init__("accounts_unavailable", "The accounts cannot be reached: try again soon.")
