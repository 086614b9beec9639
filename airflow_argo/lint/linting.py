"""`lint`: every fault that can be found in manifests without a cluster.

Each document is looked at three times: by what gives it its shape, on what was given; by the rules, on the part of it that has
this shape; and, if nothing is wrong so far, by the validation that the controller itself would do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_argo.argo.manifest import read_manifests
from airflow_argo.diagnostics import CODES, Diagnostic, InputError, Origin, Severity
from airflow_argo.lint.finding import RULES, Finding, Rule
from airflow_argo.lint.places import Places
from airflow_argo.lint.rules import refused
from airflow_argo.lint.schemas import HeraSchema, Schema, hera_is_installed
from airflow_argo.lint.shape import shaped
from airflow_argo.lint.subjects import KINDS, Bundle, Call, Document, Template, Text, texts_of

VERSIONS: Final = ("3.7", "4.0", "4.1")
"""Of Argo, whose fields are known."""

NO_DOCUMENT, NO_HERA, REFUSED = "AA401", "AA411", "AA417"

Manifest = str | Mapping[str, Any] | Sequence[Any]


@dataclass(slots=True)
class Source:
    """Documents that were given together, and their text if there is one.

    Attributes:
        file: its name, for messages.
    """

    documents: Sequence[Any]
    text: str | None = None
    file: str | None = None
    _places: Places | None = field(default=None, repr=False)

    def origin(self, document: int, path: str) -> Origin | None:
        """The place of a path in the text."""
        if self.text is None:
            return Origin(self.file) if self.file else None
        if self._places is None:
            self._places = Places(self.text, self.file or "<input>")
        return self._places.of(document, path)


def lint(manifest: Manifest, *, argo_version: str = "4.1", schema: Schema | str | None = "hera") -> list[Diagnostic]:
    """Find the faults of a manifest.

    Args:
        manifest: YAML or JSON text of one or several documents, one document, or a list of them. They may refer to one another.
        argo_version: one of VERSIONS.
        schema: what fields and types are checked by: "hera", a CrdSchema, or None to leave that out. Without hera installed
            there is a warning instead.
    Returns:
        What was found, in the order of the documents and of their texts; empty if nothing is wrong. Documents of other kinds
        than Argo's four are passed over.
    Raises:
        ManifestError: a text is no YAML, or not made of Kubernetes objects.
    """
    if isinstance(manifest, str):
        source = Source(read_manifests(manifest, "<input>"), manifest)
    else:
        source = Source([manifest] if isinstance(manifest, Mapping) else list(manifest))
    return lint_sources([source], argo_version=argo_version, schema=schema)


def lint_sources(
    sources: Sequence[Source], *, argo_version: str = "4.1", schema: Schema | str | None = "hera"
) -> list[Diagnostic]:
    """As `lint`, for documents of several files, which may refer to one another."""
    found: list[Diagnostic] = []
    chosen, missing = _schema(schema)
    bundle = Bundle(_version(argo_version), chosen)
    placed: list[tuple[Source, int, Document]] = []
    for source in sources:
        for number, raw in enumerate(source.documents):
            if (reason := _no_object(raw)) is not None:
                found.append(_diagnostic(NO_DOCUMENT, Finding("", reason, "give Kubernetes objects"), source, number))
            elif raw["kind"] in KINDS:
                placed.append((source, number, _document(raw, bundle)))
    bundle.documents += [document for _, _, document in placed]
    if missing and placed:
        found.append(_diagnostic(NO_HERA, missing, Source(()), 0))
    for source, number, document in placed:
        found += _in_order([_diagnostic(code, one, source, number) for code, one in _findings(document)])
    return found


def _version(text: str) -> tuple[int, int]:
    if text not in VERSIONS:
        raise InputError(f"'{text}' is no version of Argo that is known here", f"use one of: {', '.join(VERSIONS)}")
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _schema(schema: Schema | str | None) -> tuple[Schema | None, Finding | None]:
    if not isinstance(schema, str):
        return schema, None
    if hera_is_installed():
        return HeraSchema(), None
    found = "hera isn't installed, so that fields and types of Kubernetes objects were not checked"
    return None, Finding("", found, "pip install 'airflow-argo[lint]', or check by the CRDs of a cluster: --cluster")


def _no_object(raw: Any) -> str | None:
    if not isinstance(raw, Mapping):
        return "it is no object"
    return next((f"an object has no {key}" for key in ("apiVersion", "kind") if not isinstance(raw.get(key), str)), None)


def _document(raw: Mapping[str, Any], bundle: Bundle) -> Document:
    clean, paths = shaped(raw, raw["kind"])
    return Document(bundle, raw, clean, paths)


# --- running the rules


def _findings(document: Document) -> Iterator[tuple[str, Finding]]:
    errors = False
    for code, finding in _by_rules(document):
        errors = errors or _severity(code, finding) is Severity.ERROR
        yield code, finding
    if not errors:
        yield from ((REFUSED, finding) for finding in refused(document))


def _by_rules(document: Document) -> Iterator[tuple[str, Finding]]:
    by_class = {one: [rule for rule in RULES if rule.on is one] for one in (Document, Template, Call, Text)}
    yield from _run(by_class[Document], [document])
    yield from _run(by_class[Template], document.templates)
    yield from _run(by_class[Call], _calls(document))
    yield from _run(by_class[Text], texts_of(document))


def _run(chosen: Sequence[Rule], subjects: Iterable[Any]) -> Iterator[tuple[str, Finding]]:
    for subject in subjects:
        for rule in chosen:
            yield from ((finding.code or rule.codes[0], finding) for finding in rule.check(subject))


def _calls(document: Document) -> Iterator[Call]:
    yield from document.hooks
    for template in document.templates:
        for call in template.calls:
            yield call
            yield from call.hooks


def _severity(code: str, finding: Finding) -> Severity:
    return finding.severity or CODES[code].severity


def _diagnostic(code: str, finding: Finding, source: Source, number: int) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=finding.found,
        cure=finding.cure,
        severity=_severity(code, finding),
        origin=source.origin(number, finding.path),
        path=finding.path or None,
    )


def _in_order(found: list[Diagnostic]) -> list[Diagnostic]:
    """Each finding once, in the order of the text; without one, in that of the rules."""
    return sorted(dict.fromkeys(found), key=_place)


def _place(finding: Diagnostic) -> tuple[int, int]:
    origin = finding.origin or Origin()
    return origin.line or 0, origin.column or 0
