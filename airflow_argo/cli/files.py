"""What a FILE on the command line is: an Airflow DAG, a workflow of ours, or a manifest; and what is made of it."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_argo.cli.companions import companions_of
from airflow_argo.diagnostics import CODES, AirflowArgoError, DefinitionError, Diagnostic, InputError, Origin
from airflow_argo.settings import SETTINGS, Settings, load_settings

if TYPE_CHECKING:
    from airflow_argo.translator.isolated import IsolatedTranslator
    from airflow_argo.translator.translation import Translation
    from airflow_argo.translator.translators import Translators

Dict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A workflow found in a file.

    Attributes:
        compiled: of a DAG, or of a workflow of ours.
        made_in: of a DAG, the file whose code made it.
        documents: of a manifest; of a DAG, the templates of the DAGs that it creates runs of.
        ported: lines of the diffs of what was changed in a DAG's file before it was read.
    """

    name: str
    compiled: Any = None
    documents: tuple[Dict, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    ported: tuple[str, ...] = ()
    made_in: str = ""

    def runnable(self) -> Any:
        """What runners take."""
        from airflow_argo.runners.sources import Runnable, runnable

        return (
            Runnable(self.compiled.manifest(), (*self.compiled.config_maps(), *self.documents), self.compiled)
            if self.compiled
            else runnable(list(self.documents))
        )


def take_values(options: Namespace) -> None:
    """Puts Variables and Connections of files where Airflow looks first: in the environment, of which its processes get a copy.

    Raises:
        InputError: a file can't be read.
    """
    from airflow_argo.translator.value_files import connections_in, variables_in

    if options.variables:
        os.environ.update(variables_in(Path(options.variables)))
    if options.connections:
        os.environ.update(connections_in(Path(options.connections)))


def settings_for(path: Path | None, options: Namespace, folder: Path | None = None) -> Settings:
    """The settings for a file, the command line's first.

    Args:
        folder: the one on the command line that the file was found in: unless something else is said, that of all DAGs.
    """
    found = load_settings(path, {setting.name: getattr(options, setting.name, None) for setting in SETTINGS})
    if path is None or folder is None or found["dags_folder"] or "dags" in path.resolve().parent.parts:
        return found
    return replace(found, values={**found.values, "dags_folder": str(folder)})


def one_source(options: Namespace) -> Source:
    """The one workflow that FILE names.

    Raises:
        AirflowArgoError: it holds none, or several and none was chosen.
    """
    take_values(options)
    if options.file == "-" or not options.file.endswith((".py", ".zip")):
        return manifest_source(options.file)
    path = Path(options.file)
    ours = is_ours(path)
    sources = list(dsl_sources(path) if ours else dag_sources(path, options))
    if len(sources) == 1 and sources[0].compiled is not None and not ours:
        others = companions_of(sources[0].compiled, path, options)
        return replace(sources[0], documents=others)
    if len(sources) > 1:
        names = ", ".join(source.name for source in sources)
        kind = "workflows" if ours else "DAGs"
        raise InputError(f"there are several {kind} in it: {names}", "choose one with --dag-id", Origin(str(path)))
    return sources[0]


def manifest_source(name: str) -> Source:
    """The manifest of a file, or of stdin."""
    from airflow_argo.argo.manifest import read_manifest_file, read_manifests

    documents = read_manifests(sys.stdin.read(), "<stdin>") if name == "-" else read_manifest_file(Path(name))
    return Source(name, documents=tuple(documents))


def dag_sources(path: Path, options: Namespace) -> Iterator[Source]:
    """The DAGs of a file, translated in a process of their own.

    Raises:
        DagFileError: the file can't be read.
        TranslationError: a DAG is refused.
    """
    from airflow_argo.translator.isolated import IsolatedTranslator

    with IsolatedTranslator(options.load_timeout) as translator:
        translations = translator.translate(path, settings_for(path, options), dag_id=options.dag_id)
    if len(translations) == 1 or options.dag_id is not None:
        translations = [translations[0]]
        translations[0].required()
    for translation in translations:
        if translation.workflow is not None:
            yield source_of(translation, path)


def source_of(translation: Translation, path: Path) -> Source:
    """A translated DAG.

    Args:
        path: of the DAG's file.
    Raises:
        TranslationError: it is refused, be it only because Argo has no room for it.
    """
    from airflow_argo.argo.limits import MAX_WORKFLOW_BYTES
    from airflow_argo.argo.room import bytes_of_nodes
    from airflow_argo.compiler.objects import compile_workflow

    def finding(code: str, message: str, cure: str) -> Diagnostic:
        place = f"dag '{translation.dag_id}'"
        origin = Origin(str(path))
        return Diagnostic(code=code, message=message, cure=cure, origin=origin, path=place, severity=CODES[code].severity)

    workflow = translation.required()
    cure = "divide the DAG, or let it read long values from files in its image"
    most = f"and Argo stores no more than {MAX_WORKFLOW_BYTES:,} of a workflow"
    try:
        compiled = compile_workflow(workflow)
        size = len(json.dumps(compiled.manifest(), separators=(",", ":")))
        if size > MAX_WORKFLOW_BYTES:
            raise DefinitionError(f"its manifest has {size:,} bytes, {most}", cure)
    except DefinitionError as error:
        raise translation.refused(finding("AA244", error.message, error.cure)) from None
    diagnostics = translation.diagnostics
    if size > MAX_WORKFLOW_BYTES // 3 and (size := size + bytes_of_nodes(compiled.spec)) > MAX_WORKFLOW_BYTES:
        found = f"once all its tasks have run its workflow has about {size:,} bytes, {most}: it breaks off then, or hangs"
        diagnostics = (*diagnostics, finding("AA246", found, cure))
    return Source(translation.dag_id, compiled, diagnostics=diagnostics, ported=translation.ported, made_in=translation.made_in)


def dsl_sources(path: Path) -> Iterator[Source]:
    """The workflows that a file of ours makes: at its top, or by a function `create_workflow`.

    Raises:
        InputError: the file ends in an error, or makes none.
    """
    from airflow_argo.compiler.objects import compile_workflow
    from airflow_argo.dsl.workflow import Workflow

    module = _module(path)
    found = {id(value): value for value in vars(module).values() if isinstance(value, Workflow)}
    if not found and callable(getattr(module, "create_workflow", None)):
        made = module.create_workflow()
        found = {id(made): made}
    if not found:
        cure = "make one with Workflow(…), at the top or in create_workflow()"
        raise InputError("there is no workflow in it", cure, Origin(str(path)))
    for workflow in found.values():
        yield Source(workflow.name, compile_workflow(workflow.to_model()))


def not_written(error: OSError, path: Path) -> InputError:
    """What to say where a file or folder can't be written."""
    return InputError(
        f"it can't be written: {error.strerror}",
        "choose another place, or see to its rights",
        Origin(str(error.filename or path)),
    )


def is_ours(path: Path) -> bool:
    """Whether a file writes a workflow with our DSL: it imports this package, and no DAG."""
    try:
        data = path.read_bytes()
        if b"airflow_argo" not in data:
            return False
        tree = ast.parse(data)
    except (OSError, SyntaxError):
        return False
    roots = {root for node in ast.walk(tree) for root in _import_roots(node)}
    return "airflow_argo" in roots and "airflow" not in roots


def found_files(options: Namespace, translator: IsolatedTranslator | Translators) -> list[tuple[Path, Path | None]]:
    """The files that `options.paths` names; of folders those that Airflow would look into, or that hold a workflow of ours.

    Returns:
        (file, the folder that it was found in), in order; what several paths name is found once.
    Raises:
        InputError: a path names nothing.
    """
    found: dict[Path, tuple[Path, Path | None]] = {}
    for path in existing(options.paths):
        if not path.is_dir():
            found.setdefault(path.resolve(), (path, None))
            continue
        ours = [file for file in _candidates(path) if is_ours(file)]
        for file in sorted({*translator.files_in(path, port=settings_for(path, options).ports), *ours}):
            found.setdefault(file.resolve(), (file, path))
    return list(found.values())


def existing(paths: Iterable[str]) -> Iterator[Path]:
    """Paths of the command line.

    Raises:
        InputError: one names nothing.
    """
    for name in paths:
        path = Path(name)
        if not path.exists():
            raise InputError("there is no such file or folder", "check the path", Origin(name))
        yield path


def _candidates(folder: Path) -> Iterator[Path]:
    """Airflow's safe mode: files that have both words in them."""
    for path in filter(Path.is_file, folder.rglob("*.py")):
        text = path.read_bytes().lower()
        if b"airflow" in text and (b"dag" in text or b"asset" in text or b"workflow(" in text):
            yield path


def _import_roots(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    return [node.module.split(".")[0]] if isinstance(node, ast.ImportFrom) and node.module else []


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"airflow_argo_file_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except AirflowArgoError:
        raise
    except SyntaxError as error:
        raise InputError(
            f"Python can't read it: {error.msg}", "correct it", Origin(str(path), error.lineno, error.offset)
        ) from None
    except Exception as error:  # noqa: BLE001 - a border: whatever the author's program raises
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == path.resolve()]
        at = Origin(str(path), lines[-1] if lines else None)
        raise InputError(f"it ends in {type(error).__name__}: {error}", "correct it", at) from None
    finally:
        sys.path.remove(str(path.parent.resolve()))
    return module


def parameters_of(options: Namespace) -> dict[str, str]:
    """The values of inputs that the command line gives; those of the file first, single ones over them.

    Raises:
        InputError: one isn't name=value, or the file is no map.
    """
    given: dict[str, str] = {}
    if options.parameter_file:
        given |= _parameter_file(Path(options.parameter_file))
    for text in options.parameter:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise InputError(f"parameter {text!r} is no name=value", "write -p name=value")
        given[name] = value
    return given


def _parameter_file(path: Path) -> dict[str, str]:
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"the parameter file can't be read: {error}", "give YAML or JSON", Origin(str(path))) from None
    if not isinstance(found, dict):
        raise InputError("the parameter file is no map of names to values", "write name: value", Origin(str(path)))
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}
