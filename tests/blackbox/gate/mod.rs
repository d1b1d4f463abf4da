//! The public socket, over raw bytes.
