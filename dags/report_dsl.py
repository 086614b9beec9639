"""A report on cities in the DSL; report_airflow.py is the same as an Airflow DAG."""

from __future__ import annotations

from airflow_argo import ScriptJob, Workflow, WorkflowParam, else_, first_of, for_loop, step, when

IMAGE = "python:3.12-slim"


def python(name, source, result=None, type=str, **env):
    """A Python program that reads its values from variables and writes its result to a file."""
    outputs = [WorkflowParam(result, type=type)] if result else []
    return ScriptJob(name, IMAGE, source, "python3", env, outputs=outputs)


@step
def cities():
    return python("cities", "open('/tmp/names', 'w').write('[\"oslo\", \"rome\", \"lima\"]')", "names", "json")


@for_loop(cities.output.names)
def measure(city):
    source = "import os; open('/tmp/degrees', 'w').write(str(len(os.environ['CITY']) * 5))"
    return python("measure", source, "degrees", int, CITY=city)


@step
def summarize():
    source = "import json, os; open('/tmp/warmest', 'w').write(str(max(json.loads(os.environ['ALL']))))"
    return python("summarize", source, "warmest", int, ALL=measure.output.degrees)


@when(summarize.output.warmest > 15)
def warn():
    source = "import os; open('/tmp/text', 'w').write('heat: ' + os.environ['WARMEST'])"
    return python("warn", source, "text", WARMEST=summarize.output.warmest)


@else_(warn)
def all_well():
    return python("all_well", "open('/tmp/text', 'w').write('all is well')", "text")


@step
def publish():
    return python("publish", "import os; print(os.environ['TEXT'])", TEXT=first_of(warn.output.text, all_well.output.text))


workflow = Workflow(
    "report_dsl",
    [cities, measure, summarize, warn, all_well, publish],
    outputs={"text": first_of(warn.output.text, all_well.output.text)},
    schedule="0 6 * * *",
)
