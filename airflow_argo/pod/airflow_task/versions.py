"""What the versions of Airflow 3 have in different modules."""

from __future__ import annotations

from typing import Any

try:
    from airflow.sdk.serde import deserialize as deserialize
    from airflow.sdk.serde import serialize as serialize
except ImportError:  # before 3.2
    from airflow.serialization.serde import deserialize as deserialize
    from airflow.serialization.serde import serialize as serialize

try:
    from airflow.sdk._shared.module_loading import import_string as import_string
except ImportError:  # before 3.2
    from airflow.utils.module_loading import import_string as import_string

try:
    from airflow.sdk.timezone import coerce_datetime as coerce_datetime
except ImportError:  # before 3.1
    from airflow.utils.timezone import coerce_datetime as coerce_datetime


def core_timetable(timetable: Any) -> Any:
    """The timetable that knows of intervals; before 3.2 a DAG has it itself."""
    try:
        from airflow.serialization.encoders import coerce_to_core_timetable
    except ImportError:
        return timetable
    return coerce_to_core_timetable(timetable)


def mask_secrets() -> None:
    """What Airflow before 3.2 sets up where it prepares its database, and its task runner needs."""
    import logging

    try:
        import airflow.sdk.execution_time.secrets_masker as masker
    except ImportError:
        pass
    else:
        logging.getLogger("airflow.task").addFilter(masker.SecretsMasker())


def known_fields(model: Any, **given: Any) -> Any:
    """An object of a model of Airflow's, without the fields that its version lacks."""
    return model(**{name: value for name, value in given.items() if name in model.model_fields})
