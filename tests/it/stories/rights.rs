//! `check` over both registers as one: each right that is taken away in either is named.
