"""How wide a text will be, without a font at hand: by the widths of Helvetica, which most sans-serif fonts are close to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_BY_WIDTH = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft",
    334: "()-`r{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~·",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
"""In thousandths of the font's size."""

_WIDTHS = {character: width for width, characters in _BY_WIDTH.items() for character in characters}
_FULL, _OTHER = 1000, 650
_AFTER = re.compile(r"(?<=[-_./:,\s])")
"""Where a line may end."""


def width_of(text: str, size: float) -> float:
    """The width of a line of text.

    Args:
        size: of the font, in the unit of the result.
    """
    return sum(map(_width, text)) * size / 1000


def _width(character: str) -> int:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character):
        return 0
    return _FULL if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF else _OTHER


def wrapped(text: str, size: float, most: float, lines: int) -> list[str]:
    """A text in lines of limited width, the last of which ends in `…` if not all of it has room."""
    found: list[str] = [""]
    for piece in _pieces(text, size, most):
        if width_of(found[-1] + piece.rstrip(), size) <= most:
            found[-1] += piece
        elif len(found) < lines:
            found.append(piece)
        else:
            found[-1] = shortened(f"{found[-1]}{piece}…", size, most)
            break
    return [line.strip() for line in found]


def shortened(text: str, size: float, most: float) -> str:
    """A text whose end is left out if it is too wide."""
    if width_of(text, size) <= most:
        return text
    room = most - width_of("…", size)
    for number, character in enumerate(text):
        room -= width_of(character, size)
        if room < 0:
            return f"{text[:number].rstrip()}…"
    return text


def _pieces(text: str, size: float, most: float) -> Iterator[str]:
    """The parts of a text between which a line may end; one that has no room in a line is broken anywhere."""
    for piece in filter(None, _AFTER.split(text)):
        start = 0
        room = most
        for number, character in enumerate(piece):
            room -= width_of(character, size)
            if room < 0 and number > start:
                yield piece[start:number]
                start, room = number, most - width_of(character, size)
        yield piece[start:]
