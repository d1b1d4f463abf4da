"""A browser without a screen: it keeps cookies, reads forms and links, and follows redirects."""

import html.parser
import http.cookiejar
import ssl
import urllib.error
import urllib.parse
import urllib.request

REDIRECTS = (301, 302, 303, 307, 308)


class Form:
    def __init__(self, page, attributes):
        self.method = attributes.get("method", "get").lower()
        self.action = urllib.parse.urljoin(page.url, attributes.get("action") or page.url)
        self.fields = {}
        self.buttons = []


class Link:
    def __init__(self, page, href):
        self.url, self.text = urllib.parse.urljoin(page.url, href), ""


class Page(html.parser.HTMLParser):
    """An answer, and what a person finds on it."""

    def __init__(self, url, status, headers, body):
        super().__init__()
        self.url, self.status, self.headers = url, status, headers
        self.body = body.decode(errors="replace")
        self.forms, self.links, self.shown, self.heading, self.words = [], [], {}, "", []
        self._form = self._link = self._area = self._choice = self._skips = None
        self._in_heading = False
        if "html" in headers.get("Content-Type", ""):
            self.feed(self.body)

    def handle_starttag(self, tag, given):
        attributes = {name: value or "" for name, value in given}
        name, value = attributes.get("name"), attributes.get("value", "")
        if tag == "form":
            self._form = Form(self, attributes)
            self.forms.append(self._form)
        elif tag == "a" and "href" in attributes:
            self._link = Link(self, attributes["href"])
            self.links.append(self._link)
        elif tag == "input" and "readonly" in attributes:
            self.shown[attributes.get("id")] = value
        elif tag == "input" and self._form and name:
            kind = attributes.get("type", "text")
            if kind == "submit":
                self._form.buttons.append((name, value, value))
            elif kind not in ("checkbox", "radio") or "checked" in attributes:
                self._form.fields[name] = attributes.get("value", "on" if kind == "checkbox" else "")
        elif tag == "button" and self._form and attributes.get("type", "submit") == "submit":
            self._form.buttons.append((name, value, attributes.get("id", "")))
        elif tag == "textarea":
            self._area = attributes.get("id") if "readonly" in attributes else name
            self._area_is_shown = "readonly" in attributes
            self._text = ""
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._form and self._choice:
            if "selected" in attributes or self._choice not in self._form.fields:
                self._form.fields[self._choice] = value
        elif tag == "h1":
            self._in_heading = True
        elif tag in ("script", "style"):
            self._skips = tag

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "a":
            self._link = None
        elif tag == "textarea" and self._area:
            text = self._text.removeprefix("\n")
            if self._area_is_shown:
                self.shown[self._area] = text
            elif self._form:
                self._form.fields[self._area] = text
            self._area = None
        elif tag == "select":
            self._choice = None
        elif tag == "h1":
            self._in_heading = False
        elif tag == self._skips:
            self._skips = None

    def handle_data(self, data):
        if self._skips:
            return
        if self._area:
            self._text += data
            return
        self.words.extend(data.split())
        if self._link:
            self._link.text += data
        if self._in_heading:
            self.heading = f"{self.heading} {data}".strip()

    @property
    def text(self):
        return " ".join(self.words)

    @property
    def location(self):
        return urllib.parse.urljoin(self.url, self.headers["Location"])

    def form(self, *fields):
        """The one that has these fields."""
        for form in self.forms:
            if all(field in form.fields or any(button[0] == field for button in form.buttons) for field in fields):
                return form
        raise AssertionError(f"{self} has no form with {fields}: {self.body}")

    def link(self, text):
        for link in self.links:
            if text in link.text:
                return link.url
        raise AssertionError(f"{self} has no link {text!r}: {self.body}")

    def __str__(self):
        return f"{self.status} {self.url}: {self.heading}"


class _Whatever(urllib.request.HTTPErrorProcessor):
    """Every status is an answer, and no redirect is followed unseen."""

    def http_response(self, request, response):
        return response

    https_response = http_response


class Browser:
    def __init__(self, authority=None):
        self.jar = http.cookiejar.CookieJar()
        context = ssl.create_default_context(cafile=authority)
        self.opener = urllib.request.build_opener(
            _Whatever,
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(self.jar),
            urllib.request.HTTPSHandler(context=context),
        )
        # The addresses that it was sent to, in order.
        self.visited = []
        self.origin = None

    def ask(self, url, fields=None):
        """One request, without following where it leads."""
        self.visited.append(url)
        parts = urllib.parse.urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Accept": "text/html"}
        data = None
        if fields is not None:
            data = urllib.parse.urlencode(fields).encode()
            headers["Origin"] = self.origin or origin
            headers["Sec-Fetch-Site"] = "same-origin" if headers["Origin"] == origin else "cross-site"
        try:
            with self.opener.open(urllib.request.Request(url, data, headers), timeout=60) as answer:
                page = Page(url, answer.status, answer.headers, answer.read())
        except urllib.error.URLError as error:
            raise AssertionError(f"{url}: {error}") from error
        self.origin = origin
        return page

    def go(self, url, fields=None, until=None):
        """Follows redirects, but does not ask for what begins with `until`: that address is what comes back then."""
        for _ in range(20):
            page = self.ask(url, fields)
            fields = None
            if page.status not in REDIRECTS:
                return page
            url = page.location
            if until and url.startswith(until):
                return url
        raise AssertionError(f"redirected without end: {self.visited[-5:]}")

    def submit(self, form, button=None, until=None, **more):
        fields = {**form.fields, **more}
        if button:
            name, value, _ = next(found for found in form.buttons if button in found)
            fields[name] = value
        if form.method == "get":
            return self.go(f"{form.action}?{urllib.parse.urlencode(fields)}", until=until)
        return self.go(form.action, fields, until)
