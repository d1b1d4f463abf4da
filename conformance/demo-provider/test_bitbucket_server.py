"""requests-oauthlib (OAuth 1.0a, RSA-SHA1) and atlassian-python-api against the demo's Bitbucket Data Center and Server."""

import itertools
import os

import requests
from atlassian import Bitbucket
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_RSA_SHA1
from requests_oauthlib import OAuth1Session
from requests_oauthlib.oauth1_session import TokenRequestDenied

from demo import CALLBACK, REPOSITORIES, Case, decide, query

numbers = itertools.count(1)


def key_pair():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


PRIVATE_KEY, PUBLIC_KEY = key_pair()


class BitbucketDataCenter(Case):
    kind = "bitbucket_data_center"

    def consumer(self):
        """A client of Bowline, whose public key the demo provider looks up."""
        key = f"consumer-{self.kind}-{next(numbers)}"
        attributes = {"service-provider": self.kind, "http-url": self.base(), "api-url": self.base(), "key": key,
                      "secret": PRIVATE_KEY, "rsa-public-key": PUBLIC_KEY}
        answer = requests.post(
            f"{os.environ['TFE_ADDRESS']}/api/v2/organizations/{os.environ['TFE_ORGANIZATION']}/oauth-clients",
            json={"data": {"type": "oauth-clients", "attributes": attributes}},
            headers={"Authorization": f"Bearer {os.environ['TFE_TOKEN']}", "Content-Type": "application/vnd.api+json"},
        )
        self.assertEqual(answer.status_code, 201, answer.text)
        return key

    def session(self, consumer_key, key=PRIVATE_KEY, method=SIGNATURE_RSA_SHA1, **more):
        return OAuth1Session(consumer_key, signature_method=method, rsa_key=key, **more)

    def request_token(self, session):
        return session.fetch_request_token(self.base() + "/plugins/servlet/oauth/request-token")

    def connect(self, consumer_key, user="ada"):
        session = self.session(consumer_key, callback_uri=CALLBACK)
        self.assertEqual(self.request_token(session)["oauth_callback_confirmed"], "true")
        url = session.authorization_url(self.base() + "/plugins/servlet/oauth/authorize")
        session.parse_authorization_response(decide(url, user))
        return session.fetch_access_token(self.base() + "/plugins/servlet/oauth/access-token")

    def test_connect_and_list(self):
        key = self.consumer()
        token = self.connect(key)
        oauth = {"access_token": token["oauth_token"], "access_token_secret": token["oauth_token_secret"],
                 "consumer_key": key, "key_cert": PRIVATE_KEY, "signature_method": SIGNATURE_RSA_SHA1}
        client = Bitbucket(url=self.base(), oauth=oauth)
        self.assertEqual([p["key"] for p in client.project_list(limit=1)], ["ACME", "LABS"])
        self.assertEqual(len({r["slug"] for r in client.repo_list("ACME", limit=4)}), 18)
        signed = self.session(key, resource_owner_key=token["oauth_token"], resource_owner_secret="x")
        whoami = signed.get(self.base() + "/plugins/servlet/applinks/whoami")
        self.assertEqual((whoami.text, whoami.headers["X-AUSERNAME"]), ("ada", "ada"))
        slugs, start = [], 0
        while start is not None:
            page = signed.get(self.base() + "/rest/api/1.0/repos", params={"permission": "REPO_READ", "start": start}).json()
            slugs += [r["slug"] for r in page["values"]]
            start = page["nextPageStart"]
        self.assertEqual(len(set(slugs)), REPOSITORIES)

    def test_a_repository(self):
        client = Bitbucket(url=self.base(), token="an HTTP access token")
        self.assertEqual(client.get_repo("ACME", "infra")["project"]["key"], "ACME")
        self.assertEqual([b["displayId"] for b in client.get_branches("ACME", "infra")], ["main", "develop"])
        self.assertEqual(client.get_default_branch("ACME", "infra")["displayId"], "main")
        self.assertIn("modules/network/main.tf", client.get_file_list("ACME", "infra"))
        self.assertFalse(client.repo_exists("ACME", "nothing"))

    def problem(self, call):
        with self.assertRaises(TokenRequestDenied) as caught:
            call()
        self.assertEqual(caught.exception.status_code, 401)
        return query("?" + caught.exception.response.text)["oauth_problem"]

    def test_what_is_wrong_is_named(self):
        key = self.consumer()
        requested = lambda *args, **more: self.request_token(self.session(*args, callback_uri=CALLBACK, **more))
        self.assertEqual(self.problem(lambda: requested("stranger")), "consumer_key_unknown")
        self.assertEqual(self.problem(lambda: requested(key, key_pair()[0])), "signature_invalid")
        hmac = lambda: self.request_token(OAuth1Session(key, "x", signature_method=SIGNATURE_HMAC_SHA1, callback_uri=CALLBACK))
        self.assertEqual(self.problem(hmac), "signature_method_rejected")
        self.assertEqual(self.problem(lambda: requested(key, timestamp="1000000000")), "timestamp_refused")
        requested(key, nonce="once")
        session = self.session(key, callback_uri=CALLBACK)
        self.request_token(session)
        decided = decide(session.authorization_url(self.base() + "/plugins/servlet/oauth/authorize"), decision="deny")
        self.assertEqual(query(decided)["oauth_verifier"], "denied")
        session.parse_authorization_response(decided)
        exchange = lambda: session.fetch_access_token(self.base() + "/plugins/servlet/oauth/access-token")
        self.assertEqual(self.problem(exchange), "permission_denied")

    def test_a_request_that_is_sent_twice(self):
        import time

        key, now = self.consumer(), str(int(time.time()))
        call = lambda: self.request_token(self.session(key, callback_uri=CALLBACK, timestamp=now, nonce="the-same"))
        call()
        self.assertEqual(self.problem(call), "nonce_used")

    def test_revoked(self):
        key = self.consumer()
        token = self.connect(key)
        signed = self.session(key, resource_owner_key=token["oauth_token"], resource_owner_secret="x")
        self.fault("revoked")
        answer = signed.get(self.base() + "/rest/api/1.0/repos")
        self.assertEqual((answer.status_code, answer.text), (401, "oauth_problem=token_rejected"))
        self.assertIn('oauth_problem="token_rejected"', answer.headers["WWW-Authenticate"])
        with self.assertRaises(requests.HTTPError) as caught:
            Bitbucket(url=self.base(), token="any").get_repo("ACME", "infra")
        self.assertEqual(caught.exception.response.status_code, 401)


class BitbucketServer(BitbucketDataCenter):
    kind = "bitbucket_server"


class BitbucketServerLegacy(BitbucketDataCenter):
    kind = "bitbucket_server_legacy"
