//! OAuth tokens through the API.
