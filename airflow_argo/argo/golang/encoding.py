"""Go's base64 and base32, which say at which byte a text goes wrong."""

from __future__ import annotations

import base64
import re

from airflow_argo.argo.golang.values import Panic

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_BASE32 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_LINE_BREAKS = b"\r\n"
_PAD = ord("=")


def decode_base64(text: str) -> bytes:
    """Standard base64 with padding; line breaks are skipped.

    Raises:
        Panic: with Go's message.
    """
    data = text.encode("utf-8", "surrogateescape")
    fault = _base64_fault(data)
    if fault is not None:
        raise Panic(f"illegal base64 data at input byte {fault}")
    return base64.b64decode(re.sub(rb"[\r\n]", b"", data))


def _base64_fault(data: bytes) -> int | None:
    """The offset that Go complains about. Source: encoding/base64, decodeQuantum."""
    position = digits = 0
    while position < len(data):
        byte = data[position]
        position += 1
        if byte in _BASE64:
            digits = (digits + 1) % 4
        elif byte == _PAD:
            return _padding_fault(data, position, digits)
        elif byte not in _LINE_BREAKS:
            return position - 1
    return position - digits if digits else None


def _padding_fault(data: bytes, position: int, digits: int) -> int | None:
    if digits < 2:
        return position - 1
    position = _behind_line_breaks(data, position)
    if digits == 2:
        if position == len(data):
            return position
        if data[position] != _PAD:
            return position - 1
        position = _behind_line_breaks(data, position + 1)
    return position if position < len(data) else None


def _behind_line_breaks(data: bytes, position: int) -> int:
    while position < len(data) and data[position] in _LINE_BREAKS:
        position += 1
    return position


def decode_base32(text: str) -> bytes:
    """Standard base32 with padding; line breaks are skipped.

    Raises:
        Panic: with Go's message.
    """
    data = re.sub(rb"[\r\n]", b"", text.encode("utf-8", "surrogateescape"))
    fault = _base32_fault(data)
    if fault is not None:
        raise Panic(f"illegal base32 data at input byte {fault}")
    return base64.b32decode(data)


def _base32_fault(data: bytes) -> int | None:
    """The offset that Go complains about. Source: encoding/base32, decode."""
    for position, byte in enumerate(data):
        digits = position % 8
        left = len(data) - position - 1
        if byte == _PAD and digits >= 2 and left < 8:
            if left + digits < 7:
                return len(data)
            for offset in range(7 - digits):
                if data[position + 1 + offset] != _PAD:
                    return position + offset
            return position if digits in (1, 3, 6) else None
        if byte not in _BASE32:
            return position
    return len(data) - len(data) % 8 if len(data) % 8 else None
