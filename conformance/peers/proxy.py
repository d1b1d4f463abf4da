"""In front of a provider: counts what its token endpoint is asked; loses an answer, or gives one of its own, where it is
told to."""

import http.client
import http.server
import json
import threading
from urllib.parse import parse_qs

HOP_BY_HOP = ("connection", "transfer-encoding", "keep-alive")


class Proxy:
    def __init__(self, to_port):
        self.to_port = to_port
        self.codes = self.refreshes = 0
        # The grant type of which the next answer does not arrive, although it has taken effect.
        self.loses = None
        # A grant type, None for the API; and the status, media type and text of the next answer to it. The provider is not asked.
        self.instead = None
        # All tokens that were given.
        self.tokens = set()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.proxy, self.server.daemon_threads = self, True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.lock = threading.Lock()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self, grant_type, answer):
        """True where the answer is to be lost."""
        with self.lock:
            if grant_type:
                grant = json.loads(answer)
                self.tokens.update(grant[name] for name in ("access_token", "refresh_token") if name in grant)
            self.codes += grant_type == "authorization_code"
            self.refreshes += grant_type == "refresh_token"
            is_lost = grant_type is not None and grant_type == self.loses
            if is_lost:
                self.loses = None
            return is_lost

    def fault(self, grant_type):
        with self.lock:
            if self.instead is None or self.instead[0] != grant_type:
                return None
            (_, *said), self.instead = self.instead, None
            return said

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_form = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        fields = parse_qs(body.decode()) if is_form else {}
        grant_type = fields.get("grant_type", [None])[0]
        self.close_connection = True
        if fault := self.server.proxy.fault(grant_type):
            status, media_type, text = fault
            return self.say(status, [("Content-Type", media_type)], text.encode())
        connection = http.client.HTTPConnection("127.0.0.1", self.server.proxy.to_port, timeout=60)
        sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            connection.request(self.command, self.path, body or None, sent)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if not self.server.proxy.count(grant_type, text):
            self.say(answer.status, answer.getheaders(), text)

    def say(self, status, headers, text):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in (*HOP_BY_HOP, "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = pass_on
