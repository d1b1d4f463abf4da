//! A small reader of HTML: enough to see whether a page is balanced, quoted and labelled.

const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn is_field(&self) -> bool {
        match self.name.as_str() {
            "select" | "textarea" => true,
            "input" => self.get("type") != Some("hidden") && self.get("hidden").is_none(),
            _ => false,
        }
    }
}

/// `Err` says what is wrong.
pub fn check(html: &str) -> Result<(), String> {
    let rest = html.strip_prefix("<!doctype html>").ok_or("no doctype")?;
    let tags = read(rest)?;
    let mut ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("the id {} twice", twice[0]));
    }
    let labels: Vec<&str> = tags.iter().filter(|tag| tag.name == "label").filter_map(|tag| tag.get("for")).collect();
    for tag in tags.iter().filter(|tag| tag.is_field()) {
        let id = tag.get("id").ok_or_else(|| format!("a {} without an id", tag.name))?;
        if !labels.contains(&id) {
            return Err(format!("{id} has no label"));
        }
        let described_by = tag.get("aria-describedby").unwrap_or_default();
        if let Some(missing) = described_by.split_whitespace().find(|id| !ids.contains(id)) {
            return Err(format!("{id} is described by {missing}, which does not exist"));
        }
    }
    if let Some(label) = labels.iter().find(|label| !ids.contains(label)) {
        return Err(format!("a label for {label}, which does not exist"));
    }
    for required in ["html", "title", "main", "h1"] {
        let count = tags.iter().filter(|tag| tag.name == required).count();
        if count != 1 {
            return Err(format!("{count} of {required}"));
        }
    }
    Ok(())
}

/// All start tags, in their order.
fn read(mut rest: &str) -> Result<Vec<Tag>, String> {
    let (mut tags, mut open) = (Vec::<Tag>::new(), Vec::<String>::new());
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        if text.contains('>') {
            return Err(format!("a loose > in {text:?}"));
        }
        rest = &rest[at + 1..];
        if let Some(name) = rest.strip_prefix('/') {
            let (name, after) = name.split_once('>').ok_or("an end tag without an end")?;
            let expected = open.pop().ok_or_else(|| format!("</{name}> too many"))?;
            if expected != name {
                return Err(format!("</{name}> where </{expected}> has to be"));
            }
            rest = after;
            continue;
        }
        let (tag, closes, after) = start_tag(rest)?;
        rest = after;
        allowed(&tag)?;
        if tag.name == "form" {
            form(&tag, rest)?;
        }
        if !VOID.contains(&tag.name.as_str()) && !closes {
            open.push(tag.name.clone());
        }
        tags.push(tag);
    }
    if open.is_empty() { Ok(tags) } else { Err(format!("left open: {open:?}")) }
}

fn allowed(tag: &Tag) -> Result<(), String> {
    if matches!(tag.name.as_str(), "script" | "style" | "iframe" | "object" | "embed" | "base" | "img") {
        return Err(format!("<{}>", tag.name));
    }
    for (name, value) in &tag.attributes {
        if name == "style" || name.starts_with("on") {
            return Err(format!("the attribute {name}"));
        }
        let is_address = matches!(name.as_str(), "href" | "action" | "src");
        let is_local = value.starts_with('#') || value.starts_with('/') && !value.starts_with("//");
        if is_address && !is_local && !value.starts_with("https://") && !value.starts_with("http://") {
            return Err(format!("{name} leads to {value:?}"));
        }
    }
    Ok(())
}

/// Forms that change something carry the token of the session; the two for people without a session have none.
fn form(tag: &Tag, rest: &str) -> Result<(), String> {
    let action = tag.get("action").ok_or("a form without an action")?;
    let body = rest.split_once("</form>").ok_or("a form without an end")?.0;
    match tag.get("method") {
        Some("get") if body.contains("name=\"csrf\"") => Err(format!("the token in the query of {action}")),
        Some("get") => Ok(()),
        Some("post") if action == "/sign-in" || action.starts_with("/set-password/") => Ok(()),
        Some("post") if body.contains("name=\"csrf\" value=\"6f1c0d5e\"") => Ok(()),
        method => Err(format!("the form {action} with method {method:?} has no CSRF token")),
    }
}

fn start_tag(text: &str) -> Result<(Tag, bool, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).ok_or("a tag without an end")?;
    let mut tag = Tag { name: text[..end].to_owned(), attributes: vec![] };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((tag, true, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((tag, false, after));
        }
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|end| *end > 0).ok_or_else(|| {
                format!("no attribute in <{}> at {:?}", tag.name, rest.chars().take(20).collect::<String>())
            })?;
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let value = match rest.strip_prefix('=') {
            None => String::new(),
            Some(quoted) => {
                let quoted = quoted.strip_prefix('"').ok_or_else(|| format!("{name} is not quoted"))?;
                let (value, after) = quoted.split_once('"').ok_or_else(|| format!("{name} has no end"))?;
                if value.contains('<') {
                    return Err(format!("markup in {name}"));
                }
                rest = after;
                value.to_owned()
            }
        };
        tag.attributes.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    fn page(body: &str) -> String {
        format!("<!doctype html><html><title>t</title><main><h1>h</h1>{body}</main></html>")
    }

    #[test]
    fn faults_are_found() {
        assert_eq!(check(&page("<p>ok</p>")), Ok(()));
        for fault in [
            "<p>",
            "</p>",
            "<p style=\"x\">a</p>",
            "<script>1</script>",
            "<a href=\"javascript:x\">a</a>",
            "<a href=\"//evil.test\">a</a>",
            "<input id=\"a\">",
            "<label for=\"a\">a</label>",
            "<p id=\"a\">a</p><p id=\"a\">b</p>",
            "<p onclick=\"x\">a</p>",
            "<p class=x>a</p>",
            "<form method=\"post\" action=\"/x\"></form>",
            "a > b",
        ] {
            assert!(check(&page(fault)).is_err(), "{fault}");
        }
    }
}
