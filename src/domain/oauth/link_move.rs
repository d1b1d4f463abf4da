//! Moving all links of one OAuth client to another one. It goes in parts, each of which is one transaction.

use std::fmt;

use crate::domain::error::Result;

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkMove {
    pub moved: u64,
    pub left: u64,
}

impl LinkMove {
    /// Makes one `part` after the other until no link is left. `go_on` comes between two of them. On an error, what was moved
    /// before stays moved.
    pub fn run(&mut self, go_on: impl Fn() -> Result<()>, part: impl Fn() -> Result<LinkMove>) -> Result<()> {
        loop {
            let LinkMove { moved, left } = part()?;
            self.moved += moved;
            self.left = left;
            if left == 0 {
                return Ok(());
            }
            go_on()?;
        }
    }
}

/// What became of one that did not come to its end.
impl fmt::Display for LinkMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkMove { moved: 0, .. } => write!(f, "Nothing was moved."),
            LinkMove { moved, left } => write!(f, "Links moved: {moved}; not moved: {left}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::error::Error;

    #[test]
    fn it_goes_on_until_no_link_is_left_or_something_is_in_the_way() {
        for (links, parts, told) in
            [(0, 9, None), (3, 9, None), (7, 9, None), (7, 2, Some("Links moved: 6; not moved: 1."))]
        {
            let left = Cell::new(links);
            let part = || {
                let moved = left.get().min(3);
                left.set(left.get() - moved);
                Ok(LinkMove { moved, left: left.get() })
            };
            let mut all = LinkMove::default();
            let may = Cell::new(parts);
            let go_on = || {
                may.set(may.get() - 1);
                if may.get() > 0 { Ok(()) } else { Err(Error::not_found()) }
            };
            let ended = all.run(go_on, part).err().map(|_| all.to_string());
            assert_eq!(ended.as_deref(), told);
            assert_eq!(all.moved, links - left.get());
        }
        let mut none = LinkMove::default();
        assert!(none.run(|| Ok(()), || Err(Error::not_found())).is_err());
        assert_eq!(none.to_string(), "Nothing was moved.");
    }
}
