"""What the tests have in common: where the demo's providers are, and a person at their pages."""

import html.parser
import os
import unittest
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

ORIGIN = os.environ["BOWLINE_DEMO_PROVIDERS"]
CALLBACK = "http://127.0.0.1:9/auth/callback?fixed=1"
REPOSITORIES = 25


class Form(html.parser.HTMLParser):
    """The hidden fields, and the users that can be chosen."""

    def __init__(self, text):
        super().__init__()
        self.fields, self.users, self.has_script, self.action = {}, [], False, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.has_script |= tag == "script"
        if tag == "form":
            self.action = attributes["action"]
        if tag == "input" and attributes["type"] == "hidden":
            self.fields[attributes["name"]] = attributes["value"]
        if tag == "input" and attributes["type"] == "radio":
            self.users.append(attributes["value"])


def decide(url, user="ada", decision="allow"):
    """Opens an authorize page, chooses, and gives where the browser is sent."""
    page = requests.get(url)
    page.raise_for_status()
    form = Form(page.text)
    assert not form.has_script and form.users == ["ada", "grace", "alan"], page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, policy
    answer = requests.post(
        urljoin(url, form.action),
        data={**form.fields, "user": user, "decision": decision},
        headers={"Origin": ORIGIN},
        allow_redirects=False,
    )
    assert answer.status_code == 302, answer.text
    location = answer.headers["Location"]
    assert location.startswith(CALLBACK + "&"), location
    return location


def query(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


class Case(unittest.TestCase):
    """Whatever fault a test sets is gone after it."""

    kind = None

    def base(self):
        return f"{ORIGIN}/{self.kind}"

    def fault(self, fault, **more):
        self.addCleanup(requests.delete, f"{ORIGIN}/_faults")
        requests.post(f"{ORIGIN}/_faults", json={"kind": self.kind, "fault": fault, **more}).raise_for_status()
