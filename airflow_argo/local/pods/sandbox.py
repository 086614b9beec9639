"""Where a container's private files lie on this machine, and how it gets to see them.

Every container has `/tmp` for itself, and the folder of each path that its template declares; volumes are shared by the
containers of one pod. With mount namespaces the container sees them under their own paths, and beside them what this machine
has there. Without, each mention of these paths in its command, arguments, environment and script is rewritten to the place on
this machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

TMP: Final = "/tmp"  # noqa: S108 - in the container
ROOT: Final = "/"
_MAX_ENTRIES: Final = 400
"""A private folder shows what this machine has there, unless that are more entries."""
_MAX_LINKS: Final = 40


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A container's private places: path in the container → file or folder on this machine.

    `binds` and `root` say how to show them in a mount namespace; they are empty where paths are rewritten instead.
    """

    places: Mapping[str, Path]
    rewritten: bool
    binds: tuple[tuple[str, str], ...] = ()
    root: str | None = None

    def host_path(self, path: str) -> Path:
        """Where a path in the container lies on this machine; links that the container made are followed as it sees them.

        Raises:
            OSError: too many links.
        """
        todo = list(PurePosixPath(os.path.normpath(path)).parts[1:])
        at, links = PurePosixPath("/"), 0
        while todo:
            at /= todo.pop(0)
            place = _place(str(at), self.places)
            if self.rewritten or not place.is_symlink():
                continue
            links += 1
            if links > _MAX_LINKS:
                raise OSError(f"{path}: too many levels of symbolic links")
            target = PurePosixPath(os.path.normpath(at.parent / os.readlink(place)))
            todo[:0] = target.parts[1:]
            at = PurePosixPath("/")
        return _place(str(at), self.places)

    def seen_as(self, text: str) -> str:
        """A text of the manifest as the container has to get it: unchanged, or with its paths rewritten."""
        if not self.rewritten:
            return text
        return _mentions(tuple(self.places)).sub(lambda match: str(self.places[match[0]]), text)


def _mentions(paths: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(path) for path in sorted(paths, key=len, reverse=True))
    return re.compile(rf"(?<![\w.\-/])(?:{longest_first})(?![\w\-]|\.\w)")


def make_sandbox(
    base: Path, declared: Iterable[str], volumes: Mapping[str, Path], *, namespace: bool, keep: Iterable[str] = ()
) -> Sandbox:
    """Make the private places of a container below `base`.

    Args:
        base: a folder for this container alone.
        declared: absolute paths of files or folders that the container reads or writes for itself, besides `/tmp`.
        volumes: path in the container → folder that it shares with others.
        namespace: show them in a mount namespace; otherwise paths are to be rewritten.
        keep: folders of this machine that stay visible even if they lie in `/tmp`.
    """
    files = base / "files"
    paths = [os.path.normpath(path) for path in declared]
    shared = {os.path.normpath(path): folder for path, folder in volumes.items()}
    places = {TMP: files / "tmp"} | shared
    folders = set(places)
    missing = [path for path in shared if namespace and not os.path.isdir(path)]  # a mount needs something to cover
    for path in [*(path for path in paths if path not in folders), *missing]:
        if not _covered(os.path.dirname(path), places):
            key = _existing(os.path.dirname(path)) if namespace else _rewritten_path(path)
            places[key] = files / (key.strip("/") or "root")
    for key, place in places.items():
        (place if key in folders or key not in paths else place.parent).mkdir(parents=True, exist_ok=True)
    for path in paths:
        _place(path, places).parent.mkdir(parents=True, exist_ok=True)
    if not namespace:
        return Sandbox(places, rewritten=True)
    return _in_namespace(places, frozenset(shared), paths, [path for path in keep if _is_below(path, TMP)])


def _place(path: str, places: Mapping[str, Path]) -> Path:
    covering = [place for place in places if path == place or _is_below(path, place)]
    if not covering:
        return Path(path)
    longest = max(covering, key=len)
    return places[longest] / path[len(longest) :].lstrip("/")


def _is_below(path: str, folder: str) -> bool:
    return path != folder and path.startswith(folder.rstrip("/") + "/")


def _covered(folder: str, places: Mapping[str, Path]) -> bool:
    return any(folder == place or _is_below(folder, place) for place in places if place != ROOT)


def _existing(folder: str) -> str:
    """The folder, or the nearest around it that this machine has."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def _rewritten_path(path: str) -> str:
    """Of a declared path, the part to rewrite: the outermost folder that this machine doesn't have, or the whole path."""
    parents = [str(parent) for parent in reversed(PurePosixPath(path).parents)]
    return next((parent for parent in parents if not os.path.isdir(parent)), path)


def _in_namespace(places: Mapping[str, Path], shared: frozenset[str], paths: Iterable[str], keep: Iterable[str]) -> Sandbox:
    """The mounts that show the places under their paths, outer ones first.

    A place that is a folder of this machine gets its entries as mounts inside; if that is `/` itself, it becomes the new root.
    """
    root = str(places[ROOT]) if ROOT in places else ""
    binds: list[tuple[str, str]] = []
    for path in sorted(places, key=len):
        if path != ROOT:
            if not root and os.path.isdir(path):
                mount_point = Path(path)
            else:
                mount_point = _place(path, {other: place for other, place in places.items() if other != path})
            mount_point.mkdir(parents=True, exist_ok=True)
            binds.append((str(places[path]), root + path))
        if path != TMP and path not in shared and os.path.isdir(path):
            binds += _entries(path, places[path], root, [*places, *paths])
    for path in keep:
        (places[TMP] / path[len(TMP) + 1 :]).mkdir(parents=True, exist_ok=True)
        binds.append((path, root + path))
    return Sandbox(places, rewritten=False, binds=tuple(binds), root=root or None)


def _entries(folder: str, place: Path, root: str, private: list[str]) -> Iterable[tuple[str, str]]:
    """Make the entries of a folder of this machine in a private one; yields the mounts that fill them."""
    with os.scandir(folder) as found:
        entries = list(found)
    if len(entries) > _MAX_ENTRIES:
        return
    for entry in entries:
        path = os.path.join(folder, entry.name)
        if any(path == other or _is_below(other, path) for other in private):
            continue
        if entry.is_symlink():
            (place / entry.name).symlink_to(os.readlink(path))
        elif entry.is_dir(follow_symlinks=False):
            (place / entry.name).mkdir(exist_ok=True)
            yield path, root + path
        elif entry.is_file(follow_symlinks=False):
            (place / entry.name).touch()
            yield path, root + path
