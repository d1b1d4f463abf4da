//! Discovery, health, ping and the OpenAPI document.

pub mod discovery;
pub mod health;
pub mod openapi;
pub mod ping;
