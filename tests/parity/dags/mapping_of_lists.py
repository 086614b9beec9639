"""Mapping over lists that are zipped, concatenated or changed on the way."""

from airflow.sdk import DAG, task


@task
def numbers():
    return [1, 2.0, 3]


@task
def letters():
    return ["a", "b"]


@task
def show(x):
    return [type(x).__name__, list(x) if isinstance(x, tuple) else x]


with DAG("mapped_over_zip", schedule=None) as zipped:
    one, other = numbers(), letters()
    show.expand(x=one.zip(other))
    show.override(task_id="filled").expand(x=one.zip(other, fillvalue="?"))

with DAG("mapped_over_concat", schedule=None) as concatenated:
    show.expand(x=numbers().concat(letters()))

with DAG("mapped_over_map", schedule=None) as changed:

    def doubled(x):
        return x * 2

    show.expand(x=numbers().map(doubled))
