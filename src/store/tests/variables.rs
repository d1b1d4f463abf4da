//! Many variable sets do not hold up the writer.

use std::sync::atomic::Ordering;

use super::{database, key};
use crate::domain::error::Kind;
use crate::domain::id::{VariableId, VariableSetId};
use crate::domain::sources::Sources;
use crate::domain::variables::variable::{Kept, NewVariable};
use crate::domain::variables::variable_set::VariableSetChange;
use crate::store::{Actor, NewVariableSet, Store};

const FURNITURE: &str = "
    INSERT INTO organizations (number, external_id, name, email, created_at)
      VALUES (1, 'org-1111111111111111', 'one', 'a@b', 0);
    INSERT INTO projects (id, organization, name, is_default, created_at)
      VALUES ('prj-1111111111111111', 1, 'one', 1, 0);
    INSERT INTO variable_sets (number, id, organization, name, description, is_global, is_priority, created_at, updated_at)
      VALUES (1, 'varset-1111111111111111', 1, 'a', '', 0, 0, 0, 0);
    INSERT INTO variables (number, id, variable_set, category, key, value, hcl, description, created_at)
      VALUES (1, 'var-1111111111111111', 1, 'env', 'a', 'readable', 0, '', 0);";

/// 2000 global sets, each with a variable of its own.
const MANY_SETS: &str = "
    WITH RECURSIVE n (x) AS (SELECT 100 UNION ALL SELECT x + 1 FROM n LIMIT 2000)
      INSERT INTO variable_sets (number, id, organization, name, description, is_global, is_priority, created_at,
                                 updated_at)
      SELECT x, printf('varset-%016d', x), 1, x, '', 1, 0, 0, 0 FROM n;
    INSERT INTO variables (id, variable_set, category, key, value, hcl, description, created_at)
      SELECT printf('var-%016d', number), number, 'env', 'k' || number, '', 0, '', 0
      FROM variable_sets WHERE is_global;";

fn set(name: Option<&str>, is_global: bool) -> VariableSetChange {
    VariableSetChange {
        name: name.map(str::to_owned),
        description: None,
        is_global: Some(is_global),
        is_priority: None,
        workspaces: None,
        projects: None,
    }
}

#[test]
fn a_new_global_set_is_held_against_the_others_once_and_not_for_each_variable() {
    let place = database();
    let store = Store::open(&place.path, key(), Sources::system(), |why| panic!("{why}")).unwrap();
    rusqlite::Connection::open(&place.path).unwrap().execute_batch(&[FURNITURE, MANY_SETS].concat()).unwrap();
    let organization = store.read(|view| view.organization_known_as("one")).unwrap().unwrap();
    let create = |name: &str, is_global: bool, first_key: &str| {
        let keys = std::iter::once(first_key.to_owned()).chain((1..1000).map(|n| format!("new{n}")));
        let variables = keys.map(|key| {
            let (category, description) = ("env".to_owned(), String::new());
            let new = NewVariable { key, value: Kept::Plain(String::new()), category, hcl: false, description };
            (VariableId::generate(&Sources::system()), new)
        });
        let rest = set(Some(name), is_global);
        let new = NewVariableSet { rest, project: None, variables: variables.collect() };
        let (id, organization) = (VariableSetId::generate(&Sources::system()), organization.clone());
        store.change(Actor::System, move |change| change.create_variable_set(&organization, &id, &new))
    };
    let steps = || store.metrics.steps.load(Ordering::Relaxed);
    let before = steps();
    assert_eq!(create("a", true, "k100").unwrap_err().kind, Kind::Invalid, "another global set has the key");
    let local = create("b", false, "k100").unwrap();
    let made_global = store.change(Actor::System, move |change| {
        change.update_variable_set(&change.stored(&local.identity.id)?, &set(None, true))
    });
    assert_eq!(made_global.unwrap_err().kind, Kind::Invalid);
    create("c", true, "mine").unwrap();
    // In hundreds of thousands. For each variable of each set it would be thousands.
    assert!(steps() - before < 50, "{} steps", steps() - before);
    store.close();
}
