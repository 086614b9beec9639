"""Values and conditions of the model as expr-lang code.

`text_of` gives a value's text, `typed` the value itself, `json_of` its JSON text, `travelling` the form in which it is passed
on. `exists` and `truth` are conditions. All codes are operands: closed against whatever stands around them.
"""

from __future__ import annotations

from airflow_argo.compiler.code import a_map, all_of, any_of, base64_of, closed, fails, given, index, quote
from airflow_argo.compiler.dates import RUN_ID, run_date
from airflow_argo.compiler.scope import Scope, travels_as_base64
from airflow_argo.compiler.states import ended, same_item_ended
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.conditions import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Every,
    Exists,
    IsIn,
    Not,
    Same,
    Some,
    Truth,
    Whole,
    leaves_of,
)
from airflow_argo.model.values import (
    Carried,
    Concatenated,
    Constant,
    ContainerVariable,
    Digest,
    Evaluated,
    FirstOf,
    Input,
    Item,
    Listing,
    Member,
    Output,
    Overridable,
    Record,
    RunDate,
    RunFact,
    SameItem,
    SecretText,
    Text,
    Type,
    Value,
    Zipped,
)

_RUN_FACTS = {
    "name": "workflow.name",
    "namespace": "workflow.namespace",
    "created": "workflow.creationTimestamp.RFC3339",
    "status": "workflow.status",
    "failures": "workflow.failures",
    "failed": "toJson(map(sortBy(fromJSON(fromJSON(workflow.failures)) ?? [], .finishedAt), .displayName))",
    "duration": "workflow.duration",
    "run_id": RUN_ID,
    "now": "now().In(timezone('UTC')).Format('2006-01-02T15:04:05.000000-07:00')",
}


def text_of(value: Value, scope: Scope) -> str:  # noqa: C901 - one case a kind of value
    """Code for a value's text as a program gets it: text as it is, JSON as JSON text, bools as true or false.

    The value must exist: readers of one that may not are guarded by `exists`.
    """
    match value:
        case Constant():
            return quote(value.value if value.type is Type.TEXT else value.json)
        case Input(name=name):
            return _checked(f"workflow.parameters{index(name)}", value.type)
        case Overridable(of=of, by=by, key=key):
            return f"({quote(key)} in {typed(by, scope)} ? toJson({typed(by, scope)}{index(key)}) : {json_of(of, scope)})"
        case Evaluated():
            raise DefinitionError("Argo can't evaluate Python's literals", "use the value in a Python job")
        case Output() | Item() | SameItem() | Carried():
            read = scope.read(value)
            return read.text if read.base64 or read.proven else _checked(read.code, value.type)
        case RunFact(name=name):
            return _RUN_FACTS[name]
        case RunDate():
            return run_date(value)
        case SecretText():
            cure = "use it in the arguments or the environment of a job"
            raise DefinitionError(f"the secret '{value.key}' would stand in the manifest or the status", cure)
        case ContainerVariable(name=name):
            raise DefinitionError(f"the variable '{name}' is known in its container alone", "use it in words of a container")
        case Text():
            return _joined(value, scope)
        case Digest(of=of):
            return f"sprig.trunc(10, sprig.sha256sum({text_of(of, scope)}))"
        case Member():
            return _text_of_member(value, scope)
        case Zipped() | Concatenated():
            raise DefinitionError("lists that are zipped or concatenated can only be looped over", "do it in a step of its own")
        case FirstOf(of=values):
            return closed(" ?? ".join(_text_or_nil(part, scope) for part in values))
        case Listing(of=values):
            inner = " + ',' + ".join(json_of(part, scope) for part in values)
            return f"('[' + {inner} + ']')" if values else "'[]'"
        case Record(of=fields):
            inner = " + ',' + ".join(f"{quote(Constant.of(key).json + ':')} + {json_of(part, scope)}" for key, part in fields)
            return f"('{{' + {inner} + '}}')".replace("'}}'", "'}'") if fields else "'{ }'"


def typed(value: Value, scope: Scope) -> str:
    """Code for a value as what it is: a number, a bool, a text, a list."""
    match value, value.type:
        case Constant(), Type.JSON:
            return f"fromJSON({quote(value.json)})"
        case Constant(), Type.TEXT:
            return quote(value.value)
        case Constant(), _:
            return value.json
        case Member(), Type.JSON:
            return _member(value, scope)
        case _, Type.TEXT:
            return text_of(value, scope)
        case _, Type.INT:
            return f"int({_unchecked(value, scope)})"
        case _, Type.FLOAT:
            return f"float({_unchecked(value, scope)})"
        case _, Type.BOOL:
            return f"({text_of(value, scope)} == 'true')"
        case _:
            return f"fromJSON({text_of(value, scope)})"


def json_of(value: Value, scope: Scope) -> str:
    """Code for a value's JSON text."""
    if isinstance(value, Constant):
        return quote(value.json)
    return f"toJson({text_of(value, scope)})" if value.type is Type.TEXT else text_of(value, scope)


def travelling(value: Value, scope: Scope) -> str:
    """Code for a value as it is passed on: see `scope`."""
    if isinstance(value, Constant):
        return quote(travelling_constant(value))
    if isinstance(value, Output | Item | SameItem | Carried):
        read = scope.read(value)
        if read.base64 and not read.nullable:
            return read.code
    return f"sprig.b64enc({text_of(value, scope)})" if travels_as_base64(value.type) else text_of(value, scope)


def travelling_constant(value: Constant, type: Type | None = None) -> str:
    """A constant as it is passed on to readers who take it for a value of a type, by default its own."""
    type = type or value.type
    text = value.value if type is Type.TEXT else value.json
    return base64_of(text) if travels_as_base64(type) else text


def travelling_or_nil(value: Value, scope: Scope) -> str:
    """Code for a value as it is passed on, or nil if it doesn't exist."""
    condition = exists(value, scope)
    return travelling(value, scope) if condition == "true" else f"({condition} ? {travelling(value, scope)} : nil)"


def exists(value: Value, scope: Scope) -> str:
    """A condition: all that a value is made of was produced. "true" where that is certain."""
    match value:
        case Output() | Item() | SameItem() | Carried():
            read = scope.read(value)
            return f"{read.code} != nil" if read.nullable else "true"
        case FirstOf(of=values):
            tests = [exists(part, scope) for part in values]
            return "true" if "true" in tests else f"({any_of(tests)})"
        case Member(of=of) | Evaluated(of=of):
            return exists(of, scope)
        case Text(parts=parts):
            return _all_exist([part for part in parts if not isinstance(part, str)], scope)
        case Listing(of=values) | Zipped(of=values) | Concatenated(of=values):
            return _all_exist(list(values), scope)
        case Record(of=fields):
            return _all_exist([part for _, part in fields], scope)
        case _:
            return "true"


def truth(condition: Condition, scope: Scope) -> str:
    """Code for a condition."""
    match condition:
        case Every() | Some() | Whole():
            return ended(condition, scope)
        case Same():
            return same_item_ended(condition, scope)
        case Compare(left=left, op=op, right=right):
            return f"({_comparable(left, right, scope)} {op} {_comparable(right, left, scope)})"
        case IsIn(item=item, of=of):
            return f"({typed(item, scope)} in {typed(of, scope)})"
        case Truth(of=of):
            return typed(of, scope)
        case Exists(value=value):
            return closed(exists(value, scope))
        case Not(of=of):
            return f"!{closed(truth(of, scope))}"
        case AllOf(of=parts):
            return closed(all_of([truth(part, scope) for part in parts]))
        case AnyOf(of=parts):
            return closed(any_of([truth(part, scope) for part in parts]))


def _unchecked(value: Value, scope: Scope) -> str:
    """Code for the text of a number that is about to be turned into one, which checks it."""
    if isinstance(value, Output | Item | SameItem | Carried):
        read = scope.read(value)
        return read.code if read.proven else f"trim({read.code})"
    return f"trim(workflow.parameters{index(value.name)})" if isinstance(value, Input) else text_of(value, scope)


def _checked(code: str, type: Type) -> str:
    """Text of a number or bool that was made at run time, proven to be one: so it holds no tag."""
    match type:
        case Type.INT:
            return f"string(int(trim({code})))"
        case Type.FLOAT:
            return f"(float(trim({code})) != nil ? trim({code}) : '')"
        case Type.BOOL:
            table = a_map([("true", "'true'"), ("false", "'false'")])
            return f"({table}[lower(trim({code}))] ?? {fails('neither true nor false')})"
        case _:
            return code


def _joined(text: Text, scope: Scope) -> str:
    write = _python_text if text.python else _bare_text if text.bare else text_of
    codes = [quote(part) if isinstance(part, str) else write(part, scope) for part in text.parts]
    return f"({' + '.join(codes)})" if len(codes) > 1 else codes[0] if codes else "''"


def _bare_text(value: Value, scope: Scope) -> str:
    """Code for a value's text, without the quotes if it is a text in JSON."""
    code = text_of(value, scope)
    return given(code, "# startsWith '\"' ? fromJSON(#) : #") if value.type is Type.JSON else code


def _python_text(value: Value, scope: Scope) -> str:
    """Code for what Python's str() makes of a value. A list or an object, which Python writes its own way, is an Error."""
    if value.type is not Type.JSON:
        return text_of(value, scope)
    json = text_of(value, scope)
    words = a_map([("true", "'True'"), ("false", "'False'"), ("null", "'None'")])
    refused = fails("a list or an object can not be put into text here as Python would write it")
    structure = "# startsWith '[' || # startsWith '{'"
    return given(json, f"# startsWith '\"' ? fromJSON(#) : {words}[#] ?? ({structure} ? {refused} : #)")


def _text_of_member(value: Member, scope: Scope) -> str:
    code = _member(value, scope)
    return code if value.type is Type.TEXT else f"toJson({code})"


def _member(value: Member, scope: Scope) -> str:
    """Code for an element of a JSON value."""
    code, key = typed(value.of, scope), value.key
    if isinstance(key, int) or not (value.required or value.absent.json != "null"):
        return code + _index(key)
    otherwise = fails(f"there is no {key}") if value.required else typed(value.absent, scope)
    return given(code, f"{quote(key)} in # ? #{index(key)} : {otherwise}")


def _index(key: str | int) -> str:
    return f"[{key}]" if isinstance(key, int) else index(key)


def _text_or_nil(value: Value, scope: Scope) -> str:
    condition = exists(value, scope)
    return text_of(value, scope) if condition == "true" else f"({condition} ? {text_of(value, scope)} : nil)"


def _all_exist(values: list[Value], scope: Scope) -> str:
    tests = dict.fromkeys(exists(value, scope) for value in values)
    return all_of([test for test in tests if test != "true"])


def guards_of(condition: Condition, scope: Scope) -> list[str]:
    """Conditions without which a condition says nothing: that the values which it reads exist."""
    found: list[str] = []
    for leaf in leaves_of(condition):
        match leaf:
            case Compare(left=left, right=right):
                found += [exists(left, scope), exists(right, scope)]
            case IsIn(item=item, of=of):
                found += [exists(item, scope), exists(of, scope)]
            case Truth(of=of):
                found.append(exists(of, scope))
            case _:
                pass
    return found


def _comparable(value: Value, other: Value, scope: Scope) -> str:
    """Lists and objects are compared by their JSON, since expr tells 1 from 1.0 inside them."""
    if isinstance(other, Constant) and other.type is Type.JSON and other.json != "null":
        return f"toJson({typed(value, scope)})"
    if isinstance(value, Constant) and value.type is Type.JSON and value.json != "null":
        return f"toJson({typed(value, scope)})"
    return "nil" if isinstance(value, Constant) and value.json == "null" else typed(value, scope)
