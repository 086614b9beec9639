"""What the engine raises."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import AirflowArgoError, Diagnostic, DiagnosticsError, ExitCode


class Unsupported(DiagnosticsError):
    """A manifest needs what the engine doesn't do; nothing was run. The findings name each field and the reason."""

    exit_code = ExitCode.UNSUPPORTED

    def __init__(self, what: str, diagnostics: Iterable[Diagnostic]) -> None:
        super().__init__(what, diagnostics)

    def to_json(self) -> dict[str, Any]:
        """All findings; `unsupported` is the first field."""
        first = next((finding.path for finding in self.diagnostics if finding.path), None)
        return {"unsupported": first, **super().to_json()}


class InvalidManifest(DiagnosticsError):
    """A manifest that Argo would not run.

    Attributes:
        rejected: the API server refuses it. Otherwise the controller does: the workflow would be Failed with `message`.
        message: the controller's.
    """

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, what: str, diagnostics: Iterable[Diagnostic], *, rejected: bool, message: str = "") -> None:
        super().__init__(what, diagnostics)
        self.args = (what, self.diagnostics)
        self.rejected, self.message = rejected, message

    def __reduce__(self) -> tuple[Any, ...]:
        return _invalid_manifest, (self.what, self.diagnostics, self.rejected, self.message)


def _invalid_manifest(what: str, diagnostics: tuple[Diagnostic, ...], rejected: bool, message: str) -> InvalidManifest:
    return InvalidManifest(what, diagnostics, rejected=rejected, message=message)


class RunExists(AirflowArgoError):
    """A run's folder is taken."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        return f"{self.folder}: a run is there already; give this one another name or folder, or resume that one"


class RunIsGoingOn(AirflowArgoError):
    """Another process executes the run in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        return f"{self.folder}: this run is going on in another process; wait for it, or stop it"


class RunNotFound(AirflowArgoError):
    """There is no run in a folder, or none that can be read."""

    def __init__(self, folder: Path, reason: str = "there is no run here") -> None:
        super().__init__(folder, reason)
        self.folder, self.reason = folder, reason

    def __str__(self) -> str:
        return f"{self.folder}: {self.reason}; give the folder of a run"


class NotRunning(AirflowArgoError):
    """Nobody listens to commands for a run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        return f"{self.folder}: this run is not going on, so it can't be told anything; resume it first"


class Interrupted(AirflowArgoError):
    """A run was interrupted; its processes are gone, and it can be resumed from its folder."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self, name: str, folder: Path, done: int, open_nodes: tuple[str, ...]) -> None:
        super().__init__(name, folder, done, open_nodes)
        self.name, self.folder, self.done, self.open_nodes = name, folder, done, open_nodes

    def __str__(self) -> str:
        open_nodes = ", ".join(self.open_nodes[:5]) + (", …" if len(self.open_nodes) > 5 else "")
        return (
            f"{self.name}: interrupted; {self.done} nodes have ended, not yet: {open_nodes or 'none'}; "
            f"airflow-argo run --resume {self.folder} goes on with it"
        )


class EngineFailure(AirflowArgoError):
    """The engine can't work on this machine."""

    exit_code = ExitCode.RUN_FAILED

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason, cure)
        self.reason, self.cure = reason, cure

    def __str__(self) -> str:
        return f"{self.reason}; {self.cure}"
