"""As a GitHub and a GitHub Enterprise: its refusals have status 200, its lists are paged by `Link`."""

from urllib.parse import parse_qs, urlencode, urlsplit

from bowline import Case, Connection
from emulator import REPOSITORIES, GitHub


class OnGitHub(Case):
    def connection(self, kind="github", **wrong):
        self.peer = GitHub()
        self.addCleanup(self.peer.stop)
        url = self.peer.url

        def register(callback):
            return {**self.peer.start(callback), **wrong}

        return Connection(self.server, kind, register, url, url, by_api=kind == "github")

    def test_the_flow(self):
        for kind in ("github", "github_enterprise"):
            with self.subTest(kind):
                connection = self.connection(kind)
                address = connection.leave()
                self.assertEqual(parse_qs(urlsplit(address).query)["scope"], ["repo"])
                callback = self.peer.choose(connection.browser, address, connection.callback)
                page = connection.finish(callback)
                self.assertEqual(page.heading, "Connected", page.text)
                self.assertIn("grace", page.text)
                self.assertEqual((connection.user(), sorted(connection.repositories())), ("grace", REPOSITORIES))
                self.assertIn("the connection works as grace. Scopes: repo.", connection.check())
                self.assertNotEqual(connection.finish(callback).heading, "Connected")
                self.keep_secret(address, callback)

    def test_another_user_takes_its_place(self):
        """Whoever connects again may be signed in as somebody else at the provider: that is told."""
        connection = self.connection()
        connection.connect(self.peer.choose)
        token = connection.token_id()
        connection.connect(lambda browser, address, until: self.peer.choose(browser, address, until, "admin"))
        self.assertEqual((connection.token_id(), connection.user()), (token, "admin"))

    def refused(self, connection, callback):
        page = connection.finish(callback)
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIsNone(connection.token_id())
        return page.text

    def test_a_wrong_secret(self):
        connection = self.connection(secret="not-the-secret")
        callback = self.peer.choose(connection.browser, connection.leave(), connection.callback)
        self.assertIn("key and secret", self.refused(connection, callback))

    def test_a_code_that_is_not_known(self):
        connection = self.connection()
        address = connection.leave()
        fields = {"code": "0" * 40, "state": parse_qs(urlsplit(address).query)["state"][0]}
        self.assertIn("used up", self.refused(connection, f"{connection.callback}?{urlencode(fields)}"))

    def test_a_token_without_a_user(self):
        connection = self.connection("github_enterprise", **{"oauth-token-string": "dead"})
        status, document = connection.ask()
        self.assertEqual(status, 422, document)
        self.assertIn("Reauthorize to use it again", connection.card())
