"""`sprig.*` in Argo's expressions: the functions of github.com/Masterminds/sprig v3.3.0, without env and expandenv."""

from __future__ import annotations

from airflow_argo.argo.expr.sprig import dates, encoding, lists, numbers, text
from airflow_argo.argo.golang.values import GoFunction, Unsupported

_REFUSED = (
    "bcrypt", "htpasswd", "genPrivateKey", "derivePassword", "buildCustomCert", "genCA", "genCAWithKey", "genSelfSignedCert",
    "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey", "encryptAES", "decryptAES", "getHostByName",
    "semver", "semverCompare",
)  # fmt: skip
"""Functions of sprig that are not supported: keys and certificates, name look-up, versions."""


def _refused(name: str) -> GoFunction:
    def refuse(*_: object) -> object:
        raise Unsupported(f"sprig.{name}")

    return GoFunction(name, "func(...interface {}) interface {}", refuse)


SPRIG: dict[str, GoFunction] = {
    function.name: function
    for function in (
        *text.FUNCTIONS,
        *numbers.FUNCTIONS,
        *lists.FUNCTIONS,
        *dates.FUNCTIONS,
        *encoding.FUNCTIONS,
        *map(_refused, _REFUSED),
    )
}
"""All functions by name."""
