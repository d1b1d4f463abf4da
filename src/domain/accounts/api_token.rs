//! API tokens: they identify the caller.

use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::TokenId;
use crate::domain::names;
use crate::domain::secret::Secret;
use crate::domain::sources::Sources;
use crate::domain::timestamp::Timestamp;

const ALPHANUMERICS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PUBLIC_CHARACTERS: usize = 14;
const MARK: &str = ".atlasv1.";
const SECRET_CHARACTERS: usize = 67;
const PLAIN_CHARACTERS: usize = PUBLIC_CHARACTERS + MARK.len() + SECRET_CHARACTERS;

pub const MAX_DESCRIPTION_CHARACTERS: usize = 255;
/// How many one request may delete: other changes wait for it.
pub const MOST_AT_ONCE: usize = 1000;

/// A token in the clear, `<14 characters>.atlasv1.<67 characters>`: the shape that secret scanners know. It exists
/// between its making and its printing, and in requests.
pub struct PlainToken(Secret);

impl PlainToken {
    pub fn generate(sources: &Sources) -> PlainToken {
        PlainToken::of(&sources.text("token", ALPHANUMERICS, PUBLIC_CHARACTERS + SECRET_CHARACTERS))
    }

    /// The same token from the same bytes, for a sandbox whose token stays valid from one start to the next.
    pub fn from_seed(mut next_byte: impl FnMut() -> u8) -> PlainToken {
        // 248 is the largest multiple of 62 in a byte: above it, draw again, or some characters come up more often.
        let usable = std::iter::from_fn(|| Some(next_byte())).filter(|byte| *byte < 248);
        let characters = usable.map(|byte| char::from(ALPHANUMERICS[usize::from(byte) % ALPHANUMERICS.len()]));
        PlainToken::of(&characters.take(PUBLIC_CHARACTERS + SECRET_CHARACTERS).collect::<String>())
    }

    /// `None` for what is no token.
    pub fn parse(text: &str) -> Option<PlainToken> {
        has_token_shape(text).then(|| PlainToken(Secret::new(text.to_owned())))
    }

    fn of(characters: &str) -> PlainToken {
        let (public, secret) = characters.split_at(PUBLIC_CHARACTERS);
        PlainToken(Secret::new(format!("{public}{MARK}{secret}")))
    }

    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// Whether a text can be a token at all: nothing else needs to be looked up.
pub fn has_token_shape(text: &str) -> bool {
    text.len() == PLAIN_CHARACTERS
        && text[..].split_once(MARK).is_some_and(|(public, secret)| {
            public.len() == PUBLIC_CHARACTERS && public.bytes().chain(secret.bytes()).all(|b| b.is_ascii_alphanumeric())
        })
}

/// The owner of a token: the row of a user, a team or an organization, which has one that reads its audit trail and
/// may do nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    User(i64),
    Team(i64),
    Organization(i64),
    AuditTrail(i64),
}

/// How long a token lives that is made through the API without saying it: two years, as real clients expect.
const DEFAULT_MONTHS: i32 = 24;

#[derive(Debug)]
pub struct NewToken {
    pub subject: Subject,
    pub terms: TokenTerms,
    /// The one token that a team or an organization has without a description, in the place of the one before.
    pub is_sole: bool,
}

/// What a request may say about a new token.
#[derive(Clone, Debug, Default)]
pub struct TokenTerms {
    pub description: Option<String>,
    /// For ever, where it is `None`.
    pub expires_at: Option<Timestamp>,
}

impl TokenTerms {
    /// From the attributes of a request.
    pub fn check(
        description: Field<String>,
        expired_at: Field<String>,
        now: Timestamp,
        problems: &mut Problems,
    ) -> TokenTerms {
        let expires_at = expired_at.value().map_or_else(
            || now.plus_months(DEFAULT_MONTHS),
            |text| {
                let instant = Timestamp::parse(&text);
                match instant {
                    None => problems.attribute("expired-at", "`expired-at` must be a time of RFC 3339, or null."),
                    Some(instant) if instant <= now => {
                        problems.attribute("expired-at", "`expired-at` must lie in the future.");
                    }
                    Some(_) => {}
                }
                instant
            },
        );
        let terms = TokenTerms { description: description.value(), expires_at };
        terms.check_description(problems);
        terms
    }

    /// From the command line. `Invalid` at `description`.
    pub fn new(description: Option<String>, expires_at: Option<Timestamp>) -> Result<TokenTerms> {
        let mut problems = Problems::default();
        let terms = TokenTerms { description, expires_at };
        terms.check_description(&mut problems);
        problems.finish().map(|()| terms)
    }

    fn check_description(&self, problems: &mut Problems) {
        if let Some(text) = &self.description
            && (!names::is_line(text, MAX_DESCRIPTION_CHARACTERS))
        {
            problems.attribute("description", "`description` must be one line of at most 255 characters.");
        }
    }
}

/// Who made a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creator {
    User(String),
    Team(String),
    /// The token's own: an organization's token makes none for another.
    Organization,
}

/// When the tokens of a list expire: after `after`, and at `until` at the latest; neither bound for those that never do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    Never,
    Between { after: Option<Timestamp>, until: Option<Timestamp> },
}

impl Expiry {
    /// By the name of the filter's value.
    pub fn from_name(name: &str, now: Timestamp) -> Option<Expiry> {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let within = |days: i64| Expiry::Between {
            after: Some(now),
            until: Some(Timestamp::from_milliseconds(now.milliseconds() + days * DAY_MS)),
        };
        Some(match name {
            "active" => Expiry::Between { after: Some(now), until: None },
            "expiring_in_7_days" => within(7),
            "expiring_in_30_days" => within(30),
            "expired" => Expiry::Between { after: None, until: Some(now) },
            "no_expiration" => Expiry::Never,
            _ => return None,
        })
    }
}

/// In which order a list of team tokens is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenOrder {
    #[default]
    Creation,
    TeamName,
    CreatedBy,
    ExpiredAt,
    LastUsedAt,
}

/// A token as operators list it.
#[derive(Debug)]
pub struct ApiToken {
    pub id: TokenId,
    /// `user ada`, `team my-organization/owners` or `organization my-organization`.
    pub subject: String,
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sources::Sources;

    #[test]
    fn generated_tokens_have_the_shape_that_scanners_know() {
        let tokens: std::collections::HashSet<String> =
            (0..1000).map(|_| PlainToken::generate(&Sources::system()).reveal().to_owned()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(tokens.iter().all(|token| has_token_shape(token)));
    }

    #[test]
    fn other_texts_have_not() {
        let good = PlainToken::generate(&Sources::system()).reveal().to_owned();
        for bad in ["", "x", &good[1..], &format!("{good}x"), &good.replace(".atlasv1.", ".atlasv2.")] {
            assert!(!has_token_shape(bad), "{bad}");
        }
        assert!(!has_token_shape(&"é".repeat(45)));
        assert!(!has_token_shape(&format!("{}é", &good[..88])));
    }

    #[test]
    fn terms_are_a_line_and_an_instant_to_come() {
        let now = Timestamp::parse("2030-01-01T00:00:00Z").unwrap();
        let wrong = |description: Field<String>, expired_at: Field<String>| {
            let mut problems = Problems::default();
            TokenTerms::check(description, expired_at, now, &mut problems);
            problems.finish().err().map_or(0, |error| error.problems.len())
        };
        let text = |text: &str| Field::Value(text.to_owned());
        assert_eq!(wrong(Field::Absent, Field::Null), 0);
        assert_eq!(wrong(text(""), text("2030-01-01T00:00:01Z")), 0);
        assert_eq!(wrong(text(""), text("2030-01-01T00:30:00+01:00")), 1);
        assert_eq!(wrong(text("a\nb"), text("2030-01-01T00:00:00Z")), 2);
        assert_eq!(wrong(text(&"x".repeat(256)), text("")), 2);
    }

    #[test]
    fn a_seed_gives_one_token() {
        let seed = |start: u8| {
            let mut next = start;
            PlainToken::from_seed(move || {
                next = next.wrapping_mul(5).wrapping_add(3);
                next
            })
        };
        assert_eq!(seed(1).reveal(), seed(1).reveal());
        assert_ne!(seed(1).reveal(), seed(2).reveal());
        assert!(has_token_shape(seed(1).reveal()));
    }
}
