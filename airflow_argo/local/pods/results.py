"""What a pod leaves: its result, output parameters and artifacts, and the phase that Argo makes of its containers' ends.

Source: emissary.go (saveParameter, saveArtifact), executor.go (CaptureScriptResult, SaveParameters, SaveArtifacts),
inferFailedReason in operator.go.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from airflow_argo.argo import gojson
from airflow_argo.argo.limits import MAX_REQUEST_BYTES, MAX_RESULT_BYTES
from airflow_argo.argo.phases import ERROR, FAILED, SUCCEEDED
from airflow_argo.local.pods.artifacts import ArtifactMissing, ArtifactStore
from airflow_argo.local.pods.plan import MAIN
from airflow_argo.local.pods.sandbox import Sandbox

_SAVED: Final = "/var/run/argo/outputs"
_TOO_LARGE: Final = f"Request entity too large: limit is {MAX_REQUEST_BYTES}"
_IGNORED_CODES: Final = frozenset({0, 137, 143})
EXECUTOR_FAULT: Final = 64
"""The exit code of Argo's executor where it is itself at fault."""


class End(NamedTuple):
    """How a container ended: exit code, and what it or the executor says about it."""

    name: str
    code: int
    message: str = ""


class Saved(NamedTuple):
    """What was saved of a main container, and what went wrong: `main` in it, or `wait` beside it."""

    outputs: dict[str, Any]
    main_error: str = ""
    wait_error: str = ""


def go_text(data: bytes) -> str:
    """Bytes as JSON made by Go has them: each byte that is no UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "airflow_argo_each_byte")


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("airflow_argo_each_byte", _each_byte)


def save_outputs(
    template: Mapping[str, Any], sandbox: Sandbox, stdout: Path | None, artifacts: ArtifactStore, *, volumes: Sequence[str] = ()
) -> Saved:
    """Read what the main container of a template left.

    Args:
        template: with all parameters filled in.
        sandbox: of the main container.
        stdout: the file with its standard output, if that is to be its result.
        artifacts: where artifacts are put.
        volumes: mount paths of the container; what lies there is read by `wait`.
    """
    declared = template.get("outputs") or {}
    outputs: dict[str, Any] = {key: value for key, value in declared.items() if key not in ("parameters", "artifacts")}
    contents, main_error = _contents(declared.get("parameters") or [], sandbox, volumes)
    if any(isinstance(content, bytes) and len(content) > MAX_REQUEST_BYTES for content in contents.values()):
        return Saved({}, main_error, _TOO_LARGE)
    if stdout is not None:
        outputs["result"] = capture_result(stdout)
    errors: list[str] = []
    if declared.get("parameters"):
        outputs["parameters"], error = _parameters(declared["parameters"], contents)
        errors += [error] if error else []
    if declared.get("artifacts"):
        outputs["artifacts"], error = _artifacts(declared["artifacts"], sandbox, artifacts)
        errors += [error] if error else []
    if len(gojson.marshal(outputs).encode()) > MAX_REQUEST_BYTES:
        return Saved({}, main_error, errors[0] if errors else _TOO_LARGE)
    return Saved(outputs, main_error, errors[0] if errors else "")


def capture_result(stdout: Path) -> str:
    """The standard output, less one trailing newline; of more than 256 KiB the last."""
    with stdout.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - MAX_RESULT_BYTES - 1))
        data = file.read()
    data = data[:-1] if data.endswith(b"\n") else data
    return go_text(data[-MAX_RESULT_BYTES:])


def _contents(parameters: list[dict[str, Any]], sandbox: Sandbox, volumes: Sequence[str]) -> tuple[dict[str, bytes | str], str]:
    """The files of output parameters by path, or why one has none; and what made the executor in `main` give up."""
    contents: dict[str, bytes | str] = {}
    for path in filter(None, ((parameter.get("valueFrom") or {}).get("path") for parameter in parameters)):
        on_volume = any(path == mount or path.startswith(mount.rstrip("/") + "/") for mount in volumes)
        try:
            contents[path] = _read(sandbox.host_path(path))
        except FileNotFoundError:
            place = f"/mainctrfs{path}" if on_volume else f"{_SAVED}/parameters{path}"
            contents[path] = f"open {place}: no such file or directory"
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()
            if not on_volume:
                target = f"{_SAVED}/parameters/{path}"
                if isinstance(error, IsADirectoryError):  # which Linux says of the file beside it that was made for the copy
                    contents[path], reason = b"", f"write {target}: copy_file_range: {reason}"
                else:
                    return contents, f"failed to open {path}: open {path}: {reason}"
                return contents, f"failed to copy {path} to {target}: {reason}"
            contents[path] = f"read /mainctrfs{path}: {reason}"
    return contents, ""


def _read(path: Path) -> bytes:
    """A file, or the first bytes of one too large to be stored."""
    with path.open("rb") as file:
        return file.read(MAX_REQUEST_BYTES + 1)


def _parameters(declared: list[dict[str, Any]], contents: Mapping[str, bytes | str]) -> tuple[list[dict[str, Any]], str]:
    """The parameters with their values; the first without file and default ends the saving of the rest."""
    saved = [dict(parameter) for parameter in declared]
    for parameter in saved:
        source = parameter.get("valueFrom") or {}
        if not source.get("path"):
            continue
        content = contents.get(source["path"], f"open {_SAVED}/parameters{source['path']}: no such file or directory")
        if isinstance(content, bytes):
            value = go_text(content)
        elif source.get("default") is not None:
            value = source["default"]
        else:
            return saved, content
        parameter["value"] = value.removesuffix("\n")
    return saved, ""


def _artifacts(declared: list[dict[str, Any]], sandbox: Sandbox, store: ArtifactStore) -> tuple[list[dict[str, Any]], str]:
    tried = [_artifact(artifact, sandbox, store) for artifact in declared]
    return [saved for saved, _ in tried if saved is not None], "".join(error for _, error in tried)


def _artifact(artifact: dict[str, Any], sandbox: Sandbox, store: ArtifactStore) -> tuple[dict[str, Any] | None, str]:
    try:
        return store.save(artifact, sandbox.host_path(artifact["path"])), ""
    except ArtifactMissing as error:
        return None, "" if artifact.get("optional") else f"{error}; "
    except OSError as error:
        return None, f"failed to save artifact {artifact['name']}: {error.strerror}; "


def verdict(init: Sequence[End], mains: Sequence[End], wait_error: str, sidecars: Sequence[End]) -> tuple[str, str]:
    """Phase and message of a pod's node: of several faults init containers come first, then mains, `wait`, sidecars."""
    for end in [*init, *mains]:
        if end.code != 0 and (end in mains or end.code not in _IGNORED_CODES):
            return FAILED, described(end)
    if wait_error:
        return ERROR, described(End("wait", EXECUTOR_FAULT, wait_error))
    for end in sidecars:
        if end.code not in _IGNORED_CODES:
            return FAILED, described(end)
    return SUCCEEDED, ""


def described(end: End) -> str:
    """`main: Error (exit code 1)`, and what else there is to say."""
    return f"{end.name}: Error (exit code {end.code})" + (f": {end.message}" if end.message else "")


def exit_code(mains: Sequence[End]) -> int | None:
    """Of the container that is called main."""
    return next((end.code for end in mains if end.name == MAIN), None)
