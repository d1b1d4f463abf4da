//! One field of a form, with its label, its hint and what is wrong with it.

#[derive(Clone, Debug, Default)]
pub struct Input {
    /// As in the API: `http-url`. Problems find their field by it.
    pub name: &'static str,
    pub label: &'static str,
    pub kind: Kind,
    pub value: String,
    pub hint: String,
    pub problem: Option<String>,
    pub is_required: bool,
    /// Needed unless another way is taken: neither required nor optional.
    pub is_alternative: bool,
    pub autocomplete: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Text,
    Url,
    Email,
    /// Never filled in by the server.
    Password,
    /// Several lines. A secret one is never filled in by the server.
    Area {
        is_secret: bool,
    },
    Choice(Vec<Choice>),
    Tick {
        is_ticked: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl Input {
    pub fn text(name: &'static str, label: &'static str) -> Input {
        Input { name, label, autocomplete: "off", ..Input::default() }
    }

    pub fn url(name: &'static str, label: &'static str) -> Input {
        Input { kind: Kind::Url, ..Input::text(name, label) }
    }

    pub fn email(name: &'static str, label: &'static str) -> Input {
        Input { kind: Kind::Email, autocomplete: "email", ..Input::text(name, label) }
    }

    pub fn password(name: &'static str, label: &'static str) -> Input {
        Input { kind: Kind::Password, ..Input::text(name, label) }
    }

    pub fn area(name: &'static str, label: &'static str) -> Input {
        Input { kind: Kind::Area { is_secret: false }, ..Input::text(name, label) }
    }

    pub fn secret_area(name: &'static str, label: &'static str) -> Input {
        Input { kind: Kind::Area { is_secret: true }, ..Input::text(name, label) }
    }

    pub fn choice(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Input {
        Input { kind: Kind::Choice(choices), ..Input::text(name, label) }
    }

    pub fn tick(name: &'static str, label: &'static str, is_ticked: bool) -> Input {
        Input { kind: Kind::Tick { is_ticked }, ..Input::text(name, label) }
    }

    #[must_use]
    pub fn required(self) -> Input {
        Input { is_required: true, ..self }
    }

    #[must_use]
    pub fn alternative(self) -> Input {
        Input { is_alternative: true, ..self }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Input {
        Input { hint: hint.into(), ..self }
    }

    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Input {
        Input { value: value.into(), ..self }
    }

    #[must_use]
    pub fn autocomplete(self, autocomplete: &'static str) -> Input {
        Input { autocomplete, ..self }
    }

    /// What the `type` attribute says.
    pub fn html_type(&self) -> &'static str {
        match self.kind {
            Kind::Url => "url",
            Kind::Email => "email",
            Kind::Password => "password",
            _ => "text",
        }
    }

    /// Ids of what describes the field, for `aria-describedby`.
    pub fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let problem = self.problem.is_some().then(|| format!("{}-problem", self.name));
        [problem, hint].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
