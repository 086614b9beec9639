"""Workflows that fail as long as a ConfigMap says `go: "no"`, for tests of restarting them.

Each is the `templates` of a workflow with the entry `main`; the template `job` is a pod that fails unless its parameter `ok` or
the ConfigMap says yes. What a restart must lead to: `redone` are the display names of pods that ran again, all others did not.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import yaml

IMAGE = os.environ.get("ARGO_TEST_IMAGE", "lab/task:1")

JOB = """
- name: job
  inputs: {parameters: [{name: ok, default: "no"}]}
  outputs: {parameters: [{name: out, valueFrom: {path: /tmp/out, default: none}}]}
  container: &pod
    image: IMAGE
    command: [sh, -c]
    args: ["echo $GO > /tmp/out; test $GO = yes || test {{inputs.parameters.ok}} = yes"]
    env: [{name: GO, valueFrom: {configMapKeyRef: {name: CONFIG, key: go}}}]
- name: job-with-attempts
  inputs: {parameters: [{name: ok, default: "no"}]}
  retryStrategy: {limit: "1", retryPolicy: Always}
  container: *pod
- {name: no-op, suspend: {duration: "0"}}
"""


@dataclass(frozen=True)
class Scenario:
    templates: str
    redone: frozenset
    retry: dict = field(default_factory=dict)
    phase: str = "Succeeded"
    spec: dict = field(default_factory=dict)

    def manifest(self, name, config):
        templates = yaml.safe_load((self.templates + JOB).replace("IMAGE", IMAGE).replace("CONFIG", config))
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"generateName": f"retry-{name}-"},
            "spec": {"entrypoint": "main", "templates": templates, **self.spec},
        }


def scenario(templates, *redone, **options):
    return Scenario(templates, frozenset(redone), **options)


OK = '{parameters: [{name: ok, value: "yes"}]}'

SCENARIOS = {
    "chain": scenario(
        f"""
- name: main
  dag: {{tasks: [{{name: a, template: job, arguments: {OK}}}, {{name: b, template: job, depends: a}},
                {{name: c, template: job, depends: b}}]}}
""",
        "b",
        "c",
    ),
    "join": scenario(
        f"""
- name: main
  dag: {{tasks: [{{name: a, template: job}}, {{name: b, template: job, arguments: {OK}}},
                {{name: c, template: job, depends: a && b}}]}}
""",
        "a",
        "c",
    ),
    "group": scenario(
        f"""
- name: main
  dag: {{tasks: [{{name: before, template: inner-well}}, {{name: g, template: inner, depends: before}},
                {{name: after, template: job, depends: g}}]}}
- name: inner-well
  dag: {{tasks: [{{name: w, template: job, arguments: {OK}}}]}}
- name: inner
  dag: {{tasks: [{{name: x, template: job, arguments: {OK}}}, {{name: y, template: job}}]}}
""",
        "y",
        "after",
    ),
    "steps": scenario(
        f"""
- name: main
  steps:
  - [{{name: a, template: job, arguments: {OK}}}]
  - [{{name: b, template: job}}, {{name: c, template: job, arguments: {OK}}}]
  - [{{name: d, template: job}}]
""",
        "b",
        "d",
    ),
    "loop": scenario(
        """
- name: main
  dag:
    tasks:
    - {name: l, template: job, withItems: ["yes", "no", "yes"], arguments: {parameters: [{name: ok, value: "{{item}}"}]}}
    - {name: after, template: job, depends: l}
""",
        "l(1:no)",
        "after",
    ),
    "loop-of-groups": scenario(
        f"""
- name: main
  steps:
  - - {{name: l, template: inner, withItems: ["yes", "no"], arguments: {{parameters: [{{name: ok, value: "{{{{item}}}}"}}]}}}}
  - - {{name: after, template: job}}
- name: inner
  inputs: {{parameters: [{{name: ok}}]}}
  dag:
    tasks:
    - {{name: first, template: job, arguments: {OK}}}
    - name: second
      depends: first
      template: job
      arguments: {{parameters: [{{name: ok, value: "{{{{inputs.parameters.ok}}}}"}}]}}
""",
        "second",
        "after",
    ),
    "attempts": scenario(
        """
- name: main
  dag: {tasks: [{name: a, template: job-with-attempts}, {name: b, template: job, depends: a}]}
""",
        "a(0)",
        "b",
    ),
    "attempts-in-loop": scenario(
        """
- name: main
  dag:
    tasks:
    - name: l
      template: job-with-attempts
      withItems: ["yes", "no"]
      arguments: {parameters: [{name: ok, value: "{{item}}"}]}
""",
        "l(1:no)(0)",
    ),
    "attempts-of-group": scenario(
        f"""
- name: main
  dag: {{tasks: [{{name: g, template: inner}}, {{name: after, template: job, depends: g}}]}}
- name: inner
  retryStrategy: {{limit: "1"}}
  dag: {{tasks: [{{name: x, template: job, arguments: {OK}}}, {{name: y, template: job}}]}}
""",
        "y",
        "after",
    ),
    "root-pod": scenario(
        """
- name: main
  container:
    image: IMAGE
    command: [sh, -c, "test $GO = yes"]
    env: [{name: GO, valueFrom: {configMapKeyRef: {name: CONFIG, key: go}}}]
""",
        "@",
    ),
    "exit-hook": scenario(
        """
- name: main
  dag:
    tasks:
    - {name: a, template: job, hooks: {exit: {template: no-op}}}
    - {name: b, template: job, depends: a}
""",
        "a",
        "b",
    ),
    "exit-handler": scenario(
        f"""
- name: main
  dag: {{tasks: [{{name: a, template: job}}]}}
- name: bye
  dag: {{tasks: [{{name: z, template: job, arguments: {OK}}}]}}
""",
        "a",
        "z",
        spec={"onExit": "bye"},
    ),
    "downstream": scenario(
        f"""
- name: main
  dag:
    tasks:
    - {{name: a, template: job}}
    - {{name: clean, template: job, depends: a.Failed || a.Succeeded, arguments: {OK}}}
    - {{name: b, template: job, depends: a}}
""",
        "a",
        "clean",
        "b",
        retry={"restart_downstream": True},
    ),
    "parameters": scenario(
        """
- name: main
  steps:
  - - name: l
      template: job
      withParam: "{{workflow.parameters.items}}"
      arguments: {parameters: [{name: ok, value: "{{item}}"}]}
""",
        "l(0:no)",
        "l(1:yes)",
        "l(2:yes)",
        retry={"parameters": {"items": '["no", "yes", "yes"]'}},
        spec={"arguments": {"parameters": [{"name": "items", "value": '["no", "yes"]'}]}},
    ),
    "selected": scenario(
        f"""
- name: main
  dag: {{tasks: [{{name: a, template: job, arguments: {OK}}}, {{name: b, template: job, depends: a}}]}}
""",
        "a",
        "b",
        retry={"restart_successful": "displayName=a"},
    ),
    "no-pods": scenario(
        """
- name: main
  dag:
    tasks:
    - {name: a, template: bad, arguments: {parameters: [{name: d, value: "{{workflow.parameters.duration}}"}]}}
    - {name: b, template: job, depends: a}
- name: bad
  inputs: {parameters: [{name: d}]}
  suspend: {duration: "{{inputs.parameters.d}}"}
""",
        "b",
        retry={"parameters": {"duration": "0"}},
        spec={"arguments": {"parameters": [{"name": "duration", "value": "bad"}]}},
    ),
    "bad-when": scenario(
        """
- name: main
  steps:
  - - {name: a, template: job, when: "{{workflow.parameters.when}}"}
""",
        "a",
        retry={"parameters": {"when": "true"}},
        spec={"arguments": {"parameters": [{"name": "when", "value": "a b"}]}},
    ),
    "deep": scenario(
        f"""
- name: main
  steps:
  - - {{name: o, template: outer}}
  - - {{name: after, template: job}}
- name: outer
  dag: {{tasks: [{{name: m, template: middle, withItems: [1, 2]}}]}}
- name: middle
  steps:
  - - {{name: p, template: job, arguments: {OK}}}
    - {{name: q, template: inner}}
- name: inner
  dag: {{tasks: [{{name: x, template: job-with-attempts}}]}}
""",
        "x(0)",
        "after",
    ),
    "container-set": scenario(
        """
- name: main
  dag: {tasks: [{name: s, template: set}, {name: after, template: job, depends: s}]}
- name: set
  containerSet:
    containers:
    - {name: one, image: IMAGE, command: ["true"]}
    - name: main
      dependencies: [one]
      image: IMAGE
      command: [sh, -c, "test $GO = yes"]
      env: [{name: GO, valueFrom: {configMapKeyRef: {name: CONFIG, key: go}}}]
""",
        "s",
        "after",
    ),
    "output-of-entry": scenario(
        f"""
- name: main
  inputs: {{parameters: [{{name: o}}]}}
  dag: {{tasks: [{{name: x, template: job, arguments: {OK}}}]}}
  outputs: {{parameters: [{{name: p, valueFrom: {{expression: "fromJSON(inputs.parameters.o)"}}}}]}}
""",
        retry={"parameters": {"o": "1"}},
        spec={"arguments": {"parameters": [{"name": "o", "value": "no JSON"}]}},
    ),
}
