"""Three hosts of Microsoft's at one address: Entra ID is emulate's, Azure DevOps is imitated from its documentation."""

import http.server
import json
import os
import ssl
import threading
import urllib.error
import urllib.request
from urllib.parse import parse_qsl, urlsplit

from emulator import MAIL, Entra

TENANT = "0f6b8a2e-1111-4222-8333-444455556666"
REPOSITORIES = [f"contoso/Platform/_git/{name}" for name in ("dns", "infra", "network")]


class Azure:
    """`good` has the tokens that Entra gave and nobody revoked."""

    def __init__(self):
        self.entra = Entra()
        self.good, self.asked, self.lifetime = set(), [], None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Handler)
        self.server.azure = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.environ["PEER_CERTIFICATE"], os.environ["PEER_KEY"])
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.entra.stop()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.entra(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def do_GET(self):
        host, path = self.headers["Host"], urlsplit(self.path).path
        if host == "login.microsoftonline.com":
            return self.entra(None)
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.server.azure.good:
            # What Azure DevOps is known for.
            return self.answer(203, b"<html>Sign in</html>", {"Content-Type": "text/html"})
        if host == "app.vssps.visualstudio.com" and path == "/_apis/profile/profiles/me":
            return self.document({"id": "1", "displayName": "Grace Hopper", "emailAddress": MAIL})
        if host == "app.vssps.visualstudio.com" and path == "/_apis/accounts":
            return self.document({"count": 1, "value": [{"accountName": "contoso"}]})
        if host == "dev.azure.com" and path == "/contoso/_apis/connectionData":
            account = {"Account": {"$type": "System.String", "$value": MAIL}}
            return self.document({"authenticatedUser": {"id": "1", "properties": account}})
        if host == "dev.azure.com" and path == "/contoso/_apis/git/repositories":
            names = [repository.split("/") for repository in REPOSITORIES]
            value = [{"name": name, "project": {"name": project}} for _, project, _, name in names]
            return self.document({"count": len(value), "value": value})
        return self.answer(404, b"{}", {"Content-Type": "application/json"})

    def entra(self, body):
        """emulate has no tenants in its paths."""
        azure = self.server.azure
        path = self.path.removeprefix(f"/{TENANT}")
        is_token = path == "/oauth2/v2.0/token"
        if is_token:
            assert path != self.path, self.path
            azure.asked.append(dict(parse_qsl(body.decode())))
        passed = {name: self.headers[name] for name in ("Content-Type", "Cookie", "Accept") if self.headers[name]}
        request = urllib.request.Request(azure.entra.url + path, body, passed, method=self.command)
        with opener.open(request, timeout=60) as answer:
            text, headers = answer.read(), {n: v for n, v in answer.headers.items() if n in KEPT}
        if is_token and answer.status == 200:
            grant = json.loads(text)
            azure.good.add(grant["access_token"])
            if azure.lifetime:
                text = json.dumps({**grant, "expires_in": azure.lifetime}).encode()
        self.answer(answer.status, text, headers)

    def document(self, document):
        self.answer(200, json.dumps(document).encode(), {"Content-Type": "application/json; charset=utf-8"})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": len(body)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


KEPT = ("content-type", "Content-Type", "location", "Location", "set-cookie", "Set-Cookie")


class Unfollowed(urllib.request.HTTPErrorProcessor):
    def http_response(self, request, response):
        return response


opener = urllib.request.build_opener(Unfollowed, urllib.request.ProxyHandler({}))
