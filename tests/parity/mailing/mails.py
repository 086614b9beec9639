"""Tasks that tell by mail how their tries end, by callbacks and by Airflow itself."""

from datetime import timedelta

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task


def mail(kind):
    def told(context):  # with a notifier of its own, since one keeps the first text that it renders
        text = f"{kind} of {{{{ ti.task_id }}}}, try {{{{ ti.try_number }}}}"
        notify = SmtpNotifier(to="them@example.com", subject=text, html_content="{{ exception | default('') }}")
        notify(context)

    return told


TOLD = {
    "on_execute_callback": mail("start"),
    "on_retry_callback": mail("retry"),
    "on_failure_callback": [mail("failure"), mail("also failure")],
    "on_success_callback": mail("success"),
    "on_skipped_callback": mail("skip"),
    "retries": 1,
    "retry_delay": timedelta(0),
    "email": ["us@example.com", "you@example.com"],
}

with DAG("mails", schedule=None, default_args=TOLD):

    @task(email_on_retry=False)
    def for_good():
        from airflow.sdk.exceptions import AirflowFailException

        raise AirflowFailException("it is over")

    late = BashOperator(task_id="late", bash_command="sleep 60", execution_timeout=timedelta(seconds=1))
    [late, for_good()] >> EmptyOperator(task_id="after", trigger_rule="all_failed", on_execute_callback=None)
