"""Jobs: what one step does. One pod each, or none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeGuard

from airflow_argo.model.values import Constant, Text, Type, Value

EMPTY = Constant("{}")

Words: TypeAlias = tuple[str | Text, ...]
"""The words of a command line, each as the process gets it."""


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """An output that a job declares.

    Attributes:
        path: the file that the job writes the value to; None is its standard output.
        default: the value if the job didn't write it; without one that is a failure of the job.
        part: of standard output all of it, or as JSON its last line or its lines.
    """

    name: str
    type: Type = Type.TEXT
    path: str | None = None
    default: Constant | None = None
    part: Literal["whole", "last line", "lines"] = "whole"


@dataclass(frozen=True, slots=True)
class Backoff:
    """Time between tries: `seconds`, times `factor` after each, at most `cap_seconds`."""

    seconds: float
    factor: int = 1
    cap_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """More tries of a job that failed.

    Attributes:
        limit: how many more, 0 or more.
        on: "failure" is an exit code, "error" is a lost pod.
        except_codes: exit codes that are final.
        when: an expression of Argo's, over lastRetry.*; for experts.
    """

    limit: int
    on: Literal["failure", "error", "any"] = "any"
    backoff: Backoff | None = None
    except_codes: tuple[int, ...] = ()
    when: str | None = None

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError(f"retry limit {self.limit} is below 0")


@dataclass(frozen=True, slots=True)
class SecretKey:
    """An environment variable's value, read by Kubernetes from a Secret as the pod starts."""

    secret: str
    key: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """An environment variable's value, read by Kubernetes from a ConfigMap as the pod starts."""

    config_map: str
    key: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class FieldPath:
    """An environment variable's value, read by Kubernetes from a field of the pod, such as `status.hostIP`."""

    path: str


EnvValue: TypeAlias = str | Text | SecretKey | ConfigKey | FieldPath
Env: TypeAlias = tuple[tuple[str, EnvValue], ...]
Files: TypeAlias = tuple[tuple[str, str | Text], ...]


@dataclass(frozen=True, slots=True)
class PodSettings:
    """What Kubernetes is told about a job's pod, in Kubernetes' own shapes, validated where it was written.

    Attributes:
        container: JSON of fields of the main container: resources, imagePullPolicy, volumeMounts, envFrom, …
        template: JSON of fields of Argo's template: nodeSelector, tolerations, affinity, volumes, sidecars, metadata, …
    """

    container: str = "{}"
    template: str = "{}"

    @classmethod
    def of(cls, container: Mapping[str, Any], template: Mapping[str, Any]) -> PodSettings:
        """The settings, from the objects."""
        return cls(json.dumps(container, sort_keys=True), json.dumps(template, sort_keys=True))


NO_SETTINGS = PodSettings()


@dataclass(frozen=True, slots=True)
class LastLine:
    """The job returns the last line of its output, stdout and stderr as they come, as text; nothing if it is empty."""


@dataclass(frozen=True, slots=True)
class JsonFile:
    """The job returns the JSON that it writes to a file; nothing if it doesn't."""

    path: str


@dataclass(frozen=True, slots=True)
class Report:
    """A job that tells how it ended and what it returns: it may end skipped, and its values keep their types.

    It runs under `airflow_argo.pod`, so its image needs Python; or under a line of shell.

    Attributes:
        returns: where the value comes from that readers know as the output `return_value`.
        skip_codes: exit codes that mean skipped.
        only_env: the command sees only the variables that the job names, and what the run tells.
        folder: where the command runs, which has to be there. None: in the job's working directory, else in a new folder.
        by_shell: the image needs no Python, but `sh`, and `base64` if it returns the JSON of a file; nothing else can be asked.
        facts: further fields of the call, for `airflow_argo.pod`, as JSON.
    """

    returns: LastLine | JsonFile | None = None
    skip_codes: frozenset[int] = frozenset()
    only_env: bool = False
    folder: str | Text | None = None
    by_shell: bool = False
    facts: Constant = EMPTY


@dataclass(frozen=True, slots=True)
class LargeValues:
    """How values travel that are too large for a parameter, of a job that reports: as an artifact.

    The author says `over`; the compiler finds out the rest.

    Attributes:
        over: bytes of JSON; a larger value goes into the job's artifact. None: none does.
        fitting: so do smaller ones, if a run hasn't room for as much of each job.
        never: names of the outputs that don't, since Argo itself reads them.
        at: where the job's artifact is, below the run's own folder; of the items of a loop: the folder that theirs are in.
        of: where those are that the job may have to take.
    """

    over: int | None = None
    fitting: bool = False
    never: tuple[str, ...] = ()
    at: str = ""
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container that runs a command.

    Attributes:
        files: path → the text that is in that file when the command starts. Where the text isn't known now, or Argo would
            change it, the image needs `sh` and `base64`.
        large: of one that reports, unless by shell: how its large values travel. None: they fail it.
    """

    image: str | Text
    command: Words
    args: Words = ()
    env: Env = ()
    files: Files = ()
    working_dir: str | None = None
    outputs: tuple[OutputSpec, ...] = ()
    report: Report | None = None
    large: LargeValues | None = None
    retry: Retry | None = None
    timeout_seconds: int | None = None
    pod: PodSettings = NO_SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A container that runs a program text by an interpreter, which gets the text's file as its last argument."""

    image: str | Text
    interpreter: tuple[str, ...]
    source: str
    env: Env = ()
    files: Files = ()
    outputs: tuple[OutputSpec, ...] = ()
    retry: Retry | None = None
    timeout_seconds: int | None = None
    pod: PodSettings = NO_SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bash:
    """How bash runs the text that a function returns. The job then ends as bash does, and returns the last line of its output.

    Attributes:
        env: variables that bash has and the function doesn't.
        only_env: bash sees only those, and what the run tells.
        folder: where it runs, which has to be there; None: in a new folder.
        skip_codes: exit codes that mean skipped.
    """

    env: tuple[tuple[str, str | Text], ...] = ()
    only_env: bool = False
    folder: str | Text | None = None
    skip_codes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonCall:
    """A call of a Python function whose source travels with the workflow; run by `airflow_argo.pod`.

    Attributes:
        source: a module's text that defines `function` and all that it needs.
        args: positional arguments.
        more_args: a list of more positional arguments.
        kwargs: keyword arguments.
        more_kwargs: an object whose keys are more keyword arguments.
        modules: module name → text, of modules that the source imports and the image doesn't have.
        beside: name → text, of files that lie beside the program in the pod; the same for many jobs, which share them.
        facts: further fields of the call, for `airflow_argo.pod`, as JSON: ids, types of params, branches.
        xcoms: step → key → value, of what the source reads of other steps by their names.
        pushed: step → all that it gave under keys, where only the run tells which keys the source reads.
        bash: what the function returns is run by bash. None: it is what the job returns.
        spread: a returned object's values are outputs of their own, by its keys.
        may_skip: the function can end the step as skipped.
        interpreter: the command that runs Python in the image.
        large: how large values travel. None: they fail the job.
    """

    image: str
    source: str
    function: str
    args: tuple[Value, ...] = ()
    more_args: Value | None = None
    kwargs: tuple[tuple[str, Value], ...] = ()
    more_kwargs: Value | None = None
    modules: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    facts: Constant = EMPTY
    xcoms: tuple[tuple[str, tuple[tuple[str, Value], ...]], ...] = ()
    pushed: tuple[tuple[str, Value], ...] = ()
    bash: Bash | None = None
    spread: bool = False
    may_skip: bool = True
    interpreter: tuple[str, ...] = ("python3",)
    large: LargeValues | None = None
    env: Env = ()
    retry: Retry | None = None
    timeout_seconds: int | None = None
    pod: PodSettings = NO_SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """An action on a Kubernetes object.

    Attributes:
        manifest: the object, with values put in; None for an action on what `flags` name.
        success_condition, failure_condition: in Argo's terms: label-selector syntax over the object's paths.
        outputs: path is a JSONPath into the object, such as `{.metadata.name}`.
    """

    action: Literal["get", "create", "apply", "delete", "replace", "patch"]
    manifest: Value | None = None
    success_condition: str | None = None
    failure_condition: str | None = None
    set_owner_reference: bool = False
    merge_strategy: Literal["strategic", "merge", "json"] | None = None
    flags: tuple[str, ...] = ()
    outputs: tuple[OutputSpec, ...] = ()
    retry: Retry | None = None
    timeout_seconds: int | None = None
    pod: PodSettings = NO_SETTINGS


@dataclass(frozen=True, slots=True)
class NoOp:
    """Nothing: a step that only orders others. It costs no pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Waiting, without a pod, for some seconds, until a moment, or until somebody resumes the run.

    Attributes:
        until: the moment, as text in ISO's form.
        limit_seconds: a moment that is further away is a failure.
    """

    seconds: int | None = None
    until: Value | None = None
    limit_seconds: int | None = None


Job: TypeAlias = Container | Script | PythonCall | Resource | NoOp | Pause


def reports(job: Job) -> bool:
    """Whether a job tells its own end state and typed values."""
    return isinstance(job, PythonCall) or (isinstance(job, Container) and job.report is not None)


def passes_artifacts(job: object) -> TypeGuard[PythonCall | Container]:
    """Whether a job can make and take artifacts with large values: it reports, by `airflow_argo.pod`."""
    return isinstance(job, PythonCall) or (isinstance(job, Container) and job.report is not None and not job.report.by_shell)


def may_skip(job: Job) -> bool:
    """Whether a job can end the step as skipped while it runs."""
    match job:
        case PythonCall():
            return job.may_skip
        case Container(report=Report(skip_codes=codes)):
            return bool(codes)
        case _:
            return False
