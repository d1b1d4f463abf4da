//! Organizations and the account through the API.
