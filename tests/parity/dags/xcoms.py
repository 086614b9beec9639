"""Values between tasks: keys, multiple outputs, None, dates in templates, pulls in templates and in functions."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param, task

with DAG("xcom_keys", schedule=None) as keys:

    @task
    def push(ti):
        ti.xcom_push(key="k", value={"a": [1, None]})
        ti.xcom_push("other", 1.5)
        return "value"

    @task
    def pull(ti):
        return [
            ti.xcom_pull(task_ids="push"),
            ti.xcom_pull(task_ids="push", key="k"),
            ti.xcom_pull("push", key="other"),
            ti.xcom_pull(task_ids="push", key="absent"),
        ]

    push() >> pull()

with DAG("xcom_of_nothing", schedule=None) as of_nothing:

    @task
    def silent():
        return None

    quiet = EmptyOperator(task_id="quiet")

    @task
    def look(ti):
        return [ti.xcom_pull(task_ids="silent"), ti.xcom_pull(task_ids="quiet"), ti.xcom_pull(task_ids=["silent", "quiet"])]

    @task
    def given(x):
        return [x]

    [nothing := silent(), quiet] >> look()
    given(nothing)
    quiet >> BashOperator(task_id="shown", bash_command="echo '{{ ti.xcom_pull(task_ids=\"quiet\") }}'")

with DAG("xcom_multiple_outputs", schedule=None) as multiple:

    @task(multiple_outputs=True)
    def both():
        return {"a": 1, "\u00e9\u2713": {"c": [True]}}

    @task(task_id="gr\u00f6\u00dfe_\u65e5")
    def use(a, b):
        return [a, b]

    made = both()
    use(made["a"], made["\u00e9\u2713"])

with DAG("xcom_types", schedule=None) as types:

    @task
    def values():
        return {"int": 1, "float": 1.0, "big": 12345678901234567890, "none": None, "text": "{{ ds }} \u00e9\n'\"", "list": [[]]}

    @task
    def same(x):
        return x

    @task
    def kinds(x):
        return {key: type(value).__name__ for key, value in x.items()}

    got = values()
    same(got)
    kinds(got)

with DAG("xcom_tuple", schedule=None) as tuples:

    @task
    def pair():
        return (1, 2)

    @task
    def unpack(x):
        return [type(x).__name__, *x]

    unpack(pair())

with DAG("xcom_in_templates", schedule=None) as templates:
    first = BashOperator(task_id="first", bash_command="echo one; echo two")
    second = BashOperator(
        task_id="second", bash_command="echo got {{ ti.xcom_pull(task_ids='first') }} and $X", env={"X": "{{ ds }}"}
    )
    first >> second
    BashOperator(task_id="third", bash_command=f"echo {second.output}") << second
    BashOperator(task_id="silent", bash_command="true", do_xcom_push=False)
    BashOperator(task_id="empty", bash_command="true")

with DAG("dates", schedule=None) as dates:
    BashOperator(
        task_id="dates",
        bash_command="echo {{ ds }} {{ ds_nodash }} {{ ts }} {{ ts_nodash }} {{ ts_nodash_with_tz }} {{ logical_date }}",
    )
    BashOperator(
        task_id="moved", bash_command="echo {{ macros.ds_add(ds, -3) }} {{ (logical_date + macros.timedelta(days=2)) | ds }}"
    )

    @task
    def from_context(ds, ts):
        return [ds, ts]

    from_context()

with DAG("params", schedule=None, params={"n": 3, "text": Param("a b", type="string"), "list": [1, 2]}) as params:

    @task
    def read(params):
        return [params["n"], params["text"], params["list"]]

    read()
    BashOperator(task_id="shown", bash_command="echo {{ params.n }} '{{ params.text }}'")

with DAG("python_operator", schedule=None) as classic:

    def add(a, b, *, c=0, **context):
        return [a, b, c, context["ds"]]

    PythonOperator(task_id="add", python_callable=add, op_args=[1], op_kwargs={"b": "{{ ds }}", "c": 5})

with DAG("xcom_of_failed", schedule=None) as of_failed:

    @task
    def pushes_then_fails(ti):
        ti.xcom_push("early", 1)
        raise ValueError("later")

    @task(trigger_rule="all_done")
    def sees(ti):
        return [ti.xcom_pull(task_ids="pushes_then_fails", key="early"), ti.xcom_pull(task_ids="pushes_then_fails")]

    pushes_then_fails() >> sees()

    @task
    def fails_for(x, ti):
        ti.xcom_push("early", [x])
        if x:
            raise ValueError(x)

    @task(trigger_rule="all_done")
    def sees_of_each(ti):
        return [ti.xcom_pull(task_ids="fails_for", key="early", map_indexes=index) for index in range(3)]

    fails_for.expand(x=[0, 1, 2]) >> sees_of_each()

with DAG("xcom_of_mapped", schedule=None) as of_mapped:

    @task
    def each(x):
        return x * x

    @task
    def pulls(ti):
        return list(ti.xcom_pull(task_ids="each"))

    each.expand(x=[1, 2, 3]) >> pulls()


class Unreadable:
    def serialize(self):
        return {}


with DAG("xcom_by_no_constant", schedule=None, params={"key": "k_1"}) as by_no_constant:

    @task
    def pushes_by_number(ti):
        for number in range(2):
            ti.xcom_push(key=f"k_{number}", value=[number])
        return Unreadable()  # nobody pulls it

    @task
    def pushes_each(x, ti):
        if x:
            ti.xcom_push(key=f"each_{x % 2}", value=x)

    @task
    def pulls_what_it_names(ti):
        pulled = [ti.xcom_pull(task_ids="pushes_by_number", key=f"k_{number}") for number in range(3)]
        return [pulled, [list(ti.xcom_pull(task_ids="pushes_each", key=f"each_{end}")) for end in range(2)]]

    BashOperator(
        task_id="pulls_in_a_loop",
        bash_command="echo '{% for n in range(2) %}{{ ti.xcom_pull('pushes_by_number', key='k_%d' | format(n)) }}{% endfor %}'"
        " '{{ ti.xcom_pull(key=params.key, task_ids='pushes_by_number') }}'",
    ) << (one := pushes_by_number())
    [one, pushes_each.expand(x=[0, 1, 2, 3, 4])] >> pulls_what_it_names()

with DAG("xcom_in_env", schedule=None, params={"n": 3}) as in_env:

    @task
    def gives_number():
        return 1

    @task
    def gives_text():
        return "a text"

    BashOperator(task_id="env_of_text", bash_command="echo $A $B", env={"A": gives_text(), "B": "{{ params.n }}"})
    BashOperator(task_id="env_of_xcom_of_number", bash_command="echo $A", env={"A": gives_number()})
    BashOperator(task_id="env_of_number", bash_command="echo $A", env={"A": 1})

with DAG("xcom_return_value_pushed", schedule=None) as return_value_pushed:

    @task
    def returns_too(ti):
        ti.xcom_push("return_value", "pushed")
        return "returned"

    @task
    def only_pushes(ti):
        ti.xcom_push("return_value", ["pushed"])
        ti.xcom_push("own", ti.xcom_pull())

    @task
    def pushes_it_and_fails(ti):
        ti.xcom_push("return_value", "early")
        raise ValueError("later")

    @task(multiple_outputs=True)
    def among_outputs():
        return {"return_value": 1, "k": 2}

    @task(multiple_outputs=True)
    def of_numbers():
        return {1: 2}

    @task(trigger_rule="all_done")
    def sees_return_values(ti):
        return [
            ti.xcom_pull("returns_too"),
            ti.xcom_pull("only_pushes"),
            ti.xcom_pull("pushes_it_and_fails"),
            ti.xcom_pull("among_outputs"),
            ti.xcom_pull("of_numbers"),
        ]

    [returns_too(), only_pushes(), pushes_it_and_fails(), among_outputs(), of_numbers()] >> sees_return_values()

with DAG("xcom_by_shared_function", schedule=None) as by_shared_function:

    def step(name, ti):
        if name == "loads":
            return ti.xcom_pull(task_ids="extracts")
        return [name]

    def in_place(name):
        return PythonOperator(task_id=name, python_callable=step, op_args=[name])

    in_place("extracts") >> in_place("loads")
    in_place("beside")

ODD_KEYS = ["a/b", "/a//", "a/../b", "a%2Fc", "d?e#f", "a b", "{{ x }}", "", ".", "..", "../g", "a\nb", 3, None]

with DAG("xcom_odd_keys", schedule=None) as odd_keys:

    def pushed_under(ti, keys):
        pushed = []
        for key in keys:
            try:
                ti.xcom_push(key=key, value=[key])
                pushed.append(key)
            except Exception:  # noqa: BLE001, PERF203 - whatever Airflow raises
                pushed.append(None)
        return pushed

    @task
    def pushes(ti):
        return pushed_under(ti, ODD_KEYS)

    @task
    def pushes_by_airflow(ti):
        import airflow.sdk  # noqa: F401 - so that it runs in an Airflow image

        return pushed_under(ti, ODD_KEYS)

    @task
    def pulls(ti):
        return [
            ti.xcom_pull("pushes", key="a/b"),
            ti.xcom_pull("pushes", key="b"),
            ti.xcom_pull("pushes", key="a%2Fc"),
            ti.xcom_pull("pushes", key="d"),
        ]

    @task
    def pulls_part(ti):
        return ti.xcom_pull("pushes", key="d?e#f")

    @task(multiple_outputs=True)
    def gives_odd_key():
        return {"a": 1, "": 2}

    pushes() >> [pulls(), pulls_part()]
    pushes_by_airflow()
    gives_odd_key()

with DAG("xcom_by_absent_keys", schedule=None, params={"list": [1, "2"]}) as by_absent_keys:

    @task
    def push_some(ti):
        for key, value in {"zero": 0, "none": None}.items():
            ti.xcom_push(key=key, value=value)

    @task(multiple_outputs=True)
    def one_of_two():
        return {"a": 1}

    @task(trigger_rule="all_done")
    def take(one, other=None):
        return [one, other]

    some, two = push_some(), one_of_two()
    take.override(task_id="zero")(some["zero"], two["b"])
    take.override(task_id="none")(some["none"])
    take.override(task_id="absent")({"in": [some["absent"]]})
    take.override(task_id="mapped").partial(other=some["absent"]).expand(one=[1])
    take.override(task_id="texts").expand(one=["{{ params.list }}", "x"])
