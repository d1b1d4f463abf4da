//! The demo provider's own pages: plain, without a script, and plain about what they are.

use askama::Template;

use super::answers;
use super::catalogue::{USERS, User};
use super::faults;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::http::reply::Reply;

const STYLE: &str = "\
:root { color-scheme: light dark; --line: #8888; --accent: #1f5fbf; }
@media (prefers-color-scheme: dark) { :root { --accent: #7fb0ff; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; }
h2 { font-size: 1.15rem; }
.demo { border: 2px solid var(--accent); border-radius: .5rem; padding: .5rem .75rem; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; }
label { display: block; padding: .35rem 0; }
label small { display: block; padding-left: 1.6rem; }
dt { font-weight: 600; }
dd { margin: 0 0 .5rem; }
button, select, input { font: inherit; padding: .5rem .9rem; border-radius: .4rem; border: 1px solid var(--line); max-width: 100%; }
input[type=radio] { width: 1.1rem; height: 1.1rem; }
button { margin: .25rem .5rem .25rem 0; cursor: pointer; }
button.first { background: #1f5fbf; color: #fff; border-color: #1f5fbf; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
";

/// Where a form of the page may lead: browsers also look at what its answer redirects to.
fn policy(destination: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {destination}; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn page(status: u16, text: askama::Result<String>, destination: &str) -> Reply {
    let Ok(text) = text else { return answers::plain(500, "The page could not be written.\n") };
    answers::html(status, text)
        .with_header("Content-Security-Policy", policy(destination))
        // With less, browsers would not say where the form comes from.
        .with_header("Referrer-Policy", "same-origin")
}

pub fn style_sheet() -> Reply {
    Reply::new(200).with_body("text/css; charset=utf-8", STYLE.as_bytes().to_vec())
}

pub struct Consent<'a> {
    pub kind: ServiceProvider,
    /// The page's own path: the query is in the hidden fields.
    pub action: &'a str,
    /// The client id or consumer key.
    pub client: &'a str,
    pub scope: &'a str,
    /// The origin that the browser goes back to.
    pub destination: &'a str,
    pub hidden: &'a [(&'static str, &'a str)],
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Authorize: demo {{ name }}</title><link rel="stylesheet" href="/_style.css"></head>
<body><main>
<p class="demo">This is <strong>Bowline's demo provider</strong>, not {{ name }}. No account and no password is needed, and
nothing leaves this machine.</p>
<h1>Let an application use your demo {{ name }} account?</h1>
<dl>
<dt>Application</dt><dd>{{ consent.client }}</dd>
{% if !consent.scope.is_empty() %}<dt>Asks for</dt><dd>{{ consent.scope }}</dd>{% endif %}
<dt>The answer goes to</dt><dd>{{ consent.destination }}</dd>
</dl>
<form method="post" action="{{ consent.action }}" autocomplete="off">
{% for (name, value) in consent.hidden %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<fieldset><legend>Continue as</legend>
{% for user in users %}<label><input type="radio" name="user" value="{{ user.login }}"{% if loop.first %} checked{% endif %}>
{{ user.name }} ({{ user.login }})<small>{{ user.note }}</small></label>
{% endfor %}</fieldset>
<button class="first" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>
</main></body></html>
"#
)]
struct ConsentPage<'a> {
    name: &'static str,
    consent: &'a Consent<'a>,
    users: &'static [User],
}

pub fn consent(consent: &Consent<'_>) -> Reply {
    let text = ConsentPage { name: consent.kind.display_name(), consent, users: &USERS }.render();
    page(200, text, consent.destination)
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cannot authorize</title><link rel="stylesheet" href="/_style.css"></head>
<body><main>
<p class="demo">This is <strong>Bowline's demo provider</strong>.</p>
<h1>The application's request cannot be answered</h1>
<p>{{ why }} Start again in Bowline.</p>
</main></body></html>
"#
)]
struct ProblemPage {
    why: &'static str,
}

/// What a person is told where the application cannot be.
pub fn problem(status: u16, why: &'static str) -> Reply {
    page(status, ProblemPage { why }.render(), "")
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bowline's demo providers</title><link rel="stylesheet" href="/_style.css"></head>
<body><main>
<h1>Bowline's demo providers</h1>
<p class="demo">Bowline plays these VCS providers itself. They are for demonstrations and tests, and nothing leaves this
machine.</p>
<dl>
{% for kind in kinds %}<dt>{{ kind.display_name() }}</dt><dd>{{ origin }}/{{ kind.identifier() }}</dd>
{% endfor %}</dl>
<h2>Faults</h2>
{% if set.is_empty() %}<p>None is set.</p>{% else %}<ul>
{% for line in set %}<li>{{ line }}</li>
{% endfor %}</ul>{% endif %}
<form method="post" action="/_faults">
<label>Provider <select name="kind"><option value="all">all</option>
{% for kind in kinds %}<option value="{{ kind.identifier() }}">{{ kind.display_name() }}</option>
{% endfor %}</select></label>
<label>Fault <select name="fault"><option value="none">none: clear all of this provider</option>
{% for name in names %}<option>{{ name }}</option>
{% endfor %}</select></label>
<button class="first">Set</button>
</form>
</main></body></html>
"#
)]
struct FrontPage<'a> {
    origin: &'a str,
    kinds: &'static [ServiceProvider],
    names: &'static [&'static str],
    set: &'a [String],
}

pub fn front(origin: &str, set: &[String]) -> Reply {
    let text = FrontPage { origin, kinds: &ServiceProvider::ALL, names: &faults::NAMES, set }.render();
    page(200, text, "")
}
