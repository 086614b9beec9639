"""One job → one template: the fields of Argo's container, script, resource and suspend templates."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from airflow_argo.compiler import calls, words
from airflow_argo.compiler.calls import ALIKE, Reported
from airflow_argo.compiler.code import base64_of, compact_json, tag
from airflow_argo.compiler.drafts import Argument, Dict, Draft, Encoded, Escaped, Plain, Quoted
from airflow_argo.compiler.large_values import key_of_marks
from airflow_argo.compiler.scope import OUTCOME, parameter_name
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.intervals import Intervals
from airflow_argo.model.jobs import (
    ConfigKey,
    Container,
    EnvValue,
    FieldPath,
    Files,
    Job,
    JsonFile,
    LargeValues,
    NoOp,
    OutputSpec,
    Pause,
    PodSettings,
    PythonCall,
    Report,
    Resource,
    Retry,
    Script,
    SecretKey,
    Words,
    reports,
)
from airflow_argo.model.values import (
    Constant,
    ContainerVariable,
    Listing,
    Record,
    SecretText,
    Text,
    Value,
)
from airflow_argo.pod.large import FILE as LARGE_FILE
from airflow_argo.pod.large import KEY as LARGE_KEY
from airflow_argo.pod.run import RUN_VARIABLE

DECODED = (
    "sh",
    "-c",
    (
        'text=$$(mktemp) && while [ "$1" != -- ]; do base64 -d "$1" > "$text" && cat "$text" > "$1" || exit 64; shift; done; '
        'rm -f "$text"; shift; exec "$@"'
    ),
    "sh",
)
"""What runs before a command: its arguments are paths of files with base64, which it decodes, `--`, and the command."""

OUTCOME_PARAMETER = {"name": OUTCOME, "valueFrom": {"path": calls.REPORT, "default": '{"state":"failed"}'}}

READABLE_AND_WRITABLE = 0o666
"""The init container writes files as its own user, who may not be the command's."""


def draft(
    job: Job,
    *,
    varying: Collection[str] = (),
    in_loop: bool = False,
    reported: Reported = ALIKE,
    intervals: Intervals | None = None,
) -> Draft:
    """The template of a job.

    Args:
        varying: arguments of a container that are parameters, since other jobs share the template: see `literals`.
        in_loop: the job is the body of a loop that reports, and is told the index of its item.
        reported: of a job that reports: how.
        intervals: the data intervals of the workflow's runs.
    """
    match job:
        case NoOp():
            return Draft({"suspend": {"duration": "0"}})
        case Pause(seconds=seconds):
            return Draft({"suspend": {} if seconds is None else {"duration": str(seconds)}})
        case Resource():
            return _resource(job)
        case Script():
            return _script(job)
        case Container(report=Report(by_shell=True)):
            if reported.split:
                raise DefinitionError("a step whose exit code may mean skipped gives no list to map over", "add a step between")
            return _reporting_by_shell(job)
        case Container() | PythonCall() if reports(job):
            return _reporting(job, in_loop=in_loop, reported=reported, intervals=intervals)
        case Container():
            return _container(job, varying)
        case _:
            raise AssertionError(f"no template for {job}")


def literals(job: Container) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The arguments of a container that are known now: the names of their places, and the texts."""
    if job.report is not None:
        return (), ()
    names = _names(len(job.args))
    slots = tuple(name for name, word in zip(names, job.args, strict=True) if isinstance(word, str))
    return slots, tuple([word for word in job.args if isinstance(word, str)])


@lru_cache(maxsize=256)
def _names(count: int) -> tuple[str, ...]:
    return tuple(f"arg-{number}" for number in range(count))


def plain_arguments(job: Job, varying: Collection[str]) -> dict[str, Argument]:
    """The arguments of a shared template for the literals that vary."""
    if not varying:
        return {}
    assert isinstance(job, Container)
    slots, texts = literals(job)
    return {slot: Plain(words.literal(text)) for slot, text in zip(slots, texts, strict=True) if slot in varying}


def _container(job: Container, varying: Collection[str] = ()) -> Draft:
    made = Draft({}, plain_arguments(job, varying))
    command = [_word(word, made) for word in job.command]
    args = [_word_or_parameter(word, f"arg-{number}", varying, made) for number, word in enumerate(job.args)]
    env = [_variable(name, value, made) for name, value in job.env]
    image = _word(job.image, made)
    artifacts, encoded = _files(job.files, made)
    if encoded:
        command, args = [*DECODED, *encoded, "--"], [*command, *args]
    container: Dict = {"image": image, "command": command}
    if args:
        container["args"] = args
    env = [*(entry for secret, name in made.secrets.items() for entry in _secret_or_default(name, secret)), *env]
    if words.needs_left_brace([*command, *args, *(entry.get("value", "") for entry in env)]):
        env.insert(0, dict(words.LEFT_BRACE_VARIABLE))
    if env:
        container["env"] = env
    if job.working_dir:
        container["workingDir"] = job.working_dir
    made.body = {"inputs": {"artifacts": artifacts}} if artifacts else {}
    made.body |= _pod(job.pod, job.retry, job.timeout_seconds, "container", container)
    _add_outputs(made.body, job.outputs)
    return made


def _files(files: Files, made: Draft) -> tuple[list[Dict], list[str]]:
    """Raw artifacts for the files of a container, and the paths of those that hold base64 until the command starts.

    Argo and the kubelet would change a text made at run time on its way, as a raw artifact too: see `calls.is_shippable`.
    """
    artifacts, encoded = [], []
    for number, (path, text) in enumerate(files, 1):
        artifact: Dict = {"name": f"file-{number}", "path": path, "raw": {"data": text}}
        if not isinstance(text, str) or not calls.is_shippable(text):
            data = base64_of(text) if isinstance(text, str) else f"{{{{inputs.parameters.{made.parameter(Encoded(text))}}}}}"
            artifact |= {"mode": READABLE_AND_WRITABLE, "raw": {"data": data}}
            encoded.append(path)
        artifacts.append(artifact)
    return artifacts, encoded


def _word_or_parameter(word: str | Text, slot: str, varying: Collection[str], made: Draft) -> str:
    return words.reading(slot) if slot in varying else _word(word, made)


def _script(job: Script) -> Draft:
    made = Draft({})
    if job.files or not calls.is_shippable(job.source):
        return _container(_script_as_container(job))
    env = [_variable(name, value, made) for name, value in job.env]
    if words.needs_left_brace(entry.get("value", "") for entry in env):
        env.insert(0, dict(words.LEFT_BRACE_VARIABLE))
    image = _word(job.image, made)
    script: Dict = {"image": image, "command": list(job.interpreter), **({"env": env} if env else {}), "source": job.source}
    made.body = _pod(job.pod, job.retry, job.timeout_seconds, "script", script)
    _add_outputs(made.body, job.outputs)
    return made


def _script_as_container(job: Script) -> Container:
    """A script that has files, or whose text Argo would change on its way, goes as an argument, which the kubelet restores."""
    to_file = 'f=$(mktemp) && printf %s "$1" > "$f" && shift && exec "$@" "$f"'
    return Container(
        image=job.image,
        command=("sh", "-c", to_file, "sh"),
        args=(job.source, *job.interpreter),
        env=job.env,
        files=job.files,
        outputs=job.outputs,
        retry=job.retry,
        timeout_seconds=job.timeout_seconds,
        pod=job.pod,
    )


def _reporting(job: Container | PythonCall, *, in_loop: bool, reported: Reported, intervals: Intervals | None) -> Draft:
    leaves = calls.Leaves()
    code, call = calls.call_of(job, leaves, reported)
    made = Draft({}, {"code": Plain(code), "call": Plain(call), "values": leaves})
    inputs: Dict = {
        "parameters": [{"name": "code"}, {"name": "call"}, {"name": "values", "default": "[]"}],
        "artifacts": [
            {"name": name, "path": f"{calls.FOLDER}/{name}", "raw": {"data": tag(f"inputs.parameters.{name}")}}
            for name in ("code", "call", "values")
        ],
    }
    env = [{"name": RUN_VARIABLE, "value": calls.run_facts(intervals)}]
    if job.retry:
        env.append({"name": "AIRFLOW_ARGO_TRY", "value": "{{retries}}"})
    if in_loop:
        env.append({"name": "AIRFLOW_ARGO_INDEX", "value": calls.LOOP_INDEX})
    env += [_variable(name, value, made) for name, value in job.env if not isinstance(value, str | Text)]
    env += [_secret(name, secret, optional=True) for secret, name in leaves.secrets.items()]  # the program says what is missing
    outputs: Dict = {"parameters": [OUTCOME_PARAMETER]}
    if job.large is not None:
        _take_large_values(job.large, made, inputs)
        if job.large.over is not None:
            key = _key_of_large_values(job.large, made, inputs, in_loop=in_loop)
            env.append({"name": LARGE_KEY, "value": key})
            outputs["artifacts"] = [_artifact("large", LARGE_FILE, key, archive={"none": {}})]
    if words.needs_left_brace(entry.get("value", "") for entry in env[1:]):
        env.insert(0, dict(words.LEFT_BRACE_VARIABLE))
    interpreter = job.interpreter if isinstance(job, PythonCall) else ("python3",)
    beside = job.beside if isinstance(job, PythonCall) else ()
    program = ["-c", words.literal(calls.bootstrap()), *calls.bundle(beside)]
    container: Dict = {"image": job.image, "command": [*interpreter, *program], "env": env}
    if isinstance(job, Container) and job.working_dir:
        container["workingDir"] = job.working_dir
    made.body = {"inputs": inputs, **_pod(job.pod, job.retry, job.timeout_seconds, "container", container)}
    made.body["outputs"] = outputs
    return made


def _take_large_values(large: LargeValues, made: Draft, inputs: Dict) -> None:
    """An artifact for each step whose large values the job may read. Without a key there is none (HasLocationOrKey)."""
    for number, place in enumerate(large.of, 1):
        name = f"large-{number}"
        made.arguments[name] = Plain(place)
        inputs["parameters"].append({"name": name})
        inputs["artifacts"].append(_artifact(name, f"{calls.FOLDER}/{name}", tag(key_of_marks(name))))


def _key_of_large_values(large: LargeValues, made: Draft, inputs: Dict, *, in_loop: bool) -> str:
    """Under which key the job puts its large values; no other job or run has the same, but another try of the job."""
    made.arguments["large"] = Plain(large.at)
    inputs["parameters"].append({"name": "large"})
    key = "{{workflow.name}}/{{workflow.uid}}/{{inputs.parameters.large}}"
    return f"{key}/{calls.LOOP_INDEX}.json" if in_loop else key


def _artifact(name: str, path: str, key: str, **more: Any) -> Dict:
    """An artifact of which the key is known. Argo takes all else from the repository, of whatever kind that is (Relocate)."""
    return {"name": name, "path": path, "optional": True, "s3": {"key": key}, **more}


REPORTING = """codes=$1; file=$2; shift 2
"$@"; code=$?; state=failed; value=
case " $codes " in *" $code "*) state=skipped; code=0;; *) [ "$code" != 0 ] || state=success;; esac
if [ $state = success ] && [ -s "$file" ]; then value=",\\"value\\":\\"$(base64 < "$file" | tr -d '\\n')\\""; fi
printf '{"state":"%s"%s}' $state "$value" > %s || exit 64
exit $code
""".replace("> %s", f"> {calls.REPORT}")
"""A line of shell that runs a command and reports: its arguments are the codes that mean skipped, a file, and the command."""


def _reporting_by_shell(job: Container) -> Draft:
    assert job.report is not None
    codes = " ".join(str(code) for code in sorted(job.report.skip_codes))
    file = job.report.returns.path if isinstance(job.report.returns, JsonFile) else ""
    words: Words = ("sh", "-c", REPORTING, "sh", codes, file)
    made = _container(replace(job, report=None, command=words, args=(*job.command, *job.args), outputs=()))
    made.body["outputs"] = {"parameters": [OUTCOME_PARAMETER]}
    return made


def _resource(job: Resource) -> Draft:
    made = Draft({})
    resource: Dict = {"action": job.action}
    for key, value in (
        ("successCondition", job.success_condition),
        ("failureCondition", job.failure_condition),
        ("setOwnerReference", job.set_owner_reference),
        ("mergeStrategy", job.merge_strategy),
        ("flags", list(job.flags)),
    ):
        if value:
            resource[key] = value
    if job.manifest is not None:
        resource["manifest"] = _manifest(job.manifest, made)
    made.body = _pod(job.pod, job.retry, job.timeout_seconds, "resource", resource)
    if job.outputs:
        made.body["outputs"] = {
            "parameters": [{"name": parameter_name(spec.name), "valueFrom": _from_json(spec)} for spec in job.outputs]
        }
    return made


def _pod(pod: PodSettings, retry: Retry | None, timeout: int | None, kind: str, what: Dict) -> Dict:
    """The fields that all templates with a pod have. An own field never hides one of the settings."""
    body: Dict = {}
    if retry:
        body["retryStrategy"] = retry_strategy(retry)
    settings, container = json.loads(pod.template), json.loads(pod.container)
    limits = [limit for limit in (timeout, settings.pop("activeDeadlineSeconds", None)) if limit is not None]
    if limits:
        body["activeDeadlineSeconds"] = min(limits)
    body |= settings
    body[kind] = {**what, **container, **{key: what[key] for key in ("workingDir",) if key in what}}
    if "env" in container:
        body[kind]["env"] = _env_of(what, container)
    return body


def retry_strategy(retry: Retry) -> Dict:
    """Argo's `retryStrategy`. Source: processNodeRetries; a backoff is honoured only with a limit."""
    policy = {"failure": "OnFailure", "error": "OnError", "any": "Always"}[retry.on]
    strategy: Dict = {"limit": str(retry.limit), "retryPolicy": policy}
    if retry.backoff and retry.backoff.seconds:
        strategy["backoff"] = {"duration": _duration(retry.backoff.seconds)}
        if retry.backoff.factor != 1:
            strategy["backoff"]["factor"] = str(retry.backoff.factor)
        if retry.backoff.cap_seconds is not None:
            strategy["backoff"]["cap"] = _duration(retry.backoff.cap_seconds)
    final = [f"asInt(lastRetry.exitCode) != {code}" for code in retry.except_codes]
    conditions = [*final, *([retry.when] if retry.when else [])]
    if conditions:
        strategy["expression"] = " && ".join(conditions if len(conditions) == 1 else [f"({part})" for part in conditions])
    return strategy


def _duration(seconds: float) -> str:
    """Seconds as Argo reads them; a part of one needs Go's unit. Source: ParseStringToDuration."""
    return str(int(seconds)) if seconds == int(seconds) else f"{seconds:.6f}".rstrip("0") + "s"


def _word(word: str | Text, made: Draft) -> str:
    if isinstance(word, str):
        return words.literal(word)
    pieces = []
    for part, following in zip(word.parts, [*word.parts[1:], ""], strict=True):
        if isinstance(part, str):
            pieces.append(words.literal(part, before_tag=not isinstance(following, str)))
        elif isinstance(part, SecretText):
            pieces.append(f"$({made.secret(part)})")
        elif isinstance(part, ContainerVariable):
            pieces.append(f"$({part.name})")
        else:
            value = Text((part,), python=True) if word.python else part
            pieces.append(words.reading(made.parameter(Escaped(value)), value.type))
    return "".join(pieces)


def _variable(name: str, value: EnvValue, made: Draft) -> Dict:
    match value:
        case SecretKey(secret=owner, key=key, optional=optional):
            return {"name": name, "valueFrom": {"secretKeyRef": _key(owner, key, optional)}}
        case ConfigKey(config_map=owner, key=key, optional=optional):
            return {"name": name, "valueFrom": {"configMapKeyRef": _key(owner, key, optional)}}
        case FieldPath(path=path):
            return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        case _:
            return {"name": name, "value": _word(value, made)}


def _secret(name: str, secret: SecretText, *, optional: bool = False) -> Dict:
    return {"name": name, "valueFrom": {"secretKeyRef": _key(secret.secret, secret.key, optional=optional)}}


def _secret_or_default(name: str, secret: SecretText) -> list[Dict]:
    """The variable for a text of a Secret. Where that is missing, the kubelet leaves a variable as one before it set it."""
    if secret.absent is None:
        return [_secret(name, secret)]
    text = secret.absent.value if isinstance(secret.absent.value, str) else str(secret.absent.value)
    return [{"name": name, "value": words.literal(text)}, _secret(name, secret, optional=True)]


def _key(owner: str, key: str, optional: bool) -> Dict:
    return {"name": owner, "key": key, **({"optional": True} if optional else {})}


def _env_of(what: Dict, container: Dict) -> list[Dict]:
    return [*what.get("env", []), *container["env"]]


def _add_outputs(body: Dict, outputs: Sequence[OutputSpec]) -> None:
    parameters = [
        {"name": parameter_name(spec.name), "valueFrom": {"path": spec.path, **_default(spec)}}
        for spec in outputs
        if spec.path is not None
    ]
    if parameters:
        body["outputs"] = {"parameters": parameters}


def _from_json(spec: OutputSpec) -> Dict:
    return {"jsonPath": spec.path, **_default(spec)}


def _default(spec: OutputSpec) -> Dict:
    if spec.default is None:
        return {}
    return {"default": spec.default.value if isinstance(spec.default.value, str) else spec.default.json}


def _manifest(value: Value, made: Draft) -> str:
    """The JSON text of an object, with tags where it has values: text inside a JSON string, the rest bare."""
    match value:
        case Constant():
            return _manifest_json(value.value)
        case Record(of=fields):
            return "{" + ",".join(f"{_manifest_json(name)}:{_manifest(part, made)}" for name, part in fields) + "}"
        case Listing(of=parts):
            return "[" + ",".join(_manifest(part, made) for part in parts) + "]"
        case Text(parts=parts):
            pieces = (
                _manifest_json(part)[1:-1].removesuffix("{") + "\\u007b" * part.endswith("{")
                if isinstance(part, str)
                else words.reading(made.parameter(Quoted(part)))
                for part in parts
            )
            return f'"{"".join(pieces)}"'
        case _:
            raise DefinitionError("a manifest can hold values only inside its texts", "wrap the value in an f-string")


def _manifest_json(value: Any) -> str:
    """JSON in which Argo finds no tag, and the kubelet nothing to replace on its way to the executor, in ARGO_TEMPLATE."""
    return re.sub(r"\$(?=[$(]|\"\Z)", r"\\u0024", re.sub(r"\{(?=\{)", r"\\u007b", compact_json(value)))
