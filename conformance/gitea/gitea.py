"""A Gitea of our own, and a person at its pages."""

import getpass
import json
import os
import re
import secrets
import subprocess
import tempfile
import urllib.request

from browser import Browser
from ports import Program, free_port
from proxy import Proxy

PASSWORD = "a passphrase of gitea"
USER = "grace"

CONFIGURATION = """
APP_NAME = Gitea
RUN_MODE = prod
RUN_USER = {user}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = {place}
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = {url}/
STATIC_ROOT_PATH = {module}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = {place}/gitea.db
SQLITE_JOURNAL_MODE = WAL
[security]
INSTALL_LOCK = true
SECRET_KEY = {secret}
INTERNAL_TOKEN = {secret}
PASSWORD_HASH_ALGO = pbkdf2_v2
[oauth2]
JWT_SECRET = {jwt}
JWT_SIGNING_ALGORITHM = ES256
INVALIDATE_REFRESH_TOKENS = {is_strict}
ACCESS_TOKEN_EXPIRATION_TIME = {lifetime_s}
[service]
DISABLE_REGISTRATION = true
[api]
DEFAULT_PAGING_NUM = 2
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[log]
LEVEL = Warn
[session]
PROVIDER = file
[repository]
ROOT = {place}/repositories
"""


class Gitea(Program):
    """With a user who has three repositories, of which one has a commit. Where it is strict, a refresh token is good once; by
    default Gitea takes the same one again."""

    repositories = [f"{USER}/{name}" for name in ["dns", "infra", "vault"]]

    def __init__(self, is_strict):
        place, port = tempfile.TemporaryDirectory(prefix="gitea-"), free_port()
        self.proxy = Proxy(port)
        self.configured = {
            "place": place.name,
            "port": port,
            "url": self.proxy.url,
            "user": getpass.getuser(),
            "module": os.environ["GITEA_MODULE"],
            "secret": secrets.token_urlsafe(48),
            "is_strict": "true" if is_strict else "false",
            "jwt": secrets.token_urlsafe(32),
        }
        self.environment = {"GITEA_WORK_DIR": place.name, "HOME": place.name, "USER": getpass.getuser()}
        self.begin = [os.environ["GITEA"], "--config", f"{place.name}/app.ini"]
        self.configure(3600)
        self.command("migrate")
        more = ["--email", "grace@example.com", "--must-change-password=false"]
        self.command("admin", "user", "create", "--admin", "--username", USER, "--password", PASSWORD, *more)
        arguments = ["--username", USER, "--scopes", "all", "--raw"]
        token = self.command("admin", "user", "generate-access-token", *arguments).split()[-1]
        super().__init__([*self.begin, "web"], port, "/api/healthz", self.environment, place)
        self.url = self.proxy.url
        for identifier in self.repositories:
            name = identifier.split("/")[1]
            self.api(token, "user/repos", {"name": name, "private": True, "auto_init": name == "infra"})
        self.settings = Browser()
        page = self.settings.go(f"{self.url}/user/login")
        self.settings.submit(page.form("user_name"), user_name=USER, password=PASSWORD)

    def stop(self):
        self.proxy.stop()
        super().stop()

    def configure(self, lifetime_s):
        with open(f"{self.configured['place']}/app.ini", "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(lifetime_s=lifetime_s, **self.configured))

    def live(self, lifetime_s):
        """Starts it anew: the tokens that it gives from now on live as long."""
        self.configure(lifetime_s)
        self.restart()

    def command(self, *arguments):
        environment = {**os.environ, **self.environment}
        done = subprocess.run([*self.begin, *arguments], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"gitea {arguments}: {done.stdout} {done.stderr}"
        return done.stdout

    def api(self, token, path, document):
        headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", json.dumps(document).encode(), headers)
        urllib.request.urlopen(request, timeout=60).close()

    def register(self, callback):
        """On the page of the settings, in a browser that is kept for it."""
        page = self.settings.go(f"{self.url}/user/settings/applications")
        form = page.form("application_name", "redirect_uris")
        page = self.settings.submit(form, application_name="Bowline", redirect_uris=callback)
        return {"key": page.shown["client-id"], "secret": page.shown["client-secret"]}

    def decide(self, browser, address, until, granted="true"):
        """Signs in where that is asked, and presses a button of the consent page, where there is one."""
        page = browser.go(address, until=until)
        if not isinstance(page, str) and "/user/login" in page.url:
            page = browser.submit(page.form("user_name"), until=until, user_name=USER, password=PASSWORD)
        if isinstance(page, str):
            return page
        return browser.submit(page.form("granted"), until=until, granted=granted)

    def take_consent_back(self):
        """On the same page. The buttons of that list are scripted: they send an empty form to this address."""
        page = self.settings.go(f"{self.url}/user/settings/applications")
        for path in re.findall(r'data-url="([^"]*/revoke/\d+)"', page.body):
            assert self.settings.go(self.url + path, {}).status == 200
