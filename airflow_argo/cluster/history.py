"""What became of a workflow that is gone: an API server still tells the changes of the last minutes to whoever asks for them.

So the end of a workflow that Argo's TTL has deleted is not lost, even if nobody watched just then: a watch that begins at a
state that we know shows all that came after, up to the deletion. How far back it goes is the server's matter (its watch cache,
and etcd's compaction after five minutes). Source: Kubernetes API concepts, "Efficient detection of changes".
"""

from __future__ import annotations

import json
from contextlib import closing
from typing import Final

from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.resources import WORKFLOWS, Call, query
from airflow_argo.cluster.snapshot import Snapshot

_SECONDS: Final = 5
"""That the watch lasts at most; what is past comes at once."""


def last_state(api: Api, name: str, uid: str, since: str) -> Snapshot | None:
    """The last state of a workflow that was deleted, if it was done then, and the server still knows.

    Args:
        api: the connection.
        name: of the workflow.
        uid: of it.
        since: a resourceVersion of it, from when it was there.
    """
    if not (uid and since):
        return None
    options = query(watch=True, resourceVersion=since, timeoutSeconds=_SECONDS, fieldSelector=f"metadata.name={name}")
    try:
        with closing(api.open(Call("watch", WORKFLOWS, api.namespace, query=options), 2.0 * _SECONDS)) as stream:
            for line in stream.lines():
                event = json.loads(line)
                manifest = event.get("object") or {}
                if (manifest.get("metadata") or {}).get("uid") != uid:
                    continue
                state = Snapshot(manifest, api.place)
                if state.done:
                    return state
                if event.get("type") == "DELETED":
                    return None
    except (ClusterError, ValueError):  # the history is gone, we may not watch, or the stream broke: then nobody knows
        return None
    return None
