"""A provider of OAuth 1.0a below the paths of Bitbucket Data Center, by authlib: port, as an argument. Signatures, nonces and
times are authlib's; the page and the REST answers are imitated."""

import http.server
import json
import secrets
import sys
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.oauth1 import AuthorizationServer, ClientMixin, ResourceProtector, TemporaryCredential
from authlib.oauth1.rfc5849.errors import OAuth1Error
from authlib.oauth1.rfc5849.wrapper import OAuth1Request

USER = "grace"
SERVLETS = "/plugins/servlet/oauth/"
CLIENTS, REQUESTS, TOKENS, NONCES = {}, {}, {}, set()


class Client(ClientMixin):
    def __init__(self, form):
        self.public_key, self.callback = form["public-key"], form["callback"]

    def get_default_redirect_uri(self):
        return self.callback

    def get_client_secret(self):
        return ""

    def get_rsa_public_key(self):
        return self.public_key


class Known:
    SUPPORTED_SIGNATURE_METHODS = ["RSA-SHA1"]

    def get_client_by_id(self, client_id):
        return CLIENTS.get(client_id)

    def exists_nonce(self, nonce, request):
        key = (nonce, request.timestamp, request.client_id, request.token)
        is_known = key in NONCES
        NONCES.add(key)
        return is_known


class Server(Known, AuthorizationServer):
    def create_oauth1_request(self, request):
        return request

    def handle_response(self, status, payload, headers):
        # The standard has it in lower case.
        return status, urlencode([(name, "true" if value is True else value) for name, value in payload]), dict(headers)

    def create_temporary_credential(self, request):
        token = secrets.token_urlsafe(24)
        fields = {"oauth_token": token, "oauth_token_secret": "unused"}
        REQUESTS[token] = TemporaryCredential(client_id=request.client_id, oauth_callback=request.redirect_uri, **fields)
        return REQUESTS[token]

    def get_temporary_credential(self, request):
        return REQUESTS.get(request.token)

    def delete_temporary_credential(self, request):
        REQUESTS.pop(request.token, None)

    def create_authorization_verifier(self, request):
        request.credential["oauth_verifier"] = secrets.token_urlsafe(24)
        return request.credential["oauth_verifier"]

    def create_token_credential(self, request):
        token = secrets.token_urlsafe(24)
        TOKENS[token] = TemporaryCredential(oauth_token=token, oauth_token_secret="unused", client_id=request.client_id)
        return TOKENS[token]


class Protector(Known, ResourceProtector):
    def get_token_credential(self, request):
        return TOKENS.get(request.token)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        request = (self.command, self.server.base + self.path, body, self.fields())
        if self.path == "/_peer/link":
            form = dict(parse_qsl(body))
            CLIENTS[form["key"]] = Client(form)
            self.answer(200, "{}", {"Content-Type": "application/json"})
        elif self.path == SERVLETS + "request-token":
            self.answer(*Server().create_temporary_credentials_response(OAuth1Request(*request)))
        elif self.path == SERVLETS + "access-token":
            self.answer(*Server().create_token_response(OAuth1Request(*request)))
        elif self.path.startswith(SERVLETS + "authorize"):
            # The token is in the body: in both places it would be there twice.
            there = self.server.base + SERVLETS + "authorize"
            self.answer(*Server().create_authorization_response(OAuth1Request("POST", there, body, request[3]), USER))

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == SERVLETS + "authorize":
            token = dict(parse_qsl(parts.query))["oauth_token"]
            page = f'<form method=post><input type=hidden name=oauth_token value="{token}"><button name=approve value=yes>'
            return self.answer(200, page, {"Content-Type": "text/html"})
        if parts.path == "/":
            return self.answer(200, "", {})
        try:
            Protector().validate_request("GET", self.server.base + self.path, None, self.fields())
        except OAuth1Error as error:
            return self.answer(error.status_code, urlencode(error.get_body()), dict(error.get_headers()))
        if parts.path.endswith("/whoami"):
            return self.answer(200, USER, {"Content-Type": "text/plain"})
        document = {"name": USER, "slug": USER}
        if parts.path.endswith("/repos"):
            found = [{"slug": slug, "name": slug, "project": {"key": "PLAT"}} for slug in ("dns", "infra")]
            document = {"values": found, "isLastPage": True, "nextPageStart": None}
        return self.answer(200, json.dumps(document), {"Content-Type": "application/json"})

    def fields(self):
        """Their names as authlib looks for them."""
        return {name.title(): value for name, value in self.headers.items()}

    def answer(self, status, text, headers):
        body = text.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": len(body)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.base = f"http://127.0.0.1:{sys.argv[1]}"
    server.serve_forever()
