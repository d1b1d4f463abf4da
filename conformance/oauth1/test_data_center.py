"""Bowline connects to a Bitbucket Data Center whose OAuth is net.oauth's, and to one whose OAuth is authlib's."""

import secrets
import subprocess
from urllib.parse import parse_qs, urlsplit

from bowline import Case, Connection
from peer import Authlib, NetOAuth

REPOSITORIES = [f"PLAT/{slug}" for slug in ("dns", "infra", "network", "vault", "wiki")]


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, text=True, check=True).stdout


def key_pair(*options):
    private_key = openssl("genrsa", *options, "2048")
    return {"secret": private_key, "rsa-public-key": openssl("rsa", "-pubout", given=private_key)}


class DataCenter:
    @classmethod
    def setUpClass(cls):
        cls.peer, cls.keys = cls.make(), key_pair()
        cls.addClassCleanup(cls.peer.stop)
        super().setUpClass()

    def connection(self, kind="bitbucket_data_center", **fields):
        """With the context path in the one URL and not in the other, as HashiCorp documents it."""
        url = self.peer.url
        return Connection(self.server, kind, lambda _: fields, url + self.peer.context, url)

    def linked(self, **fields):
        """What its card shows is pasted into the application link. Without fields, the pair is the same for all tests."""
        connection = self.connection(**(fields or {"key": secrets.token_hex(8), **self.keys}))
        return self.link(connection)

    def link(self, connection):
        shown = connection.listed().shown
        key, public_key = shown[f"{connection.id}-key"], shown[f"{connection.id}-public-key"]
        self.peer.link(key, public_key, connection.callback)
        return connection

    def connected(self):
        connection = self.linked()
        connection.connect(self.peer.decide)
        self.keep_secret(*connection.browser.visited)
        return connection


class WithNetOAuth(DataCenter, Case):
    make = NetOAuth

    def setUp(self):
        self.peer.set(lifetime=157680000, skew_ms=0)

    def test_the_flow_with_generated_keys(self):
        connection = self.link(self.connection())
        address = connection.leave()
        self.assertEqual(urlsplit(address).path, "/bitbucket/plugins/servlet/oauth/authorize")
        callback = self.peer.decide(connection.browser, address, connection.callback)
        self.assertEqual(parse_qs(urlsplit(callback).query)["oauth_token"], parse_qs(urlsplit(address).query)["oauth_token"])
        page = connection.finish(callback)
        self.assertEqual(page.heading, "Connected", page.text)
        self.assertIn("grace", page.text)
        self.assertEqual((connection.user(), connection.repositories()), ("grace", REPOSITORIES))
        self.assertIn("the connection works as grace", connection.check())
        # The same callback once more changes nothing.
        self.assertNotEqual(connection.finish(callback).heading, "Connected")
        self.assertEqual(connection.repositories(), REPOSITORIES)
        self.keep_secret(address, callback)

    def test_the_flow_with_keys_of_ones_own(self):
        """As the documentation of the Terraform provider has them: PKCS #1 and SPKI."""
        keys = key_pair("-traditional")
        self.assertTrue(keys["secret"].startswith("-----BEGIN RSA PRIVATE KEY-----"))
        connection = self.linked(key="bowline & co/1+1", **keys)
        connection.connect(self.peer.decide)
        self.assertEqual(connection.repositories(), REPOSITORIES)
        self.secrets.add(keys["secret"].splitlines()[5])

    def test_the_products_before_it(self):
        for kind in ("bitbucket_server", "bitbucket_server_legacy"):
            with self.subTest(kind):
                connection = self.linked(kind=kind, key=secrets.token_hex(8), **self.keys)
                connection.connect(self.peer.decide)
                self.assertEqual((connection.user(), connection.repositories()), ("grace", REPOSITORIES))

    def test_denied(self):
        connection = self.linked()
        page = connection.finish(self.peer.decide(connection.browser, connection.leave(), connection.callback, "no"))
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("denied", page.text)
        self.assertIsNone(connection.token_id())

    def test_a_request_token_of_another_flow(self):
        connection = self.linked()
        callback = self.peer.decide(connection.browser, connection.leave(), connection.callback)
        connection.browser = self.server.sign_in()
        self.assertNotEqual(connection.finish(callback).heading, "Connected")
        self.assertIsNone(connection.token_id())

    def refused(self, connection):
        """The page that is shown where the provider gives no request token."""
        page = connection.begin()
        self.assertEqual(page.heading, "The connection was not made", page.text)
        return page.text

    def test_no_application_link(self):
        self.assertIn("key and secret", self.refused(self.connection(key="unknown there", **self.keys)))

    def test_the_public_key_of_another_client(self):
        connection = self.linked(key="bowline", **self.keys)
        self.peer.link("bowline", key_pair()["rsa-public-key"], connection.callback)
        self.assertIn("public key", self.refused(connection))

    def test_clocks_that_differ(self):
        connection = self.linked()
        self.peer.set(skew_ms=3_600_000)
        self.assertIn("clock", self.refused(connection))

    def test_an_expired_token_is_renewed_with_its_session_handle(self):
        self.peer.set(lifetime=20)
        connection = self.connected()
        before = self.peer.set(lifetime=157680000)["renewals"]
        self.assertEqual(connection.repositories(), REPOSITORIES)
        self.assertEqual(self.peer.set()["renewals"], before + 1)

    def test_revoked_by_the_user_there(self):
        connection = self.connected()
        self.peer.set(revoke="all")
        status, document = connection.ask()
        self.assertEqual(status, 422, document)
        self.assertEqual(connection.events()[0]["level"], "error")
        self.assertIn("Reauthorize to use it again", connection.card())
        token = connection.token_id()
        connection.connect(self.peer.decide)
        self.assertEqual((connection.token_id(), connection.repositories()), (token, REPOSITORIES))

    def test_revoked_here(self):
        """Bitbucket has no call for it, so that its user has to do the rest."""
        connection = self.connected()
        self.assertIn("remove the authorization on its pages", connection.revoke().text)
        self.assertIsNone(connection.token_id())


class WithAuthlib(DataCenter, Case):
    make = Authlib

    def test_the_flow(self):
        connection = self.connected()
        self.assertEqual((connection.user(), connection.repositories()), ("grace", REPOSITORIES[:2]))

    def test_the_public_key_of_another_client(self):
        connection = self.linked(key="bowline", **self.keys)
        self.peer.link("bowline", key_pair()["rsa-public-key"], connection.callback)
        page = connection.begin()
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("public key", page.text)
