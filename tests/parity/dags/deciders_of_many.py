"""A branch over very many: more tasks than one DAG of Argo has, each rule beside each end of another task."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

RULES = (
    *("all_success", "all_done", "one_success", "one_failed", "none_failed", "all_skipped", "none_skipped"),
    *("none_failed_min_one_success", "all_done_min_one_success"),
)
ENDS = {"alone": None, "ok": 0, "failed": 1, "skipped": 99}

with DAG("branch_over_many", schedule=None) as dag:

    @task.branch
    def decide():
        return "chosen"

    @task
    def items():
        return ["a", "b"]

    decided, listed = decide(), items()
    decided >> EmptyOperator(task_id="chosen")
    for end, code in ENDS.items():
        others = [] if code is None else [BashOperator(task_id=end, bash_command=f"exit {code}")]
        for rule in RULES:
            plain = EmptyOperator(task_id=f"plain-{rule}-{end}", trigger_rule=rule)
            literal = EmptyOperator.partial(task_id=f"literal-{rule}-{end}", trigger_rule=rule).expand(doc=["a", "b"])
            mapped = EmptyOperator.partial(task_id=f"mapped-{rule}-{end}", trigger_rule=rule).expand(doc=listed)
            [decided, *others] >> plain
            [decided, *others] >> literal
            [decided, *others] >> mapped
            [plain, *others] >> EmptyOperator(task_id=f"after-{rule}-{end}", trigger_rule=rule)
