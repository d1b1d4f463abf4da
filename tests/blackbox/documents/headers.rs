//! What every answer says, whatever it is an answer to.

use super::{good_document, sends};
use crate::harness::{Answer, JSON_API, Server, sample_of_2018};

#[test]
fn every_answer_is_json_api_and_nobody_elses_to_keep() {
    let server = Server::demo();
    let (owner, anonymous) = (server.owner(), server.anonymous());
    let clients = "/organizations/my-organization/oauth-clients";
    let created = owner.post(clients, &sample_of_2018()).is(201);
    let path = format!("/oauth-clients/{}", created.text("/data/id"));
    let good = good_document("oauth-clients", "");
    let mut too_large = good.clone().into_bytes();
    too_large.resize(2 * 1024 * 1024, b' ');
    let answers: Vec<(u16, Answer)> = vec![
        (201, created),
        (200, owner.get(&path)),
        (200, owner.get(clients)),
        (200, owner.get(&format!("{clients}?page[size]=1"))),
        (200, owner.send("HEAD", &path, None, &[])),
        (204, owner.delete(&path)),
        (204, anonymous.get("/ping")),
        (400, owner.get(&format!("{clients}?page[size]=0"))),
        (400, owner.get("/organizations/%zz")),
        (400, sends(&owner, "POST", clients, b"{")),
        (401, anonymous.get(clients)),
        (404, owner.get(&path)),
        (404, owner.get("!/nowhere")),
        (405, owner.send("PUT", clients, None, &[])),
        (413, sends(&owner, "POST", clients, &too_large)),
        (415, owner.send("POST", clients, Some(good.as_bytes()), &[("Content-Type", "text/plain")])),
        (422, sends(&owner, "POST", clients, b"{}")),
        (501, owner.send("BREW", clients, None, &[])),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("Content-Type"), (status != 204).then_some(JSON_API), "{status}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{status}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{status}");
        assert_eq!(answer.header("Transfer-Encoding"), None, "{status}");
        assert_eq!(answer.header("Content-Length").is_some(), status != 204, "{status}");
        for tell_tale in ["Server", "X-Powered-By", "Access-Control-Allow-Origin", "Set-Cookie"] {
            assert_eq!(answer.header(tell_tale), None, "{status}");
        }
        if status >= 400 {
            answer.refused(status);
        }
    }
}
