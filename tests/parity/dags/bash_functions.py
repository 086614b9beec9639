"""`@task.bash`: a function whose text bash runs."""

from __future__ import annotations

import os
from datetime import datetime, timezone

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
GREETING = "hello"


def quoted(word):
    return f"'{word}'"


with DAG("bash_functions", schedule=None, start_date=START, params={"word": "two words"}) as dag:

    @task
    def number():
        return 5

    @task.bash
    def of_values(number, word):
        """Says a number, and {{ nothing else }}."""
        return f"echo {GREETING} {quoted(word)} {number + 1}; echo to stderr >&2"

    @task.bash(env={"A": "{{ params.word }}", "B": "{{ ti.xcom_pull('number') }}"})
    def only_env():
        return 'echo "$A|$B|$HOME|$AIRFLOW_CTX_TASK_ID"'

    @task.bash(env={"A": "a"}, append_env=True, cwd="/")
    def more_env(ds):
        os.environ["OF_THE_FUNCTION"] = "seen"
        return f'test -n "$HOME" && echo "$A $PWD {ds} $OF_THE_FUNCTION"'

    @task.bash
    def lines():
        return "echo one\r\necho 'two  '\r\n"

    @task.bash
    def silent():
        return "true"

    @task.bash(do_xcom_push=False)
    def quiet():
        return "echo something"

    @task.bash
    def skipped():
        return "echo before; exit 99"

    @task.bash(skip_on_exit_code=[7, 100])
    def skipped_by_another():
        return "exit 100"

    @task.bash(skip_on_exit_code=None)
    def fails_by_99():
        return "exit 99"

    @task.bash(retries=1, retry_delay=0)
    def second_try(ti):
        return f"echo {ti.try_number}; exit {100 if ti.try_number == 1 else 0}"

    @task.bash
    def killed():
        return "kill -9 $$"

    @task.bash
    def pushes(ti):
        ti.xcom_push("given", [1, {"a": "b"}])
        return "echo {}"

    @task.bash(cwd="/nowhere")
    def nowhere():
        return "true"

    @task.bash
    def no_text():
        return 5

    @task.bash
    def blank():
        return " \n"

    @task.bash
    def generates():
        yield "true"

    @task.bash
    async def awaits():
        return "true"

    @task.bash
    def raises():
        raise ValueError("no command")

    @task
    def told(*values, ti=None):
        return [*values, ti.xcom_pull("pushes", key="given")]

    five = number()
    pushed = pushes()
    values = [of_values(five, "{{ params.word }}"), only_env(), more_env(), lines(), silent(), quiet(), second_try(), pushed]
    five >> values[1]
    told(*values)
    skipped() >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b", trigger_rule="all_skipped")]
    skipped_by_another(), fails_by_99(), killed(), nowhere(), no_text(), blank(), generates(), awaits(), raises()

with DAG("bash_functions_mapped", schedule=None, start_date=START) as mapped:

    @task
    def numbers():
        return [1, 2, 3]

    @task.bash(map_index_template="{{ task.op_kwargs['number'] }}")
    def each(number, add):
        return f"test {number} != 2 || exit 99; echo $(({number} + {add}))"

    @task.bash
    def of_all(found):
        return f"echo {' '.join(found)}"

    of_all(each.partial(add=10).expand(number=numbers()))

    @task(trigger_rule="all_done")
    def total(found):
        return list(found)

    total(each.override(task_id="again").partial(add=20).expand(number=[1, 2]))

with DAG("bash_functions_as_themselves", schedule=None, start_date=START, params={"word": "{{ ds }}"}) as themselves:

    @task.bash
    def template():
        return "echo {{ ds }} {{ ti.task_id }}"

    @task.bash
    def length():
        return "a=(1 2); echo ${#a[@]}"

    @task.bash
    def file():
        return "nowhere.sh"

    @task.bash(output_processor=lambda line: {"found": line, "more": 1}, multiple_outputs=True)
    def processed():
        return "echo line"

    template(), length(), file(), processed()
