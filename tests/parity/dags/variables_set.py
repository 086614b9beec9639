"""Tasks that set Variables, which those after them read."""

from __future__ import annotations

from airflow.sdk import DAG, Variable, task

with DAG("variables_set", schedule=None):

    @task
    def sets():
        Variable.set("kept_map", {"n": [1, "é"]}, serialize_json=True)
        Variable.set("Kept-Text", "abc", description="d")
        return [Variable.get("Kept-Text"), list(Variable.keys("kept_")), list(Variable.keys("Kept-"))]

    @task
    def reads(text):
        return [text, Variable.get("kept_map", deserialize_json=True), Variable.get("absent", default=None)]

    @task
    def removes():
        Variable.set("kept_map", "over")
        Variable.delete("Kept-Text")
        return [Variable.get("Kept-Text", default="gone"), Variable.get("kept_map"), list(Variable.keys("Kept-"))]

    @task
    def reads_late():
        return [Variable.get("Kept-Text", default="gone"), Variable.get("kept_map"), list(Variable.keys("kept_"))]

    sets() >> reads("{{ var.value['Kept-Text'] }} {{ var.json.kept_map.n[1] }}") >> removes() >> reads_late()
