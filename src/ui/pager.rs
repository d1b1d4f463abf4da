//! Where a page stands in a list.

use crate::app::Cx;
use crate::domain::error::{Error, Result};
use crate::domain::page::Page;

/// Things on a page.
const SIZE: u64 = 20;

/// The page that is asked for by `?page=`; the first one, if it is not said. `NotFound` for what is no number of a page.
pub fn asked(cx: &Cx) -> Result<Page> {
    let number = match cx.request.query("page") {
        None | Some("") => 1,
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| (1..=u64::from(u32::MAX)).contains(number))
            .ok_or_else(Error::not_found)?,
    };
    Ok(Page { number, size: SIZE })
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pager {
    /// "21 to 40 of 95".
    pub words: String,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// `path` ends where the number of a page can be added, as in `/things?page=`. A list that fits on one page needs no
    /// pager.
    pub fn new(number: u64, size: u64, total: u64, path: &str) -> Option<Pager> {
        let first = (number - 1).saturating_mul(size);
        if total <= size && number == 1 {
            return None;
        }
        let last = first.saturating_add(size).min(total);
        let words = if first < total {
            format!("{} to {last} of {total}", first + 1)
        } else {
            format!("beyond the last of {total}")
        };
        let previous = (number > 1).then(|| format!("{path}{}", number - 1));
        Some(Pager { words, previous, next: (last < total).then(|| format!("{path}{}", number + 1)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pagers_lead_to_neighbours_that_exist() {
        assert_eq!(Pager::new(1, 20, 20, "/x?page="), None);
        assert_eq!(Pager::new(1, 20, 0, "/x?page="), None);
        let first = Pager::new(1, 20, 21, "/x?page=").unwrap();
        assert_eq!(
            (first.words.as_str(), first.previous, first.next.as_deref()),
            ("1 to 20 of 21", None, Some("/x?page=2"))
        );
        let last = Pager::new(2, 20, 21, "/x?page=").unwrap();
        assert_eq!(
            (last.words.as_str(), last.previous.as_deref(), last.next),
            ("21 to 21 of 21", Some("/x?page=1"), None)
        );
        let beyond = Pager::new(9, 20, 21, "/x?page=").unwrap();
        assert_eq!((beyond.words.as_str(), beyond.next), ("beyond the last of 21", None));
    }
}
