"""Artifacts as files: what one pod saves in the run's folder, another gets. Formats: Argo's tgz, zip, or as it is.

Source: stageArchiveFile, loadArtifact, untar in executor.go.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_argo.local.pods.plan import PodRefused

LOCATION = "local"
"""The key of an artifact's location that is a file of this run: `{"local": {"key": "<pod>/<name>.tgz"}}`."""


REPOSITORY = ("s3", "gcs", "oss")
"""Kinds of locations of which a key alone may be said: the rest is that of the run's artifact repository, its folder here.

Source: ArtifactLocation.Relocate, which takes all but the key from the repository, of whatever kind that is.
"""


class ArtifactMissing(Exception):
    """A pod didn't leave the artifact that its template declares; ``str()`` is the executor's message."""


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """The artifacts of a run below a folder, those of one pod in a folder of their own."""

    folder: Path
    pod: str

    def save(self, artifact: Mapping[str, Any], source: Path) -> dict[str, Any]:
        """Keep a file or folder as an artifact.

        Returns:
            the artifact as it stands in the node's outputs, with its location.
        Raises:
            ArtifactMissing: there is nothing.
            OSError: it can't be read or kept.
        """
        if not os.path.lexists(source):
            name = artifact["path"].rstrip("/")
            raise ArtifactMissing(f"open /var/run/argo/outputs/artifacts{name}.tgz: no such file or directory")
        archive = artifact.get("archive") or {"tar": {}}
        suffix = "" if "none" in archive else ".zip" if "zip" in archive else ".tgz"
        kept = dict(artifact) if _key(artifact) else {**artifact, LOCATION: {"key": self._own_key(artifact, suffix)}}
        target = self._file(_key(kept))
        target.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".tgz":
            _tar(source, target)
        elif suffix == ".zip":
            _zip(source, target)
        elif source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)
        return kept

    def load(self, artifact: Mapping[str, Any], target: Path) -> None:
        """Put an artifact where a container expects it.

        Raises:
            PodRefused: it has no location that this machine knows, or is not there.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        if "raw" in artifact:
            target.write_text(artifact["raw"]["data"], encoding="utf-8", newline="")
        elif key := _key(artifact):
            self._load_file(artifact, self._file(key), target)
        elif artifact.get("optional"):
            return
        else:
            raise PodRefused(f"required artifact '{artifact['name']}' not supplied")
        if artifact.get("mode") is not None:
            _chmod(target, artifact["mode"], recurse=bool(artifact.get("recurseMode")))

    def _own_key(self, artifact: Mapping[str, Any], suffix: str) -> str:
        """The key of an artifact whose template says none."""
        name = artifact["name"] if suffix else os.path.basename(artifact["path"].rstrip("/"))
        return f"{self.pod}/{artifact['name']}/{name}{suffix}"

    def _file(self, key: str) -> Path:
        """Where a key is kept: below the folder, though a key may have any text in it."""
        return self.folder.joinpath(*("%2E%2E" if part == ".." else part for part in key.split("/") if part))

    def _load_file(self, artifact: Mapping[str, Any], source: Path, target: Path) -> None:
        archive = artifact.get("archive") or {}
        if not source.exists():
            if artifact.get("optional"):
                return
            raise PodRefused(f"artifact {artifact['name']} failed to load: {source.name}: no such file or directory")
        if "zip" in archive:
            _unzip(source, target)
        elif "none" not in archive and source.is_file() and tarfile.is_tarfile(source):
            _untar(source, target)
        elif source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)


def _key(artifact: Mapping[str, Any]) -> str:
    """The key of an artifact in the run's repository; empty if it has none."""
    return next((str(artifact[kind]["key"]) for kind in (LOCATION, *REPOSITORY) if kind in artifact), "")


def _tar(source: Path, target: Path) -> None:
    with tarfile.open(target, "w:gz", compresslevel=1) as tar:
        tar.add(source, arcname=source.name)


def _untar(source: Path, target: Path) -> None:
    """A tarball of one entry becomes that entry under the target's name; of several, a folder of them. Source: untar."""
    staging = target.with_name(f".{target.name}.untar")
    with tarfile.open(source) as tar:
        tar.extractall(staging, filter="tar")
    _settle(staging, target)


def _zip(source: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        if source.is_file():
            archive.write(source, source.name)
            return
        for file in sorted(source.rglob("*")):
            archive.write(file, Path(source.name) / file.relative_to(source))


def _unzip(source: Path, target: Path) -> None:
    staging = target.with_name(f".{target.name}.unzip")
    with zipfile.ZipFile(source) as archive:
        archive.extractall(staging)  # noqa: S202 - zipfile keeps to the folder
    _settle(staging, target)


def _settle(staging: Path, target: Path) -> None:
    entries = list(staging.iterdir())
    if target.is_dir():
        shutil.rmtree(target)
    if len(entries) == 1:
        entries[0].rename(target)
        staging.rmdir()
    else:
        staging.rename(target)


def _chmod(path: Path, mode: int, *, recurse: bool) -> None:
    path.chmod(mode)
    if recurse and path.is_dir():
        for inner in path.rglob("*"):
            inner.chmod(mode)
