"""The two providers, and a person at their pages."""

import json
import os
import urllib.parse
import urllib.request

from ports import Program, free_port


class Peer(Program):
    context = ""

    def link(self, key, public_key, callback):
        """What an administrator of Bitbucket does on the page of application links."""
        return self._post("/link", {"key": key, "public-key": public_key, "callback": callback})

    def set(self, **fields):
        return self._post("", {name.replace("_", "-"): value for name, value in fields.items()})

    def _post(self, path, fields):
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(f"{self.url}/_peer{path}", data, timeout=60) as answer:
            return json.load(answer)

    def decide(self, browser, address, until, approve="yes"):
        page = browser.go(address)
        return browser.submit(page.form("oauth_token"), until=until, approve=approve)


class NetOAuth(Peer):
    context = "/bitbucket"

    def __init__(self):
        port = free_port()
        path = f"{os.environ['CLASSES']}:{os.environ['LIBRARIES']}/*"
        super().__init__(["java", "-cp", path, "Peer", str(port), self.context], port, "/_peer")


class Authlib(Peer):
    def __init__(self):
        port = free_port()
        super().__init__([os.environ["PYTHON"], "-B", "authlib_peer.py", str(port)], port, "/")
