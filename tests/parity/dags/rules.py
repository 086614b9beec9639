"""All trigger rules over all pairs of end states, with and without skips that only the run decides."""

from itertools import combinations_with_replacement

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule

RULES = sorted(rule.value for rule in TriggerRule)


def sources():
    """One task for each way to end: success, failed, skipped (by exit code), upstream_failed, skipped (by a rule)."""
    ok = EmptyOperator(task_id="s")
    failed = BashOperator(task_id="f", bash_command="exit 1")
    skipped = BashOperator(task_id="k", bash_command="exit 99")
    after_failed = EmptyOperator(task_id="u")
    after_skipped = EmptyOperator(task_id="j")
    failed >> after_failed
    skipped >> after_skipped
    return {"s": ok, "f": failed, "k": skipped, "u": after_failed, "j": after_skipped}


with DAG("rules_of_one", schedule=None) as one:
    for name, source in sources().items():
        for rule in RULES:
            source >> EmptyOperator(task_id=f"{name}-{rule}", trigger_rule=rule)

with DAG("rules_of_two", schedule=None) as two:
    ends = sources()
    for first, second in combinations_with_replacement("sfkuj", 2):
        if first != second:
            for rule in RULES:
                [ends[first], ends[second]] >> EmptyOperator(task_id=f"{first}{second}-{rule}", trigger_rule=rule)

with DAG("rules_of_mapped", schedule=None) as mapped:
    codes = {
        "ok": [0, 0],
        "mixed": [0, 1],
        "skips": [0, 99],
        "all_skip": [99, 99],
        "all_fail": [1, 1],
        "none": [],
        "fk": [1, 99],
    }
    for name, exits in codes.items():
        source = BashOperator.partial(task_id=name).expand(bash_command=[f"exit {code}" for code in exits])
        for rule in RULES:
            source >> EmptyOperator(task_id=f"{name}-{rule}", trigger_rule=rule)

with DAG("chain_of_rules", schedule=None) as chain_:
    previous = BashOperator(task_id="first", bash_command="exit 1")
    for number, rule in enumerate(["all_success", "all_failed", "none_failed", "one_failed", "all_done", "none_skipped"]):
        task = EmptyOperator(task_id=f"t{number}", trigger_rule=rule)
        previous >> task
        previous = task
