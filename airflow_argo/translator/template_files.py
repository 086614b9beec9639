"""Files that template fields name, such as `query.sql`: Airflow puts their texts in place of their names as it loads a DAG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from airflow_argo.pod.airflow_task.template_texts import change_texts
from airflow_argo.translator.airflow_names import is_mapped
from airflow_argo.translator.sources import is_porting, template_of

_NAMES = "_airflow_argo_template_files"
_LATE = "_airflow_argo_late_names"


def resolve_template_files(dag: Any, tasks: Iterable[Any]) -> None:
    """Does with a DAG's template files what Airflow does as it loads a DAG.

    Args:
        tasks: those of the DAG whose files aren't resolved.
    """
    remember_template_files(dag)
    for task in tasks:
        if hasattr(task, "resolve_template_files"):
            task.resolve_template_files()
    port_templates(dag)


def remember_template_files(dag: Any) -> None:
    """Notes the names of a DAG's template files, before Airflow replaces them by their texts; those noted before stay."""
    setattr(dag, _NAMES, [*getattr(dag, _NAMES, ()), *(name for task in dag.tasks for name in _names_of_files(task))])


def port_templates(dag: Any) -> None:
    """Puts today's names into the template fields of a DAG, whose texts may come from files, if files are ported."""
    if not is_porting():
        return
    found = {task.task_id: texts for task in dag.tasks if (texts := _old_texts(task))}
    setattr(dag, _LATE, {**getattr(dag, _LATE, {}), **found})
    for task in dag.tasks:
        change_texts(task, partial(template_of, None))


def ported_late(task: Any) -> dict[str, str]:
    """Texts with names that Airflow 3 lacks, which the ported DAG file makes of parts, or of data → with today's names."""
    found: dict[str, str] = getattr(task.dag, _LATE, {}).get(task.task_id, {})
    return found


def _old_texts(task: Any) -> dict[str, str]:
    given = _arguments_of(task)
    texts = texts_in([given.get(field) for field in task.template_fields])
    return {text: new for text in texts if (new := template_of(None, text)) != text}


def _arguments_of(task: Any) -> Any:
    return task.partial_kwargs if is_mapped(task) else getattr(task, "_BaseOperator__init_kwargs", {})


def template_files(dag: Any, root: Path) -> dict[str, str]:
    """Path below the root → text of the files that the DAG's template fields name, and of those that these include."""
    folder = Path(str(dag.fileloc)).resolve().parent.relative_to(root).as_posix()
    environment = dag.get_template_env()
    names = [*getattr(dag, _NAMES, ()), *(name for task in dag.tasks for name in _included_by(task, environment))]
    above = "" if folder == "." else f"{folder}/"
    return {above + name.lstrip("/"): text for name, text in _files_named(names, environment).items()}


def texts_rendered(task: Any, values: Any, environment: Any) -> Iterator[str]:
    """All texts in values for a task's template fields, and those of the files that they name or include.

    Of a mapped task the names are all that there is: Airflow reads its files where it runs.
    """
    extensions = tuple(task.template_ext)
    names: list[str] = []
    for text in texts_in(values):
        yield text
        if extensions and text.endswith(extensions):
            names.append(text)
        elif "{%" in text:
            names += _included(environment, text)
    yield from _files_named(names, environment).values()


def _files_named(names: Iterable[str], environment: Any) -> dict[str, str]:
    """Name → text of template files, and of those that these include."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        text = None if name in found else _text_of(environment, name)
        if text is not None:
            found[name] = text
            waiting += _included(environment, text)
    return found


def _included_by(task: Any, environment: Any) -> Iterator[str]:
    """The files that texts of a task's template fields include."""
    given = task.partial_kwargs if is_mapped(task) else {field: getattr(task, field, None) for field in task.template_fields}
    for text in texts_in([given.get(field) for field in task.template_fields]):
        if "{%" in text:
            yield from _included(environment, text)


def _names_of_files(task: Any) -> Iterator[str]:
    given = _arguments_of(task)
    extensions = tuple(task.template_ext)
    for field in task.template_fields:
        for text in texts_in([given.get(field), None if is_mapped(task) else getattr(task, field, None)]):
            if extensions and text.endswith(extensions):
                yield text


def texts_in(value: Any) -> Iterator[str]:
    """All texts in a value, however deep in lists and dicts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for part in value.values() for text in texts_in(part))
    elif isinstance(value, list | tuple | set):
        yield from (text for part in value for text in texts_in(part))


def _text_of(environment: Any, name: str) -> str | None:
    import jinja2

    try:
        text, path, _ = environment.loader.get_source(environment, name)
        return template_of(path, str(text))
    except (jinja2.TemplateNotFound, AttributeError, UnicodeDecodeError):
        return None


def _included(environment: Any, text: str) -> list[str]:
    import jinja2
    from jinja2 import meta

    try:
        return [name for name in meta.find_referenced_templates(environment.parse(text)) if name]
    except jinja2.TemplateError:
        return []
