"""Go's `strconv`: quoting of strings, numbers from text and text from numbers.

Text is Python text; a byte that is no valid UTF-8 is a lone surrogate, as `bytes.decode(..., "surrogateescape")` makes it.
"""

from __future__ import annotations

import math
import re
import unicodedata

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
_NOT_PRINTED_AS_IS = re.compile(r'["\\]|[^ -~]')
_SHORT_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_INTEGER = re.compile(r"[+-]?[0-9]+")
_PREFIXED_INTEGER = re.compile(r"([+-]?)(0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]*|0[bB][01_]+|[1-9][0-9_]*)")
_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan"
    r"|0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?[0-9]+)",
    re.IGNORECASE,
)


class NumberSyntaxError(ValueError):
    """A text is no number, or none that fits; ``str()`` is Go's message."""


def quote(text: str) -> str:
    """The text as a Go string literal in double quotes (strconv.Quote)."""
    return f'"{_NOT_PRINTED_AS_IS.sub(_escaped, text)}"'


def _escaped(match: re.Match[str]) -> str:
    char = match.group()
    short = _SHORT_ESCAPES.get(char)
    if short is not None:
        return short
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"  # a byte that is no UTF-8
    if is_print(char):
        return char
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_print(char: str) -> bool:
    """Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of all spaces only the ASCII one."""
    return char == " " or unicodedata.category(char)[0] in "LMNPS"


def wrap_int64(number: int) -> int:
    """The number as 64 bits hold it: Go's integer arithmetic wraps around."""
    if INT64_MIN <= number <= INT64_MAX:
        return number
    return ((number + 2**63) % 2**64) - 2**63


def truncate_to_int64(number: float) -> int:
    """Go's int(x) of a float64 on amd64: towards zero; whatever doesn't fit is the smallest integer."""
    if not math.isfinite(number) or not -(2.0**63) <= number < 2.0**63:
        return INT64_MIN
    return int(number)


def parse_int(text: str, function: str = "ParseInt") -> int:
    """A decimal integer of 64 bits, with a sign or without.

    Raises:
        NumberSyntaxError: the text is something else, or out of range; it names `function`.
    """
    if not _INTEGER.fullmatch(text):
        raise NumberSyntaxError(f"strconv.{function}: parsing {quote(text)}: invalid syntax")
    return _in_range(int(text) if len(text) < 4000 else _huge(text), text, function)


def parse_prefixed_int(text: str, function: str = "ParseInt") -> int:
    """An integer as in a program: 0x, 0o, 0b, a leading 0 for octal, `_` between digits (ParseInt with base 0).

    Raises:
        NumberSyntaxError: the text is something else, or out of range.
    """
    match = _PREFIXED_INTEGER.fullmatch(text)
    digits = match[2] if match else ""
    if not match or "__" in text or text.endswith("_") or digits.lower() in ("0x", "0o", "0b"):
        raise NumberSyntaxError(f"strconv.{function}: parsing {quote(text)}: invalid syntax")
    if digits[:1] == "0" and digits[1:2].isdigit():
        digits = "0o" + digits[1:]
    return _in_range(int(match[1] + digits.replace("_", ""), 0), text, function)


def _huge(text: str) -> int:
    return INT64_MIN - 1 if text[0] == "-" else INT64_MAX + 1


def _in_range(number: int, text: str, function: str) -> int:
    if INT64_MIN <= number <= INT64_MAX:
        return number
    raise NumberSyntaxError(f"strconv.{function}: parsing {quote(text)}: value out of range")


def parse_float(text: str) -> float:
    """A float64 (strconv.ParseFloat): decimal or hexadecimal, "inf" and "nan" in any case.

    Raises:
        NumberSyntaxError: the text is something else, or too large.
    """
    if not _FLOAT.fullmatch(text):
        raise NumberSyntaxError(f"strconv.ParseFloat: parsing {quote(text)}: invalid syntax")
    try:
        number = float.fromhex(text) if "x" in text.lower() else float(text)
    except OverflowError:
        number = math.inf
    if math.isinf(number) and "i" not in text.lower():
        raise NumberSyntaxError(f"strconv.ParseFloat: parsing {quote(text)}: value out of range")
    return number


def format_float(number: float, style: str = "g") -> str:
    """The shortest text that reads back as the number.

    Args:
        number: any float64.
        style: "g" as in `%v`: an exponent below 1e-4 and from 1e6 on; "f": never one; "e": always one.
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    sign, digits, exponent = _decimal_digits(number)
    if style == "e" or (style == "g" and not -4 <= exponent < 6):
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return sign + _positional(digits, exponent)


def _decimal_digits(number: float) -> tuple[str, str, int]:
    """Sign, the shortest digits, and the power of ten of the first one."""
    mantissa, _, exponent = repr(number).partition("e")
    sign = "-" if mantissa[0] == "-" else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign, "0", 0
    leading = len(whole) - 1 if whole.strip("0") else -(len(fraction) - len(fraction.lstrip("0")) + 1)
    return sign, digits.rstrip("0") or "0", leading + int(exponent or 0)


def _positional(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
