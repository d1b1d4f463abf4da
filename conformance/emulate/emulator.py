"""emulate, and a person at its pages: choosing a user is both signing in and consenting."""

import json
import os
import tempfile

from ports import Program, free_port

USER = "grace"
MAIL = "grace@example.com"
KEY, SECRET = "the-key-of-bowline", "the-secret-of-bowline"
REPOSITORIES = [f"{USER}/{name}" for name in ("cluster", "dns", "infra", "network", "vault")]


class Emulator:
    """Started once the callback URL is known, since it reads its applications from a file."""

    ready = "/"

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = None

    def start(self, callback):
        place = tempfile.TemporaryDirectory(prefix="emulate-")
        seed = f"{place.name}/seed.json"
        application = {"client_id": KEY, "client_secret": SECRET, "name": "Bowline", "redirect_uris": [callback]}
        with open(seed, "w", encoding="utf-8") as file:
            json.dump(self.seed(application), file)
        packages = f"{os.environ['EMULATE_PACKAGES']}/node_modules"
        command = [f"{packages}/.bin/node", f"{packages}/emulate/dist/index.js", "start", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--service", self.service, "--seed", seed, "--base-url", self.url]
        self.program = Program(command, self.port, self.ready, place=place)
        return {"key": KEY, "secret": SECRET}

    def stop(self):
        if self.program:
            self.program.stop()

    def choose(self, browser, address, until, user=None):
        page = browser.go(address)
        assert page.status == 200, f"{page}: {page.text}"
        form = next(form for form in page.forms if (user or self.user) in form.fields.values())
        return browser.submit(form, until=until)


class GitHub(Emulator):
    service = "github"
    ready = "/zen"
    user = USER

    def seed(self, application):
        # Whatever token it does not know is taken for the first user's.
        users = [{"login": "ghost"}, {"login": USER, "name": "Grace Hopper", "email": MAIL}]
        repositories = [{"owner": USER, "name": name.split("/")[1], "private": True} for name in REPOSITORIES]
        return {
            "tokens": {"dead": {"login": "nobody", "scopes": ["repo"]}},
            "github": {"users": users, "repos": repositories, "oauth_apps": [application]},
        }


class Entra(Emulator):
    service = "microsoft"
    user = MAIL

    def seed(self, application):
        return {"microsoft": {"users": [{"email": MAIL, "name": "Grace Hopper"}], "oauth_clients": [application]}}
