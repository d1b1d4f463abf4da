"""As a GitLab, in both ways that Doorkeeper has of retiring a refresh token."""

from urllib.parse import parse_qs, urlsplit

from bowline import Case, Connection
from peer import Peer

PROJECTS = ["platform/dns", "platform/infra", "platform/network/core", "platform/network/edge", "platform/vault"]
# Shorter than the time before its end at which Bowline renews a token: each use is a renewal.
SHORT_S = 20


class GitLab:
    rotation = None

    @classmethod
    def setUpClass(cls):
        cls.peer = Peer("gitlab", cls.rotation)
        cls.addClassCleanup(cls.peer.stop)
        super().setUpClass()
        cls.peer.proxy.tokens = cls.secrets

    def setUp(self):
        self.peer.set(lifetime=7200)

    def connection(self, kind="gitlab_enterprise_edition", register=None):
        url, register = self.peer.url, register or self.peer.register
        # GitLab.com has no other URL on the pages.
        return Connection(self.server, kind, register, url, f"{url}/api/v4", by_api=kind == "gitlab_hosted")

    def connected(self):
        connection = self.connection()
        connection.connect(self.peer.decide)
        self.keep_secret(*connection.browser.visited)
        return connection

    def test_an_expired_token_is_renewed(self):
        self.peer.set(lifetime=SHORT_S)
        connection = self.connected()
        before = self.peer.proxy.refreshes
        for uses in (1, 2):
            self.assertEqual(connection.repositories()[0], PROJECTS[0])
            self.assertGreaterEqual(self.peer.proxy.refreshes, before + uses)
        self.assertIn("grace", connection.card())

    def test_many_uses_at_once(self):
        """A burst like that of webhooks, which ended connections of Terraform Enterprise."""
        self.peer.set(lifetime=SHORT_S)
        connection = self.connected()
        self.peer.set(lifetime=7200)
        before = self.peer.proxy.refreshes
        statuses = connection.ask_at_once(24)
        # Where more are under way than an organization may have, some are told to come again.
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertIn(200, statuses)
        # An answer that is lost is asked for again, and the log says so.
        log = [line for line in self.server.log_text().splitlines() if connection.id in line]
        repeated = sum("trying once more" in line for line in log)
        self.assertEqual(self.peer.proxy.refreshes, before + 1 + repeated, log)
        self.assertEqual(connection.repositories(), PROJECTS)

    def test_faults_in_between_break_nothing(self):
        self.peer.set(lifetime=SHORT_S)
        connection = self.connected()
        for said in (
            (503, "application/json", '{"error": "temporarily_unavailable"}'),
            (502, "text/html", "<h1>Bad gateway</h1>"),
            (200, "text/html", "<h1>Maintenance</h1>"),
            (200, "application/json", '{"access_token":'),
        ):
            for asked in ("refresh_token", None):
                with self.subTest(said, asked=asked):
                    self.peer.proxy.instead = (asked, *said)
                    # A renewal of which the answer may be lost is asked for once more.
                    self.assertIn(connection.ask()[0], (200, 422) if asked else (422,))
                    self.assertIsNone(self.peer.proxy.instead)
                    self.assertEqual(connection.repositories(), PROJECTS)

    def test_revoked_by_the_user_there(self):
        connection = self.connected()
        self.assertEqual(connection.ask()[0], 200)
        self.peer.set(revoke="all")
        status, document = connection.ask()
        self.assertEqual(status, 422, document)
        event = connection.events()[0]
        self.assertEqual((event["level"], "onnect" in event["suggested-action"]), ("error", True))
        # Nobody asks again with what is known to be of no use.
        refreshes = self.peer.proxy.refreshes
        status, document = connection.ask()
        self.assertEqual((status, "Connect" in document["errors"][0]["detail"]), (422, True))
        self.assertEqual(self.peer.proxy.refreshes, refreshes)
        # A person can mend it: the token keeps its id.
        token = connection.token_id()
        page = connection.connect(self.peer.decide)
        self.assertEqual((connection.token_id(), page.heading), (token, "Connected"))
        self.assertEqual(connection.repositories(), PROJECTS)


class Late(GitLab, Case):
    """With `previous_refresh_token`, as GitLab has it: an old refresh token is good until the new access token is used."""

    rotation = "late"

    def test_the_flow(self):
        connection = self.connection()
        address = connection.leave()
        asked = parse_qs(urlsplit(address).query)
        self.assertEqual((asked["scope"], asked["code_challenge_method"]), (["api"], ["S256"]))
        callback = self.peer.decide(connection.browser, address, connection.callback)
        page = connection.finish(callback)
        self.assertEqual(page.heading, "Connected", page.text)
        self.assertIn("grace", page.text)
        self.assertEqual((connection.user(), connection.repositories()), ("grace", PROJECTS))
        self.assertIn("grace", connection.card())
        self.assertIn("the connection works as grace. Scopes: api.", connection.check())
        # The same callback once more: it is used up here, and the code is used up there.
        again = connection.finish(callback)
        self.assertNotEqual(again.heading, "Connected")
        self.assertEqual(connection.repositories(), PROJECTS)
        self.keep_secret(address, callback)

    def test_the_other_kinds(self):
        for kind in ("gitlab_hosted", "gitlab_community_edition"):
            with self.subTest(kind):
                connection = self.connection(kind)
                connection.connect(self.peer.decide)
                self.assertEqual((connection.user(), connection.repositories()), ("grace", PROJECTS))

    def test_one_callback_many_times(self):
        connection = self.connection()
        callback = self.peer.decide(connection.browser, connection.leave(), connection.callback)
        before = self.peer.proxy.codes
        headings = connection.finish_at_once(callback, 12)
        self.assertEqual(headings, ["Connected"] + 11 * ["The connection was not made"])
        self.assertEqual(self.peer.proxy.codes, before + 1)
        self.assertEqual(connection.repositories(), PROJECTS)

    def test_denied(self):
        connection = self.connection()
        page = connection.finish(self.peer.decide(connection.browser, connection.leave(), connection.callback, "Deny"))
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("denied", page.text)
        self.assertIsNone(connection.token_id())

    def test_a_wrong_secret(self):
        def register(callback):
            return {**self.peer.register(callback), "secret": "not-the-secret"}

        connection = self.connection(register=register)
        page = connection.finish(self.peer.decide(connection.browser, connection.leave(), connection.callback))
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("key and secret", page.text)
        self.assertIsNone(connection.token_id())

    def test_a_code_of_another_flow(self):
        """PKCE: the code of one flow, with the state of another."""
        connection = self.connection()
        first = self.peer.decide(connection.browser, connection.leave(), connection.callback)
        second = self.peer.decide(connection.browser, connection.leave(), connection.callback)
        code = parse_qs(urlsplit(first).query)["code"][0]
        state = parse_qs(urlsplit(second).query)["state"][0]
        page = connection.finish(f"{connection.callback}?code={code}&state={state}")
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIsNone(connection.token_id())

    def test_revoked_here(self):
        connection = self.connected()
        good = self.peer.set()["good"]
        self.assertIn("has forgotten it too", connection.revoke().text)
        self.assertIsNone(connection.token_id())
        self.assertEqual(self.peer.set()["good"], good - 1)

    def test_revoked_here_after_it_expired(self):
        """Doorkeeper says yes to an expired token and revokes nothing. Its refresh token has to be of no use all the same."""
        before = self.peer.set(lifetime=SHORT_S)["good"]
        connection = self.connected()
        self.peer.set(expire="all")
        self.assertIn("has forgotten it too", connection.revoke().text)
        self.assertEqual(self.peer.set()["good"], before)

    def test_a_lost_answer(self):
        self.peer.set(lifetime=SHORT_S)
        connection = self.connected()
        self.peer.proxy.loses = "refresh_token"
        self.assertEqual(connection.repositories(), PROJECTS)


class AtOnce(GitLab, Case):
    """Without: it is void at once."""

    rotation = "at-once"

    def test_a_lost_answer(self):
        """Nothing can save the connection. It says so, and what to do."""
        self.peer.set(lifetime=SHORT_S)
        connection = self.connected()
        self.peer.proxy.loses = "refresh_token"
        status, document = connection.ask()
        self.assertEqual(status, 422, document)
        self.assertIn("onnect", connection.events()[0]["suggested-action"])
        self.assertIn("Reauthorize to use it again", connection.card())
        connection.connect(self.peer.decide)
        self.assertEqual(connection.repositories(), PROJECTS)
