//! Web flows: taken once, by the session that began, within ten minutes; old ones go.

use super::{database, key};
use crate::domain::error::Kind;
use crate::domain::id::OAuthClientId;
use crate::domain::oauth::web_flow::NewWebFlow;
use crate::domain::sources::Sources;
use crate::domain::timestamp::Timestamp;
use crate::store::{Actor, Store};

const FURNITURE: &str = "
    INSERT INTO users VALUES (1, 'user-1111111111111111', 'ada', 'a@b', 0, 0);
    INSERT INTO organizations (number, external_id, name, email, created_at)
      VALUES (1, 'org-1111111111111111', 'one', 'a@b', 0);
    INSERT INTO oauth_clients (number, id, organization, callback, service_provider, http_url, api_url,
                               organization_scoped, created_at, updated_at)
      VALUES (1, 'oc-1111111111111111', 1, randomblob(16), 'github', 'https://a', 'https://a', 1, 0, 0),
             (2, 'oc-2222222222222222', 1, randomblob(16), 'github', 'https://a', 'https://a', 1, 0, 0);
    INSERT INTO sessions (number, digest, user, created_at, last_used_at, address, user_agent)
      VALUES (1, zeroblob(32), 1, 0, 0, '', ''), (2, randomblob(32), 1, 0, 0, '', '');";

const SESSION: [u8; 32] = [0; 32];

#[test]
fn flows_are_taken_once_by_their_own_session_and_old_ones_go() {
    let place = database();
    let sources = Sources::system();
    let store = Store::open(&place.path, key(), sources.clone(), |why| panic!("{why}")).unwrap();
    let connection = rusqlite::Connection::open(&place.path).unwrap();
    connection.execute_batch(FURNITURE).unwrap();
    let client = |n: &str| {
        let id = OAuthClientId::from(format!("oc-{}", n.repeat(16)));
        store.read(|view| view.oauth_client(&id)).unwrap()
    };
    let (one, two) = (client("1"), client("2"));
    let begin = |digest: u8, session: [u8; 32]| {
        let (client, flow) =
            (one.clone(), NewWebFlow { digest: [digest; 32], redirect_uri: "https://a/cb".to_owned() });
        store.change(Actor::System, move |change| change.create_web_flow(&client, &session, &flow))
    };
    let take = |client: &crate::domain::oauth::client::OAuthClient, session: [u8; 32], digest: u8| {
        let client = client.clone();
        store.change(Actor::System, move |change| change.take_web_flow(&client, &session, &[digest; 32])).unwrap()
    };
    assert_eq!(begin(1, [9; 32]).unwrap_err().kind, Kind::Unauthenticated, "the session has ended");
    begin(1, SESSION).unwrap();
    assert_eq!(take(&two, SESSION, 1), None, "another client's");
    assert_eq!(take(&one, [9; 32], 1), None, "another session's");
    assert_eq!(take(&one, SESSION, 2), None, "another flow");
    assert_eq!(take(&one, SESSION, 1).as_deref(), Some("https://a/cb"));
    assert_eq!(take(&one, SESSION, 1), None, "used");
    begin(3, SESSION).unwrap();
    begin(4, SESSION).unwrap();
    connection.execute("UPDATE web_flows SET created_at = created_at - 600000 WHERE digest = ?1", [[3u8; 32]]).unwrap();
    assert_eq!(take(&one, SESSION, 3), None, "too old");
    let old = Timestamp::from_milliseconds(sources.now().milliseconds() - 300_000);
    let expire = |most| store.change(Actor::System, move |change| change.expire_web_flows(old, most)).unwrap();
    assert_eq!((expire(10), expire(10)), (1, 0));
    assert_eq!(take(&one, SESSION, 4).as_deref(), Some("https://a/cb"));
    store.close();
}
