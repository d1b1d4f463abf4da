"""PyGithub and requests-oauthlib against the demo's GitHub and GitHub Enterprise."""

import github
import requests
from github import Auth, Github
from requests_oauthlib import OAuth2Session

from demo import CALLBACK, REPOSITORIES, Case, decide, query


class GitHub(Case):
    kind = "github"
    api = "/api"

    def client(self, token):
        self.addCleanup(lambda: client.close())
        client = Github(auth=Auth.Token(token), base_url=self.base() + self.api, retry=None, per_page=7)
        return client

    def connect(self, user="ada"):
        session = OAuth2Session("an-app", redirect_uri=CALLBACK, scope=["repo", "read:org"], pkce="S256")
        url, _ = session.authorization_url(self.base() + "/login/oauth/authorize")
        callback = decide(url, user)
        token = session.fetch_token(
            self.base() + "/login/oauth/access_token",
            authorization_response=callback,
            client_secret="a-secret",
            headers={"Accept": "application/json"},
            include_client_id=True,
        )
        return token["access_token"]

    def test_connect_and_list(self):
        token = self.connect()
        self.assertTrue(token.startswith("gho_"))
        client = self.client(token)
        user = client.get_user()
        self.assertEqual((user.login, user.name), ("ada", "Ada Lovelace"))
        repositories = list(user.get_repos())
        self.assertEqual(len({r.full_name for r in repositories}), REPOSITORIES)
        self.assertEqual([o.login for o in user.get_orgs()], ["acme", "acme-labs"])
        self.assertEqual(len(list(client.get_organization("acme-labs").get_repos())), 7)
        self.assertEqual(sorted(client.oauth_scopes), ["read:org", "repo"])

    def test_a_repository(self):
        client = self.client("a personal token")
        repository = client.get_repo("acme/infra")
        self.assertEqual((repository.default_branch, repository.private), ("main", True))
        self.assertTrue(repository.permissions.admin)
        self.assertEqual(repository.clone_url, self.base() + "/acme/infra.git")
        self.assertEqual([b.name for b in repository.get_branches()], ["main", "develop"])
        tree = repository.get_git_tree(repository.get_branch("develop").commit.sha, recursive=True).tree
        directories = [e.path for e in tree if e.type == "tree"]
        self.assertIn("modules/network", directories)
        self.assertIn("experiments", directories)
        self.assertEqual([c.name for c in repository.get_contents("modules")], ["compute", "network"])
        self.assertRaises(github.UnknownObjectException, client.get_repo, "acme/nothing")

    def test_users_differ(self):
        self.assertEqual(len(list(self.client(self.connect("grace")).get_user().get_repos())), 18)
        self.assertEqual(len(list(self.client(self.connect("alan")).get_user().get_repos())), 0)
        self.assertFalse(self.client(self.connect("grace")).get_repo("acme/infra").permissions.admin)

    def test_refused_tokens(self):
        for token in ["revoked", "expired-since-monday", "gho_" + 36 * "0"]:
            with self.assertRaises(github.BadCredentialsException):
                self.client(token).get_user().login

    def test_revoked_by_the_application(self):
        token = self.connect()
        answer = requests.delete(
            f"{self.base()}{self.api}/applications/an-app/token", json={"access_token": token}, auth=("an-app", "a-secret")
        )
        self.assertEqual(answer.status_code, 204)
        with self.assertRaises(github.BadCredentialsException):
            self.client(token).get_user().login

    def test_denied(self):
        session = OAuth2Session("an-app", redirect_uri=CALLBACK)
        url, state = session.authorization_url(self.base() + "/login/oauth/authorize")
        answer = query(decide(url, decision="deny"))
        self.assertEqual((answer["error"], answer["state"], answer["fixed"]), ("access_denied", state, "1"))

    def test_a_code_is_used_once_and_errors_have_status_200(self):
        session = OAuth2Session("an-app", redirect_uri=CALLBACK)
        url, _ = session.authorization_url(self.base() + "/login/oauth/authorize")
        form = {"client_id": "an-app", "client_secret": "a-secret", "code": query(decide(url))["code"]}
        said = lambda **more: requests.post(self.base() + "/login/oauth/access_token", data={**form, **more})
        self.assertIn("error=incorrect_client_credentials", said(client_secret="wrong").text)
        first, second = said(), said()
        self.assertEqual((first.status_code, second.status_code), (200, 200))
        self.assertTrue(first.text.startswith("access_token=gho_"), first.text)
        self.assertTrue(second.text.startswith("error=bad_verification_code"), second.text)

    def test_faults(self):
        client = self.client(self.connect())
        self.fault("missing-rights")
        self.assertEqual(client.get_user().login, "ada")
        with self.assertRaises(github.GithubException) as caught:
            client.get_repo("acme/infra")
        self.assertEqual(caught.exception.status, 403)
        self.fault("revoked")
        self.assertRaises(github.BadCredentialsException, lambda: self.client("personal").get_user().login)


class GitHubEnterprise(GitHub):
    kind = "github_enterprise"
    api = "/api/v3"
