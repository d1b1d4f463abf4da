//! Variables of workspaces and of variable sets, and parameters of policy sets, in one table. A sensitive value is never read.

use rusqlite::Row;
use rusqlite::types::ToSql;

use crate::domain::error::{Problems, Result};
use crate::domain::id::{PolicySetId, VariableId, VariableSetId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::domain::variables::variable::{Holder, Kept, NewVariable, Owner, Variable, VariableChange};
use crate::domain::variables::variable_set::COLLIDES;
use crate::store::stored::{FIRST, Stored};
use crate::store::{Change, View};

impl Stored for Variable {
    type Id = VariableId;
    const TABLE: &'static str = "variables";
    const EVENT: &'static str = "variable";
    const ONE: &'static str = "variable";
    const NAME: &'static str = "key";
    const BELOW: &'static [&'static str] = &["workspace", "variable_set", "policy_set"];
    const SEALED: &'static str = "value_sealed";
    const JOINS: &'static str = "LEFT JOIN workspaces ON workspaces.number = variables.workspace
         LEFT JOIN variable_sets ON variable_sets.number = variables.variable_set
         LEFT JOIN policy_sets ON policy_sets.number = variables.policy_set
         JOIN organizations
           ON organizations.number = coalesce(workspaces.organization, variable_sets.organization, policy_sets.organization)";
    const COLUMNS: &'static str =
        "workspaces.id, variable_sets.id, policy_sets.id, variables.key, variables.value, variables.category,
         variables.hcl, variables.description, variables.version, variables.created_at";

    fn read(identity: Identity<VariableId>, row: &Row<'_>) -> rusqlite::Result<Variable> {
        let owner = match (row.get::<_, Option<String>>(FIRST)?, row.get::<_, Option<String>>(FIRST + 1)?) {
            (Some(workspace), _) => Owner::Workspace(WorkspaceId::from(workspace)),
            (None, Some(set)) => Owner::Set(VariableSetId::from(set)),
            (None, None) => Owner::PolicySet(PolicySetId::from(row.get::<_, String>(FIRST + 2)?)),
        };
        Ok(Variable {
            identity,
            owner,
            key: row.get(FIRST + 3)?,
            value: row.get(FIRST + 4)?,
            category: row.get(FIRST + 5)?,
            hcl: row.get(FIRST + 6)?,
            description: row.get(FIRST + 7)?,
            version: row.get(FIRST + 8)?,
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 9)?),
        })
    }

    fn identity(&self) -> &Identity<VariableId> {
        &self.identity
    }
}

/// Of one owner, as many as a list has that comes whole.
const MOST: i64 = 1000;
/// Of their texts that can be read. An answer has 1 MiB of rows (docs/decisions/0006-list-sizes.md), and ids in each.
const MOST_BYTES: i64 = 850 * 1024;

fn column(owner: &Owner) -> &'static str {
    match owner {
        Owner::Workspace(_) => "workspace",
        Owner::Set(_) => "variable_set",
        Owner::PolicySet(_) => "policy_set",
    }
}

/// The columns of a value: in the clear, and sealed.
fn columns(value: &Kept) -> (Option<&str>, Option<&[u8]>) {
    match value {
        Kept::Plain(text) => (Some(text), None),
        Kept::Sealed(sealed) => (None, Some(&sealed.0)),
    }
}

impl View<'_> {
    pub fn variables(&self, of: &Holder, page: Page) -> Result<Listed<Variable>> {
        self.stored_below(column(&of.owner), of.number, page)
    }

    /// `Invalid` where another variable of the owner has the key in the category.
    fn check_own_key(&self, holder: (&Owner, i64), key: &str, category: &str, but: Option<&Variable>) -> Result<()> {
        let (owner, number) = holder;
        let mut problems = Problems::default();
        if self.is_taken(&[(column(owner), &number), ("category", &category), ("key", &key)], but)? {
            problems.attribute("key", "Key has already been taken");
        }
        problems.finish()
    }

    /// As [`View::check_own_key`], and where another global set has it.
    fn check_key(&self, holder: (&Owner, i64), key: &str, category: &str, but: Option<&Variable>) -> Result<()> {
        self.check_own_key(holder, key, category, but)?;
        let mut problems = Problems::default();
        if let (Owner::Set(_), set) = holder
            && self.collides(set, key, category)?
        {
            problems.attribute("key", COLLIDES);
        }
        problems.finish()
    }

    /// Whether the set in row `set` is global, and another global one has the key in the category.
    pub(super) fn collides(&self, set: i64, key: &str, category: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM variable_sets AS own
                   JOIN variable_sets AS other ON other.organization = own.organization AND other.number <> own.number
                   JOIN variables ON variables.variable_set = other.number
                   WHERE own.number = ?1 AND own.is_global AND other.is_global
                     AND variables.category = ?3 AND variables.key = ?2";
        self.exists(sql, (set, key, category))
    }

    /// `Invalid` where the variables of the owner in row `number` are more than one answer holds: clients ask for all of them
    /// at once.
    pub(super) fn check_room(&self, owner: &Owner, number: i64) -> Result<()> {
        let sql = format!(
            "SELECT count(*), sum(octet_length(key) + ifnull(octet_length(value), 0) + octet_length(description))
             FROM variables WHERE {} = ?1",
            column(owner)
        );
        let (count, bytes): (i64, i64) = self.row(&sql, [number], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut problems = Problems::default();
        if count > MOST {
            problems.at("/data", "There are 1,000 variables already, and no more can be added.");
        } else if bytes > MOST_BYTES {
            problems.attribute(
                "value",
                "All variables together cannot have more than 850 KiB of keys, values and descriptions.",
            );
        }
        problems.finish()
    }

    /// The row of what the variable belongs to.
    fn owner_row(&self, variable: &Variable) -> Result<i64> {
        let sql = "SELECT coalesce(workspace, variable_set, policy_set) FROM variables WHERE number = ?1";
        self.value(sql, [variable.identity.number])
    }
}

impl Change<'_> {
    /// `Invalid` where the key is taken, or another global set has it.
    pub fn create_variable(&self, of: &Holder, id: &VariableId, new: &NewVariable<Kept>) -> Result<Variable> {
        self.check_key((&of.owner, of.number), &new.key, &new.category, None)?;
        let variable = self.insert_variable(of, id, new)?;
        self.check_room(&of.owner, of.number)?;
        Ok(variable)
    }

    /// Of a new set: what other global sets have, and whether there is room, is for the caller to look at, once for all of its
    /// variables.
    pub(super) fn create_variable_of_set(
        &self,
        of: &Holder,
        id: &VariableId,
        new: &NewVariable<Kept>,
    ) -> Result<Variable> {
        self.check_own_key((&of.owner, of.number), &new.key, &new.category, None)?;
        self.insert_variable(of, id, new)
    }

    fn insert_variable(&self, of: &Holder, id: &VariableId, new: &NewVariable<Kept>) -> Result<Variable> {
        let NewVariable { key, value, category, hcl, description } = new;
        let (value, sealed) = columns(value);
        self.insert(
            id,
            &of.organization_id,
            &[
                (column(&of.owner), &of.number),
                ("key", key),
                ("value", &value),
                ("value_sealed", &sealed),
                ("category", category),
                ("hcl", hcl),
                ("description", description),
            ],
        )
    }

    /// `Invalid` as for creation.
    pub fn update_variable(&self, current: &Variable, change: &VariableChange<Kept>) -> Result<Variable> {
        let variable = self.rewrite_variable(current, change)?;
        self.check_room(&current.owner, self.owner_row(current)?)?;
        Ok(variable)
    }

    /// Of one owner, all of them or none: they may take each other's keys. `Invalid` as for creation.
    pub fn update_variables(&self, changes: &[(Variable, VariableChange<Kept>)]) -> Result<()> {
        let moved = changes.iter().filter(|(_, change)| change.key.is_some() || change.category.is_some());
        for (current, _) in moved {
            // No key has a line break.
            let sql = "UPDATE main.variables SET key = char(10) || id WHERE number = ?1";
            self.execute(sql, [current.identity.number])?;
        }
        for (n, (current, change)) in changes.iter().enumerate() {
            self.rewrite_variable(current, change).map_err(|e| e.within("/data", &format!("/data/{n}")))?;
        }
        let Some((one, _)) = changes.first() else { return Ok(()) };
        self.check_room(&one.owner, self.owner_row(one)?).map_err(|e| e.within("/data/attributes/value", "/data"))
    }

    fn rewrite_variable(&self, current: &Variable, change: &VariableChange<Kept>) -> Result<Variable> {
        let key = change.key.as_ref().unwrap_or(&current.key);
        let category = change.category.as_ref().unwrap_or(&current.category);
        let owner = self.owner_row(current)?;
        self.check_key((&current.owner, owner), key, category, Some(current))?;
        let (hcl, version) = (change.hcl.unwrap_or(current.hcl), current.version + 1);
        let description = change.description.as_ref().unwrap_or(&current.description);
        let mut set: Vec<(&str, &dyn ToSql)> = vec![
            ("key", key),
            ("category", category),
            ("hcl", &hcl),
            ("description", description),
            ("version", &version),
        ];
        let value = change.value.as_ref().map(columns);
        if let Some((text, sealed)) = &value {
            set.extend([("value", text as &dyn ToSql), ("value_sealed", sealed)]);
        }
        self.set(current, &set)
    }
}
