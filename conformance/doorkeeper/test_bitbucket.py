"""As a Bitbucket Cloud: the application shows itself by Basic, there is no PKCE, and scopes come with the registration.

Bitbucket exists once, so that a client of its kind can have no other URL on the pages; through the API it can.
"""

from urllib.parse import parse_qs, urlsplit

from bowline import Case, Connection
from peer import Peer

REPOSITORIES = ["acme/dns", "acme/infra", "acme/network", "acme-labs/lab", "acme-labs/vault"]
SHORT_S = 20


class BitbucketCloud(Case):
    @classmethod
    def setUpClass(cls):
        # Since May 2026 each use of a refresh token replaces it.
        cls.peer = Peer("bitbucket", "at-once")
        cls.addClassCleanup(cls.peer.stop)
        super().setUpClass()
        cls.peer.proxy.tokens = cls.secrets

    def setUp(self):
        self.peer.set(lifetime=7200)

    def connection(self, register=None):
        url = self.peer.url
        register = register or self.peer.register
        return Connection(self.server, "bitbucket_hosted", register, url, f"{url}/2.0", by_api=True)

    def connected(self):
        connection = self.connection()
        connection.connect(self.peer.decide)
        self.keep_secret(*connection.browser.visited)
        return connection

    def test_the_flow(self):
        connection = self.connection()
        address = connection.leave()
        asked = parse_qs(urlsplit(address).query)
        self.assertNotIn("code_challenge", asked)
        self.assertNotIn("scope", asked)
        page = connection.finish(self.peer.decide(connection.browser, address, connection.callback))
        self.assertEqual(page.heading, "Connected", page.text)
        self.assertIn("grace", page.text)
        self.assertEqual((connection.user(), connection.repositories()), ("grace", REPOSITORIES))
        self.assertIn("the connection works as grace", connection.check())
        status, document = connection.ask("vcs-organizations")
        self.assertEqual((status, [each["attributes"]["name"] for each in document["data"]]), (200, ["acme", "acme-labs"]))

    def test_denied(self):
        connection = self.connection()
        page = connection.finish(self.peer.decide(connection.browser, connection.leave(), connection.callback, "Deny"))
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("denied", page.text)

    def test_a_wrong_secret(self):
        connection = self.connection(lambda callback: {**self.peer.register(callback), "secret": "not-the-secret"})
        page = connection.finish(self.peer.decide(connection.browser, connection.leave(), connection.callback))
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("key and secret", page.text)

    def test_an_expired_token_is_renewed(self):
        self.peer.set(lifetime=SHORT_S)
        connection = self.connected()
        for _ in range(2):
            before = self.peer.proxy.refreshes
            self.assertEqual(connection.repositories(), REPOSITORIES)
            self.assertGreater(self.peer.proxy.refreshes, before)

    def test_many_uses_at_once(self):
        self.peer.set(lifetime=SHORT_S)
        connection = self.connected()
        self.peer.set(lifetime=7200)
        before = self.peer.proxy.refreshes
        statuses = connection.ask_at_once(24)
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertIn(200, statuses)
        self.assertEqual(self.peer.proxy.refreshes, before + 1)
        self.assertEqual(connection.repositories(), REPOSITORIES)

    def test_revoked_by_the_user_there(self):
        connection = self.connected()
        self.peer.set(revoke="all")
        status, document = connection.ask()
        self.assertEqual(status, 422, document)
        self.assertEqual(connection.events()[0]["level"], "error")
        connection.connect(self.peer.decide)
        self.assertEqual(connection.repositories(), REPOSITORIES)

    def test_revoked_here(self):
        """Bitbucket has no call for it, so that its user has to do the rest."""
        connection = self.connected()
        self.assertIn("remove the authorization on its pages", connection.revoke().text)
        self.assertIsNone(connection.token_id())
