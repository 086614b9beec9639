"""What translators of operators are given: the task's values as values of the model, its settings, and a place for findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_argo.diagnostics import CODES, Diagnostic, Origin, Severity
from airflow_argo.model.conditions import Condition
from airflow_argo.model.intervals import Intervals
from airflow_argo.model.jobs import Env, PodSettings
from airflow_argo.model.values import (
    Constant,
    Evaluated,
    Item,
    Member,
    Output,
    SameItem,
    SecretText,
    Text,
    Type,
    Value,
    listing_of,
    record_of,
)
from airflow_argo.model.workflow import InputSpec
from airflow_argo.pod.run import DEFAULT_OWNER
from airflow_argo.settings import Settings, Source
from airflow_argo.translator.airflow_names import airflow_names, is_mapped, rule_name_of
from airflow_argo.translator.arguments import argument_json, marked, shown
from airflow_argo.translator.context_use import place_of_airflow
from airflow_argo.translator.dag_folders import folder_of
from airflow_argo.translator.import_effects import ImportEffects
from airflow_argo.translator.known_templates import plain_macros
from airflow_argo.translator.mapped_groups import are_members, mapped_group_of, values_given
from airflow_argo.translator.origins import Origins
from airflow_argo.translator.outside import Outside
from airflow_argo.translator.params import IS_DATED, DagParams, own_params_of
from airflow_argo.translator.pods import image_of, more_of_pod, with_locks, with_override, with_queue, with_user
from airflow_argo.translator.set_variables import sets_variables
from airflow_argo.translator.slices import NotSliceable, Slice, slice_of
from airflow_argo.translator.template_files import texts_in
from airflow_argo.translator.templates import NotConvertible, Pull, TemplateReader

if TYPE_CHECKING:
    from airflow_argo.translator.readers import Reads
    from airflow_argo.translator.shipping import Shipment

RETURN_VALUE = "return_value"
NOTHING = Constant("null")
KWARGS = "kwargs"
"""The axis of a mapping by `expand_kwargs`, whose items are objects."""


class WantsAirflow(Exception):
    """A translator's word that the operator itself should run; `args[0]` says why."""


def check_known(task: Any, *names: str) -> None:
    """Raises WantsAirflow if one of an operator's lists or dicts is what another task returns, or a template of it."""
    for name in names:
        if isinstance(getattr(task, name, None), str | airflow_names().xcom_arg):
            raise WantsAirflow(f"its {name} is known only when it runs")


@dataclass(frozen=True, slots=True)
class MappedItem:
    """Stands in an operator's attribute for the item of its mapping: the whole of an axis' item, or a key of it."""

    axis: str
    key: str | None = None


@dataclass(slots=True)
class DagContext:
    """What the tasks of a DAG share while it is translated.

    Attributes:
        pushes: id of a task that pushes something → the keys that it may push; None is any.
        mapped: ids of the tasks that are mapped.
        shipment: the files for operators that run in an Airflow image, once a task needs them.
        reads: what tasks read of others, once an operator asks for it.
        ancestors: task id → ids of all tasks before it.
        intervals: the data intervals of its runs.
        leaves: ids of the tasks whose end states make that of the run.
        decisions: task id → the tasks that may skip it, each with the condition under which it doesn't.
        outside: the tasks around those that are meant.
        effects: what importing its file leaves behind.
        run_inputs: what an Airflow that submits it tells of the run.
        gathered: the mark, for `airflow_argo.pod`, of what functions get of all instances of a mapped task; None: a list.
        diagnostics: what was found so far, each once, in the order of finding.
        macros: the author's macros that are values.
    """

    dag: Any
    path: str
    settings: Settings
    origins: Origins
    params: DagParams
    environment: Any
    ancestors: Mapping[str, frozenset[str]]
    intervals: Intervals | None = None
    leaves: frozenset[str] = frozenset()
    decisions: Mapping[str, list[tuple[str, Condition]]] = field(default_factory=dict)
    pushes: dict[str, frozenset[str] | None] = field(default_factory=dict)
    mapped: set[str] = field(default_factory=set)
    shipment: Shipment | None = None
    reads: Reads | None = None
    outside: Outside = field(default_factory=lambda: Outside(frozenset()))
    effects: ImportEffects = field(default_factory=ImportEffects)
    run_inputs: tuple[InputSpec, ...] = ()
    gathered: str | None = None
    diagnostics: dict[Diagnostic, None] = field(default_factory=dict)
    macros: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.macros = plain_macros(self.dag.user_defined_macros or {})

    def may_push(self, task_id: str, key: str) -> bool:
        """Whether a task may push a value under a key."""
        keys = self.pushes.get(task_id, frozenset())
        return keys is None or key in keys

    @property
    def own(self) -> frozenset[str]:
        """Ids of the tasks that are meant."""
        return self.outside.own

    def report(
        self, code: str, message: str, cure: str, severity: Severity | None = None, *, task_id: str | None = None
    ) -> None:
        """Adds a finding about the DAG, or one of its tasks. Said once, even if several places find it."""
        found = Diagnostic(
            code=code,
            message=message,
            cure=cure,
            severity=severity or CODES[code].severity,
            origin=self.origins.of(task_id),
            path=f"dag '{self.dag.dag_id}'" + (f" task '{task_id}'" if task_id else ""),
        )
        self.diagnostics.setdefault(found)

    def taken_back(self, count: int) -> list[Diagnostic]:
        """The findings after the first so many, which are findings no longer."""
        return [self.diagnostics.popitem()[0] for _ in range(len(self.diagnostics) - count)][::-1]


class TaskContext:
    """What the translator of one task is given.

    Attributes:
        after: ids of tasks that the task also has to run after, since it reads what they push.
        gathered: that of what the task gets now: see `DagContext`.
        is_called: values are put together in the pod, for a function that is called with them.
        renders: texts are templates.
    """

    def __init__(self, dag_context: DagContext, task: Any, *, mapped: bool = False) -> None:
        self.dag_context, self.task, self.task_id, self.mapped = dag_context, task, str(task.task_id), mapped
        self.after: dict[str, None] = {}
        self.gathered: str | None = None
        self.is_called, self.renders = False, True
        own = (getattr(task, "executor_config", None) or {}).get("argo") or {}
        self.settings = dag_context.settings.overridden(own, Source("executor_config", f"of task '{self.task_id}'"))
        self._reader = self._template_reader()

    # Findings

    def report(self, code: str, message: str, cure: str, severity: Severity | None = None) -> None:
        """Adds a finding about this task; of an error the translation is refused."""
        self.dag_context.report(code, message, cure, severity, task_id=self.task_id)

    @property
    def origin(self) -> Origin:
        """Where the task is written."""
        return self.dag_context.origins.of(self.task_id)

    def facts_of_task(self) -> dict[str, Any]:
        """What its pod is told about the task, as `airflow_argo.pod` reads it."""
        facts = {"task_id": self.task_id, "dag_id": self.dag_context.dag.dag_id}
        if airflow_names().is_2:
            facts["dated"] = "EXECUTION_DATE"
        if (owner := str(self.task.owner)) != DEFAULT_OWNER:
            facts["owner"] = owner
        if email := getattr(self.task, "email", None):
            facts["email"] = email if isinstance(email, str) else ",".join(email)
        return facts

    # Values

    def value(self, found: Any) -> Value:
        """An attribute of an operator, as Airflow would render it: templates, XComs and params inside of it are values."""
        names = airflow_names()
        if isinstance(found, str) and self.renders:
            return self._template(found)
        if isinstance(found, MappedItem):
            item = Item(self.task_id, found.axis, Type.JSON)
            return item if found.key is None else Member(item, found.key)
        if isinstance(found, names.xcom_arg):
            return self._xcom(found)
        if isinstance(found, names.dag_param):
            return self.dag_context.params.value(found._name)  # noqa: SLF001 - Airflow has no other way
        if isinstance(found, names.literal):
            return self.constant(found.value)
        if isinstance(found, names.mapped_argument):
            return self._argument_of_group(found._input, found._key)  # noqa: SLF001 - as above
        if isinstance(found, names.resolve_mixin):
            return self._refused("AA215", f"{type(found).__name__} is not translated", "pass a list, or the output of a task")
        if type(found) is list:
            return listing_of([self.value(part) for part in found])
        if type(found) in (tuple, set):
            inner = listing_of([self.value(part) for part in found])
            return marked(type(found).__name__, inner)
        if type(found) is dict:
            if all(type(key) is str for key in found):
                return record_of([(key, self.value(part)) for key, part in found.items()])
            return self._unknown(found)
        return self.constant(found)

    def _argument_of_group(self, expand_input: Any, key: str) -> Value:
        """What an instance of a mapped group has for one of its parameters. Source: MappedArgument.resolve."""
        if isinstance(expand_input, airflow_names().dict_of_lists):
            return self.value(MappedItem(key))
        return Member(self.value(MappedItem(KWARGS)), key, required=True)

    def as_given(self, found: Any) -> Value:
        """The same of what Airflow resolves and leaves as it is then: texts in it are no templates."""
        self.renders = False
        try:
            return self.value(found)
        finally:
            self.renders = True

    def constant(self, found: Any) -> Constant:
        """A value that is known now, and that no template is in."""
        try:
            return Constant.of(argument_json(found))
        except (TypeError, ValueError) as error:
            self._refused("AA227", f"an argument can't travel: {error}", "pass texts, numbers, lists and dicts")
            return NOTHING

    def _unknown(self, found: Any) -> Value:
        return self._refused("AA227", f"an argument can't travel: it is {shown(found)}", "pass texts, numbers, lists and dicts")

    def text(self, found: Any) -> str | Text:
        """An attribute as text."""
        value = self.value(found)
        if isinstance(value, Constant):
            return value.value if isinstance(value.value, str) else str(found)
        if isinstance(value, Evaluated):
            self._refused("AA203", "only Airflow can tell whether its native value is a text", "render it as text")
            return ""
        return value if isinstance(value, Text) else Text((value,), python=True)

    def pull(self, pull: Pull, *, listed: bool = False, sparse: bool = False) -> Value:
        """The value of `ti.xcom_pull(task_ids=…)`; None if that task pushes nothing.

        Args:
            listed: what instances pushed is a list, however many they are.
            sparse: what instances pushed is a list with an element for each of them.
        """
        if pull.task_id == self.task_id:
            return NOTHING  # a try begins without the values of those before it
        if not self.is_own(pull.task_id):
            return Constant.of(self.dag_context.outside.given(pull.task_id, pull.key, listed=listed, sparse=sparse))
        if pull.task_id not in self.dag_context.ancestors[self.task_id]:
            return self._unordered(pull.task_id)
        if not self.dag_context.may_push(pull.task_id, pull.key) or self.runs_at_once:
            return NOTHING
        self.after[pull.task_id] = None
        mapped = pull.task_id in self.dag_context.mapped
        return Output(pull.task_id, pull.key, Type.JSON, NOTHING, mapped and not listed and not sparse, mapped and sparse)

    def check_is_before(self, task_id: str) -> None:
        """Reports that a task, of which this one pulls, isn't before it."""
        if task_id != self.task_id and task_id not in self.dag_context.ancestors[self.task_id] and self.is_own(task_id):
            self._unordered(task_id)

    def is_own(self, task_id: str) -> bool:
        """Whether the task isn't one that runs in Airflow, beside the workflow."""
        return task_id in self.dag_context.own or task_id not in self.dag_context.dag.task_dict

    def is_unordered(self, task_id: str) -> bool:
        """Whether a task of the workflow is neither before this one nor after it: chance decides what it has given."""
        ancestors = self.dag_context.ancestors
        is_other = task_id in self.dag_context.own and task_id != self.task_id
        return is_other and task_id not in ancestors[self.task_id] and self.task_id not in ancestors.get(task_id, ())

    def _unordered(self, task_id: str) -> Value:
        """A pull from a task that isn't before this one. It gives None for certain only if that one can't have run."""
        if task_id not in self.dag_context.dag.task_dict:
            found = f"it pulls from task '{task_id}', which the DAG doesn't have, and so gets None"
            self.report("AA204", found, "correct the id", Severity.WARNING)
        elif self.task_id in self.dag_context.ancestors.get(task_id, ()):
            found = f"it pulls from task '{task_id}', which runs after it, and so gets None"
            self.report("AA204", found, f"let it run after '{task_id}'", Severity.WARNING)
        else:
            self._refused("AA204", f"it pulls from task '{task_id}', which isn't before it", f"let it run after '{task_id}'")
        return NOTHING

    def _xcom(self, found: Any) -> Value:
        if not isinstance(found, airflow_names().plain_xcom_arg):
            kind = type(found).__name__.removesuffix("XComArg").lower()
            return self._refused("AA215", f"an XCom with .{kind}() is not translated", "do it in a task of its own")
        found_value = self.pull(Pull(found.operator.task_id, found.key), listed=mapped_group_of(found.operator) is None)
        if isinstance(found_value, Output) and are_members(self.task, found.operator):
            found_value = SameItem(self.task_id, replace(found_value, unlisted=False))
        source = self.dag_context.dag.task_dict.get(found.operator.task_id, found.operator)  # as written, if it is offloaded
        if self.is_called and _has_to_be_pushed(source, found.key, self.task):
            return marked("pushed", listing_of([found_value, Constant.of(found.operator.task_id), Constant.of(found.key)]))
        if self.gathered is not None and is_mapped(found.operator):
            return marked(self.gathered, found_value)
        return found_value

    @property
    def runs_at_once(self) -> bool:
        """Whether the task runs before those upstream of it have ended. Source: TriggerRuleDep."""
        return rule_name_of(self.task) == "always" and not self.mapped

    def _template(self, text: str) -> Value:
        import jinja2

        if text.endswith(tuple(self.task.template_ext) or ("\0",)):
            self._refused("AA203", f"only Airflow can render the file {_shortened(text)}", "put its text into the DAG file")
            return NOTHING
        try:
            return self._reader.read(str(text))  # what Jinja does first, with members of enums too
        except NotConvertible as error:
            found = f"only Airflow can render {error} in {_shortened(text)}"
            return self._refused("AA203", found, "use dates, params and XComs, or compute it in a Python task")
        except jinja2.TemplateError as error:
            found = f"{_shortened(text)} is no template: {error.message}"
            return self._refused("AA228", found, "correct it, or wrap it in literal()")

    def _refused(self, code: str, message: str, cure: str) -> Value:
        self.report(code, message, cure)
        return NOTHING

    def _template_reader(self) -> TemplateReader:
        dag = self.dag_context.dag
        native = getattr(self.task, "render_template_as_native_obj", None)
        return TemplateReader(
            environment=self.dag_context.environment,  # also where the task is native and the DAG isn't
            macros=self.dag_context.macros,
            dag=dag,
            task=self.task,
            params=self._param,
            pull=self.pull,
            variable=self.variable,
            intervals=self.dag_context.intervals,
            is_dated=IS_DATED not in self.dag_context.run_inputs,
            native=dag.render_template_as_native_obj if native is None else native,
        )

    def variable(self, name: str, absent: Constant | None = None) -> Value:
        """An Airflow Variable: a key of a Secret, never a text in the manifest.

        Raises:
            NotConvertible: a task may set it, so that it needn't be there before the run.
        """
        if sets_variables(self.dag_context.path):
            raise NotConvertible(f"var.value.{name}")
        return SecretText(self.settings.required("variables_secret"), _secret_key(name), absent)

    def _param(self, name: str) -> Value | None:
        """A param of the DAG's; None if it has none of that name, or the task has its own."""
        if name not in self.dag_context.params.types or name in self.own_params:
            return None
        return self.dag_context.params.value(name)

    @cached_property
    def own_params(self) -> dict[str, Any]:
        """The params of the task that aren't its DAG's. Source: airflow.sdk process_params."""
        return own_params_of(self.task, self.dag_context.dag)

    # Pods

    def python_slice(self, function: Callable[..., Any]) -> Slice | None:
        """The source that a Python function needs; None, and a finding, if it can't be taken out of its file."""
        try:
            return slice_of(function, self.dag_context.path, is_shippable=is_shippable)
        except NotSliceable as error:
            self.report("AA202", error.reason, error.cure)
            return None

    @property
    def names_its_image(self) -> bool:
        """Whether the author names an image for this task, by executor_config."""
        return self.settings.sources["image"].kind == "executor_config"

    def pod_without_its_file(self, env: Env = (), *, runs_python: bool = False) -> PodSettings:
        """The pod of a task in which its DAG file isn't imported, with the environment variables that the file sets.

        Args:
            env: those that the task sets itself.
            runs_python: it is a function of the file, for which Python's own settings count too.

        Raises:
            WantsAirflow: importing the file does something that the task may count on.
        """
        effects, own = self.dag_context.effects, dict(env)
        done = effects.beyond or (effects.for_python if runs_python else None)
        if done is not None and not self.names_its_image:
            raise WantsAirflow(f"its file {done} as it is imported")
        if not self.names_its_image:
            self._check_paths()
        more = [{"name": name, "value": value} for name, value in effects.environment.items() if name not in own]
        return more_of_pod(self.pod_settings(), {"env": more}, {}) if more else self.pod_settings()

    def _check_paths(self) -> None:
        """Looks for places that a pod has elsewhere, or not at all, in the texts that the task is given.

        Raises:
            WantsAirflow: there is one.
        """
        folder = f"{folder_of(self.dag_context.dag)}/"
        for text in texts_in(values_given(self.task)):
            if folder in f"{text}/":
                raise WantsAirflow("it is given the path of a file in the DAGs folder")
            if (place := place_of_airflow(text)) is not None:
                raise WantsAirflow(f"it names {place}, which is in images with Airflow")

    def image(self, *, needs_airflow: bool = False) -> str:
        """The image of a bash or Python task."""
        overriding = image_of(self.task)
        if overriding is not None:
            return overriding
        if needs_airflow and not self.names_its_image:
            return airflow_image(self.settings)
        return self.settings.required("image")

    def pod_settings(self) -> PodSettings:
        """What the settings say about pods, and the task about its own."""
        return self.own_pod(pod_settings_of(self.settings))

    def own_pod(self, pod: PodSettings) -> PodSettings:
        """Settings of a pod, with what the task asks for: its queue, user, pool and pod_override."""
        pod = with_user(with_queue(pod, self.task, self.settings), self.task)
        return with_locks(with_override(pod, self.task), self.task, self.settings)

    def settings_of_described_pod(self) -> PodSettings:
        """What the settings say about a pod that the operator itself describes, and locks.

        A pod_override or run_as_user of such a task is about the pod that would start this one, and there is none here.
        """
        if (getattr(self.task, "executor_config", None) or {}).get("pod_override") is not None:
            found = "its pod_override is about the pod that starts its own in Airflow, and there is none here"
            self.report("AA211", found, "nothing, or say it in the arguments of the operator", Severity.NOTE)
        own = with_queue(pod_settings_of(self.settings), self.task, self.settings)
        return with_locks(own, self.task, self.settings)

    def env(self, given: Mapping[str, Any]) -> Env:
        """Environment variables, rendered."""
        return tuple((name, self.text(value)) for name, value in given.items())


def airflow_image(settings: Settings) -> str:
    """The image of tasks that need Airflow itself."""
    return settings["airflow_image"] or f"apache/airflow:{airflow_names().version}"


def pod_settings_of(settings: Settings) -> PodSettings:
    """What settings say about pods."""
    container = {"imagePullPolicy": settings["image_pull_policy"]} if settings["image_pull_policy"] else {}
    template = {"serviceAccountName": settings["service_account"]} if settings["service_account"] else {}
    return PodSettings.of(container, template)


def is_shippable(value: Any) -> bool:
    """Whether an object of a DAG file means something in a pod."""
    names = airflow_names()
    if isinstance(value, names.dag | names.task_group | names.xcom_arg | names.base_operator | names.mapped_operator):
        return False
    return not hasattr(value, "_airflow_is_task_decorator") and not _is_task_factory(value)


def _is_task_factory(value: Any) -> bool:
    """`@task` functions before they are called, and the decorators that make them."""
    return type(value).__module__.startswith(
        ("airflow.sdk.bases.decorator", "airflow.sdk.definitions.decorators", "airflow.decorators")
    )


def _has_to_be_pushed(source: Any, key: str, task: Any) -> bool:
    """Whether a task fails where what it is given wasn't pushed. Source: PlainXComArg.resolve, which raises XComNotFound."""
    is_one = not is_mapped(source) and (mapped_group_of(source) is None or are_members(task, source))
    return is_one and key != RETURN_VALUE and not getattr(source, "multiple_outputs", False)


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def _secret_key(name: str) -> str:
    """A key that a Secret may have."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-._") else "_" for char in name)
