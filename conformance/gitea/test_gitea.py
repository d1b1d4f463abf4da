"""Bowline connects to Gitea as to a GitHub Enterprise."""

from urllib.parse import parse_qs, urlsplit

from bowline import Case, Connection
from gitea import PASSWORD, USER, Gitea

# Shorter than the time before its end at which Bowline renews a token: each use is a renewal.
SHORT_S = 20


class OnGitea(Case):
    is_strict: bool

    @classmethod
    def setUpClass(cls):
        cls.gitea = Gitea(cls.is_strict)
        cls.addClassCleanup(cls.gitea.stop)
        super().setUpClass()
        cls.gitea.proxy.tokens = cls.secrets

    def connection(self, change=lambda application: application):
        url = self.gitea.url

        def register(callback):
            application = self.gitea.register(callback)
            self.secrets.add(application["secret"])
            return change(application)

        return Connection(self.server, "github_enterprise", register, url, f"{url}/api/v1")

    def connected(self):
        connection = self.connection()
        connection.connect(self.gitea.decide)
        self.keep_secret(*connection.browser.visited)
        return connection


class GitHubEnterprise(OnGitea):
    is_strict = True

    def test_the_flow(self):
        connection = self.connection()
        address = connection.leave()
        asked = parse_qs(urlsplit(address).query)
        self.assertEqual(asked["code_challenge_method"], ["S256"])
        self.assertEqual(asked["redirect_uri"], [connection.callback])
        callback = self.gitea.decide(connection.browser, address, connection.callback)
        page = connection.finish(callback)
        self.assertEqual(page.heading, "Connected", page.text)
        self.assertIn("grace", page.text)
        self.assertEqual((connection.user(), connection.repositories()), ("grace", self.gitea.repositories))
        # The same callback once more changes nothing.
        token = connection.token_id()
        again = connection.finish(callback)
        self.assertNotEqual(again.heading, "Connected")
        self.assertEqual((connection.token_id(), connection.repositories()), (token, self.gitea.repositories))
        self.keep_secret(address, callback)

    def test_cancelled(self):
        connection = self.connection()
        page = connection.finish(self.gitea.decide(connection.browser, connection.leave(), connection.callback, "false"))
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("denied", page.text)
        self.assertIsNone(connection.token_id())
        connection.connect(self.gitea.decide)

    def test_a_wrong_secret(self):
        connection = self.connection(lambda application: {**application, "secret": "gto_not_the_secret"})
        page = connection.finish(self.gitea.decide(connection.browser, connection.leave(), connection.callback))
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("key and secret", page.text)

    def test_a_code_of_another_flow(self):
        """PKCE: the code of one flow, with the state of another."""
        connection = self.connection()
        first = self.gitea.decide(connection.browser, connection.leave(), connection.callback)
        second = self.gitea.decide(connection.browser, connection.leave(), connection.callback)
        code = parse_qs(urlsplit(first).query)["code"][0]
        state = parse_qs(urlsplit(second).query)["state"][0]
        page = connection.finish(f"{connection.callback}?code={code}&state={state}")
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIsNone(connection.token_id())

    def test_another_browser(self):
        """The callback belongs to the session that began the flow."""
        connection = self.connection()
        callback = self.gitea.decide(connection.browser, connection.leave(), connection.callback)
        connection.browser = self.server.sign_in()
        page = connection.finish(callback)
        self.assertNotEqual(page.heading, "Connected", page.text)
        self.assertIsNone(connection.token_id())

    def test_a_callback_that_is_not_registered(self):
        connection = self.connection()
        application = self.gitea.register("http://127.0.0.1:9/somewhere/else")
        body = {"type": "oauth-clients", "id": connection.id, "attributes": application}
        self.assertEqual(self.server.api(f"oauth-clients/{connection.id}", body, "PATCH")[0], 200)
        connection.browser = self.server.sign_in()
        page = connection.browser.go(connection.leave())
        page = connection.browser.submit(page.form("user_name"), user_name=USER, password=PASSWORD)
        self.assertEqual((urlsplit(page.url).path, page.status), ("/login/oauth/authorize", 400))
        self.assertIn("Unregistered Redirect URI", page.text)

    def test_reauthorized(self):
        connection = self.connected()
        token = connection.token_id()
        page = connection.browser.go(self.server.url + connection.attributes["connect-path"])
        self.assertIn("Reauthorize", page.heading)
        self.assertIn("grace", page.text)
        connection.connect(self.gitea.decide)
        self.assertEqual(connection.token_id(), token)
        self.assertEqual(connection.repositories(), self.gitea.repositories)

    def test_questions(self):
        connection = self.connected()
        token = connection.token_id()

        def asked(path):
            return self.server.api(f"organizations/acme/vcs/{path}&oauth_token_id={token}")

        status, document = asked("repo?identifier=grace/infra")
        self.assertEqual((status, document["data"]["attributes"]["exists"]), (200, True))
        status, document = asked("repo?identifier=grace/nothing")
        self.assertEqual((status, document["data"]["attributes"]["exists"]), (200, False))
        self.assertEqual(asked("tree?identifier=grace/infra")[0], 200)
        self.assertEqual(connection.ask("vcs-organizations")[0], 200)
        self.assertIn("grace", self.server.run("client", "check", connection.id))
        self.assertIn("the connection works as grace", connection.check())

    def test_revoked_by_the_user_there(self):
        """The user takes the consent back on Gitea's pages: the token and its refresh token are of no use any more."""
        connection = self.connected()
        self.gitea.take_consent_back()
        status, document = connection.ask()
        self.assertEqual(status, 422, document)
        self.assertEqual(connection.events()[0]["level"], "error")
        self.assertIn("Reauthorize to use it again", connection.card())
        token = connection.token_id()
        connection.connect(self.gitea.decide)
        self.assertEqual((connection.token_id(), connection.repositories()), (token, self.gitea.repositories))

    def test_revoked_here(self):
        """Gitea does not know GitHub's call for it. The token goes all the same, and its user is told to do the rest there."""
        connection = self.connected()
        self.assertIn("remove the authorization on its pages", connection.revoke().text)
        self.assertIsNone(connection.token_id())

    def test_tokens_that_live_for_seconds(self):
        """Each use is a renewal, and each refresh token is good once."""
        self.gitea.live(SHORT_S)
        self.addCleanup(self.gitea.live, 3600)
        connection = self.connected()
        for _ in range(2):
            before = self.gitea.proxy.refreshes
            self.assertEqual(connection.repositories(), self.gitea.repositories)
            self.assertGreater(self.gitea.proxy.refreshes, before)
        statuses = connection.ask_at_once(12)
        # Where more are under way than an organization may have, some are told to come again.
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertIn(200, statuses)
        self.assertEqual(connection.repositories(), self.gitea.repositories)
        # An answer that is lost takes the connection with it, since the new refresh token was in it. It says so, once.
        self.gitea.proxy.loses = "refresh_token"
        self.assertEqual(connection.ask()[0], 422)
        self.assertIn("Reauthorize to use it again", connection.card())
        refreshes = self.gitea.proxy.refreshes
        self.assertEqual(connection.ask()[0], 422)
        self.assertEqual(self.gitea.proxy.refreshes, refreshes)
        connection.connect(self.gitea.decide)
        self.assertEqual(connection.repositories(), self.gitea.repositories)


class RefreshTokensThatStayGood(OnGitea):
    """Gitea's default."""

    is_strict = False

    def test_tokens_that_live_for_seconds(self):
        self.gitea.live(SHORT_S)
        connection = self.connected()
        token = connection.token_id()
        for _ in range(2):
            before = self.gitea.proxy.refreshes
            self.assertEqual(connection.repositories(), self.gitea.repositories)
            self.assertGreater(self.gitea.proxy.refreshes, before)
        statuses = connection.ask_at_once(12)
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertIn(200, statuses)
        # An answer that is lost costs nothing here: the same refresh token is taken once more.
        before = self.gitea.proxy.refreshes
        self.gitea.proxy.loses = "refresh_token"
        self.assertEqual(connection.ask()[0], 200)
        self.assertEqual(self.gitea.proxy.refreshes, before + 2)
        self.assertIsNone(self.gitea.proxy.loses)
        self.assertIn("Connected as", connection.card())
        self.assertEqual(connection.token_id(), token)

    def test_revoked_by_the_user_there(self):
        connection = self.connected()
        self.gitea.take_consent_back()
        self.assertEqual(connection.ask()[0], 422)
        self.assertIn("Reauthorize to use it again", connection.card())
        connection.connect(self.gitea.decide)
        self.assertEqual(connection.repositories(), self.gitea.repositories)
