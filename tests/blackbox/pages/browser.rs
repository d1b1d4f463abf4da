//! A browser: keeps cookies, fills in forms, follows redirects of its own server.

use std::cell::RefCell;

use ureq::Agent;
use ureq::http::Request;

use crate::harness::{PATIENCE, Server};

pub struct Browser {
    agent: Agent,
    pub address: String,
    /// `name=value`
    pub cookie: RefCell<Option<String>>,
}

#[derive(Debug)]
pub struct Page {
    /// Where the browser ended up.
    pub path: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Browser {
    pub fn new(server: &Server) -> Browser {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .user_agent("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0")
            .build();
        Browser { agent: config.into(), address: server.listening(), cookie: RefCell::default() }
    }

    /// A browser in which `name` has set a password by a link and is signed in.
    pub fn of(server: &Server, name: &str) -> Browser {
        let browser = Browser::new(server);
        let link = server.cli(&["user", "sign-in-link", name]);
        let path = link.strip_prefix("http://127.0.0.1:8080").expect("a link to the server").to_owned();
        let page = browser.get(&path).is(200);
        let page = browser.submit(&page, &path, &[("new-password", PASSWORD)]);
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }

    pub fn get(&self, path: &str) -> Page {
        self.follow(self.send("GET", path, None, &[]))
    }

    /// Without following where it leads.
    pub fn send(&self, method: &str, path: &str, body: Option<&str>, headers: &[(&str, &str)]) -> Page {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        if let Some(cookie) = &*self.cookie.borrow() {
            request = request.header("Cookie", cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut response = response.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect();
        let body = response.body_mut().read_to_string().expect("text");
        let page = Page { path: path.to_owned(), status: response.status().as_u16(), headers, body };
        if let Some(cookie) = page.header("Set-Cookie") {
            let pair = cookie.split(';').next().expect("a pair").to_owned();
            *self.cookie.borrow_mut() = Some(pair).filter(|_| !cookie.contains("Max-Age=0"));
        }
        page
    }

    /// As a browser sends the form of a page that has no referrer.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        self.send("POST", path, Some(&encoded(fields)), &headers)
    }

    /// Fills in the form of `page` that is sent to `action`, and follows where it leads. Fields of the form that are not
    /// among `fields` keep the value that the page gave them.
    pub fn submit(&self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let given = page.form(action);
        let kept = given.iter().filter(|(name, _)| fields.iter().all(|(other, _)| other != name));
        let all: Vec<(&str, &str)> =
            kept.map(|(n, v)| (n.as_str(), v.as_str())).chain(fields.iter().copied()).collect();
        self.follow(self.post(action, &all))
    }

    fn follow(&self, mut page: Page) -> Page {
        for _ in 0..5 {
            let Some(location) = page.header("Location").map(str::to_owned) else { return page };
            assert_eq!(page.status, 303, "{}", page.path);
            assert!(location.starts_with('/') && !location.starts_with("//"), "{location}");
            page = self.send("GET", &location, None, &[]);
        }
        panic!("too many redirects")
    }
}

pub const PASSWORD: &str = "correct horse battery staple";

pub fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(b).to_string(),
                _ => format!("%{b:02X}"),
            })
            .collect()
    };
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

impl Page {
    #[track_caller]
    pub fn is(self, status: u16) -> Page {
        assert_eq!(self.status, status, "{}: {}", self.path, self.body);
        self
    }

    /// Asserts where the browser ended up.
    #[track_caller]
    pub fn at(self, path: &str) -> Page {
        assert_eq!(self.path, path, "{}", self.body);
        self
    }

    #[track_caller]
    pub fn has(self, text: &str) -> Page {
        assert!(self.body.contains(text), "no {text:?} on {}: {}", self.path, self.body);
        self
    }

    #[track_caller]
    pub fn has_not(self, text: &str) -> Page {
        assert!(!self.body.contains(text), "{text:?} on {}: {}", self.path, self.body);
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Names and values of the fields of the form that is sent to `action`, as a browser would send them untouched.
    #[track_caller]
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let start = format!("action=\"{action}\"");
        let at =
            self.body.find(&start).unwrap_or_else(|| panic!("no form for {action} on {}: {}", self.path, self.body));
        let form = self.body[at..].split("</form>").next().expect("a form");
        let mut fields = vec![];
        for tag in form.split('<').filter(|tag| tag.starts_with("input ")) {
            let is_sent = match attribute(tag, "type").as_deref() {
                Some("checkbox" | "radio") => tag.contains(" checked"),
                _ => true,
            };
            if let (true, Some(name)) = (is_sent, attribute(tag, "name")) {
                // Fields of one line lose their line ends.
                fields.push((name, attribute(tag, "value").unwrap_or_default().replace(['\r', '\n'], "")));
            }
        }
        for select in form.split("<select ").skip(1) {
            let select = select.split("</select>").next().expect("a list");
            let options: Vec<&str> = select.split("<option ").skip(1).collect();
            let chosen = options.iter().find(|option| option.contains(" selected")).or(options.first());
            if let (Some(name), Some(option)) = (attribute(select, "name"), chosen) {
                fields.push((name, attribute(option, "value").unwrap_or_default()));
            }
        }
        for area in form.split("<textarea ").skip(1) {
            let (start, rest) = area.split_once('>').expect("a tag");
            let text = rest.split("</textarea>").next().expect("a text");
            if let Some(name) = attribute(start, "name") {
                // The first line end is the markup's own; the others are sent as CR LF, whatever they were.
                let text = text.strip_prefix('\n').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
                fields.push((name, text.replace('\n', "\r\n")));
            }
        }
        fields
    }

    /// The values that are shown to be copied.
    pub fn copies(&self) -> Vec<String> {
        let lines = self.body.split("<textarea ").skip(1).filter_map(|area| {
            let (start, rest) = area.split_once('>')?;
            start.contains(" readonly").then(|| rest.split("</textarea>").next().unwrap_or_default().trim().to_owned())
        });
        let values = self.body.split("<input ").skip(1).filter_map(|tag| {
            let tag = tag.split('>').next()?;
            if tag.contains(" readonly") { attribute(tag, "value") } else { None }
        });
        lines.chain(values).collect()
    }

    /// The token that the forms of this page carry.
    #[track_caller]
    pub fn csrf(&self) -> String {
        self.form("/sign-out").into_iter().find(|(name, _)| name == "csrf").expect("a token").1
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&"),
    )
}
