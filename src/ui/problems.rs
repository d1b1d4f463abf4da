//! What is wrong with a form, beside the fields that it is about.

use super::input::{Input, Kind as Field};
use crate::domain::error::{Error, Kind, Problem, Result, Source};
use crate::http::form::Form;

/// Puts what was typed into the fields, secrets aside.
pub fn fill(fields: &mut [Input], form: &Form) {
    for input in fields {
        match &mut input.kind {
            Field::Password | Field::Area { is_secret: true } => {}
            Field::Choice(choices) => {
                let chosen = form.get(input.name);
                choices.iter_mut().for_each(|choice| choice.is_chosen = choice.value == chosen);
            }
            Field::Tick { is_ticked } => *is_ticked = !form.get(input.name).is_empty(),
            _ => input.value = form.exact(input.name).to_owned(),
        }
    }
}

/// Puts each problem beside its field; what is about none of them is returned. Errors that are about no form at all go
/// on their way.
pub fn place(error: Error, fields: &mut [&mut Input]) -> Result<Vec<String>> {
    if !matches!(error.kind, Kind::Invalid | Kind::Conflict) {
        return Err(error);
    }
    let labels: Vec<(&str, &str)> = fields.iter().map(|input| (input.name, input.label)).collect();
    let mut rest = vec![];
    for Problem { detail, source } in error.problems {
        let name = match &source {
            Some(Source::Pointer(pointer)) => pointer.rsplit('/').next(),
            _ => None,
        };
        match fields.iter_mut().find(|input| Some(input.name) == name) {
            Some(input) => input.problem = Some(told(detail, &labels)),
            None => rest.push(detail),
        }
    }
    Ok(rest)
}

/// A problem with one field, where no rule of the product finds it.
pub fn wrong(name: &str, detail: &str) -> Error {
    let source = Some(Source::Pointer(format!("/data/attributes/{name}")));
    let problems = vec![Problem { detail: detail.to_owned(), source }];
    Error { problems, ..Error::invalid("") }
}

/// The rules name attributes; a page names its fields.
fn told(detail: String, labels: &[(&str, &str)]) -> String {
    labels.iter().fold(detail, |detail, (name, label)| {
        detail.replace(&format!("`vcs-repo.{name}`"), label).replace(&format!("`{name}`"), label)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Problems;
    use crate::http::request::{Method, Request};

    #[test]
    fn problems_go_to_their_fields_and_the_rest_above() {
        let mut problems = Problems::default();
        problems.attribute("http-url", "`http-url` must begin with https:// or http://.");
        problems.at("/data/attributes/vcs-repo/branch", "`vcs-repo.branch` is too long.");
        problems.attribute("secret", "`secret` is required together with `http-url`.");
        problems.at("/data/relationships/agent-pool", "The pool is unknown.");
        let (mut url, mut branch) = (Input::url("http-url", "HTTP URL"), Input::text("branch", "Branch"));
        let mut secret = Input::password("secret", "Secret");
        let rest = place(problems.finish().unwrap_err(), &mut [&mut url, &mut branch, &mut secret]).unwrap();
        assert_eq!(url.problem.as_deref(), Some("HTTP URL must begin with https:// or http://."));
        assert_eq!(branch.problem.as_deref(), Some("Branch is too long."));
        assert_eq!(secret.problem.as_deref(), Some("Secret is required together with HTTP URL."));
        assert_eq!(rest, ["The pool is unknown."]);
        assert_eq!(place(Error::not_found(), &mut []).unwrap_err().kind, Kind::NotFound);
    }

    #[test]
    fn what_was_typed_stays_but_for_secrets() {
        let headers = vec![("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let body = b"name=+a&secret=hunter2&private-key=k&on=true".to_vec();
        let form = Form::read(&Request::new(Method::Post, "/", headers, body).unwrap()).unwrap();
        let mut fields = [
            Input::text("name", "Name"),
            Input::password("secret", "Secret"),
            Input::secret_area("private-key", "Key"),
            Input::tick("on", "On", false),
            Input::tick("off", "Off", true),
        ];
        fill(&mut fields, &form);
        assert_eq!(fields.each_ref().map(|input| input.value.as_str()), [" a", "", "", "", ""]);
        assert_eq!(fields[3].kind, Field::Tick { is_ticked: true });
        assert_eq!(fields[4].kind, Field::Tick { is_ticked: false });
    }
}
