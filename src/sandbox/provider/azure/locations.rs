//! Which resources there are, and where: Microsoft's own clients ask before anything else.

use serde_json::{Value, json};

use super::super::answers;
use super::list;
use crate::http::reply::Reply;

/// Id, area, name and route. The ids are the same everywhere.
const RESOURCES: [(&str, &str, &str, &str); 6] = [
    ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "connectionData", "_apis/{resource}"),
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "resourceAreas", "_apis/{resource}/{areaId}"),
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}"),
    ("225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "git", "repositories", "{project}/_apis/{area}/{resource}/{repositoryId}"),
    (
        "2d874a60-a811-4f62-9c9f-963a6ea0a55b",
        "git",
        "refs",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*filter}",
    ),
    (
        "fb93c0db-47ed-4a31-8c20-47552878fb44",
        "git",
        "items",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*path}",
    ),
];

pub fn answer() -> Reply {
    let one = |(id, area, name, route): &(&str, &str, &str, &str)| {
        json!({"id": id, "area": area, "resourceName": name, "routeTemplate": route, "resourceVersion": 1,
               "minVersion": "1.0", "maxVersion": "7.1", "releasedVersion": "7.1"})
    };
    answers::json(200, &list(&RESOURCES.iter().map(one).collect::<Vec<Value>>()))
}
