//! Texts for pages: as people write them, as attackers do, and none.

use crate::domain::timestamp::Timestamp;
use crate::ui::frame::{Account, Flash, Frame, OrganizationLink, Place, Section, SectionLink, Tone};
use crate::ui::pager::Pager;
use crate::ui::when::When;

pub struct Sample {
    pub title: &'static str,
    hostile: bool,
    /// How many things lists hold.
    pub count: usize,
}

impl Sample {
    pub fn ordinary() -> Sample {
        Sample { title: "ordinary", hostile: false, count: 3 }
    }

    pub fn hostile() -> Sample {
        Sample { title: "hostile", hostile: true, count: 3 }
    }

    pub fn empty() -> Sample {
        Sample { title: "empty", hostile: false, count: 0 }
    }

    /// A text that a person could have given, or markup, attribute breakers, direction marks and great length.
    pub fn text(&self, ordinary: &str) -> String {
        if self.hostile {
            let mut text =
                "\"><script>alert(1)</script><img src=x onerror=\"alert(1)\">'\u{202e}\u{2067}txt ".to_owned();
            text.extend(std::iter::repeat_n('W', 255 - text.chars().count()));
            text
        } else {
            ordinary.to_owned()
        }
    }

    pub fn texts(&self, ordinary: &[&str]) -> Vec<String> {
        ordinary.iter().take(self.count).map(|text| self.text(text)).collect()
    }

    pub fn list<T>(&self, one: impl Fn(usize) -> T) -> Vec<T> {
        (0..self.count).map(one).collect()
    }

    pub fn ago(&self, minutes: i64) -> When {
        let now = Timestamp::parse("2026-11-30T12:00:00Z").unwrap();
        When::new(Timestamp::from_milliseconds(now.milliseconds() - minutes * 60_000), now)
    }

    pub fn pager(&self) -> Option<Pager> {
        Pager::new(2, 20, 2 * self.count as u64 * 20, "/list?page=")
    }

    pub fn problems(&self) -> Vec<String> {
        self.texts(&["A client with this name exists already."])
    }

    fn account(&self) -> Account {
        Account {
            username: self.text("ada"),
            csrf: "6f1c0d5e".to_owned(),
            organizations: ["acme", "initech"]
                .into_iter()
                .take(self.count)
                .map(|name| OrganizationLink { name: self.text(name), path: format!("/organizations/{name}") })
                .collect(),
        }
    }

    /// For pages that belong to no organization.
    pub fn frame(&self, title: &str) -> Frame {
        Frame { title: self.text(title), account: Some(self.account()), place: None, flash: None }
    }

    /// For pages that people see before they sign in.
    pub fn outside(&self, title: &str) -> Frame {
        Frame { account: None, ..self.frame(title) }
    }

    pub fn inside(&self, title: &str, current: Section) -> Frame {
        let sections = Section::ALL.map(|section| SectionLink {
            section,
            path: format!("/organizations/acme/{}", section.slug()),
            is_current: section == current,
        });
        let place = Place {
            organization: self.text("acme"),
            path: "/organizations/acme".to_owned(),
            sections: sections.into(),
        };
        let flash = self
            .texts(&["GitHub was checked: the connection works as ada."])
            .pop()
            .map(|text| Flash { tone: Tone::Good, text });
        Frame { place: Some(place), flash, ..self.frame(title) }
    }
}
