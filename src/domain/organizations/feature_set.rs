//! What subscriptions are sold as elsewhere. Nothing is sold here: every organization has all of Bowline.

pub struct FeatureSet {
    pub id: &'static str,
    pub identifier: &'static str,
    pub name: &'static str,
    pub is_free_tier: bool,
}

/// Those that clients look for by name. The first is what every organization has.
pub const ALL: [FeatureSet; 3] = [
    FeatureSet { id: "fs-qGmNWBvWvPS9yH1b", identifier: "business", name: "Business", is_free_tier: false },
    FeatureSet {
        id: "fs-Tz4wVzYhL7cJx2Rk",
        identifier: "standard_entitlement",
        name: "Standard (entitlement)",
        is_free_tier: false,
    },
    FeatureSet { id: "fs-8EHdJ6nXuKrDa3Fs", identifier: "free", name: "Free", is_free_tier: true },
];

/// Those whose name contains `text`, ignoring case.
pub fn search(text: &str) -> impl Iterator<Item = &'static FeatureSet> {
    let text = text.to_lowercase();
    ALL.iter().filter(move |set| set.name.to_lowercase().contains(&text))
}
