"""How often pods have done something, wherever they run: they tell a small server, and are told the number."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Marks:
    """Use as a context manager. `counts`: name → how often it was told.

    Args:
        address: by which pods reach this machine.
    """

    def __init__(self, address):
        self.counts, lock = Counter(), threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler):  # noqa: N805 - `self` is the marks
                with lock:
                    self.counts[handler.path[1:]] += 1
                    answer = str(self.counts[handler.path[1:]]).encode()
                handler.send_response(200)
                handler.end_headers()
                handler.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("", 0), Handler)
        self._url = f"http://{address}:{self._server.server_address[1]}"

    def command(self, name):
        """In sh: tells it once more, and prints how often it was told by then."""
        return f"python3 -c 'import urllib.request as u; print(u.urlopen(\"{self._url}/{name}\").read().decode())'"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()
