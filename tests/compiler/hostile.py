"""A workflow whose values do what they can to be changed on their way, and whose steps look whether they were."""

from __future__ import annotations

import hashlib
import json

from airflow_argo import (
    ContainerJob,
    ScriptJob,
    Workflow,
    WorkflowInput,
    WorkflowParam,
    else_,
    for_loop,
    when,
    while_loop,
)

IMAGE = "lab/task:1"
TEXTS = {
    "tags": "{{workflow.name}} {{=1+1}} {{inputs.parameters.x}} {{item}} {{ unclosed",
    "closing": "}} }}}} {{}} {{=}} {",
    "dollars": "$(HOME) $$ $$(PATH) $ $(ARGO_POD_NAME) ${HOME} $(_LB)",
    "quotes": "' \" ` \\ \\\\ \\n '\" $(echo x) `echo x` ; # & | > <",
    "lines": "one\n\ntwo\r\nthree\ttab\n\n four",
    "control": "\x1b[31mred\x1b[0m \x07 \x7f \x01",
    "unicode": "é ü 日本 \U0001f600 \u2028 \ufeff \u0301",
    "json": '{"a": [1.0, 2, null, true], "b": "{{=1}}"}',
    "number": "007",
    "word": "true",
    "space": "  leading and trailing  ",
    "percent": "%s %d %(x)s %%",
    "null": "null",
    "script": "</script> <b>&amp;</b>",
    "empty": "",
}
LONG = "{{=1+1}} $$ é\n" * (256 * 1024 // 15)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


LOOK = """
import hashlib, json, os, sys
def look(name, text):
    found = hashlib.sha256(text.encode()).hexdigest()
    if found != EXPECTED[name]:
        sys.exit(f"{name} arrived as {text[:200]!r}")
def read(path):
    return open(path, newline="", encoding="utf-8").read()
"""


def looks(name: str, source: str, *args, expected=None, **more) -> ContainerJob:
    """A step that looks at texts by `look(name, text)` and fails if one isn't what it was."""
    digests = {key: digest(text) for key, text in (expected or TEXTS).items()}
    return ContainerJob(name, IMAGE, ["python3", "-c", f"EXPECTED = {digests}\n{LOOK}\n{source}"], list(args), **more)


MAKE = f"""
import json
texts = json.loads({json.dumps(json.dumps(TEXTS))})
for name, text in texts.items():
    open("/tmp/" + name, "w", newline="", encoding="utf-8").write(text)
json.dump(list(texts.values()), open("/tmp/list", "w"))
open("/tmp/long", "w", newline="", encoding="utf-8").write({LONG[:15]!r} * {len(LONG) // 15} + "x")
"""


def hostile_workflow() -> Workflow:
    """Texts made at run time and texts written into the program, in every place where a text can stand."""
    names = list(TEXTS)
    outputs = [*(WorkflowParam(name) for name in names), WorkflowParam("list", type="json"), WorkflowParam("long")]
    # The program itself holds such texts, so it travels as a file.
    make = ContainerJob("make", IMAGE, "python3 /tmp/make.py", files={"/tmp/make.py": MAKE}, outputs=outputs)
    made = [make.output[name] for name in names]
    each_of = "for name, text in zip(EXPECTED, sys.argv[1:], strict=True): look(name, text)"
    in_env = "for name in EXPECTED: look(name, os.environ['V_' + name])"
    in_files = "for name in EXPECTED: look(name, read('/tmp/in/' + name))"
    env = {f"V_{name}": value for name, value in zip(names, made, strict=True)}
    files = {f"/tmp/in/{name}": value for name, value in zip(names, made, strict=True)}
    between = {name: f"{{{text}}}$" for name, text in TEXTS.items()}
    given = {name: text for name, text in TEXTS.items() if "{{=}}" not in text}  # Argo evaluates inputs
    inputs = [WorkflowInput(f"in-{name}", text) for name, text in given.items()]
    steps = [
        make,
        looks("in-args", each_of, *made),
        looks("in-text", each_of, *(f"{{{value}}}$" for value in made), expected=between),
        looks("in-env", in_env, env=env),
        looks("in-files", in_files, files=files),
        looks("long", "look('long', read('/tmp/long'))", files={"/tmp/long": make.output.long}, expected={"long": LONG_MADE}),
        looks("literal-args", each_of, *TEXTS.values()),
        looks("literal-env", in_env, env=dict(zip(env, TEXTS.values(), strict=True))),
        looks("literal-files", in_files, files=dict(zip(files, TEXTS.values(), strict=True))),
        looks("inputs", each_of, *inputs, expected=given),
        ScriptJob("script", IMAGE, script(made)),
        *loops(make),
        *conditions(make),
        carrying(make),
    ]
    steps.append(
        looks("carried", "look('all', sys.argv[1])", steps[-1].output.word, expected={"all": TEXTS["tags"] + TEXTS["lines"]})
    )
    return Workflow("hostile", steps, outputs={name: make.output[name] for name in names})


LONG_MADE = LONG[:15] * (len(LONG) // 15) + "x"


def script(made: list[WorkflowParam]) -> str:
    """A shell script that prints a digest for each value."""
    lines = ["set -e"]
    for (_, text), value in zip(TEXTS.items(), made, strict=True):
        lines.append(f'test "$(printf %s "{value}" | sha256sum | cut -d" " -f1)" = {digest(text)}')
    return "\n".join(lines)


def loops(make: ContainerJob) -> list:
    """Loops over the texts, made at run time and known before, that give each back."""
    back = "open('/tmp/back', 'w', newline='', encoding='utf-8').write(sys.argv[1])"

    @for_loop(make.output.list)
    def dynamic(item):
        return looks("dynamic-item", back, item, outputs=["back"])

    @for_loop(list(TEXTS.values()))
    def static(item):
        return looks("static-item", back, item, outputs=["back"])

    whole = "for name, text in zip(EXPECTED, json.loads(read('/tmp/list')), strict=True): look(name, text)"
    return [
        dynamic,
        static,
        looks("dynamic-list", whole, files={"/tmp/list": dynamic.output.back}),
        looks("static-list", whole, files={"/tmp/list": static.output.back}),
    ]


def conditions(make: ContainerJob) -> list:
    """Comparisons with each text, made at run time and in a list; the wrong branches fail."""
    steps = []
    for name, text in TEXTS.items():

        @when((make.output[name] == text) & make.output.list[list(TEXTS).index(name)].in_([text]))
        def same():
            return ContainerJob(f"{name}-same", IMAGE, "true")  # noqa: B023 - called at once

        same.name = f"{name}-is"

        @else_(same)
        def other():
            return ContainerJob(f"{name}-other", IMAGE, "false")  # noqa: B023

        other.name = f"{name}-is-not"
        assert same.body
        assert other.body
        steps += [same, other]
    return steps


def carrying(make: ContainerJob):
    """A while-loop that carries texts through three iterations."""
    source = """
word = sys.argv[1] + (sys.argv[3] if sys.argv[2] == "0" else "")
open("/tmp/word", "w", newline="", encoding="utf-8").write(word)
open("/tmp/n", "w").write(str(int(sys.argv[2]) + 1))
"""

    @while_loop(lambda last: last.n < 3, initial={"word": make.output.tags, "n": 0})
    def carry(word, n):
        return looks("carry", source, word, n, make.output.lines, outputs=["word", WorkflowParam("n", type=int)])

    return carry
