"""Bringing an overlay into the cluster, and what has to be true of it before anything is tested."""

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

from devstack.cluster.kubectl import KubectlFailed, Namespace
from devstack.services import SERVICES

CHECKOUT = Path(__file__).parents[2]
IMAGE_PREFIX = "video-to-mp3"

# Runs as root, with all that a container may be given: nothing that `restricted` lets in.
_BAD_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "not-restricted"},
    "spec": {
        "containers": [
            {"name": "root", "image": "none", "securityContext": {"privileged": True}},
        ]
    },
}


class NotApplied(Exception):
    """The overlay could not be brought into the cluster."""


class NotRestricted(Exception):
    """The namespace lets in a pod that Pod Security `restricted` forbids."""


class Installation:
    """The system in one namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace

    def apply(
        self,
        overlay: Path,
        prefix: str,
        tag: str | None,
        folder: Path,
        command: str,
        *,
        site: str | None = None,
    ) -> None:
        """Apply `overlay` with images of other names, by `command`, which is given a folder.

        `folder` is where the overlay over the overlay is written. Links may lead to `site`.
        Raises NotApplied.
        """
        folder.mkdir(parents=True, exist_ok=True)
        tagged = {"newTag": tag} if tag else {}
        images = [
            {"name": f"{IMAGE_PREFIX}/{name}", "newName": f"{prefix}/{name}"} | tagged
            for name in (*SERVICES, "mail-sink")
        ]
        kustomization: dict[str, Any] = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(overlay.resolve(), folder.resolve())],
            "images": images,
        }
        if site:
            (folder / "site.yaml").write_text(json.dumps(_policy_for(site)))
            kustomization["resources"].append("site.yaml")
            kustomization["configMapGenerator"] = [_rules_with(site)]
        # JSON is YAML.
        (folder / "kustomization.yaml").write_text(json.dumps(kustomization, indent=2) + "\n")
        try:
            subprocess.run([*shlex.split(command), str(folder)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotApplied(f"{overlay} was not applied: {error}") from error

    def await_ready(self) -> None:
        """Wait until every pod is as it has to be; raises KubectlFailed."""
        for kind in ("statefulset", "deployment"):
            for name in self._namespace.names(kind):
                self._namespace.await_rollout(kind, name)

    def require_restricted(self) -> None:
        """Try to bring in a pod that Pod Security `restricted` forbids; raises NotRestricted."""
        try:
            self._namespace.kubectl(
                "apply", "--dry-run=server", "--filename=-", text=json.dumps(_BAD_POD)
            )
        except KubectlFailed as error:
            if "PodSecurity" in str(error) or "restricted" in str(error):
                return
            raise
        raise NotRestricted("a privileged pod is let into the namespace")

    def admin(self) -> tuple[str, str]:
        """Address and password of the first admin, as a pod of auth has them."""
        shown = self._namespace.kubectl(
            *("exec", "deployment/auth", "--", "sh", "-c"),
            'echo "$ADMIN_EMAIL" && cat "$ADMIN_PASSWORD_FILE"',
        )
        email, password = shown.split()
        return email, password


def _rules_with(site: str) -> dict[str, Any]:
    """The setting by which links may lead to `site`."""
    return {
        "name": "link-rules",
        "namespace": "mp3converter",
        "behavior": "merge",
        "literals": [f"LINK_OPEN_ADDRESSES={site}"],
    }


def _policy_for(site: str) -> dict[str, Any]:
    """The network policy by which the fetchers reach `site`, as ADDRESS:PORT."""
    address, _, port = site.rpartition(":")
    rule = {
        "to": [{"ipBlock": {"cidr": f"{address}/32"}}],
        "ports": [{"port": int(port), "protocol": "TCP"}],
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "site-of-the-test", "namespace": "mp3converter"},
        "spec": {
            "podSelector": {"matchLabels": {"mp3converter.com/internet-client": "true"}},
            "policyTypes": ["Egress"],
            "egress": [rule],
        },
    }
