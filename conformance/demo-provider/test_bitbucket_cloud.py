"""atlassian-python-api and requests-oauthlib against the demo's Bitbucket Cloud."""

import requests
from atlassian.bitbucket import Cloud
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session

from demo import CALLBACK, Case, decide


class BitbucketCloud(Case):
    kind = "bitbucket_hosted"

    def connect(self, user="ada"):
        session = OAuth2Session("a-consumer", redirect_uri=CALLBACK)
        url, _ = session.authorization_url(self.base() + "/site/oauth2/authorize")
        session.fetch_token(
            self.base() + "/site/oauth2/access_token",
            authorization_response=decide(url, user),
            auth=("a-consumer", "a-secret"),
        )
        return session

    def client(self, session):
        return Cloud(url=self.base(), oauth2={"client_id": "a-consumer", "token": session.token}, backoff_and_retry=False)

    def test_connect_and_list(self):
        session = self.connect()
        self.assertEqual(session.get(self.base() + "/2.0/user").json()["username"], "ada")
        spaces = session.get(self.base() + "/2.0/user/workspaces").json()["values"]
        self.assertEqual([s["workspace"]["slug"] for s in spaces], ["acme", "acme-labs"])
        workspace = self.client(session).workspaces.get("acme")
        repositories = list(workspace.repositories.each())
        self.assertEqual(len({r.slug for r in repositories}), 18)
        # The lists across workspaces are gone.
        self.assertEqual(session.get(self.base() + "/2.0/workspaces").status_code, 410)

    def test_a_repository(self):
        client = Cloud(url=self.base(), token="a personal token")
        repository = client.repositories.get("acme", "infra")
        self.assertEqual((repository.name, repository.is_private), ("infra", True))
        self.assertEqual([b.name for b in repository.branches.each()], ["main", "develop"])
        directories = requests.get(
            self.base() + "/2.0/repositories/acme/infra/src/develop/",
            params={"q": 'type="commit_directory"', "max_depth": 5},
            headers={"Authorization": "Bearer a-personal-token"},
        ).json()["values"]
        self.assertIn("modules/network", [d["path"] for d in directories])
        with self.assertRaises(requests.HTTPError) as caught:
            client.repositories.get("acme", "nothing")
        self.assertEqual(caught.exception.response.status_code, 404)

    def test_refresh_tokens_rotate(self):
        session = self.connect()
        old = session.token["refresh_token"]
        refresh = lambda token: session.refresh_token(
            self.base() + "/site/oauth2/access_token", refresh_token=token, auth=("a-consumer", "a-secret")
        )
        self.assertNotEqual(refresh(old)["refresh_token"], old)
        self.assertRaises(InvalidGrantError, refresh, old)
        self.assertEqual(session.get(self.base() + "/2.0/user").status_code, 200)

    def test_expired_and_unknown(self):
        session = self.connect()
        self.fault("expired")
        answer = session.get(self.base() + "/2.0/user")
        self.assertEqual(answer.status_code, 401)
        self.assertTrue(answer.json()["error"]["message"].startswith("Access token expired"))
        answer = requests.get(self.base() + "/2.0/user", headers={"Authorization": "Bearer " + 83 * "x" + "="})
        self.assertEqual((answer.status_code, answer.json()["type"]), (401, "error"))
