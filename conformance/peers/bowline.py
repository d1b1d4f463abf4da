"""A real `bowline serve`, a person who connects it to a provider, and a client of its API."""

import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

from browser import Browser

ORGANIZATION = "acme"
PASSWORD = "a long enough passphrase"


class Server:
    """One data directory, one user, one organization, one server."""

    def __init__(self, *options, authority=None):
        self.place = tempfile.TemporaryDirectory(prefix="bowline-")
        self.authority = authority
        self.log_path = f"{self.place.name}/log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BOWLINE_")},
            "BOWLINE_DATA_DIR": f"{self.place.name}/data",
            "BOWLINE_ALLOW_PROVIDER_ADDRESS": "127.0.0.1",
        }
        self.run("init")
        self.run("user", "create", "ada", "--email", "ada@example.com")
        self.run("org", "create", ORGANIZATION, "--email", "ops@example.com", "--owner", "ada")
        self.token = re.search(r"\S+\.atlasv1\.\S+", self.run("token", "create", "--user", "ada"))[0]
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [os.environ["BOWLINE"], "serve", "--listen", "127.0.0.1:0", "--log-level", "trace", *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        announced = self.process.stdout.readline()
        assert announced.startswith("export TFE_ADDRESS="), self.log_text()
        self.url = announced.strip().removeprefix("export TFE_ADDRESS=")
        self.browser = self.follow_link()

    def run(self, *arguments):
        command = [os.environ["BOWLINE"], *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def stop(self):
        """Ends it, and gives its log, and all that it has written."""
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()
        files = [path for path in pathlib.Path(self.place.name).rglob("*") if path.is_file()]
        log, written = self.log_text(), b"".join(path.read_bytes() for path in files)
        self.place.cleanup()
        return log, written

    def follow_link(self):
        """A browser with the session that a one-time link begins. Other sessions end."""
        link = self.run("user", "sign-in-link", "ada", "--public-url", self.url)
        browser = Browser(self.authority)
        page = browser.go(re.search(r"http\S+", link)[0])
        page = browser.submit(page.form("new-password"), **{"new-password": PASSWORD})
        assert page.status == 200, page
        return browser

    def sign_in(self):
        """Another browser, with a session of its own beside that."""
        browser = Browser(self.authority)
        page = browser.go(f"{self.url}/sign-in")
        page = browser.submit(page.form("username", "password"), username="ada", password=PASSWORD)
        assert page.status == 200, page
        return browser

    def api(self, path, body=None, method=None):
        """The status and the document."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/vnd.api+json"}
        data = None if body is None else json.dumps({"data": body}).encode()
        request = urllib.request.Request(f"{self.url}/api/v2/{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read() or b"null")

    def client(self, identifier):
        status, document = self.api(f"oauth-clients/{identifier}")
        assert status == 200, document
        return document["data"]


class Connection:
    """An OAuth client that is registered with the provider, and connected by a person."""

    def __init__(self, server, kind, register, http_url=None, api_url=None, by_api=False, **more):
        """`register(callback_url)` makes the application at the provider and gives what belongs into the form."""
        self.server, self.browser = server, server.browser
        self.pages = f"{server.url}/organizations/{ORGANIZATION}/vcs-providers"
        urls = {"http-url": http_url, "api-url": api_url} if http_url else {}
        if by_api:
            self.id = self._add_by_api(kind, register, {**urls, **more})
        else:
            self.id = self._add_on_pages(kind, register, {**urls, **more})
        self.attributes = server.client(self.id)["attributes"]
        self.callback = self.attributes["callback-url"]

    def _add_on_pages(self, kind, register, fields):
        """The page shows the callback URL before there is a client."""
        query = f"?{urllib.parse.urlencode({'http-url': fields['http-url']})}" if "http-url" in fields else ""
        page = self.browser.go(f"{self.pages}/new/{kind}{query}")
        callback = page.shown["register-callback"]
        before = self._identifiers()
        page = self.browser.submit(page.form("nonce"), **{**fields, **register(callback)})
        added = self._identifiers() - before
        assert page.status == 200 and len(added) == 1, f"{page}: {page.text}"
        identifier = added.pop()
        assert self.server.client(identifier)["attributes"]["callback-url"] == callback
        return identifier

    def _add_by_api(self, kind, register, attributes):
        """Key and secret come with a change, since a client has its callback URL once it is there."""
        attributes = {"service-provider": kind, "key": "not known yet", "secret": "not known yet", **attributes}
        body = {"type": "oauth-clients", "attributes": attributes}
        status, document = self.server.api(f"organizations/{ORGANIZATION}/oauth-clients", body)
        assert status == 201, document
        client = document["data"]
        attributes = register(client["attributes"]["callback-url"])
        body = {"type": "oauth-clients", "id": client["id"], "attributes": attributes}
        status, document = self.server.api(f"oauth-clients/{client['id']}", body, "PATCH")
        assert status == 200, document
        return client["id"]

    def _identifiers(self):
        status, document = self.server.api(f"organizations/{ORGANIZATION}/oauth-clients")
        assert status == 200, document
        return {client["id"] for client in document["data"]}

    def begin(self):
        """Opens the connect path and presses the button."""
        page = self.browser.go(self.server.url + self.attributes["connect-path"])
        assert page.status == 200 and page.heading.startswith(("Connect", "Reauthorize")), f"{page}: {page.text}"
        return self.browser.submit(next(form for form in page.forms if "/auth/" in form.action))

    def leave(self):
        """The same, and gives the provider's address to which the page leads."""
        page = self.begin()
        assert page.status == 200 and page.heading.startswith("Going to"), f"{page}: {page.text}"
        address = page.link("Continue to")
        refresh = page.headers.get("Refresh", "")
        assert refresh.endswith(f"url={address}"), f"{refresh!r} does not lead to {address}"
        return address

    def finish(self, callback):
        """Follows the provider back to Bowline."""
        assert callback.startswith(self.callback), callback
        return self.browser.go(callback)

    def connect(self, approve):
        """The whole flow. `approve(browser, address, until)` is the person at the provider."""
        page = self.finish(approve(self.browser, self.leave(), self.callback))
        assert page.status == 200 and page.heading == "Connected", f"{page}: {page.text}"
        return page

    def token_id(self):
        related = self.server.client(self.id)["relationships"]["oauth-tokens"]["data"]
        return related[0]["id"] if related else None

    def user(self):
        return self.server.api(f"oauth-tokens/{self.token_id()}")[1]["data"]["attributes"]["service-provider-user"]

    def ask(self, what="authorized-repos"):
        return self.server.api(f"oauth-tokens/{self.token_id()}/{what}")

    def repositories(self):
        """All pages of them."""
        names, page = [], 1
        while page:
            status, document = self.ask(f"authorized-repos?page%5Bnumber%5D={page}&page%5Bsize%5D=2")
            assert status == 200, document
            names += [repository["attributes"]["display-identifier"] for repository in document["data"]]
            page = document["meta"]["next-page"]
        return names

    def finish_at_once(self, callback, times):
        """The headings of the pages."""
        return sorted(page.heading for page in at_once(times, lambda: self.finish(callback)))

    def ask_at_once(self, times):
        """The statuses of as many lists."""
        token = self.token_id()
        return at_once(times, lambda: self.server.api(f"oauth-tokens/{token}/authorized-repos")[0])

    def listed(self):
        """The page of the VCS providers that it is on."""
        for number in itertools.count(1):
            page = self.browser.go(f"{self.pages}?page={number}")
            if f'id="{self.id}"' in page.body or 'rel="next"' not in page.body:
                return page

    def card(self):
        """What the page of the VCS providers says of it."""
        page = self.listed()
        return re.sub(r"<[^>]*>", " ", page.body.split(f'id="{self.id}"')[1].split("</article>")[0])

    def check(self):
        """What is said after the button on the card."""
        form = next(form for form in self.listed().forms if f"/{self.id}/check" in form.action)
        return self.browser.submit(form).text

    def revoke(self):
        page = self.browser.go(f"{self.pages}/{self.id}/revoke")
        form = next(form for form in page.forms if form.action.endswith("/revoke"))
        return self.browser.submit(form)

    def events(self):
        """What the organization was told of it, newest first."""
        status, document = self.server.api(f"organizations/{ORGANIZATION}/vcs-events")
        assert status == 200, document
        own = [event for event in document["data"] if event["relationships"]["oauth-client"]["data"]["id"] == self.id]
        return [event["attributes"] for event in own]


def at_once(times, what):
    gate = threading.Barrier(times)

    def one(_):
        gate.wait(60)
        return what()

    with concurrent.futures.ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


class Case(unittest.TestCase):
    """One server for the tests of a class. What must be neither in its log nor in its database is added to `secrets`."""

    options = ()
    authority = None

    @classmethod
    def setUpClass(cls):
        cls.secrets = set()
        cls.server = Server(*cls.options, authority=cls.authority)
        cls.addClassCleanup(cls.end)

    @classmethod
    def end(cls):
        log, written = cls.server.stop()
        errors = [line for line in log.splitlines() if " ERROR " in line]
        assert not errors, errors
        assert cls.secrets
        found = {secret for secret in cls.secrets if secret.encode() in written}
        assert not found, f"in the log or the database: {found}"

    def keep_secret(self, *urls):
        """The values in these addresses that are for one party alone."""
        for url in urls:
            for name, values in urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).items():
                if name in ("code", "state", "code_challenge", "oauth_token", "oauth_verifier"):
                    self.secrets.update(value for value in values if value != "denied")
