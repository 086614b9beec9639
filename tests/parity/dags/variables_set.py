"""Tasks that set Variables, which those after them read."""

from __future__ import annotations

from airflow.sdk import DAG, Variable, task

with DAG("variables_set", schedule=None):

    @task
    def sets():
        Variable.set("parity_map", {"n": [1, "é"]}, serialize_json=True)
        Variable.set("Parity-Text", "abc", description="d")
        return [Variable.get("Parity-Text"), list(Variable.keys("parity_")), list(Variable.keys("Parity-"))]

    @task
    def reads(text):
        return [text, Variable.get("parity_map", deserialize_json=True), Variable.get("absent", default=None)]

    @task
    def removes():
        Variable.set("parity_map", "over")
        Variable.delete("Parity-Text")
        return [Variable.get("Parity-Text", default="gone"), Variable.get("parity_map"), list(Variable.keys("Parity-"))]

    @task
    def reads_late():
        return [Variable.get("Parity-Text", default="gone"), Variable.get("parity_map"), list(Variable.keys("parity_"))]

    sets() >> reads("{{ var.value['Parity-Text'] }} {{ var.json.parity_map.n[1] }}") >> removes() >> reads_late()
