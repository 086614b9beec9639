"""Go's `strings`, where Python's methods differ."""

from __future__ import annotations

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What unicode.IsSpace accepts; Python also strips some control characters."""


def trim_space(text: str) -> str:
    """strings.TrimSpace."""
    return text.strip(WHITE_SPACE)


def split(text: str, separator: str, limit: int = -1, *, keep: bool = False) -> list[str]:
    """strings.SplitN: at most `limit` parts, none for 0, all for less; an empty separator splits into characters.

    Args:
        text: what is split.
        separator: where.
        limit: the number of parts.
        keep: leave the separator at the end of each part (strings.SplitAfterN).
    """
    if limit == 0:
        return []
    if separator == "":
        parts = list(text)
        return parts if limit < 0 or len(parts) <= limit else [*parts[: limit - 1], "".join(parts[limit - 1 :])]
    parts = text.split(separator, limit - 1 if limit > 0 else -1)
    return [*(part + separator for part in parts[:-1]), parts[-1]] if keep else parts


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    """strings.Replace: the first `limit` occurrences, all if that is negative."""
    return text.replace(old, new, limit)


def upper(text: str) -> str:
    """strings.ToUpper: character by character, so that ß stays."""
    if text.isascii():
        return text.upper()
    return "".join(char.upper() if len(char.upper()) == 1 else char for char in text)


def lower(text: str) -> str:
    """strings.ToLower: character by character."""
    if text.isascii():
        return text.lower()
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
