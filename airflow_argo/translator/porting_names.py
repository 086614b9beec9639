"""Names of Airflow 1.10 and 2 that Airflow 3 lacks, and what says the same there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from airflow_argo.translator.known_templates import TAG
from airflow_argo.translator.porting_contrib import CONTRIB, RENAMED_IN_CONTRIB

REPLACED = {
    "BigQueryExecuteQueryOperator": "BigQueryInsertJobOperator, its sql and settings as configuration={'query': {…}}",
    "BigQueryCreateEmptyTableOperator": "BigQueryCreateTableOperator, its schema and settings as table_resource={…}",
    "BigQueryCreateExternalTableOperator": "BigQueryCreateTableOperator, its settings as table_resource={…}",
    "BigQueryPatchDatasetOperator": "BigQueryUpdateDatasetOperator",
}
"""Classes that providers no longer have, and which others do the same by other arguments."""

GONE_ARGUMENTS = frozenset({"provide_context", "default_view", "orientation", "sla", "sla_miss_callback"})
"""Keyword arguments that Airflow 3 refuses."""

WORDS_OF_OTHERS = frozenset({"default_view", "orientation", "sla"})
"""Those of them that functions which have nothing to do with Airflow may take."""

RENAMED_ARGUMENTS = {
    "use_task_execution_date": "use_task_logical_date",
    "use_task_execution_day": "use_task_logical_date",
    "xcom_push": "do_xcom_push",
    "task_concurrency": "max_active_tis_per_dag",
}
"""Arguments of operators of Airflow 1.10 and 2, some of which ruff renames in some operators."""

CONNECTIONS_OF_GOOGLE = frozenset({"bigquery_conn_id", "google_cloud_storage_conn_id", "google_cloud_conn_id"})
"""Arguments of Google's operators before their provider had `gcp_conn_id` alone."""

RENAMED_RULES = {"dummy": "always", "none_failed_or_skipped": "none_failed_min_one_success"}

GONE_DECORATORS = frozenset({"apply_defaults"})

_AT_THE_TOP = {
    "hooks": {
        "S3_hook": "S3Hook",
        "base_hook": "BaseHook",
        "dbapi_hook": "DbApiHook",
        "docker_hook": "DockerHook",
        "hive_hooks": "HiveCliHook HiveMetastoreHook HiveServer2Hook",
        "http_hook": "HttpHook",
        "jdbc_hook": "JdbcHook",
        "mssql_hook": "MsSqlHook",
        "mysql_hook": "MySqlHook",
        "oracle_hook": "OracleHook",
        "pig_hook": "PigCliHook",
        "postgres_hook": "PostgresHook",
        "presto_hook": "PrestoHook",
        "slack_hook": "SlackHook",
        "sqlite_hook": "SqliteHook",
        "webhdfs_hook": "WebHDFSHook",
    },
    "operators": {
        "bash_operator": "BashOperator",
        "dagrun_operator": "TriggerDagRunOperator",
        "docker_operator": "DockerOperator",
        "dummy_operator": "DummyOperator",
        "email_operator": "EmailOperator",
        "generic_transfer": "GenericTransfer",
        "hive_operator": "HiveOperator",
        "http_operator": "SimpleHttpOperator",
        "jdbc_operator": "JdbcOperator",
        "latest_only_operator": "LatestOnlyOperator",
        "mssql_operator": "MsSqlOperator",
        "mysql_operator": "MySqlOperator",
        "oracle_operator": "OracleOperator",
        "pig_operator": "PigOperator",
        "postgres_operator": "PostgresOperator",
        "python_operator": "BranchPythonOperator PythonOperator PythonVirtualenvOperator ShortCircuitOperator",
        "slack_operator": "SlackAPIOperator SlackAPIPostOperator",
        "sqlite_operator": "SqliteOperator",
        "subdag_operator": "SubDagOperator",
    },
    "sensors": {
        "base_sensor_operator": "BaseSensorOperator",
        "external_task_sensor": "ExternalTaskSensor",
        "hdfs_sensor": "HdfsSensor",
        "hive_partition_sensor": "HivePartitionSensor",
        "http_sensor": "HttpSensor",
        "metastore_partition_sensor": "MetastorePartitionSensor",
        "named_hive_partition_sensor": "NamedHivePartitionSensor",
        "s3_key_sensor": "S3KeySensor",
        "s3_prefix_sensor": "S3PrefixSensor",
        "sql_sensor": "SqlSensor",
        "time_delta_sensor": "TimeDeltaSensor",
        "time_sensor": "TimeSensor",
        "web_hdfs_sensor": "WebHdfsSensor",
    },
}

AT_THE_TOP = frozenset({"airflow.hooks", "airflow.operators", "airflow.operators.sensors", "airflow.sensors"})

OLD_HOMES = {
    name: f"airflow.{package}.{module}"
    for package, modules in _AT_THE_TOP.items()
    for module, names in modules.items()
    for name in names.split()
}
"""Modules of Airflow 1.10 for what it also gave in AT_THE_TOP of its packages."""

_STANDARD, _GOOGLE, _AMAZON = "airflow.providers.standard", "airflow.providers.google.cloud", "airflow.providers.amazon.aws"
_PODS = "airflow.providers.cncf.kubernetes"
_AMAZONS_MODULES = {
    "hooks.emr": ("emr_containers",),
    "operators.dms": ("dms_create_task", "dms_delete_task", "dms_describe_tasks", "dms_start_task", "dms_stop_task"),
    "operators.emr": (
        *("emr_add_steps", "emr_create_job_flow", "emr_modify_cluster", "emr_terminate_job_flow"),
        "emr_containers",
    ),
    "operators.s3": ("s3_bucket", "s3_bucket_tagging", "s3_copy_object", "s3_delete_objects", "s3_file_transform", "s3_list"),
    "operators.sagemaker": tuple(
        f"sagemaker_{part}"
        for part in ("base", "endpoint", "endpoint_config", "model", "processing", "training", "transform", "tuning")
    ),
    "sensors.dms": ("dms_task",),
    "sensors.emr": ("emr_base", "emr_containers", "emr_job_flow", "emr_step"),
    "sensors.s3": ("s3_key", "s3_keys_unchanged"),
    "sensors.sagemaker": tuple(f"sagemaker_{part}" for part in ("base", "endpoint", "training", "transform", "tuning")),
}
"""Modules of Amazon's provider, and those whose classes they have since its version 3."""

MOVED_MODULES = {
    **{f"airflow.contrib.{old}": f"{package}.{new}" for package, moved in CONTRIB.items() for old, new in moved.items()},
    "airflow.contrib.hooks.fs_hook": f"{_STANDARD}.hooks.filesystem",
    "airflow.contrib.kubernetes.secret": f"{_PODS}.secret",
    **{
        f"airflow.contrib.kubernetes.{module}": "kubernetes.client.models"
        for module in ("pod", "pod_runtime_info_env", "volume", "volume_mount")
    },
    **{
        f"{_AMAZON}.{new.partition('.')[0]}.{old}": f"{_AMAZON}.{new}" for new, olds in _AMAZONS_MODULES.items() for old in olds
    },
    "airflow.contrib.operators.snowflake_operator": "airflow.providers.snowflake.operators.snowflake",
    "airflow.contrib.sensors.bash_sensor": f"{_STANDARD}.sensors.bash",
    "airflow.contrib.sensors.file_sensor": f"{_STANDARD}.sensors.filesystem",
    "airflow.contrib.sensors.python_sensor": f"{_STANDARD}.sensors.python",
    "airflow.contrib.sensors.weekday_sensor": f"{_STANDARD}.sensors.weekday",
    "airflow.kubernetes.secret": f"{_PODS}.secret",
    f"{_PODS}.operators.kubernetes_pod": f"{_PODS}.operators.pod",
    f"{_STANDARD}.sensor.bash": f"{_STANDARD}.sensors.bash",  # ruff has it so
    "airflow.contrib.utils.weekday": f"{_STANDARD}.utils.weekday",
    "airflow.decorators.task_group": "airflow.sdk",
    "airflow.models.expandinput": "airflow.sdk.definitions._internal.expandinput",
    "airflow.models.mappedoperator": "airflow.sdk.definitions.mappedoperator",
    "airflow.models.xcom_arg": "airflow.sdk.definitions.xcom_arg",
    "airflow.operators.generic_transfer": "airflow.providers.common.sql.operators.generic_transfer",
    "airflow.providers.slack.notifications.slack_notifier": "airflow.providers.slack.notifications.slack",
    "airflow.sensors.date_time_sensor": f"{_STANDARD}.sensors.date_time",
    "airflow.sensors.time_delta_sensor": f"{_STANDARD}.sensors.time_delta",
    "airflow.utils.log.secrets_masker": "airflow.sdk.log",
    "airflow.utils.operator_helpers": "airflow.sdk.execution_time.context",
    "airflow.utils.template": "airflow.sdk",
    "airflow.utils.weekday": f"{_STANDARD}.utils.weekday",
}
"""Modules of Airflow 1.10 and 2 and of early providers that ruff's rules don't move."""

_TIMEZONES = "airflow._shared.timezones.timezone"
_SQL = ("airflow.providers.common.sql.operators.sql", "SQLExecuteQueryOperator")

MOVED_NAMES = {
    **{("airflow.utils.dates", name): ("datetime", name) for name in ("datetime", "timedelta")},
    ("airflow.utils.dates", "relativedelta"): ("dateutil.relativedelta", "relativedelta"),
    ("airflow.exceptions", "RemovedInAirflow3Warning"): ("airflow.exceptions", "RemovedInAirflow4Warning"),
    ("airflow.models.taskinstance", "Context"): ("airflow.sdk", "Context"),
    ("airflow.operators.branch_operator", "BaseBranchOperator"): ("airflow.sdk", "BaseBranchOperator"),
    ("airflow.operators.python", "task"): ("airflow.sdk", "task"),
    **{
        ("airflow.utils.timezone", name): (_TIMEZONES, name)
        for name in ("is_localized", "is_naive", "make_aware", "parse_timezone")
    },
    (f"{_AMAZON}.operators.athena", "AWSAthenaOperator"): (f"{_AMAZON}.operators.athena", "AthenaOperator"),
    ("airflow.providers.http.operators.http", "SimpleHttpOperator"): ("airflow.providers.http.operators.http", "HttpOperator"),
    ("airflow.providers.jdbc.operators.jdbc", "JdbcOperator"): _SQL,
    ("airflow.providers.microsoft.mssql.operators.mssql", "MsSqlOperator"): _SQL,
    ("airflow.providers.mysql.operators.mysql", "MySqlOperator"): _SQL,
    ("airflow.providers.oracle.operators.oracle", "OracleOperator"): _SQL,
    ("airflow.providers.postgres.operators.postgres", "PostgresOperator"): _SQL,
    ("airflow.providers.snowflake.operators.snowflake", "SnowflakeOperator"): _SQL,
    ("airflow.providers.sqlite.operators.sqlite", "SqliteOperator"): _SQL,
    ("airflow.providers.trino.operators.trino", "TrinoOperator"): _SQL,
    ("airflow.providers.vertica.operators.vertica", "VerticaOperator"): _SQL,
}
"""Single names that ruff's rules don't move, and those of providers whose later versions have them under another name."""

SQL_CONNECTIONS = {
    "JdbcOperator": "jdbc_conn_id",
    "MsSqlOperator": "mssql_conn_id",
    "MySqlOperator": "mysql_conn_id",
    "OracleOperator": "oracle_conn_id",
    "PostgresOperator": "postgres_conn_id",
    "SnowflakeOperator": "snowflake_conn_id",
    "SqliteOperator": "sqlite_conn_id",
    "TrinoOperator": "trino_conn_id",
    "VerticaOperator": "vertica_conn_id",
}
"""Operators that became SQLExecuteQueryOperator, and what they called its `conn_id`, whose default was `…_default`."""

SQL_HOOK_PARAMS = {"SnowflakeOperator": ("warehouse", "database", "role", "schema", "authenticator", "session_parameters")}
"""Their arguments that are in its `hook_params`."""

RENAMED_CLASSES = {
    **RENAMED_IN_CONTRIB,
    "ECSOperator": "EcsRunTaskOperator",
    "PodRuntimeInfoEnv": "V1EnvVar",
    "Port": "V1ContainerPort",
    "Resources": "V1ResourceRequirements",
    "Volume": "V1Volume",
    "VolumeMount": "V1VolumeMount",
}
"""Classes of those modules that have another name where they are now."""

INSTANCES = frozenset({"ti", "task_instance"})

CONTEXT = frozenset({"context", "ctx", "kwargs"})
"""What functions call the context that Airflow gives them."""

_IN_TEMPLATES = {
    "execution_date": "logical_date",
    "ti.execution_date": "logical_date",
    "task_instance.execution_date": "logical_date",
    "dag_run.execution_date": "dag_run.logical_date",
    "next_execution_date": "data_interval_end",
    "next_ds": "data_interval_end | ds",
    "next_ds_nodash": "data_interval_end | ds_nodash",
    "yesterday_ds": "macros.ds_add(ds, -1)",
    "tomorrow_ds": "macros.ds_add(ds, 1)",
    "yesterday_ds_nodash": "logical_date.subtract(days=1) | ds_nodash",
    "tomorrow_ds_nodash": "logical_date.add(days=1) | ds_nodash",
    "dag_run.external_trigger": "(dag_run.run_type == 'manual')",
}
"""Names of templates that Airflow 3 lacks, and what says the same. Source: airflow.sdk Context; Airflow 2's context.py."""

_IN_PYTHON = {
    "execution_date": ("logical_date", "{}"),
    "next_execution_date": ("data_interval_end", "{}"),
    "next_ds": ("data_interval_end", '{}.strftime("%Y-%m-%d")'),
    "next_ds_nodash": ("data_interval_end", '{}.strftime("%Y%m%d")'),
    "yesterday_ds": ("logical_date", '{}.subtract(days=1).strftime("%Y-%m-%d")'),
    "yesterday_ds_nodash": ("logical_date", '{}.subtract(days=1).strftime("%Y%m%d")'),
    "tomorrow_ds": ("logical_date", '{}.add(days=1).strftime("%Y-%m-%d")'),
    "tomorrow_ds_nodash": ("logical_date", '{}.add(days=1).strftime("%Y%m%d")'),
}
"""The same for Python: key → (what Airflow 3 has, how it is made of that)."""

RENAMED_KEYS = tuple(_IN_PYTHON)

WITHOUT_LIKE = {
    "prev_ds": "the run before",
    "prev_ds_nodash": "the run before",
    "prev_execution_date": "the run before",
    "prev_execution_date_success": "the run before",
    "conf": "Airflow's configuration",
    "test_mode": "whether a task is only tried",
}
"""Names of the context that nothing says in Airflow 3, and what they tell."""

_SPELLINGS = "|".join(re.escape(name) for name in sorted(_IN_TEMPLATES, key=len, reverse=True))
_NAME = re.compile(rf"(?<![\w.'\"])({_SPELLINGS})\b(?!\s*=[^=])")


@dataclass(frozen=True, slots=True)
class Source:
    """What a value is made of: the name of the context that it needs, and the expression."""

    needs: str
    text: str


def today_in_python(name: object, spelled: Callable[[str], str]) -> Source | None:
    """How Python says in Airflow 3 what a name of the context told before; None if the name is still there, or has no like.

    Args:
        spelled: writes the value of a name that Airflow 3 has.
    """
    if not isinstance(name, str) or name not in _IN_PYTHON:
        return None
    needs, text = _IN_PYTHON[name]
    return Source(needs, text.format(spelled(needs)))


def is_gone_from_context(name: str) -> bool:
    """Whether Airflow 2's context has a name that Airflow 3's lacks."""
    return name in _IN_PYTHON or name in WITHOUT_LIKE


def with_todays_names(text: str, *, quote_of: str = "") -> str:
    """A template by the names that Airflow 3 has.

    Args:
        quote_of: the literal that the template stands in, whose quotes must not be ended.
    """
    return TAG.sub(lambda tag: _NAME.sub(lambda name: _spelled(name[1], quote_of), tag[0]), text)


def _spelled(name: str, literal: str) -> str:
    ends = "'" in literal[:3] and '"' not in literal[:3]
    return _IN_TEMPLATES[name].replace("'", '"') if ends else _IN_TEMPLATES[name]
