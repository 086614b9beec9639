"""The supervisor for programs that a task starts, such as the interpreter of `@task.external_python`: it answers by a socket.

Source: airflow.sdk.execution_time.comms, CommsDecoder: a length of four bytes, then a frame of msgpack.
"""

from __future__ import annotations

import os
import socket
import threading
from typing import Any, Tuple

VARIABLE = "__AIRFLOW_SUPERVISOR_FD"


def serve(supervisor: Any) -> None:
    """Answers in a thread of its own, for as long as the pod lives; the file descriptor is in the environment."""
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    os.environ[VARIABLE] = str(theirs.detach())
    threading.Thread(target=_answer_all, args=(supervisor, ours), daemon=True).start()


def _answer_all(supervisor: Any, connection: socket.socket) -> None:
    import msgspec
    from airflow.sdk.execution_time import comms
    from pydantic import TypeAdapter

    request, response = comms._RequestFrame, comms._ResponseFrame  # noqa: SLF001 - Airflow has no other way
    frames = msgspec.msgpack.Decoder(request)
    messages: Any = TypeAdapter(comms.ToSupervisor)
    while True:
        length = _exactly(connection, 4)
        if not length:
            return
        frame = frames.decode(_exactly(connection, int.from_bytes(length, "big")))
        message = messages.validate_python(frame.body)
        if type(message).__name__ == "ResendLoggingFD":
            body = comms.SentFDs(fds=[1]).model_dump()
            socket.send_fds(connection, [response(frame.id, body).as_bytes()], [1])
            continue
        body, error = _answer(supervisor, comms, message)
        connection.sendall(response(frame.id, body, error).as_bytes())


def _answer(supervisor: Any, comms: Any, message: Any) -> Tuple[Any, Any]:
    """(answer, error), one of which is None."""
    from airflow.sdk.exceptions import ErrorType

    try:
        found = supervisor.send(message)
    except Exception as error:  # whoever asked is told
        failed = comms.ErrorResponse(error=ErrorType.GENERIC_ERROR, detail={"message": str(error)})
        return None, failed.model_dump()
    return (None if found is None else found.model_dump()), None


def _exactly(connection: socket.socket, count: int) -> bytes:
    """So many bytes; none if the other side is gone."""
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            return b""
        data += part
    return data
