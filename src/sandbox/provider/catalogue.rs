//! The predefined users, organizations and repositories. Nothing changes them.

use std::fmt::Write;

use sha2::{Digest, Sha256};

pub struct User {
    pub number: u64,
    pub login: &'static str,
    pub name: &'static str,
    /// What the authorize page says about it.
    pub note: &'static str,
    pub role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Administrator of every repository.
    Admin,
    /// Reads those of the first organization.
    Reader,
    /// Has no repository.
    None,
}

/// The first one stands behind every personal token.
pub const USERS: [User; 3] = [
    User {
        number: 1001,
        login: "ada",
        name: "Ada Lovelace",
        note: "Administrator of every repository.",
        role: Role::Admin,
    },
    User {
        number: 1002,
        login: "grace",
        name: "Grace Hopper",
        note: "May read the repositories of acme, and change nothing.",
        role: Role::Reader,
    },
    User { number: 1003, login: "alan", name: "Alan Turing", note: "Has no repository.", role: Role::None },
];

/// An organization, group, workspace, project or collection, as each kind calls it.
pub struct Owner {
    pub number: u64,
    pub login: &'static str,
    pub name: &'static str,
    /// In GitLab the second one is a group within the first one.
    pub group: &'static str,
    /// Bitbucket Server's.
    pub key: &'static str,
    /// Azure DevOps Server's.
    pub collection: &'static str,
    repositories: &'static [&'static str],
}

pub const OWNERS: [Owner; 2] = [
    Owner {
        number: 2001,
        login: "acme",
        name: "Acme",
        group: "acme",
        key: "ACME",
        collection: "DefaultCollection",
        repositories: &[
            "infra",
            "network",
            "dns",
            "identity",
            "clusters",
            "databases",
            "monitoring",
            "logging",
            "backups",
            "certificates",
            "registry",
            "queues",
            "storage",
            "website",
            "billing",
            "search",
            "mail",
            "policies",
        ],
    },
    Owner {
        number: 2002,
        login: "acme-labs",
        name: "Acme Labs",
        group: "acme/labs",
        key: "LABS",
        collection: "Labs",
        repositories: &["edge", "robots", "sensors", "models", "telemetry", "playground", "archive"],
    },
];

pub const DEFAULT_BRANCH: &str = "main";
/// The second one has a directory more.
pub const BRANCHES: [&str; 2] = [DEFAULT_BRANCH, "develop"];

const FILES: [&str; 8] = [
    "README.md",
    "environments/production/main.tf",
    "environments/staging/main.tf",
    "main.tf",
    "modules/compute/main.tf",
    "modules/network/main.tf",
    "outputs.tf",
    "variables.tf",
];
const FILES_OF_DEVELOP: [&str; 1] = ["experiments/main.tf"];

#[derive(Clone, Copy)]
pub struct Repository {
    pub number: u64,
    pub owner: &'static Owner,
    pub name: &'static str,
    /// Azure DevOps keeps it in a project.
    pub project: &'static str,
    pub is_private: bool,
}

impl Repository {
    /// The commit at the tip of a branch; `None` where there is no such branch.
    pub fn commit(&self, branch: &str) -> Option<String> {
        BRANCHES.contains(&branch).then(|| object_id(&format!("{} {branch}", self.number)))
    }

    /// The branch that a reference means: a name, `refs/heads/NAME` or a commit.
    pub fn branch(&self, reference: &str) -> Option<&'static str> {
        let name = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        BRANCHES.into_iter().find(|branch| *branch == name || self.commit(branch).as_deref() == Some(name))
    }
}

/// A file or directory.
pub struct Entry {
    pub path: String,
    pub is_directory: bool,
}

impl Entry {
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The directory that it is in; empty for the uppermost one.
    pub fn parent(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    pub fn is_below(&self, directory: &str) -> bool {
        directory.is_empty() || self.path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
    }

    pub fn object_id(&self) -> String {
        object_id(&self.path)
    }
}

/// Everything in a repository at a branch, by path.
pub fn entries(branch: &str) -> Vec<Entry> {
    let more: &[&str] = if branch == DEFAULT_BRANCH { &[] } else { &FILES_OF_DEVELOP };
    let mut paths: Vec<(String, bool)> = Vec::new();
    for file in FILES.iter().chain(more) {
        let directories = file.match_indices('/').map(|(at, _)| (file[..at].to_owned(), true));
        paths.extend(directories.chain([((*file).to_owned(), false)]));
    }
    paths.sort();
    paths.dedup();
    paths.into_iter().map(|(path, is_directory)| Entry { path, is_directory }).collect()
}

/// The entries directly in a directory. `None` where there is no such directory.
pub fn directory(branch: &str, directory: &str) -> Option<Vec<Entry>> {
    let entries = entries(branch);
    let exists = directory.is_empty() || entries.iter().any(|entry| entry.is_directory && entry.path == directory);
    exists.then(|| entries.into_iter().filter(|entry| entry.parent() == directory).collect())
}

impl User {
    pub fn named(login: &str) -> Option<&'static User> {
        USERS.iter().find(|user| user.login == login)
    }

    pub fn email(&self) -> String {
        format!("{}@example.com", self.login)
    }

    pub fn owners(&self) -> &'static [Owner] {
        match self.role {
            Role::Admin => &OWNERS,
            Role::Reader => &OWNERS[..1],
            Role::None => &[],
        }
    }

    /// What it sees, in the order of numbers.
    pub fn repositories(&self) -> Vec<Repository> {
        let of_owner = |owner: &'static Owner| {
            owner.repositories.iter().zip(1..).map(move |(name, n)| Repository {
                number: owner.number * 100 + n,
                owner,
                name,
                project: if n % 2 == 0 { "services" } else { "platform" },
                is_private: n % 5 != 0,
            })
        };
        self.owners().iter().flat_map(of_owner).collect()
    }

    /// The repository that `is_meant`, if it is seen.
    pub fn repository(&self, is_meant: impl Fn(&Repository) -> bool) -> Option<Repository> {
        self.repositories().into_iter().find(is_meant)
    }
}

/// 40 hexadecimal digits, always the same ones for a text.
pub fn object_id(text: &str) -> String {
    Sha256::digest(text).iter().take(20).fold(String::new(), |mut id, byte| {
        // A String takes everything.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// A UUID, always the same one for a text.
pub fn uuid(text: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(text)[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
