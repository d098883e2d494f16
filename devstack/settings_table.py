"""The configuration table of the README, made from the settings classes.

`python -m devstack.settings_table` prints it; a test compares it with what the README has.
"""

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from auth.settings import AuthSettings
from chassis.settings import Settings
from converter.settings import ConverterSettings
from fetcher.settings import FetcherSettings
from gateway.settings import GatewaySettings
from notification.settings import NotificationSettings
from sweeper.settings import SweeperSettings

SERVICES: dict[str, type[Settings]] = {
    "auth": AuthSettings,
    "gateway": GatewaySettings,
    "converter": ConverterSettings,
    "fetcher": FetcherSettings,
    "notification": NotificationSettings,
    "sweeper": SweeperSettings,
}


def settings_table() -> str:
    """One row for each setting: its name, its default, which services read it, what it means."""
    rows = ["| setting | default | read by | what it is |", "|---|---|---|---|"]
    for meaning, services in _meanings().items():
        name, default, description = meaning
        read_by = "all" if len(services) == len(SERVICES) else ", ".join(services)
        rows.append(f"| `{name}` | {default} | {read_by} | {description} |")
    return "\n".join(rows)


def _meanings() -> dict[tuple[str, str, str], list[str]]:
    """What each setting means, and to whom; those of most services first."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for service, kind in SERVICES.items():
        for name, field in kind.model_fields.items():
            meaning = (name.upper(), _default(field), field.description or "")
            found.setdefault(meaning, []).append(service)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    value = field.default
    if value is None or isinstance(value, SecretStr):
        return "none"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    print(settings_table())
