"""airflow-argo's names in an image that hasn't got it: a DAG file that uses them can be read there, and nothing of it be run.

The pod is for another task of that file. What runs by these names, `@task.argo` and our operators, isn't run in such a pod.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import inspect
import sys
import types
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional

PACKAGE = "airflow_argo"
OPERATORS = ("ArgoSubmitWorkflowOperator", "ArgoWorkflowSensor")
ARGUMENTS = [
    "airflow_dag",
    "annotations",
    "argo_conn_id",
    "cluster_workflow_template",
    "cron_workflow",
    "deferrable",
    "exponential_backoff",
    "failure_phases",
    "image",
    "label_selector",
    "labels",
    "log_tail",
    "logs",
    "manifest",
    "max_wait",
    "missing",
    "mode",
    "namespace",
    "never_fail",
    "on_finish_action",
    "on_kill_action",
    "output_format",
    "owner_references",
    "parameters",
    "pod",
    "poke_interval",
    "poll_interval",
    "retry_strategy",
    "silent_fail",
    "soft_fail",
    "success_phases",
    "template",
    "timeout",
    "wait_for_completion",
    "workflow",
    "workflow_name",
    "workflow_template",
]
"""What operators take that Airflow's BaseOperator doesn't."""
ASKED = "call getitem contains enter exit iter lt le gt ge"
ARITHMETIC = "add radd sub rsub mul rmul truediv mod or and invert rshift rrshift lshift rlshift"
"""What may be done to any other name while the file is read."""


class PackageMissing(ImportError):
    """The image has no airflow-argo, and something of it is used by more than the reading of a file."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is used, and this image has no airflow-argo: let the setting airflow_image name one that has it"
        )


class Named:
    """Any other name, and what is made of it."""

    def __init__(self, name: str, reading: List[bool]) -> None:
        self._name, self._reading = name, reading

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._made()

    def __mro_entries__(self, bases: Any) -> Any:
        return ()

    def _made(self, *_: Any, **__: Any) -> Any:
        if not self._reading:
            raise PackageMissing(self._name)
        return Named(self._name, self._reading)


def _given(what: str) -> Callable[..., Any]:
    fixed: Dict[str, Any] = {"contains": False, "exit": None}

    def asked(self: Named, *_: Any, **__: Any) -> Any:
        made = self._made()
        return iter(()) if what == "iter" else fixed.get(what, made)

    return asked


for _name in f"{ASKED} {ARITHMETIC}".split():
    setattr(Named, f"__{_name}__", _given(_name))


class _Modules:
    """Finds every module of the package, with every name in it."""

    def __init__(self, operators: Dict[str, Any], reading: List[bool]) -> None:
        self._operators, self._reading = operators, reading

    def find_spec(self, name: str, *_: Any) -> Any:
        if name.partition(".")[0] != PACKAGE or not self._reading:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type] # it is a loader in all it has

    def create_module(self, spec: Any) -> Any:
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: self._named(spec.name, name)  # type: ignore[method-assign] # as PEP 562 has it
        return module

    def exec_module(self, module: Any) -> None:
        """There is nothing to run."""

    def _named(self, module: str, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._operators.get(name) or Named(f"{module}.{name}", self._reading)


@contextmanager
def named_where_missing() -> Iterator[None]:
    """While a DAG file is read, lets it import from airflow-argo where the image hasn't got it, and use `@task.argo`."""
    if importlib.util.find_spec(PACKAGE) is not None:
        yield
        return
    reading = [True]
    operators = _operators()
    finder = _Modules(dict.fromkeys(OPERATORS, operators[0]), reading)
    sys.meta_path.append(finder)
    _task_collection().argo = operators[1]
    try:
        yield
    finally:
        reading.clear()
        sys.meta_path.remove(finder)
        for name, module in list(sys.modules.items()):
            if getattr(getattr(module, "__spec__", None), "loader", None) is finder:
                del sys.modules[name]


def _task_collection() -> Any:
    try:
        from airflow import sdk
    except ImportError:  # Airflow 2
        from airflow import decorators

        return decorators.task
    return sdk.task


def _operators() -> Any:
    """An operator that takes what ours take, and a decorator of the kind of `@task`."""
    try:
        from airflow.sdk import BaseOperator
        from airflow.sdk.bases.decorator import DecoratedOperator, task_decorator_factory
    except ImportError:  # Airflow 2
        from airflow.decorators.base import DecoratedOperator, task_decorator_factory
        from airflow.models.baseoperator import BaseOperator

    known = set(inspect.signature(BaseOperator.__init__).parameters) - {"self", "kwargs"}

    class OfArgo(BaseOperator):  # type: ignore[misc] # Airflow's classes are Any to mypy
        """Is in its DAG, and can't be run."""

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**{name: value for name, value in kwargs.items() if name in known})

        def execute(self, context: Any) -> Any:  # noqa: ARG002 - Airflow calls it so
            raise PackageMissing(type(self).__name__)

    taken: Any = OfArgo.__init__
    taken._BaseOperatorMeta__param_names |= set(ARGUMENTS)  # noqa: SLF001 - what `partial` and `expand` ask for

    class Decorated(DecoratedOperator, OfArgo):  # type: ignore[misc] # likewise
        custom_operator_name = "@task.argo"

        def execute(self, context: Any) -> Any:  # noqa: ARG002 - likewise
            raise PackageMissing("@task.argo")

    def argo(python_callable: Optional[Callable[..., Any]] = None, **kwargs: Any) -> Any:
        return task_decorator_factory(python_callable=python_callable, decorated_operator_class=Decorated, **kwargs)

    return OfArgo, argo
