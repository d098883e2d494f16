"""The Kubernetes manifests as a cluster would get them, and whether it would take them.

`python -m devstack.manifests FOLDER` writes each overlay to `FOLDER/OVERLAY.yaml`, and ends with 1
where one breaks the schemas of Kubernetes.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import yaml

from devstack.daemon import bare_environment
from devstack.process import ProgramFailed, run
from devstack.services import CHECKOUT

OVERLAYS: Final = ("minikube", "production")

# What is defined by others than Kubernetes, which has no schemas of it.
FOREIGN: Final = frozenset({"keda.sh/v1alpha1", "monitoring.coreos.com/v1"})

Object = dict[str, Any]
"""One object of Kubernetes: kind, metadata, spec, ..."""


def rendered(overlay: str, source: Path = CHECKOUT / "k8s") -> list[Object]:
    """The objects of an overlay of the manifests in `source`; raises ProgramFailed.

    Where it wants secrets, new ones are made for it: those of this checkout are left alone.
    """
    with tempfile.TemporaryDirectory() as temporary:
        copied = Path(temporary) / "k8s"
        shutil.copytree(source, copied, ignore=shutil.ignore_patterns("secrets"))
        folder = copied / "overlays" / overlay
        if overlay == "minikube":
            command = [str(CHECKOUT / "scripts" / "secrets"), str(folder / "secrets")]
            run("scripts/secrets", command, bare_environment())
        command = [str(CHECKOUT / "scripts" / "kubectl"), "kustomize", str(folder)]
        chosen = {name: os.environ[name] for name in ("KUBECTL",) if name in os.environ}
        text = run("kubectl kustomize", command, bare_environment() | chosen)
    return list(yaml.load_all(text, yaml.CSafeLoader))


def schema_problems(objects: Iterable[Object]) -> list[str]:
    """A line for each object that the newest known Kubernetes would refuse, or does not know."""
    problems: list[str] = []
    newest = kubernetes_validate.latest_version()
    for found in objects:
        if found["apiVersion"] in FOREIGN:
            continue
        name = f"{found['apiVersion']} {found['kind']} {found['metadata']['name']}"
        try:
            kubernetes_validate.validate(found, newest, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{name}: {'.'.join(map(str, error.path))}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError:
            problems.append(f"{name}: Kubernetes {newest} has no such kind")
    return problems


def main(folder: Path) -> int:
    """Write and check every overlay; returns the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    for overlay in OVERLAYS:
        try:
            objects = rendered(overlay)
        except ProgramFailed as error:
            problems.append(f"{overlay}: {error}")
            continue
        (folder / f"{overlay}.yaml").write_text(yaml.safe_dump_all(objects))
        found = schema_problems(objects)
        problems += [f"{overlay}: {problem}" for problem in found]
        print(f"{overlay}: {len(objects)} objects, {len(found)} against the schemas")
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
