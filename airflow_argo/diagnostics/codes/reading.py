"""AA1xx: reading a file."""

from __future__ import annotations

from airflow_argo.diagnostics.codes.code import ERROR, WARNING, Code

READING: tuple[Code, ...] = (
    Code("AA101", "no such file", ERROR, "The path names no file that can be read."),
    Code("AA102", "the file can't be imported", ERROR, "A DAG file is a Python program, and this one ends in an error."),
    Code("AA103", "no DAG in the file", ERROR, "The file was imported, and made no DAG."),
    Code("AA104", "several DAGs in the file", ERROR, "The command takes one DAG: choose it with --dag-id."),
    Code("AA105", "tasks wait for one another", ERROR, "The DAG has a circle, which Airflow refuses too."),
    Code("AA106", "the file takes too long", ERROR, "Importing the file didn't end in time."),
    Code("AA107", "the file ends the process", ERROR, "Importing the file ended Python itself: by exit, or by a crash."),
    Code(
        "AA108",
        "two DAGs of one name",
        ERROR,
        "Two DAGs have the same id, and Airflow would show only one; or ids that differ in case and separators alone, so "
        "that their workflows would have one name on Argo.",
    ),
    Code("AA109", "left to the author of a ported file", WARNING, "No rule can tell what Airflow 3 should do instead."),
    Code("AA110", "a Variable or Connection that isn't known here", WARNING, "The file reads it as it is imported."),
    Code("AA111", "a value that is read once", WARNING, "Airflow imports the file for each run, and reads it anew."),
    Code("AA112", "a secret in the manifest", ERROR, "Whoever may read workflows would see it."),
    Code("AA113", "a DAG that a cluster policy refuses", ERROR, "`airflow_local_settings`, or a package, looks at each DAG."),
    Code("AA114", "a DAG that Airflow refuses", ERROR, "Airflow checks each DAG of a file, and has those that pass."),
)
