//! A register that fails: an error, no answer, half an answer. Each waits, is tried again, and ends with
//! a technician as `directory-failed`; nobody is without a phone because of it.
