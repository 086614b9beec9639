"""Jobs: what one step runs. A container, a script, or an action on a Kubernetes object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from airflow_argo.diagnostics import DefinitionError, Origin
from airflow_argo.dsl.nodes import Node
from airflow_argo.dsl.params import MISSING, Condition, Value, WorkflowParam, has_marks

PLAIN_WORDS = re.compile(r"[-\w@%+=:,./ ]*\Z", re.ASCII)
"""Texts that a shell splits at their spaces: most commands, and that is ten times quicker."""

ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*\Z")


class Retry:
    """More tries of a job that failed.

    Args:
        limit: how many more.
        backoff: time between tries, seconds or timedelta.
        factor: what the time is multiplied by after each try, a whole number.
        max_backoff: the longest time between tries.
        on: "failure" (an exit code), "error" (a lost pod) or "any".
        when: an expression of Argo's over lastRetry.exitCode, .status, .duration and .message.
    """

    __slots__ = ("backoff", "factor", "limit", "max_backoff", "on", "when")

    def __init__(
        self,
        limit: int,
        backoff: Any = None,
        *,
        factor: int = 1,
        max_backoff: Any = None,
        on: Literal["failure", "error", "any"] = "any",
        when: str | None = None,
    ) -> None:
        at = Origin.of_author()
        if not _is_int(limit) or limit < 0:
            raise DefinitionError(f"retry limit {limit!r} is no number of tries", "use 0 or more", at)
        if not _is_int(factor) or factor < 1:
            raise DefinitionError(f"retry factor {factor!r} is no whole number of 1 or more", "Argo takes no other", at)
        if on not in ("failure", "error", "any"):
            raise DefinitionError(f"retry on {on!r} is unknown", 'use "failure", "error" or "any"', at)
        self.limit, self.factor, self.on, self.when = limit, factor, on, when
        self.backoff = None if backoff is None else seconds(backoff, "retry backoff", at)
        self.max_backoff = None if max_backoff is None else seconds(max_backoff, "retry max_backoff", at)


class EnvSource:
    """Where Kubernetes takes an environment variable's value from as the pod starts."""

    __slots__ = ("key", "kind", "optional", "owner")

    def __init__(self, kind: Literal["secret", "config", "field"], owner: str, key: str, *, optional: bool = False) -> None:
        self.kind, self.owner, self.key, self.optional = kind, owner, key, optional


def secret(name: str, key: str, *, optional: bool = False) -> EnvSource:
    """An environment variable's value from a key of a Secret. The value itself is in no manifest."""
    return EnvSource("secret", name, key, optional=optional)


def config(name: str, key: str, *, optional: bool = False) -> EnvSource:
    """An environment variable's value from a key of a ConfigMap."""
    return EnvSource("config", name, key, optional=optional)


def field(path: str) -> EnvSource:
    """An environment variable's value from a field of the pod, such as `status.hostIP`."""
    return EnvSource("field", "", path)


class BaseJob(Node):
    """What all jobs have.

    Args:
        name: unique among the steps beside it.
        inputs: values that the job needs: a list, or a dict of name → value. A container gets each as the environment variable
            INPUT_<NAME>. Passing a value here, in `args`, in `env` or in a condition makes the dependency.
        outputs: what the job makes: WorkflowParam, or just names of texts.
        retry: how many more tries, or a Retry.
        timeout: of each try: seconds or a timedelta.
    """

    __slots__ = ("inputs", "outputs", "pod", "retry", "timeout")

    def __init__(
        self,
        name: str,
        inputs: Any = (),
        outputs: Iterable[WorkflowParam | str] = (),
        retry: int | Retry | None = None,
        timeout: Any = None,
        **kubernetes: Any,
    ) -> None:
        super().__init__(name, Origin.of_author())
        self.inputs = self._named_inputs(inputs)
        self.outputs = self._declared_outputs(outputs)
        self.retry = self._retry(retry)
        self.timeout = None if timeout is None else seconds(timeout, f"timeout of step '{name}'", self.origin)
        self.pod = self._pod_settings(kubernetes)

    def error(self, found: str, cure: str) -> DefinitionError:
        """An error about this job, at its author's line."""
        return DefinitionError(f"step '{self.name}': {found}", cure, self.origin)

    def output_named(self, name: str) -> WorkflowParam:
        """The output of that name; `result`, unless declared otherwise, is the standard output."""
        for declared in self.outputs:
            if declared.name == name:
                return declared.owned_by(self)
        if name == "result" and not isinstance(self, ResourceJob):
            return WorkflowParam("result", self)
        known = ", ".join(
            [*(declared.name for declared in self.outputs), *(() if isinstance(self, ResourceJob) else ("result",))]
        )
        raise DefinitionError(
            f"step '{self.name}' has no output '{name}'",
            f"use one of: {known}; or declare it in outputs=" if known else "declare it in outputs=",
            Origin.of_author(),
        )

    def _retry(self, retry: Any) -> Retry | None:
        if retry is None or isinstance(retry, Retry):
            return retry
        if not _is_int(retry):
            raise self.error(f"retry is {retry!r}", "use a number of tries or a Retry")
        return Retry(retry)

    def _named_inputs(self, inputs: Any) -> dict[str, Any]:
        if isinstance(inputs, Mapping):
            return dict(inputs)
        if isinstance(inputs, Value | str) or not isinstance(inputs, Iterable):
            raise self.error(f"inputs is {inputs!r}", "use a list of values, or a dict of name → value")
        named: dict[str, Any] = {}
        for value in inputs:
            name = getattr(value, "name", None)
            if not isinstance(value, Value) or name is None:
                raise self.error(f"input {value!r} has no name", "use a dict of name → value")
            if name in named:
                raise self.error(f"two inputs are named '{name}'", "use a dict of name → value")
            named[name] = value
        return named

    def _declared_outputs(self, outputs: Iterable[WorkflowParam | str]) -> tuple[WorkflowParam, ...]:
        if isinstance(outputs, str | WorkflowParam):
            raise self.error(f"outputs is {outputs!r}", "use a list")
        declared = tuple(WorkflowParam(one) if isinstance(one, str) else one for one in outputs)
        for one in declared:
            if not isinstance(one, WorkflowParam):
                raise self.error(f"output {one!r} is no WorkflowParam", "declare outputs as WorkflowParam(name, type=…)")
        names = [one.name for one in declared]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise self.error(f"two outputs are named '{twice[0]}'", "give them different names")
        return declared

    def known_now(self, what: str, found: Any) -> None:
        """Looks at something that is needed before the run.

        Raises:
            DefinitionError: a text in it has a value of the run in it.
        """
        if any(isinstance(text, Value) or has_marks(text) for text in _texts(found)):
            cure = "values of the run can stand in image, command, args, env, files and inputs"
            raise self.error(f"its {what} has a value of the run in it, and must be known before", cure)

    def _pod_settings(self, kubernetes: Mapping[str, Any]) -> Any:
        if not kubernetes:
            return None
        from airflow_argo.dsl.kubernetes import pod_settings

        return pod_settings(self, kubernetes)


class ContainerJob(BaseJob):
    """A container that runs a command.

    Args:
        image: the container's image; values of the run may be in it.
        command: a list of words, or a text that is split as a shell would. Argo needs it: it doesn't look into images.
        args: more words, in the same forms; values of the run may stand among them or inside of them (f-strings).
        env: variable → text, value, secret(…), config(…) or field(…).
        files: path → text or value, which is in that file when the command starts; for values that are too long for `args`.
            For texts that aren't known now the image needs `sh` and `base64`.
        working_dir: where the command starts.
        kubernetes: resources, image_pull_policy, volumes, volume_mounts, node_selector, tolerations, affinity, service_account,
            sidecars, init_containers, labels, annotations, security_context, env_from, ports, …; see docs/dsl.md.
    """

    __slots__ = ("args", "command", "env", "files", "image", "working_dir")

    def __init__(
        self,
        name: str,
        image: str | None = None,
        command: str | Sequence[Any] | None = None,
        args: Any = (),
        env: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, Any] | None = None,
        working_dir: str | None = None,
        inputs: Any = (),
        outputs: Iterable[WorkflowParam | str] = (),
        retry: int | Retry | None = None,
        timeout: Any = None,
        **kubernetes: Any,
    ) -> None:
        super().__init__(name, inputs, outputs, retry, timeout, **kubernetes)
        if not isinstance(image, Value) and (not isinstance(image, str) or not image):
            raise self.error("it has no image", 'say image="…"')
        self.image, self.working_dir = image, working_dir
        self.command = self._words(command, "command")
        self.args = self._words(args, "args")
        if not self.command:
            raise self.error("it has no command", 'say command="…": Argo does not look it up in the image')
        self.env = self._variables(env or {})
        self.files = self._files(files or {})
        self.known_now("working_dir", working_dir)

    def _words(self, words: Any, what: str) -> list[Any]:
        if words is None:
            return []
        if isinstance(words, str):
            if PLAIN_WORDS.match(words):
                return list(words.split())
            import shlex

            try:
                return shlex.split(words)
            except ValueError as error:
                raise self.error(f"{what} {words!r} can't be split into words: {error}", "use a list of words") from None
        if isinstance(words, Value | int | float):
            return [words]
        if not isinstance(words, Iterable) or isinstance(words, Mapping):
            raise self.error(f"{what} is {words!r}", "use a text or a list of words")
        return [self._word(word, what) for word in words]

    def _word(self, word: Any, what: str) -> Any:
        if isinstance(word, Value | str):
            return word
        if isinstance(word, bool):
            return "true" if word else "false"
        if isinstance(word, int | float):
            return str(word)
        raise self.error(f"{what} has {word!r} in it", "use texts, numbers and values")

    def _files(self, files: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(files, Mapping):
            raise self.error(f"files is {files!r}", "use a dict of path → text")
        for path in files:
            if not isinstance(path, str) or not path.startswith("/"):
                raise self.error(f"{path!r} can't be the path of a file", "use an absolute path")
        return {path: self._word(text, f"file {path}") for path, text in files.items()}

    def _variables(self, env: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(env, Mapping):
            raise self.error(f"env is {env!r}", "use a dict of name → value")
        for name, value in env.items():
            if not isinstance(name, str) or not ENV_NAME.match(name):
                raise self.error(f"{name!r} can't be the name of a variable", "use letters, digits and _")
            if not isinstance(value, EnvSource):
                self._word(value, f"env {name}")
        return {name: value if isinstance(value, EnvSource) else self._word(value, "env") for name, value in env.items()}


class ScriptJob(ContainerJob):
    """A container that runs a program text.

    Args:
        source: the text. In a shell script, a value in an f-string becomes a variable: `echo "{value}"`; in other languages
            pass values by `env`.
        command: the interpreter, which gets the text's file as its last argument; by default bash.
    """

    __slots__ = ("source",)

    def __init__(
        self,
        name: str,
        image: str | None = None,
        source: str = "",
        command: str | Sequence[Any] = ("bash",),
        env: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(name, image, command, (), env, **more)
        if not isinstance(source, str) or not source:
            raise self.error("it has no source", "say source='…', the text of the program")
        if has_marks(source) and not self.is_shell:
            raise self.error("its source has a value of the run in it, which only a shell script can", "pass the value by env=")
        self.source = source

    @property
    def is_shell(self) -> bool:
        """Whether the interpreter is a shell."""
        return str(self.command[0]).rsplit("/", 1)[-1] in ("sh", "bash", "dash", "ash", "zsh", "ksh")


class ResourceJob(BaseJob):
    """An action on a Kubernetes object; waits for its conditions.

    Args:
        manifest: the object, as a dict or as YAML; its texts may hold values.
        action: what to do with it.
        success_condition: Argo's label-selector syntax over the object, such as "status.succeeded > 0".
        failure_condition: the same, for failure.
        outputs: WorkflowParam whose `path` is a JSONPath into the object: "{.metadata.name}".
        flags: of kubectl.
        kubernetes: set_owner_reference, merge_strategy, service_account, labels, annotations, …
    """

    __slots__ = (
        "action",
        "failure_condition",
        "flags",
        "manifest",
        "merge_strategy",
        "set_owner_reference",
        "success_condition",
    )

    def __init__(
        self,
        name: str,
        manifest: Any = None,
        action: str = "create",
        success_condition: str | None = None,
        failure_condition: str | None = None,
        *,
        flags: Sequence[str] = (),
        set_owner_reference: bool = False,
        merge_strategy: str | None = None,
        inputs: Any = (),
        outputs: Iterable[WorkflowParam | str] = (),
        retry: int | Retry | None = None,
        timeout: Any = None,
        **kubernetes: Any,
    ) -> None:
        super().__init__(name, inputs, outputs, retry, timeout, **kubernetes)
        actions = ("get", "create", "apply", "delete", "replace", "patch")
        if action not in actions:
            raise self.error(f"action {action!r} is unknown", f"use one of: {', '.join(actions)}")
        if merge_strategy not in (None, "strategic", "merge", "json"):
            raise self.error(f"merge_strategy {merge_strategy!r} is unknown", 'use "strategic", "merge" or "json"')
        self.manifest = self._object(manifest)
        if self.manifest is None and not flags:
            raise self.error("it has no manifest", "say manifest={…}, the object")
        for output in self.outputs:
            if not output.path:
                cure = f'say WorkflowParam("{output.name}", path="{{.metadata.name}}")'
                raise self.error(f"output '{output.name}' has no path into the object", cure)
        self.action, self.flags = action, tuple(flags)
        self.success_condition, self.failure_condition = success_condition, failure_condition
        self.set_owner_reference, self.merge_strategy = set_owner_reference, merge_strategy
        for what in ("success_condition", "failure_condition", "flags"):
            self.known_now(what, getattr(self, what))

    def _object(self, manifest: Any) -> Any:
        if isinstance(manifest, str):
            import yaml

            try:
                manifest = yaml.safe_load(manifest)
            except yaml.YAMLError as error:
                raise self.error(f"its manifest is no YAML: {error}", "correct it, or use a dict") from None
        if manifest is not None and not (isinstance(manifest, Mapping) and "kind" in manifest):
            raise self.error("its manifest is no Kubernetes object", "it needs apiVersion, kind and metadata")
        return manifest


def _texts(found: Any) -> list[Any]:
    """All texts and values in an object."""
    if isinstance(found, Mapping):
        return [text for part in found.values() for text in _texts(part)]
    if isinstance(found, list | tuple):
        return [text for part in found for text in _texts(part)]
    return [found] if isinstance(found, str | Value) else []


def seconds(given: Any, what: str, at: Origin) -> int:
    """A time in whole seconds.

    Raises:
        DefinitionError: it is neither seconds nor a timedelta, or not a whole number of seconds above 0.
    """
    if hasattr(given, "total_seconds"):
        given = given.total_seconds()
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise DefinitionError(f"{what} is {given!r}", "use a number of seconds or a timedelta", at)
    if given <= 0 or given != int(given):
        raise DefinitionError(f"{what} is {given:g} seconds", "use a whole number of seconds, 1 or more", at)
    return int(given)


def _is_int(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


__all__ = [
    "MISSING",
    "BaseJob",
    "Condition",
    "ContainerJob",
    "EnvSource",
    "ResourceJob",
    "Retry",
    "ScriptJob",
    "config",
    "field",
    "secret",
]
