"""docs/operations.md names nothing that is not there."""

import ast
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from auth.__main__ import _parser
from devstack.services import SERVICES
from devstack.settings_table import SERVICES as SETTINGS
from tests.monitoring import CHECKOUT, alerts, documents, panels

HANDBOOK = CHECKOUT / "docs" / "operations.md"
TEXT = HANDBOOK.read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
PROSE = re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)
SPANS = re.findall(r"`([^`\n]+)`", PROSE)

# Whatever is written with a capital and an underscore is a setting, but for these.
NOT_SETTINGS = {
    "COUNTED_JOBS",  # a constant of the code
    "HTTP_PROXY",  # what other programs read
    "SSL_CERT_FILE",  # what OpenSSL reads
    "PRECONDITION_FAILED",  # what RabbitMQ says
}

# Words of other programs, which nothing of ours has to spell.
FOREIGN_WORDS = {"ack_requeue_true"}


def names() -> set[str]:
    """The variables that the services, `scripts/images` and others read."""
    ours = {name.upper() for kind in SETTINGS.values() for name in kind.model_fields}
    return ours | {"IMAGE_PREFIX"}


def test_settings_exist() -> None:
    """Every setting that is named is read by a service, or by one of our scripts."""
    named = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", TEXT)) - NOT_SETTINGS
    assert named - names() == set()
    assert {"LINK_SECRET", "SIGNING_KEYS", "GRACE_SECONDS"} <= named


def test_paths_exist() -> None:
    """Every file and folder that is named, or linked to, is in the checkout."""
    linked = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXT)
    missing = [link for link in linked if not (HANDBOOK.parent / link).exists()]
    starts = ("k8s/", "scripts/", "tests/", "benchmarks/", "src/", "docs/", "compose.yaml")
    words = {word.strip("'\",;:") for text in [*SPANS, TEXT] for word in text.split()}
    named = {word.strip("`().,;:") for word in words if word.strip("`(").startswith(starts)}
    missing += [name for name in named if not (CHECKOUT / name).exists()]
    # scripts/secrets makes it
    assert set(missing) <= {"k8s/overlays/minikube/secrets"}
    assert "scripts/cluster-test" in named


def test_links_lead_to_headings() -> None:
    """Every link into this document, or the README, names a heading of it."""
    for path, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", TEXT):
        target = (HANDBOOK.parent / path) if path else HANDBOOK
        headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
        anchors = [
            re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings
        ]
        assert anchor in anchors


def test_alerts_are_all_explained() -> None:
    """The sections about alerts are those of the alerts that there are, in their order."""
    section = TEXT.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\w+)$", section, re.MULTILINE) == [a["alert"] for a in alerts()]


def test_panels_exist() -> None:
    """The table that explains the dashboard names panels of it."""
    section = TEXT.partition("\n## Read the dashboard\n")[2].partition("\n## ")[0]
    rows = [row.split("|")[2] for row in section.splitlines() if row.count("|") == 4][2:]
    named = {name.strip() for row in rows for name in row.split(";")}
    assert len(named) > 8
    assert named <= {panel["title"] for panel in panels()}


def test_words_of_the_code_are_spelled_as_there() -> None:
    """Metrics, codes, fields and states that are named stand in the code or in the manifests."""
    named = {span for span in SPANS if re.fullmatch(r"[a-z]+(?:_[a-z0-9]+)+", span)}
    assert {"jobs_oldest_waiting_seconds", "media_missing", "last_error"} <= named
    files = [
        path
        for folder in ("src", "k8s", "devstack")
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in (".py", ".yaml", ".json", ".conf", ".sql") and path.is_file()
    ]
    text = "\n".join(path.read_text() for path in files)
    # HTTP's own phrase becomes a code: see gateway.problems.problem_of_status.
    words = set(re.findall(r"\w+", text)) | {"internal_server_error"} | FOREIGN_WORDS
    assert named - words == set()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"python -m auth [^`\n|>]+", TEXT))))
def test_commands_of_auth_are_taken(command: str) -> None:
    """Each is one that `python -m auth` has, with arguments that it takes."""
    arguments = shlex.split(command)[3:]
    if arguments == ["users"]:
        arguments = ["users", "list"]
    if arguments[-1] == "set-password":
        arguments.append("ada@example.com")
    _parser().parse_args(arguments)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0][:40])
def test_commands_are_shell(block: str) -> None:
    """What stands in a block of commands is understood by a shell."""
    subprocess.run(["bash", "-n"], input=block.encode(), check=True)


def test_deployments_exist() -> None:
    """Every Deployment, and every label of ours, that commands name is there."""
    named = set(re.findall(r"deploy(?:ment)?/([a-z-]+)", TEXT))
    assert named <= SERVICES.keys()
    assert named >= {"auth", "converter", "fetcher", "gateway", "notification", "sweeper"}


def test_figures_of_scaling_are_those_of_the_manifests() -> None:
    """The least and the most replicas that the table names, and the time to drain."""
    section = TEXT.partition("\n## Scale\n")[2].partition("\n## ")[0]
    folder = CHECKOUT / "k8s" / "components" / "autoscaling"
    bounds = {}
    for name in ("converter", "fetcher"):
        scaled = documents(folder / f"{name}.yaml")[0]["spec"]
        bounds[name] = (scaled["minReplicaCount"], scaled["maxReplicaCount"])
    for name in ("gateway", "auth"):
        spec = documents(folder / f"{name}.yaml")[0]["spec"]
        bounds[name] = (spec["minReplicas"], spec["maxReplicas"])
    for name, (least, most) in bounds.items():
        [row] = [line for line in section.splitlines() if line.startswith(f"| {name} |")]
        assert f"{least} to {most}" in row


def test_figures_are_those_that_were_measured() -> None:
    """The reckoning starts from what benchmarks/RESULTS.md has."""
    results = (CHECKOUT / "benchmarks" / "RESULTS.md").read_text()
    [film] = re.findall(r"\| large-film-3600.mkv, \d+ MB, 1.000 of it read \|(.*)\|", results)
    wall, converter, mongodb, *_ = (cell.strip() for cell in film.split("|"))
    [gateway] = re.findall(r"\| gateway's CPU for each GB uploaded +\| +\| +([\d.]+) s", results)
    for figure in (f"{wall} s a film", f"| {converter} |", f"{gateway} s/GB"):
        assert figure in TEXT
    assert f"| {float(mongodb):.1f} |" in TEXT


def test_every_procedure_that_was_tried_is_a_test() -> None:
    """The tests that the last table names hold what it says that they do."""
    done = ast.parse((CHECKOUT / "tests" / "e2e" / "test_procedures.py").read_text())
    tests = [node.name for node in done.body if isinstance(node, ast.FunctionDef)]
    for word in ("backup", "signing_keys", "link_secret", "accounts"):
        assert any(name.startswith("test_") and word in name for name in tests)
    assert Path(CHECKOUT / "tests" / "integration" / "accounts").is_dir()
