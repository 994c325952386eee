//! The decision log in SQLite.
