"""sprig's functions on JSON, base64, hashes, regular expressions, paths and URLs."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import secrets
import uuid
import zlib
from collections.abc import Callable
from typing import Any

from airflow_argo.argo import gojson
from airflow_argo.argo.expr.operators import go_bytes, go_text
from airflow_argo.argo.golang import regexp
from airflow_argo.argo.golang.encoding import decode_base32, decode_base64
from airflow_argo.argo.golang.signatures import kind_of
from airflow_argo.argo.golang.strconv import quote
from airflow_argo.argo.golang.url import Url, parse_url
from airflow_argo.argo.golang.values import GoFunction, NilStringSlice, Panic, StringSlice, type_name

# --- JSON


def _from_json(text: str) -> Any:
    try:
        return gojson.unmarshal(text)
    except gojson.InvalidJson:
        return None


def _must_from_json(text: str) -> Any:
    try:
        return gojson.unmarshal(text)
    except gojson.InvalidJson as error:
        raise Panic(str(error)) from None


def _must(write: Callable[[Any], str]) -> Callable[[Any], str]:
    def run(value: Any) -> str:
        try:
            return write(value)
        except gojson.UnsupportedJsonValue as error:
            raise Panic(str(error)) from None

    return run


def _or_nothing(write: Callable[[Any], str]) -> Callable[[Any], str]:
    def run(value: Any) -> str:
        try:
            return write(value)
        except gojson.UnsupportedJsonValue:
            return ""

    return run


def _raw_json(value: Any) -> str:
    return gojson.marshal(value, html=False)


# --- base64 and hashes


def _decoded(decode: Callable[[str], bytes]) -> Callable[[str], str]:
    """What is encoded, or, as sprig does it, the message of the error."""

    def run(text: str) -> str:
        try:
            return go_text(decode(text))
        except Panic as panic:
            return str(panic)

    return run


def _hash(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, go_bytes(text)).hexdigest()


# --- regular expressions


def _pattern(pattern: str, *, must: bool) -> None:
    """Refuse a bad pattern; the functions without `must` panic in other words."""
    try:
        regexp.compile_regexp(pattern)
    except regexp.RegexpError as error:
        message = str(error) if must else f"regexp: Compile({_go_quoted(pattern)}): {error}"
        raise Panic(message) from None


def _go_quoted(pattern: str) -> str:
    """As Go's regexp quotes: between backticks if it can."""
    return f"`{pattern}`" if "`" not in pattern and quote(pattern).count("\\x") == 0 else quote(pattern)


def _match(pattern: str, text: str) -> bool:
    try:
        return regexp.compile_regexp(pattern).search(text) is not None
    except regexp.RegexpError:
        return False


def _must_match(pattern: str, text: str) -> bool:
    _pattern(pattern, must=True)
    return _match(pattern, text)


def _find(*, must: bool) -> Callable[[str, str], str]:
    def run(pattern: str, text: str) -> str:
        _pattern(pattern, must=must)
        found = regexp.compile_regexp(pattern).search(text)
        return found.group() if found else ""

    return run


def _find_all(*, must: bool) -> Callable[[str, str, int], StringSlice]:
    def run(pattern: str, text: str, count: int) -> StringSlice:
        _pattern(pattern, must=must)
        found = [match.group() for match in regexp.find_all(pattern, text, count)]
        return StringSlice(found) if found else NilStringSlice()

    return run


def _replace(*, must: bool, literal: bool) -> Callable[[str, str, str], str]:
    def run(pattern: str, text: str, replacement: str) -> str:
        _pattern(pattern, must=must)
        return regexp.replace_all(pattern, text, replacement, literal=literal)

    return run


def _split(*, must: bool) -> Callable[[str, str, int], StringSlice]:
    def run(pattern: str, text: str, count: int) -> StringSlice:
        _pattern(pattern, must=must)
        return NilStringSlice() if count == 0 else StringSlice(regexp.split(pattern, text, count))

    return run


# --- paths and URLs


def _clean(path: str) -> str:
    return "." if not path else f"/{posixpath.normpath(path).lstrip('/')}" if path[0] == "/" else posixpath.normpath(path)


def _base(path: str) -> str:
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


def _dir(path: str) -> str:
    return _clean(path[: path.rfind("/") + 1])


def _ext(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""


def _url_parse(text: str) -> dict[str, Any]:
    try:
        url = parse_url(text)
    except Panic as panic:
        raise Panic(f"unable to parse url: {panic}") from None
    return {
        "scheme": url.scheme,
        "host": url.host,
        "hostname": url.hostname,
        "path": url.path,
        "query": url.query,
        "opaque": url.opaque,
        "fragment": url.fragment,
        "userinfo": url.userinfo,
    }


def _url_join(parts: dict[str, Any]) -> str:
    scheme, host, path, query, opaque, fragment, userinfo = (
        _url_part(parts, name) for name in ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")
    )
    if userinfo:
        try:
            userinfo = parse_url(f"proto://{userinfo}@host").userinfo
        except Panic as panic:
            raise Panic(f"unable to parse userinfo in dict: {panic}") from None
    return str(Url(scheme, opaque, userinfo, host, path, query, fragment))


def _url_part(parts: dict[str, Any], name: str) -> str:
    value = parts.get(name, "")
    if isinstance(value, str):
        return value
    raise Panic(f"unable to parse {name} key, must be of type string, but {kind_of(type_name(value))} found")


def _fail(message: str) -> str:
    raise Panic(message)


_T = "func(string) string"
_J = "func(interface {}) string"
_R3 = "func(string, string, string) string"
_ALL = "func(string, string, int) []string"

FUNCTIONS = (
    GoFunction("fromJson", "func(string) interface {}", _from_json),
    GoFunction("mustFromJson", "func(string) interface {}", _must_from_json),
    GoFunction("toJson", _J, _or_nothing(gojson.marshal)),
    GoFunction("mustToJson", _J, _must(gojson.marshal)),
    GoFunction("toPrettyJson", _J, _or_nothing(gojson.marshal_indent)),
    GoFunction("mustToPrettyJson", _J, _must(gojson.marshal_indent)),
    GoFunction("toRawJson", _J, _must(_raw_json)),
    GoFunction("mustToRawJson", _J, _must(_raw_json)),
    GoFunction("b64enc", _T, lambda text: base64.b64encode(go_bytes(text)).decode()),
    GoFunction("b64dec", _T, _decoded(decode_base64)),
    GoFunction("b32enc", _T, lambda text: base64.b32encode(go_bytes(text)).decode()),
    GoFunction("b32dec", _T, _decoded(decode_base32)),
    GoFunction("sha1sum", _T, _hash("sha1")),
    GoFunction("sha256sum", _T, _hash("sha256")),
    GoFunction("sha512sum", _T, _hash("sha512")),
    GoFunction("adler32sum", _T, lambda text: str(zlib.adler32(go_bytes(text)))),
    GoFunction("uuidv4", "func() string", lambda: str(uuid.uuid4())),
    GoFunction("randBytes", "func(int) string", lambda count: base64.b64encode(secrets.token_bytes(count)).decode()),
    GoFunction("regexMatch", "func(string, string) bool", _match),
    GoFunction("mustRegexMatch", "func(string, string) bool", _must_match),
    GoFunction("regexFind", "func(string, string) string", _find(must=False)),
    GoFunction("mustRegexFind", "func(string, string) string", _find(must=True)),
    GoFunction("regexFindAll", _ALL, _find_all(must=False)),
    GoFunction("mustRegexFindAll", _ALL, _find_all(must=True)),
    GoFunction("regexReplaceAll", _R3, _replace(must=False, literal=False)),
    GoFunction("mustRegexReplaceAll", _R3, _replace(must=True, literal=False)),
    GoFunction("regexReplaceAllLiteral", _R3, _replace(must=False, literal=True)),
    GoFunction("mustRegexReplaceAllLiteral", _R3, _replace(must=True, literal=True)),
    GoFunction("regexSplit", _ALL, _split(must=False)),
    GoFunction("mustRegexSplit", _ALL, _split(must=True)),
    GoFunction("regexQuoteMeta", _T, regexp.quote_meta),
    *(
        GoFunction(name, _T, call)
        for names, call in (
            (("base", "osBase"), _base),
            (("dir", "osDir"), _dir),
            (("clean", "osClean"), _clean),
            (("ext", "osExt"), _ext),
        )
        for name in names
    ),
    *(GoFunction(name, "func(string) bool", lambda path: path.startswith("/")) for name in ("isAbs", "osIsAbs")),
    GoFunction("urlParse", "func(string) map[string]interface {}", _url_parse),
    GoFunction("urlJoin", "func(map[string]interface {}) string", lambda parts: _url_join(parts or {})),
    GoFunction("fail", "func(string) (string, error)", _fail),
)
