"""Doorkeeper with its small application, and a person at its pages."""

import json
import tempfile
import urllib.parse
import urllib.request

from ports import Program, free_port
from proxy import Proxy


class Peer(Program):
    def __init__(self, kind, rotation):
        port, place = free_port(), tempfile.TemporaryDirectory(prefix="doorkeeper-")
        # One thread: while Ruby's SQLite waits for a lock, no other thread runs, so the one that holds it cannot release it.
        command = ["puma", "--quiet", "--bind", f"tcp://127.0.0.1:{port}", "--threads", "1:1", "--environment", "production"]
        environment = {"PEER_KIND": kind, "PEER_ROTATION": rotation, "PEER_PLACE": place.name}
        super().__init__([*command, "config.ru"], port, "/sign-in", environment, place)
        self.proxy = Proxy(port)
        self.url = self.proxy.url

    def stop(self):
        self.proxy.stop()
        super().stop()

    def set(self, path="", **fields):
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(f"{self.url}/_peer{path}", data, timeout=60) as answer:
            return json.load(answer)

    def register(self, callback):
        return self.set("/applications", callback=callback)

    def decide(self, browser, address, until, decision="Authorize"):
        """Signs in where that is asked, and presses a button of Doorkeeper's page."""
        page = browser.go(address, until=until)
        if not isinstance(page, str) and "/sign-in" in page.url:
            page = browser.submit(page.form("username"), until=until, username="grace", password="a passphrase")
        if isinstance(page, str):
            return page
        for form in page.forms:
            if any(value == decision for _, value, _ in form.buttons):
                return browser.submit(form, decision, until)
        raise AssertionError(f"{page}: {page.text}")
