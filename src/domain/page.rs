//! Pages of a list.

/// Items of a page where the caller does not say, and at the most.
pub const DEFAULT_PAGE_SIZE: u64 = 20;
pub const MAX_PAGE_SIZE: u64 = 100;

/// The part of a list that is asked for. Numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub number: u64,
    pub size: u64,
}

impl Default for Page {
    fn default() -> Page {
        Page { number: 1, size: DEFAULT_PAGE_SIZE }
    }
}

impl Page {
    /// How many items lie before this page.
    pub fn offset(self) -> u64 {
        (self.number - 1).saturating_mul(self.size)
    }
}

/// One page and how much there is in all.
#[derive(Debug)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub total: u64,
}

impl<T> Listed<T> {
    pub fn map<'a, U>(&'a self, of: impl FnMut(&'a T) -> U) -> Listed<U> {
        Listed { items: self.items.iter().map(of).collect(), total: self.total }
    }
}
