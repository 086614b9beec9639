"""`airflow-argo compare`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import Namespace
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_argo.cli.companions import companions_of
from airflow_argo.cli.files import Source, found_files, parameters_of, settings_for, source_of, take_values
from airflow_argo.cli.report import Report, table
from airflow_argo.diagnostics import AirflowArgoError, Diagnostic, ExitCode, InputError, Severity
from airflow_argo.settings import Settings

if TYPE_CHECKING:
    from airflow_argo.comparison.ends import Difference, Ended
    from airflow_argo.comparison.in_airflow import Airflow
    from airflow_argo.runners.run import Run
    from airflow_argo.translator.isolated import IsolatedTranslator

EQUAL, DIFFERS, REFUSED, NOT_JUDGED = "equal", "differs", "refused", "not judged"
NO_DAG = "AA103"
DATE, CONF, RUN_ID = "logical_date", "conf", "run_id"
READ_BY = ("dags_folder", "placeholders", "port")
"""The settings that say how DAG files are read."""
LAST_LINES = 20
"""How much of the log of a task is shown that fails here alone."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of a DAG.

    Attributes:
        reasons: why it isn't translated, or couldn't be judged.
        airflow, argo: how it ended there and here, if it ran.
        logs: the last lines of tasks that failed here.
        findings: what isn't carried over.
    """

    file: str
    dag: str
    result: str
    reasons: tuple[str, ...] = ()
    airflow: Ended | None = None
    argo: Ended | None = None
    differences: tuple[Difference, ...] = ()
    logs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    findings: tuple[Diagnostic, ...] = ()

    @property
    def tasks(self) -> dict[tuple[str, int], tuple[str, str]]:
        """Task → its end state there, and here."""
        from airflow_argo.comparison.ends import ABSENT, collapsed

        if self.airflow is None or self.argo is None:
            return {}
        there, here = collapsed(self.airflow).tasks, collapsed(self.argo).tasks
        return {task: (there.get(task, ABSENT), here.get(task, ABSENT)) for task in sorted(there.keys() | here.keys())}

    def to_json(self) -> dict[str, Any]:
        """As `--output json` prints it."""
        found: dict[str, Any] = {"file": self.file, "dag": self.dag, "result": self.result, "reasons": list(self.reasons)}
        if self.airflow is not None and self.argo is not None:
            found["run"] = {"airflow": self.airflow.state, "argo": self.argo.state}
            found["tasks"] = [
                {"task": task_id, **({} if index < 0 else {"map_index": index}), "airflow": there, "argo": here}
                for (task_id, index), (there, here) in self.tasks.items()
            ]
            found["differences"] = [one.to_json() for one in self.differences]
        return found


def compare(options: Namespace) -> Report:
    """Runs DAGs in Airflow and as workflows, here, and tells what differs. Exits well if nothing does.

    Raises:
        InputError: there is no DAG, or a parameter isn't one.
    """
    from airflow_argo.comparison.in_airflow import Airflow
    from airflow_argo.translator.isolated import IsolatedTranslator

    take_values(options)
    given = {DATE: datetime.now(timezone.utc).replace(microsecond=0).isoformat(), **parameters_of(options)}
    found: list[Compared] = []
    with IsolatedTranslator(options.load_timeout) as translator, Airflow() as airflow:
        for path, folder in found_files(options, translator):
            judge = _Judge(path, settings_for(path, options, folder), given, airflow, options)
            for one in judge.compared(translator):
                found.append(one)
                _say(one)
    if not found:
        raise InputError("there is no DAG there", "check the path, and --dag-id")
    counts = Counter(one.result for one in found)
    data = {"dags": [one.to_json() for one in found], "summary": {"dags": len(found), "results": dict(counts.most_common())}}
    findings = [finding for one in found for finding in one.findings]
    return Report(_text(found, counts), data, _exit_code(counts), findings)


def _exit_code(counts: Mapping[str, int]) -> int:
    if counts[DIFFERS] or counts[NOT_JUDGED]:
        return ExitCode.RUN_FAILED
    return ExitCode.REFUSED if counts[REFUSED] else ExitCode.OK


@dataclass(frozen=True, slots=True)
class _Judge:
    """Who compares the DAGs of one file."""

    path: Path
    settings: Settings
    given: Mapping[str, str]
    airflow: Airflow
    options: Namespace

    def compared(self, translator: IsolatedTranslator) -> Iterator[Compared]:
        """Each DAG of the file."""
        from airflow_argo.translator.translation import TranslationError

        try:
            translations = translator.translate(self.path, self.settings, dag_id=self.options.dag_id)
        except AirflowArgoError as error:
            if getattr(error, "code", "") != NO_DAG:
                yield Compared(str(self.path), "-", REFUSED, (str(error),))
            return
        for translation in translations:
            try:
                source = source_of(translation, self.path)
            except TranslationError as error:
                yield Compared(str(self.path), translation.dag_id, REFUSED, _errors(error.diagnostics))
                continue
            yield self._judged(source)

    def _judged(self, source: Source) -> Compared:
        from airflow_argo.comparison.ends import differences
        from airflow_argo.comparison.in_airflow import AirflowFailed

        assert source.compiled is not None
        source = replace(source, documents=companions_of(source.compiled, self.path, self.options))
        row = (str(self.path), source.name)
        try:
            print(f"{source.name}: in Airflow …", file=sys.stderr, flush=True)
            there = self._in_airflow(source)
        except AirflowFailed as error:
            return Compared(*row, NOT_JUDGED, (f"Airflow: {error}",))
        try:
            here, logs = self._here(source, there.run_id)
        except AirflowArgoError as error:
            return Compared(*row, NOT_JUDGED, (str(error),), there)
        if self.options.ignore_xcoms:
            there, here = replace(there, xcoms={}), replace(here, xcoms={})
        found = tuple(differences(there, here))
        return Compared(*row, DIFFERS if found else EQUAL, (), there, here, found, logs, source.diagnostics)

    def _in_airflow(self, source: Source) -> Ended:
        return self.airflow.run(
            self.path.resolve(),
            source.name,
            date=self.given[DATE],
            conf=self._conf(source),
            seconds=self.options.timeout,
            beside=self._beside(source),
            flags={name: self.settings[name] for name in READ_BY},
            hurry=self.options.short_delays,
            asked_now=DATE not in parameters_of(self.options),
        )

    def _conf(self, source: Source) -> dict[str, Any]:
        """The run's configuration: what is given as that, and over defaults the DAG's params that are given by themselves.

        Source: `Run.conf_given` of `airflow_argo.pod`.
        """
        from airflow_argo.model.values import Type
        from airflow_argo.runners.input_values import input_values
        from airflow_argo.translator.params import OWN_INPUTS

        assert source.compiled is not None
        values = input_values(source.runnable().manifest, self.given)
        conf: dict[str, Any] = json.loads(self.given.get(CONF, "{}"))
        aside = {one.name for one in OWN_INPUTS} | conf.keys()
        for one in source.compiled.workflow.inputs:
            if one.name in self.given and one.name not in aside:
                text = values[one.name]
                value = text if one.type is Type.TEXT else json.loads(text)
                if one.default is None or one.default.value != value:
                    conf[one.name] = value
        return conf

    def _beside(self, source: Source) -> list[Path]:
        """The files beside this one with the DAGs that it creates runs of."""
        annotations = [(one.get("metadata") or {}).get("annotations") or {} for one in source.documents]
        ids = {one["airflow-argo.io/dag-id"] for one in annotations if "airflow-argo.io/dag-id" in one}
        others = [file for file in sorted(self.path.resolve().parent.glob("*.py")) if file != self.path.resolve()]
        return [file for file in others if any(dag_id in file.read_text(errors="replace") for dag_id in ids)]

    def _here(self, source: Source, run_id: str) -> tuple[Ended, dict[str, Sequence[str]]]:
        """How it ended, and the last lines of tasks that failed.

        Args:
            run_id: what the run is called, as it was in Airflow.
        """
        from airflow_argo.comparison.in_airflow import SAME_HASHES
        from airflow_argo.comparison.on_argo import RUN_STATES, ended_of
        from airflow_argo.runners.display import shown_on_terminal
        from airflow_argo.runners.local import LocalRunner
        from airflow_argo.runners.waiting import NotDoneInTime

        what = source.runnable()
        os.environ.update(SAME_HASHES)
        if self.options.short_delays:
            what = replace(what, manifest=_hurried(what.manifest))
        with tempfile.TemporaryDirectory(prefix="airflow-argo-") as folder, shown_on_terminal(source.name) as show:
            assert source.compiled is not None
            named = RUN_ID in {one.name for one in source.compiled.workflow.inputs}
            given = {**({RUN_ID: run_id} if named else {}), **self.given}
            passed = (*self.options.pass_env, *SAME_HASHES)
            run = LocalRunner(folder=folder, pass_env=passed).run(what, parameters=given, wait=False)
            try:
                run.wait(self.options.timeout, lambda progress: show(replace(progress, lines=())))
            except NotDoneInTime:
                run.terminate()
                raise
            ended = ended_of(RUN_STATES[run.status], run.tree)
            return ended, _logs_of(run, {task_id for (task_id, _), state in ended.tasks.items() if state == "failed"})


def _logs_of(run: Run, tasks: set[str]) -> dict[str, Sequence[str]]:
    """Task → its last lines."""
    found: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=LAST_LINES))
    for line in run.logs() if tasks else ():
        for task_id in tasks.intersection(line.step.split(" / ")):
            found[task_id].append(line.text)
    return dict(found)


def _hurried(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with no more than a second between two tries."""
    changed: dict[str, Any] = json.loads(json.dumps(manifest))
    spec = changed["spec"].get("workflowSpec", changed["spec"])
    for template in spec["templates"]:
        if "backoff" in template.get("retryStrategy", {}):
            template["retryStrategy"]["backoff"] = {"duration": "1"}
    return changed


def _errors(diagnostics: tuple[Diagnostic, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{one.code} {one.message}" for one in diagnostics if one.severity is Severity.ERROR))


# As text


def _say(one: Compared) -> None:
    print(f"{one.dag}: {one.result}", file=sys.stderr, flush=True)


def _text(found: list[Compared], counts: Mapping[str, int]) -> str:
    """Of one DAG all tasks; of several a line each, and what differs."""
    summary = f"{len(found)} DAG{'' if len(found) == 1 else 's'}: " + ", ".join(
        f"{count} {result}" for result, count in sorted(counts.items())
    )
    if len(found) == 1 and found[0].argo is not None:
        return "\n\n".join([_tasks(found[0]), *_differing(found[0])])
    rows = [(one.file, one.dag, len(one.tasks), one.result, _in_a_line("; ".join(one.reasons))) for one in found]
    details = [text for one in found for text in _differing(one)]
    return "\n\n".join([table(("file", "dag", "tasks", "result", "reason"), rows), *details, summary])


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def _tasks(one: Compared) -> str:
    assert one.airflow is not None
    assert one.argo is not None
    rows = [
        (task_id if index < 0 else f"{task_id} [{index}]", there, here, "" if there == here else "differs")
        for (task_id, index), (there, here) in one.tasks.items()
    ]
    rows.append(("the run", one.airflow.state, one.argo.state, "" if one.airflow.state == one.argo.state else "differs"))
    shown = table(("task", "airflow", "argo", ""), rows)
    count = len(one.airflow.xcoms)
    return shown if one.differences else f"{shown}\n\n{one.dag}: equal, with {count} XCom{'' if count == 1 else 's'}"


def _differing(one: Compared) -> list[str]:
    if not one.differences:
        return []
    failed = {of.task[0] for of in one.differences if of.what == "task" and of.task and of.argo == "failed"}
    logs = [
        "\n".join([f"the last lines of {task_id} here:", *(f"  {line}" for line in one.logs[task_id])])
        for task_id in sorted(failed & one.logs.keys())
    ]
    return [f"{one.dag} differs:\n" + "\n".join(f"  {difference}" for difference in one.differences), *logs]
