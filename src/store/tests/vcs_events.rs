//! VCS events: few of a kind, and for ten days.

use super::{database, key};
use crate::domain::id::{OAuthClientId, OAuthTokenId};
use crate::domain::oauth::vcs_event::{Level, NewVcsEvent, VcsEventFilter, VcsEventKind};
use crate::domain::page::Page;
use crate::domain::sources::Sources;
use crate::domain::timestamp::Timestamp;
use crate::store::{Actor, Store};

#[test]
fn a_kind_is_not_repeated_at_once_and_old_ones_go() {
    let place = database();
    let sources = Sources::system();
    let store = Store::open(&place.path, key(), sources.clone(), |why| panic!("{why}")).unwrap();
    let sql = "INSERT INTO organizations (number, external_id, name, email, created_at)
               VALUES (1, 'org-1111111111111111', 'one', 'a@b', 0)";
    rusqlite::Connection::open(&place.path).unwrap().execute(sql, []).unwrap();
    let client = OAuthClientId::generate(&sources);
    let tokens = [OAuthTokenId::generate(&sources), OAuthTokenId::generate(&sources)];
    let refused = |kind| {
        let message = "x".to_owned();
        NewVcsEvent { kind, message, suggested_action: Some("y") }
    };
    let (of_client, of_tokens, other) = (client.clone(), tokens.clone(), OAuthClientId::generate(&sources));
    let written = store.change(Actor::System, move |change| {
        for _ in 0..3 {
            for token in &of_tokens {
                change.add_vcs_event_unless_told(1, &of_client, Some(token), &refused(VcsEventKind::Refused))?;
            }
            change.add_vcs_event_unless_told(
                1,
                &of_client,
                Some(&of_tokens[0]),
                &refused(VcsEventKind::RateLimited),
            )?;
            for client in [&of_client, &other] {
                change.add_vcs_event_unless_told(1, client, None, &refused(VcsEventKind::NotConnected))?;
            }
        }
        Ok(())
    });
    written.unwrap();
    let filter = || VcsEventFilter {
        from: Timestamp::from_milliseconds(0),
        to: sources.now(),
        levels: Level::ALL.to_vec(),
        oauth_clients: None,
    };
    let total = || store.read(|view| view.vcs_events(1, &filter(), Page::default())).unwrap().total;
    assert_eq!(total(), 5, "one of each kind for each token, and for each client without one");
    let expire =
        |at: Timestamp, most| store.change(Actor::System, move |change| change.expire_vcs_events(at, most)).unwrap();
    assert_eq!(expire(Timestamp::from_milliseconds(1), 10), 0);
    let soon = Timestamp::from_milliseconds(sources.now().milliseconds() + 1);
    assert_eq!((expire(soon, 3), total()), (3, 2));
    assert_eq!((expire(soon, 3), total()), (2, 0));
    store.close();
}
