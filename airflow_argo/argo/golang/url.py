"""Go's `net/url`: taking URLs apart and putting them together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote as percent_encoded
from urllib.parse import unquote_to_bytes

from airflow_argo.argo.golang.strconv import quote
from airflow_argo.argo.golang.values import Panic

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PATH_SAFE = "$&+,/:;=@-_.~"
_FRAGMENT_SAFE = "$&+,/:;=?@-_.~!()*"
_USER_SAFE = "$&+,;=-_.~"
_NOT_IN_HOST = re.compile(r"[^A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>\"%\x80-\U0010ffff]")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL; path and fragment are decoded, `userinfo` and `query` are as written."""

    scheme: str = ""
    opaque: str = ""
    userinfo: str = ""
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""
    force_query: bool = False

    @property
    def hostname(self) -> str:
        """The host without its port, and without the brackets of an IPv6 address."""
        if self.host.startswith("["):
            return self.host[1 : self.host.rfind("]")]
        return self.host.rpartition(":")[0] if re.search(r":\d*$", self.host) else self.host

    def __str__(self) -> str:
        text = f"{self.scheme}:" if self.scheme else ""
        if self.opaque:
            text += self.opaque
        else:
            path = percent_encoded(self.path.encode("utf-8", "surrogateescape"), safe=_PATH_SAFE)
            if self.scheme or self.host or self.userinfo:
                if self.host or self.path or self.userinfo:
                    text += "//"
                text += f"{self.userinfo}@" if self.userinfo else ""
                text += percent_encoded(self.host, safe="!$&'()*+,;=:[]<>\"-_.~")
            if path and path[0] != "/" and self.host:
                text += "/"
            if not text and ":" in path.partition("/")[0]:
                text += "./"
            text += path
        if self.query or self.force_query:
            text += f"?{self.query}"
        if self.fragment:
            text += f"#{percent_encoded(self.fragment.encode('utf-8', 'surrogateescape'), safe=_FRAGMENT_SAFE)}"
        return text


def parse_url(text: str) -> Url:
    """Take a URL apart (url.Parse).

    Raises:
        Panic: with Go's message.
    """
    address, _, fragment = text.partition("#")
    try:
        if re.search(r"[\x00-\x1f\x7f]", text):
            raise Panic("net/url: invalid control character in URL")
        return _parsed(address, _decoded(fragment))
    except Panic as panic:
        raise Panic(
            f"parse {quote(text if str(panic).startswith('invalid URL escape') and '%' in fragment else address)}: {panic}"
        ) from None


def _parsed(address: str, fragment: str) -> Url:
    if address == "*":
        return Url(path="*", fragment=fragment)
    scheme, rest = _scheme(address)
    force_query = rest.endswith("?") and rest.count("?") == 1
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, rest, query=query, fragment=fragment, force_query=force_query)
        if ":" in rest.partition("/")[0]:
            raise Panic("first path segment in URL cannot contain colon")
    userinfo = host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        userinfo, host = _authority(authority)
    return Url(scheme, "", userinfo, host, _decoded(rest), query, fragment, force_query)


def _scheme(address: str) -> tuple[str, str]:
    if address.startswith(":"):
        raise Panic("missing protocol scheme")
    match = _SCHEME.match(address)
    return (match[1].lower(), address[match.end() :]) if match else ("", address)


def _authority(authority: str) -> tuple[str, str]:
    userinfo, at, host = authority.rpartition("@")
    port = re.search(r":([^\]]*)$", host) if not host.startswith("[") else re.search(r"\](.*)$", host)
    if port and not re.fullmatch(r":?\d*", port[1]):
        shown = port.group().lstrip("]")
        raise Panic(f"invalid port {quote(shown)} after host")
    if bad := _NOT_IN_HOST.search(host):
        raise Panic(f"invalid character {quote(bad.group())} in host name")
    if not at:
        return "", _decoded(host)
    if not re.fullmatch(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*", userinfo):
        raise Panic("net/url: invalid userinfo")
    user, colon, password = userinfo.partition(":")
    encoded = colon.join(percent_encoded(_decoded(part), safe=_USER_SAFE) for part in ([user, password] if colon else [user]))
    return encoded, _decoded(host)


def _decoded(text: str) -> str:
    if bad := _BAD_ESCAPE.search(text):
        raise Panic(f"invalid URL escape {quote(bad.group())}")
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
