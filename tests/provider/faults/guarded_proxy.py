"""A proxy that takes tokens of its own, which can be renewed, and sends the real one on."""

from __future__ import annotations

import json

from tests.cluster.proxy import FaultyProxy, upstream_of

REFUSED = json.dumps(
    {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Unauthorized", "code": 401}
).encode()


class GuardedProxy(FaultyProxy):
    """`token_file`: where whoever may pass finds the token. A `plan` is asked only about those that have it."""

    def __init__(self, api, token_file, upstream=None):
        headers = {}
        api._client.update_params_for_auth(headers, [], ["BearerToken"])
        self._real, self._send = headers["authorization"], upstream or upstream_of(api)
        self._file, self._tokens = token_file, set()
        self.renew("first")
        super().__init__(self._upstream_with_real_token)

    def renew(self, token, old_is_good=False):
        """From now on another token is taken, and with `old_is_good` those before it."""
        self._tokens = {*(self._tokens if old_is_good else ()), f"Bearer {token}"}
        self._file.write_text(token)

    def expire(self):
        """No token that was given out is taken any more."""
        self._tokens = set()

    def _upstream_with_real_token(self, method, url, body, headers):
        return self._send(method, url, body, {**headers, "Authorization": self._real})

    def _carry_out(self, handler, request, plan, body):
        if handler.headers.get("Authorization") not in self._tokens:
            self._answer(handler, 401, {"Content-Type": "application/json"}, REFUSED)
            return
        super()._carry_out(handler, request, plan, body)

    def kubeconfig(self):
        """For clients, without a secret in it."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": self.url}}],
            "users": [{"name": "u", "user": {"tokenFile": str(self._file)}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
