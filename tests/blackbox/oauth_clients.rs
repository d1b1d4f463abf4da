//! OAuth clients through the API.

use crate::harness::{Server, sample_of_2018};

#[test]
fn the_sample_of_2018_in_and_every_key_of_its_answer_out() {
    let server = Server::demo();
    let answer = server.owner().post("/organizations/my-organization/oauth-clients", &sample_of_2018()).is(201);
    let path = format!("/api/v2/oauth-clients/{}", answer.text("/data/id"));
    assert_eq!(answer.header("Location"), Some(path.as_str()));
    assert_eq!(answer.header("Content-Type"), Some("application/vnd.api+json"));
    let answer = answer.golden("oauth_clients.create.sample_of_2018");
    let shown = server.owner().get(&format!("/oauth-clients/{}", answer.text("/data/id"))).is(200);
    assert_eq!(shown.json(), answer.json());
}
