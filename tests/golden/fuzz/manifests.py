"""Random manifests that Argo takes, most of them; small, of many features, and made so that chance has no part in how they end.

A manifest is made from a number, the same each time. It is a workflow of groups inside one another, whose tasks are templates
without a pod where possible; it is known which features it has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from . import leaves, texts
from .scope import Callee, Member, Scope

Document = dict[str, Any]
GROUP_DEPTH = 3
WORKFLOW_LABEL = {"team": "red", "note": "a b"}
LETTERS = ("a", "b", "c-d", "e", "f", "g")


@dataclass(slots=True)
class Maker:
    """One manifest in the making."""

    number: int
    features: set[str] = field(default_factory=set)
    templates: list[Document] = field(default_factory=list)
    shared: list[Document] = field(default_factory=list)
    pods: int = 0
    started_with: int = 0
    nodes: int = 12
    count: int = 0
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.number)
        self.pods = self.started_with = self.random.choice((0, 0, 1, 1, 2, 4))
        self.nodes = self.random.choice((5, 8, 12))

    # --- choices

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, *options: Any) -> Any:
        return self.random.choice(options)

    def has(self, feature: str) -> None:
        self.features.add(feature)

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    @property
    def library(self) -> str:
        return f"fuzz-{self.number}"

    # --- the whole

    def documents(self) -> list[Document]:
        """The Workflow, last, after what it refers to."""
        self.group(0, name="main")
        spec: Document = {"entrypoint": "main", "arguments": {"parameters": texts.WORKFLOW_PARAMETERS}}
        self.handlers(spec)
        self.workflow_fields(spec)
        spec["templates"] = self.templates
        documents = []
        labelled: Document = {"generateName": "g-", "labels": {"team": "red"}, "annotations": {"note": 'a "b"'}}
        if self.shared:
            documents.append(_object("WorkflowTemplate", self.library, {"templates": self.shared}))
        if "semaphore" in self.features:
            metadata = {"name": f"{self.library}-locks"}
            documents.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"one": "1", "two": "2"}})
        if self.chance(0.08):
            self.has("workflowTemplateRef")
            documents.append(_object("WorkflowTemplate", f"{self.library}-whole", spec))
            spec = {"workflowTemplateRef": {"name": f"{self.library}-whole"}}
            if self.chance(0.5):
                spec["arguments"] = {"parameters": [{"name": "p", "value": "given"}]}
        return [*documents, {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": labelled, "spec": spec}]

    def handlers(self, spec: Document) -> None:
        if self.chance(0.2):
            self.has("onExit")
            handler = leaves.leaf(self)
            if "template" in handler.holder and all(handler.inputs.values()):
                spec["onExit"] = handler.holder["template"]
        elif self.chance(0.2):
            self.has("workflow hooks")
            spec["hooks"] = {"exit": self.hook([], "workflow.status", exit_hook=True)}
            if self.chance(0.4):
                expression = self.one(
                    "workflow.status == 'Running'", "workflow.status == 'Failed'", "workflow.status != 'Nope'"
                )
                spec["hooks"]["other"] = {**self.hook([], "workflow.status", exit_hook=False), "expression": expression}

    def workflow_fields(self, spec: Document) -> None:
        if self.chance(0.08):
            self.has("spec.parallelism")
            spec["parallelism"] = self.one(1, 2, 5)
        if self.chance(0.06):
            self.has("spec.retryStrategy")
            spec["retryStrategy"] = {"limit": self.one("0", "1", 1), "retryPolicy": self.one("Always", "OnFailure", "OnError")}
        if self.chance(0.08):
            self.has("templateDefaults")
            spec["templateDefaults"] = self.one(
                {"retryStrategy": {"limit": "1"}},
                {"failFast": True},
                {"outputs": {"parameters": [{"name": "r", "valueFrom": {"default": "of defaults", "path": "/tmp/r"}}]}},
                {"inputs": {"parameters": [{"name": "v", "value": "of defaults"}]}},
                {"metadata": {"labels": {"x": "y"}}},
            )
        if self.chance(0.04):
            self.has("spec.synchronization")
            spec["synchronization"] = {"mutexes": [{"name": f"{self.library}-wf"}]}
        if self.chance(0.05):
            short = self.started_with == 0 and self.chance(0.6)
            self.has("spec.activeDeadlineSeconds of 2" if short else "spec.activeDeadlineSeconds")
            spec["activeDeadlineSeconds"] = 2 if short else 300
        if self.chance(0.1):
            self.has("podGC")
            spec["podGC"] = {"strategy": self.one("OnPodCompletion", "OnWorkflowCompletion")}
        if self.chance(0.05):
            self.has("workflowMetadata")
            spec["workflowMetadata"] = {
                "labels": {"made": "up"},
                "labelsFrom": {"from": {"expression": "workflow.parameters.p"}},
            }

    # --- groups

    def group(self, depth: int, *, name: str = "") -> Callee:
        """A dag or steps template, entered among the templates; some with all that they call in the WorkflowTemplate."""
        if depth == 0 or self.templates is self.shared or not self.chance(0.1):
            return self.group_here(depth, name=name)
        self.has("templateRef to a group")
        own, self.templates = self.templates, self.shared
        callee = self.group_here(depth, name=name)
        self.templates = own
        reference = {"name": self.library, "template": callee.holder["template"]}
        return Callee(**{**_fields(callee), "holder": {"templateRef": reference}})

    def group_here(self, depth: int, *, name: str) -> Callee:
        name = name or self.name("group")
        kind = self.one("dag", "steps")
        self.has(f"{kind} at depth {depth}")
        inputs = {} if depth == 0 else {key: self.chance(0.5) for key in self.random.sample(("v", "w"), self.one(0, 1, 2))}
        template: Document = {"name": name}
        if inputs:
            template["inputs"] = {
                "parameters": [leaves.input_of(self, key, default=default) for key, default in inputs.items()]
            }
        scope = Scope("tasks" if kind == "dag" else "steps", tuple(inputs))
        members = self.random.randint(1, 4)
        if kind == "dag":
            template["dag"] = self.dag(members, depth, scope)
        else:
            template["steps"] = self.steps(members, depth, scope)
        outputs = self.group_outputs(template, scope)
        self.group_fields(template)
        return self.entered(template, Callee(holder={"template": name}, inputs=inputs, outputs=outputs, group=True))

    def entered(self, template: Document, callee: Callee) -> Callee:
        """The template in the workflow, or in a WorkflowTemplate if it calls nobody."""
        alone = not callee.group
        if alone and self.templates is not self.shared and self.chance(0.12):
            self.has("templateRef")
            self.shared.append(template)
            reference = {"name": self.library, "template": template["name"]}
            return Callee(**{**_fields(callee), "holder": {"templateRef": reference}})
        if alone and not callee.inputs and self.chance(0.08):
            self.has("inline")
            return Callee(**{**_fields(callee), "holder": {"inline": {k: v for k, v in template.items() if k != "name"}}})
        self.templates.append(template)
        return callee

    def dag(self, members: int, depth: int, scope: Scope) -> Document:
        body: Document = {"tasks": []}
        by_depends = self.chance(0.7)
        names = LETTERS[:members]
        for at, name in enumerate(names):
            before = scope.known[:]
            ancestors = [one for one in before if self.chance(0.6)] if at else []
            scope.visible = [one for one in before if one.name in scope.closed(ancestors)]
            task = self.member(name, depth, scope)
            scope.edges[name] = {one.name for one in ancestors}
            if ancestors and by_depends:
                self.has("depends")
                task["depends"] = self.depends(ancestors)
            elif ancestors:
                self.has("dependencies")
                task["dependencies"] = [one.name for one in ancestors]
            if not by_depends and self.chance(0.2):
                self.has("continueOn in dag")
                task["continueOn"] = self.one({"failed": True}, {"error": True}, {"failed": True, "error": True})
            body["tasks"].append(task)
        scope.visible = scope.known
        if self.chance(0.25):
            self.has("failFast: false")
            body["failFast"] = False
        if self.chance(0.06):
            self.has("target")
            body["target"] = " ".join(self.random.sample(names, self.one(1, min(2, members))))
        return body

    def steps(self, members: int, depth: int, scope: Scope) -> list[list[Document]]:
        groups: list[list[Document]] = []
        left = list(LETTERS[:members])
        while left:
            names = [left.pop(0)]
            if left and self.chance(0.4):
                names.append(left.pop(0))
            scope.visible = scope.known[:]
            group = []
            for name in names:
                step = self.member(name, depth, scope)
                if self.chance(0.15):
                    self.has("continueOn in steps")
                    step["continueOn"] = self.one({"failed": True}, {"error": True}, {"failed": True, "error": True})
                group.append(step)
            groups.append(group)
        if self.chance(0.04):
            self.has("empty step group")
            groups.insert(self.random.randrange(len(groups) + 1), [])
        scope.visible = scope.known
        return groups

    def depends(self, ancestors: list[Member]) -> str:
        terms = []
        for member in ancestors:
            results = ["Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned"]
            if member.loop:
                results += ["AnySucceeded", "AllFailed"] * 2
            chosen = self.random.sample(results, self.one(0, 0, 1, 2, 3))
            for result in chosen:
                self.has(f"depends .{result}")
            term = " || ".join(f"{member.name}.{result}" for result in chosen) or member.name
            if len(chosen) > 1:
                term = f"({term})"
            if self.chance(0.12):
                self.has("depends !")
                term = f"!{term}"
            terms.append(term)
        text = terms[0]
        for term in terms[1:]:
            text = f"{text} {self.one('&&', '&&', '||')} {term}"
        return f"({text})" if self.chance(0.1) else text

    def member(self, name: str, depth: int, scope: Scope) -> Document:
        """A task or step."""
        self.nodes -= 1
        deeper = depth < GROUP_DEPTH and self.nodes > 0 and self.chance(0.35 if depth else 0.55)
        callee = self.group(depth + 1) if deeper else leaves.leaf(self)
        task: Document = {"name": name, **callee.holder}
        loop = self.loop(task, scope) if self.chance(0.22) else ""
        if callee.inputs:
            self.arguments(task, callee, scope, loop)
        if self.chance(0.22):
            self.has("when")
            task["when"] = texts.when(self, scope, loop)
        if not loop or self.chance(0.3):
            self.hooks(task, name, callee, scope, loop)
        scope.known.append(Member(name, callee, bool(loop)))
        return task

    def arguments(self, task: Document, callee: Callee, scope: Scope, loop: str) -> None:
        parameters = []
        for key, has_default in callee.inputs.items():
            if has_default and self.chance(0.4):
                continue
            parameters.append({"name": key, "value": texts.value(self, scope, loop)})
        if parameters:
            task["arguments"] = {"parameters": parameters}

    def loop(self, task: Document, scope: Scope) -> str:
        """Make a loop of a task; which kind of items it has."""
        kind = self.one("withItems", "withItems", "withParam", "withSequence")
        self.has(kind)
        if kind == "withItems":
            name, items = self.one(*texts.ITEMS.items())
            self.has(f"items: {name}")
            task["withItems"] = items
            return "maps" if name == "maps" else "items"
        if kind == "withParam":
            task["withParam"] = texts.list_text(self, scope)
            return "items"
        task["withSequence"] = self.one(*texts.SEQUENCES)
        return "items"

    def hooks(self, task: Document, name: str, callee: Callee, scope: Scope, loop: str) -> None:
        if self.chance(0.06):
            handler = leaves.leaf(self)
            if "template" in handler.holder and all(handler.inputs.values()):
                self.has("onExit of a task")
                task["onExit"] = handler.holder["template"]
        elif self.chance(0.1):
            self.has("exit hook of a task")
            here = [] if loop else [Member(name, callee, loop=False)]
            task["hooks"] = {"exit": self.hook(here, f"{scope.kind}['{name}'].status", exit_hook=True, kind=scope.kind)}
            if callee.pod and self.chance(0.4):
                self.has("named hook of a task")
                expression = f"{scope.kind}['{name}'].status == '{self.one('Failed', 'Succeeded')}'"
                hook = self.hook(here, "", exit_hook=False, kind=scope.kind)
                task["hooks"]["other"] = {**hook, "expression": expression}

    def hook(self, here: list[Member], status: str, *, exit_hook: bool, kind: str = "tasks") -> Document:
        callee = leaves.leaf(self)
        while "inline" in callee.holder:
            callee = leaves.leaf(self)
        hook: Document = dict(callee.holder)
        if callee.inputs:
            scope = Scope(kind, ())
            scope.visible = here
            self.arguments(hook, callee, scope, "")
        if exit_hook and status and self.chance(0.3):
            self.has("condition of an exit hook")
            hook["expression"] = f"{status} == '{self.one('Succeeded', 'Failed', 'Error')}'"
        return hook

    def group_outputs(self, template: Document, scope: Scope) -> tuple[str, ...]:
        if not self.chance(0.45):
            return ()
        parameters = []
        names = self.random.sample(("r", "s"), self.one(1, 2))
        for name in names:
            source = texts.output(self, scope)
            if self.chance(0.25):
                self.has("default of an output")
                source["default"] = "D"
            parameter: Document = {"name": name, "valueFrom": source}
            self.maybe_global(parameter)
            parameters.append(parameter)
        template["outputs"] = {"parameters": parameters}
        return tuple(names)

    def maybe_global(self, parameter: Document) -> None:
        if self.chance(0.12):
            self.has("globalName")
            parameter["globalName"] = self.one("g1", "g1", "g2", "g2", "{{workflow.parameters.g}}")

    def group_fields(self, template: Document) -> None:
        if self.chance(0.1):
            self.has("template parallelism")
            template["parallelism"] = self.one(1, 2)
        if self.chance(0.05):
            self.has("template failFast")
            template["failFast"] = True
        if self.chance(0.15):
            self.has("retryStrategy of a group")
            template["retryStrategy"] = self.retry_strategy()
        self.lock(template)

    def lock(self, template: Document) -> None:
        if self.chance(0.05):
            self.has("mutex")
            template["synchronization"] = {"mutexes": [{"name": f"{self.library}-{self.one('x', 'y')}"}]}
        elif self.chance(0.04):
            self.has("semaphore")
            reference = {"name": f"{self.library}-locks", "key": self.one("one", "two", "two", "absent")}
            template["synchronization"] = {"semaphores": [{"configMapKeyRef": reference}]}

    def retry_strategy(self) -> Document:
        strategy: Document = {
            "limit": self.one("0", "1", "2", 1, "{{workflow.parameters.one}}", "{{= asInt(workflow.parameters.one) }}")
        }
        if self.chance(0.5):
            policy = self.one("Always", "OnFailure", "OnError", "OnTransientError")
            self.has(f"retryPolicy {policy}")
            strategy["retryPolicy"] = policy
        if self.chance(0.25):
            self.has("retry expression")
            strategy["expression"] = self.one(*texts.RETRY_EXPRESSIONS)
        if self.chance(0.2):
            self.has("backoff")
            strategy["backoff"] = self.one(*texts.BACKOFFS)
        return strategy


def _object(kind: str, name: str, spec: Document) -> Document:
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def _fields(callee: Callee) -> dict[str, Any]:
    return {name: getattr(callee, name) for name in Callee.__slots__}


def manifest(number: int) -> tuple[list[Document], set[str]]:
    """The documents of a manifest, and the features that it has."""
    maker = Maker(number)
    return maker.documents(), maker.features
