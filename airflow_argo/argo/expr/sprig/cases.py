"""snakecase, kebabcase and camelcase. Source: github.com/huandu/xstrings v1.5.0, convert.go."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from enum import Enum

from airflow_argo.argo.golang.text import WHITE_SPACE


def _is_connector(char: str) -> bool:
    return char in "-_" or char in WHITE_SPACE


def _is_upper(char: str) -> bool:
    return unicodedata.category(char) == "Lu"


def _is_letter(char: str) -> bool:
    """A letter of an alphabet: ideographs are none."""
    if unicodedata.category(char)[0] != "L":
        return False
    return not ("\u4e00" <= char <= "\u9fcc" or "\u3400" <= char <= "\u4d85" or "\U00020000" <= char <= "\U0002b81d")


def _is_number(char: str) -> bool:
    return unicodedata.category(char)[0] == "N"


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P"


def _changed(char: str, change: Callable[[str], str]) -> str:
    return change(char) if len(change(char)) == 1 else char


# --- camelCase


def camelcase(text: str) -> str:
    """Words joined, each with a capital: "http_server" is "HttpServer"; leading and doubled connectors stay."""
    start = next((position for position, char in enumerate(text) if not _is_connector(char)), None)
    if start is None:
        return text + text[-1:]  # the last of a text of connectors comes twice
    if start == len(text) - 1:
        return text[:start] + _changed(text[start], str.upper)
    pieces = [text[:start]]
    in_capitals = _is_upper(text[start])
    current = _changed(text[start], str.upper)
    for char in text[start + 1 :]:
        previous, current = current, char
        if _is_connector(current) and _is_connector(previous):
            pieces.append(previous)
            continue
        if _is_connector(previous):
            in_capitals = _is_upper(current)
            current = _changed(current, str.upper)
            continue
        if in_capitals and _is_upper(current):
            current = _changed(current, str.lower)
        else:
            in_capitals = False
        pieces.append(previous)
    return "".join([*pieces, current])


# --- snake_case and kebab-case


class _Word(Enum):
    NONE = 0
    NUMBER = 1
    UPPER = 2
    LETTERS = 3
    CONNECTOR = 4
    PUNCTUATION = 5
    OTHER = 6


def _words(text: str) -> Iterator[tuple[_Word, str]]:
    """The text cut where the kind of its characters changes: "HTTPStatus2" is HTTP, Status, 2."""
    position = 0
    while position < len(text):
        kind, end = _word_at(text, position)
        yield kind, text[position:end]
        position = end


def _word_at(text: str, start: int) -> tuple[_Word, int]:
    char = text[start]
    if _is_connector(char):
        return _Word.CONNECTOR, _run(text, start, _is_connector)
    if _is_punctuation(char):
        return _Word.PUNCTUATION, _run(text, start, _is_punctuation)
    if _is_upper(char):
        return _capitalized(text, start)
    if _is_letter(char):
        return _Word.LETTERS, _run(text, start, _is_lower_letter)
    if _is_number(char):
        return _Word.NUMBER, _run(text, start, _is_number)
    return _Word.OTHER, _run(text, start, _is_other)


def _capitalized(text: str, start: int) -> tuple[_Word, int]:
    end = _run(text, start, _is_upper)
    if end - start == 1:
        return _Word.UPPER, _run(text, start, _is_lower_letter)
    if end < len(text) and _is_letter(text[end]):
        end -= 1  # the last capital begins the next word
    return _Word.UPPER, end


def _is_lower_letter(char: str) -> bool:
    return _is_letter(char) and not _is_upper(char)


def _is_other(char: str) -> bool:
    return not (_is_connector(char) or _is_letter(char) or _is_number(char) or _is_punctuation(char))


def _run(text: str, start: int, inside: Callable[[str], bool]) -> int:
    end = start + 1
    while end < len(text) and inside(text[end]):
        end += 1
    return end


_NO_CONNECTOR_BEFORE = (_Word.CONNECTOR, _Word.PUNCTUATION)


class _Joiner:
    """Words joined in lower case; a number belongs to the word before it, unless letters follow."""

    def __init__(self, text: str, connector: str) -> None:
        self.words = list(_words(text))
        self.connector = connector
        self.out: list[str] = []
        self.position = 0

    def kind(self) -> _Word:
        return self.words[self.position][0] if self.position < len(self.words) else _Word.NONE

    def more(self) -> bool:
        return self.position + 1 < len(self.words)

    def write(self, kind: _Word, word: str) -> None:
        if kind not in (_Word.UPPER, _Word.CONNECTOR):
            self.out.append(word)
            return
        self.out += [self.connector if _is_connector(char) else _lowered(char) for char in word]

    def take(self) -> None:
        if self.position < len(self.words):
            self.write(*self.words[self.position])
        self.position += 1

    def take_letters_and_numbers(self) -> None:
        while self.kind() in (_Word.LETTERS, _Word.NUMBER):
            self.take()

    def connect(self, *unless: _Word) -> None:
        if self.kind() not in unless:
            self.out.append(self.connector)

    def joined(self) -> str:
        while self.more():
            before, word = self.words[self.position]
            if before is not _Word.CONNECTOR:
                self.write(before, word)
            self.position += 1
            if before is _Word.NUMBER:
                self.take_letters_and_numbers()
                self.connect(_Word.NONE, *_NO_CONNECTOR_BEFORE)
            elif before is _Word.CONNECTOR:
                self.write(before, word)
            elif before is not _Word.PUNCTUATION:
                self.after_word()
        self.take()
        return "".join(self.out)

    def after_word(self) -> None:
        if self.kind() is not _Word.NUMBER:
            self.connect(*_NO_CONNECTOR_BEFORE)
            return
        if not self.more():
            return
        number = self.words[self.position][1]
        self.position += 1
        following = self.kind()
        if following is not _Word.LETTERS:
            self.write(_Word.NUMBER, number)
            self.connect(*_NO_CONNECTOR_BEFORE)
            return
        self.out.append(self.connector)
        self.write(_Word.NUMBER, number)
        self.take_letters_and_numbers()
        self.connect(_Word.NONE, *_NO_CONNECTOR_BEFORE)


def _lowered(char: str) -> str:
    return _changed(char, str.lower) if _is_upper(char) else char


def snakecase(text: str) -> str:
    """Lower case, words joined by `_`: "HTTPServer" is "http_server"."""
    return _Joiner(text, "_").joined()


def kebabcase(text: str) -> str:
    """Lower case, words joined by `-`: "HTTPServer" is "http-server"."""
    return _Joiner(text, "-").joined()
