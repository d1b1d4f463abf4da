//! Providers, against imitations.
