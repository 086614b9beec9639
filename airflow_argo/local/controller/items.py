"""Items of loops: JSON values that keep their text. Source: pkg/apis/workflow/v1alpha1/item.go, expandSequence in operator.go.

An item is the JSON text of its value. `{{item}}` of a number is its text, of a string the string, of a map or list its JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from airflow_argo.argo import gojson
from airflow_argo.argo.golang.json_syntax import syntax_error
from airflow_argo.argo.golang.sprintf import sprintf
from airflow_argo.argo.golang.strconv import quote
from airflow_argo.local.controller.faults import Fault

_STRING_OR_SPACE: Final = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
_NUMBER_LIKE: Final = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|inf(inity)?|nan)", re.IGNORECASE)
_DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def item_of(value: object) -> str:
    """The item of a value that was read from a manifest."""
    return gojson.marshal(value, html=False)


def items_of_list(text: str) -> list[str]:
    """The items of a JSON list, each with its own text.

    Raises:
        Fault: it is no JSON list; the message is Go's.
    """
    if not gojson.is_valid(text):
        raise Fault(syntax_error(text))
    body = text.strip(" \t\r\n")
    if body == "null":
        return []
    if not body.startswith("["):
        kind = {"{": "object", '"': "string", "t": "bool", "f": "bool"}.get(body[0], "number")
        raise Fault(f"json: cannot unmarshal {kind} into Go value of type []v1alpha1.Item")
    return _elements(body)


def _elements(text: str) -> list[str]:
    items: list[str] = []
    at = _skip_space(text, 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        items.append(text[at:end])
        at = _skip_space(text, end)
        if text[at] == ",":
            at = _skip_space(text, at + 1)
    return items


def _skip_space(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def compact(item: str) -> str:
    """The JSON text without white space."""
    return _STRING_OR_SPACE.sub(lambda match: match[1] or "", item)


def item_text(item: str) -> str:
    """How an item prints: its JSON, of a string what is between the quotes, escapes and all. Source: Item.String."""
    text = compact(item)
    return text[1:-1] if text.startswith('"') else text


def item_variables(item: str) -> tuple[dict[str, str], str]:
    """`item` and `item.<key>`, and what describes the item in a node's name. Source: processItem.

    Raises:
        Fault: it is no JSON value.
    """
    text = compact(item)
    if _NUMBER_LIKE.fullmatch(text) or text in ("true", "false"):
        return {"item": text}, text
    if text.startswith("{"):
        return _map_variables(text)
    if text.startswith("[") or text == "null":
        elements = [] if text == "null" else _elements(text)
        return {"item": text}, f"[{' '.join(map(item_text, elements))}]"
    return {"item": json.loads(text)}, item_text(text)


def _map_variables(text: str) -> tuple[dict[str, str], str]:
    entries = _entries(text)
    variables = {f"item.{key}": item_text(value) for key, value in entries.items()}
    names = sorted((f"{key}:{item_text(value)}" for key, value in entries.items()), key=str.encode)
    members = (f"{gojson.quote(key)}:{entries[key]}" for key in sorted(entries, key=str.encode))
    return variables | {"item": f"{{{','.join(members)}}}"}, ",".join(names)


def _entries(text: str) -> dict[str, str]:
    """The members of a compact JSON object: key → JSON text; of two with one key the last."""
    entries: dict[str, str] = {}
    at = 1
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        _, after = _DECODER.raw_decode(text, end + 1)
        entries[key] = text[end + 1 : after]
        at = after + (text[after] == ",")
    return entries


def item_node_name(task: str, index: int, description: str) -> str:
    """The name of the task for one item: `task(3:description)`, no parentheses inside. Source: generateNodeName."""
    return f"{task}({index}:{description.translate(_NO_PARENTHESES)})"


_NO_PARENTHESES: Final = str.maketrans("", "", "()")


def sequence(spec: dict[str, Any]) -> list[str]:
    """The items of a withSequence, as JSON strings.

    Raises:
        Fault: a number can't be read, or the format makes no JSON string.
    """
    start = _atoi(spec["start"]) if spec.get("start") is not None else 0
    if spec.get("end") is not None:
        end = _atoi(spec["end"])
    elif spec.get("count") is not None:
        count = _atoi(spec["count"])
        if count == 0:
            return []
        end = start + count - 1
    else:
        raise Fault("neither end nor count was specified in withSequence")
    numbers = range(start, end + 1) if start <= end else range(start, end - 1, -1)
    form = spec.get("format") or "%d"
    return [_json_string(sprintf(form, number)) for number in numbers]


def _atoi(value: object) -> int:
    text = str(value)
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise Fault(f"strconv.Atoi: parsing {quote(text)}: invalid syntax")
    return int(text)


def _json_string(text: str) -> str:
    if not gojson.is_valid(f'"{text}"'):
        raise Fault(syntax_error(f'"{text}"'))
    return f'"{text}"'
