"""Mapping over dicts that are zipped or concatenated: Airflow gives pairs, keys, or what fills."""

from airflow.sdk import DAG, task


@task
def numbers():
    return {"p": 1, 7: [2], "{{ r }}": None}


@task
def letters():
    return ["a", "b"]


@task
def show(x):
    return [type(x).__name__, list(x) if isinstance(x, tuple) else x]


with DAG("mapped_over_dict", schedule=None):
    show.expand(x=numbers())

with DAG("mapped_over_zipped_dict", schedule=None):
    show.expand(x=letters().zip(numbers(), fillvalue="?"))
    show.override(task_id="first").expand(x=numbers().zip(letters(), fillvalue=None))
    show.override(task_id="nested").expand(x=letters().zip(numbers().concat(letters()), fillvalue=0))

with DAG("mapped_over_concatenated_dict", schedule=None):
    show.expand(x=letters().concat(numbers()))
