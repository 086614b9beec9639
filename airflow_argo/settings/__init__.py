"""Settings: images, namespace, service account, where secrets live. From flags, the environment, a file, or Airflow."""

from airflow_argo.settings.settings import (
    FILE_NAME,
    SETTINGS,
    Setting,
    Settings,
    Source,
    UnknownSetting,
    load_settings,
)

__all__ = ["FILE_NAME", "SETTINGS", "Setting", "Settings", "Source", "UnknownSetting", "load_settings"]
