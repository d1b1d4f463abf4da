//! Where a page stands in a list.

use crate::app::Cx;
use crate::domain::error::{Error, Result};
use crate::domain::page::Page;

/// Things on a page.
const SIZE: u64 = 20;

/// The page that is asked for by `?page=`; the first one, if it is not said. `NotFound` for what is no number of a page.
pub fn asked(cx: &Cx) -> Result<Page> {
    asked_of(cx, SIZE)
}

/// As [`asked`], of another number of things.
pub fn asked_of(cx: &Cx, size: u64) -> Result<Page> {
    let number = match cx.request.query("page") {
        None | Some("") => 1,
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| (1..=u64::from(u32::MAX)).contains(number))
            .ok_or_else(Error::not_found)?,
    };
    Ok(Page { number, size })
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pager {
    /// "21 to 40 of 95", or "21 to 40" of a list that is not counted.
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
        let words = match total {
            0 => "no entries".to_owned(),
            _ if first < total => format!("{} to {last} of {total}", first + 1),
            _ => format!("beyond the last of {total}"),
        };
        // From beyond the end to the last page.
        let previous = (number - 1).min(total.div_ceil(size).max(1));
        Some(Pager::between(previous, number, words, last < total, path))
    }

    /// Of a list that may be so long that it is not counted.
    pub fn uncounted(page: Page, shown: usize, has_more: bool, path: &str) -> Option<Pager> {
        if page.number == 1 && !has_more {
            return None;
        }
        let words = match shown {
            0 => "beyond the end".to_owned(),
            _ => format!("{} to {}", page.offset() + 1, page.offset() + shown as u64),
        };
        Some(Pager::between(page.number - 1, page.number, words, has_more, path))
    }

    fn between(previous: u64, number: u64, words: String, has_more: bool, path: &str) -> Pager {
        let to = |number: u64| format!("{path}{number}");
        Pager { words, previous: (number > 1).then(|| to(previous)), next: has_more.then(|| to(number + 1)) }
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
        assert_eq!(beyond.previous.as_deref(), Some("/x?page=2"));
        let empty = Pager::new(9, 20, 0, "/x?page=").unwrap();
        assert_eq!((empty.words.as_str(), empty.previous.as_deref()), ("no entries", Some("/x?page=1")));
    }

    #[test]
    fn a_list_that_is_not_counted_has_neighbours_too() {
        let pager = |number, shown, has_more| {
            let pager = Pager::uncounted(Page { number, size: 20 }, shown, has_more, "/x?page=")?;
            Some((pager.words, pager.previous.is_some(), pager.next.is_some()))
        };
        assert_eq!(pager(1, 20, false), None);
        assert_eq!(pager(1, 20, true), Some(("1 to 20".to_owned(), false, true)));
        assert_eq!(pager(2, 3, false), Some(("21 to 23".to_owned(), true, false)));
        assert_eq!(pager(9, 0, false), Some(("beyond the end".to_owned(), true, false)));
    }
}
