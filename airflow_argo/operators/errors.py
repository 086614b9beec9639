"""How tasks that submit workflows, or wait for them, fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from airflow_argo._compat import AirflowException, AirflowFailException, AirflowSkipException
from airflow_argo.cluster import ClusterError, InvalidError, RejectedError, TooLargeError
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.operators.sources import Nothing

_FINAL: Final = (400, 501)
"""HTTP statuses that the next try would get too: fields that Argo doesn't have, and what an Argo server can't do."""


class WorkflowFailed(AirflowException):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """The workflow ended as Failed or Error, or vanished, or took too long."""


@contextmanager
def failing_for_good() -> Iterator[None]:
    """What can't be submitted now can't be in the next try either, so there is none; what has nothing to submit is skipped."""
    try:
        yield
    except Nothing as reason:
        raise (AirflowFailException if reason.failed else AirflowSkipException)(str(reason)) from None
    except (InvalidError, TooLargeError) as error:
        raise AirflowFailException(str(error)) from None
    except RejectedError as error:
        if error.status not in _FINAL:
            raise
        raise AirflowFailException(str(error)) from None
    except ClusterError:
        raise
    except AirflowArgoError as error:
        raise AirflowFailException(str(error)) from None
