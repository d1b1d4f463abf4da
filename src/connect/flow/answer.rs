//! What the browser brings back from the provider.

use super::trouble::Cause;
use crate::providers::Refusal;

/// None of its texts is shown or logged.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// What the flow is found by: the state, or the request token.
    pub mark: &'a str,
    pub said: Said<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    Code {
        code: &'a str,
        issuer: Option<&'a str>,
    },
    OAuth1 {
        verifier: &'a str,
    },
    Refused(Refusal),
    /// Neither a code nor an error.
    Nothing,
}

const OF_OAUTH2: [&str; 6] = ["code", "state", "error", "error_description", "error_uri", "iss"];
const OF_OAUTH1: [&str; 3] = ["oauth_token", "oauth_verifier", "oauth_problem"];

impl<'a> Answer<'a> {
    /// From the query of the callback. Parameters that are not known are ignored; a known one that is there twice has no
    /// one meaning (RFC 6749, section 3.1).
    pub fn read(query: &'a [(String, String)], speaks_oauth1: bool) -> Result<Answer<'a>, Cause> {
        let known: &[&str] = if speaks_oauth1 { &OF_OAUTH1 } else { &OF_OAUTH2 };
        let is_there_twice = |name: &&str| query.iter().filter(|(own, _)| own == name).count() > 1;
        if known.iter().any(is_there_twice) {
            return Err(Cause::Twice);
        }
        let value = |name: &str| query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let present = |name| value(name).filter(|text| !text.is_empty());
        let mark = present(if speaks_oauth1 { "oauth_token" } else { "state" }).ok_or(Cause::Unknown)?;
        let said = if speaks_oauth1 {
            match (present("oauth_problem"), present("oauth_verifier")) {
                (Some(problem), _) => Said::Refused(Refusal::from_code(problem)),
                (None, Some(verifier)) => Said::OAuth1 { verifier },
                (None, None) => Said::Nothing,
            }
        } else {
            match (present("error"), present("code")) {
                (Some(error), _) => Said::Refused(Refusal::from_code(error)),
                (None, Some(code)) => Said::Code { code, issuer: value("iss") },
                (None, None) => Said::Nothing,
            }
        };
        Ok(Answer { mark, said })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, speaks_oauth1: bool) -> Result<String, Cause> {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Answer::read(&pairs, speaks_oauth1).map(|answer| format!("{answer:?}"))
    }

    #[track_caller]
    fn is(query: &str, speaks_oauth1: bool, expected: &Answer) {
        assert_eq!(read(query, speaks_oauth1), Ok(format!("{expected:?}")), "{query}");
    }

    #[test]
    fn answers_are_read_and_what_is_not_known_is_ignored() {
        let code = |issuer| Answer { mark: "s", said: Said::Code { code: "c", issuer } };
        is("code=c&state=s&scope=a&scope=b&session_state=x", false, &code(None));
        is("state=s&code=c&iss=https://x.test", false, &code(Some("https://x.test")));
        is("code=c&state=s&iss=", false, &code(Some("")));
        let denied = Answer { mark: "s", said: Said::Refused(Refusal::AccessDenied) };
        is("error=access_denied&error_description=<b>&state=s&code=c", false, &denied);
        is("state=s&code=", false, &Answer { mark: "s", said: Said::Nothing });
        is("oauth_token=t&oauth_verifier=v", true, &Answer { mark: "t", said: Said::OAuth1 { verifier: "v" } });
        is("oauth_token=t&code=c&code=c&state=s", true, &Answer { mark: "t", said: Said::Nothing });
        let refused = Answer { mark: "t", said: Said::Refused(Refusal::AccessDenied) };
        is("oauth_token=t&oauth_problem=user_refused", true, &refused);
    }

    #[test]
    fn answers_that_name_no_flow_or_one_twice_are_refused() {
        for query in ["", "code=c", "code=c&state=", "oauth_token=t&oauth_verifier=v"] {
            assert_eq!(read(query, false), Err(Cause::Unknown), "{query}");
        }
        for name in OF_OAUTH2 {
            let query = format!("code=c&state=s&{name}=1&{name}=1");
            assert_eq!(read(&query, false), Err(Cause::Twice), "{name}");
        }
        assert_eq!(read("oauth_token=t&oauth_token=t&oauth_verifier=v", true), Err(Cause::Twice));
        assert_eq!(read("oauth_verifier=v", true), Err(Cause::Unknown));
    }
}
