//! Bodies and media types: what is a document and what is not.
