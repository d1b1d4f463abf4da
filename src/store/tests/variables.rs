//! A variable that has become sensitive stays so, whatever else is written at the same moment.

use super::{database, key};
use crate::domain::error::{Kind, Problems};
use crate::domain::field::Field;
use crate::domain::id::VariableId;
use crate::domain::secret::Sealed;
use crate::domain::sources::Sources;
use crate::domain::variables::variable::{Given, Kept, Variable, VariableChange, VariableFields};
use crate::store::{Actor, Store};

const FURNITURE: &str = "
    INSERT INTO organizations (number, external_id, name, email, created_at)
      VALUES (1, 'org-1111111111111111', 'one', 'a@b', 0);
    INSERT INTO variable_sets (number, id, organization, name, description, is_global, is_priority, created_at, updated_at)
      VALUES (1, 'varset-1111111111111111', 1, 'a', '', 0, 0, 0, 0);
    INSERT INTO variables (number, id, variable_set, category, key, value, hcl, description, created_at)
      VALUES (1, 'var-1111111111111111', 1, 'env', 'a', 'readable', 0, '', 0);";

/// What a request makes of the variable as it sees it.
fn asked(current: &Variable, key: Option<&str>, value: Option<&str>, sensitive: Option<bool>) -> VariableChange<Kept> {
    let text = |text: Option<&str>| text.map_or(Field::Absent, |text| Field::Value(text.to_owned()));
    let fields = VariableFields {
        key: text(key),
        value: text(value),
        category: Field::Absent,
        hcl: Field::Absent,
        sensitive: sensitive.map_or(Field::Absent, Field::Value),
        description: Field::Absent,
    };
    let mut problems = Problems::default();
    let VariableChange { key, value, category, hcl, description, seals_version } =
        VariableChange::check(fields, current, &mut problems);
    problems.finish().unwrap();
    let value = value.map(|value| match value {
        Given::Plain(text) => Kept::Plain(text),
        Given::Sensitive(_) => Kept::Sealed(Sealed([&[1, 255, 255, 255, 255][..], &[0; 60]].concat())),
    });
    VariableChange { key, value, category, hcl, description, seals_version }
}

#[test]
fn a_variable_that_became_sensitive_meanwhile_takes_nothing_readable() {
    let place = database();
    let store = Store::open(&place.path, key(), Sources::system(), |why| panic!("{why}")).unwrap();
    rusqlite::Connection::open(&place.path).unwrap().execute_batch(FURNITURE).unwrap();
    let id = VariableId::from("var-1111111111111111".to_owned());
    let seen: Variable = store.read(|view| view.stored(&id)).unwrap();
    let write = |asked: VariableChange<Kept>| {
        let id = id.clone();
        store.change(Actor::System, move |change| change.update_variable(&change.stored(&id)?, &asked))
    };
    assert!(write(asked(&seen, None, None, Some(true))).unwrap().is_sensitive());
    for late in [
        asked(&seen, None, Some("a new secret"), None),
        asked(&seen, None, Some("a new secret"), Some(false)),
        asked(&seen, Some("b"), None, None),
        asked(&seen, None, None, Some(true)),
    ] {
        assert_eq!(write(late).unwrap_err().kind, Kind::Conflict);
    }
    let after: Variable = store.read(|view| view.stored(&id)).unwrap();
    assert!(after.is_sensitive() && after.key == "a" && after.version == 2);
    assert!(write(asked(&seen, None, Some("a new secret"), Some(true))).unwrap().is_sensitive());
    store.close();
}
