"""A small price service: `python examples/02-call-a-service/service.py [PORT]`. Every third call fails."""

from __future__ import annotations

import itertools
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRICES = {"tea": 4.5, "coffee": 7.25, "cocoa": 6.0}


class Prices(BaseHTTPRequestHandler):
    """Answers GET /prices/NAME."""

    calls = itertools.count(1)

    def do_GET(self) -> None:
        """Answer with a price, or with what went wrong."""
        name = self.path.removeprefix("/prices/")
        if next(self.calls) % 3 == 0:
            self._answer(503, {"title": "try again"})
        elif name in PRICES:
            self._answer(200, {"name": name, "price": PRICES[name]})
        else:
            self._answer(404, {"title": f"no price for {name}", "known": sorted(PRICES)})

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def main() -> None:
    """Serve on loopback until Ctrl-C."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8500
    server = ThreadingHTTPServer(("127.0.0.1", port), Prices)
    sys.stdout.write(f"prices on http://127.0.0.1:{server.server_port}/prices/tea\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
