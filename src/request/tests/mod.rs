//! Whole mails, built from their lines.
