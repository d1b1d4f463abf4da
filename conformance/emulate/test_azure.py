"""As the Entra ID of Azure DevOps Services, whose addresses do not come from the client."""

import os
from urllib.parse import parse_qs, urlsplit

from azure import MAIL, REPOSITORIES, TENANT, Azure
from bowline import Case, Connection


class OnAzureDevOps(Case):
    options = ("--provider-ca", os.environ["PEER_AUTHORITY"])
    authority = os.environ["PEER_AUTHORITY"]

    def setUp(self):
        self.peer = Azure()
        self.addCleanup(self.peer.stop)

    def connection(self, organization="contoso", **wrong):
        tenant = {"ado-entra-tenant-id": TENANT, "ado-org-name": organization}

        def register(callback):
            return {**self.peer.entra.start(callback), **wrong}

        return Connection(self.server, "ado_services", register, **tenant)

    def test_the_flow(self):
        connection = self.connection()
        address = connection.leave()
        parts, asked = urlsplit(address), parse_qs(urlsplit(address).query)
        self.assertEqual((parts.netloc, parts.path), ("login.microsoftonline.com", f"/{TENANT}/oauth2/v2.0/authorize"))
        self.assertEqual(asked["code_challenge_method"], ["S256"])
        callback = self.peer.entra.choose(connection.browser, address, connection.callback)
        page = connection.finish(callback)
        self.assertEqual(page.heading, "Connected", page.text)
        self.assertIn(MAIL, page.text)
        self.assertEqual((connection.user(), connection.repositories()), (MAIL, REPOSITORIES))
        status, document = connection.ask("vcs-organizations")
        self.assertEqual((status, [each["id"] for each in document["data"]]), (200, ["contoso"]))
        self.assertIn(f"the connection works as {MAIL}", connection.check())
        self.assertNotEqual(connection.finish(callback).heading, "Connected")
        self.keep_secret(address, callback)

    def test_without_an_organization(self):
        connection = self.connection("")
        connection.connect(self.peer.entra.choose)
        # Of all organizations of the user.
        self.assertEqual((connection.user(), connection.repositories()), (MAIL, REPOSITORIES))
        status, document = connection.ask("authorized-repos?organization=contoso")
        self.assertEqual((status, [each["id"] for each in document["data"]]), (200, REPOSITORIES))

    def test_a_wrong_secret(self):
        connection = self.connection(secret="not-the-secret")
        page = connection.finish(self.peer.entra.choose(connection.browser, connection.leave(), connection.callback))
        self.assertEqual(page.heading, "The connection was not made", page.text)
        self.assertIn("key and secret", page.text)
        self.assertIsNone(connection.token_id())

    def test_an_expired_token_is_renewed(self):
        self.peer.lifetime = 20
        connection = self.connection()
        connection.connect(self.peer.entra.choose)
        for _ in range(2):
            self.assertEqual(connection.repositories(), REPOSITORIES)
            self.assertEqual(self.peer.asked[-1]["grant_type"], "refresh_token")

    def test_a_sign_in_page_means_that_the_token_is_not_taken(self):
        """Azure DevOps says so with status 203 and a page. A new token is tried first."""
        connection = self.connection()
        connection.connect(self.peer.entra.choose)
        self.peer.good.clear()
        self.assertEqual(connection.repositories(), REPOSITORIES)
        self.assertEqual(self.peer.asked[-1]["grant_type"], "refresh_token")
