"""README's configuration table against the settings in code."""

from pathlib import Path

from devstack.settings_table import SERVICES, settings_table

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_readme_has_every_setting_as_it_is_in_code() -> None:
    """Name, default, services and description of each setting stand in README's table."""
    text = README.read_text()
    shown = text.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0]
    assert shown.strip() == settings_table()


def test_every_setting_says_what_it_is() -> None:
    """A setting without a description would be a row that tells nobody anything."""
    silent = [
        f"{service}: {name}"
        for service, kind in SERVICES.items()
        for name, field in kind.model_fields.items()
        if not field.description
    ]
    assert silent == []
