//! Folders: their names on the wire, making those that are missing, and opening one.

use super::answer::Answer;
use super::connection::Connection;
use super::failure::refused_with;
use crate::mailbox::{MailboxError, Shelf, folder_name};

/// How the server writes levels of a folder's name.
pub(super) async fn separator(connection: &mut Connection) -> Result<Option<String>, MailboxError> {
    let mut found = None;
    connection
        .command("LIST", "LIST \"\" \"\"", |answer| {
            if let Answer::Folder { separator, .. } = answer {
                found = separator;
            }
        })
        .await?;
    Ok(found)
}

/// A configured name (levels parted by `/`) as a quoted string.
pub(super) fn wire_name(name: &str, separator: Option<&str>) -> String {
    quoted(&folder_name::encoded(name, separator.unwrap_or("/")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether there is a folder `name` (on the wire) that can hold mails.
pub(super) async fn is_there(connection: &mut Connection, name: &str) -> Result<bool, MailboxError> {
    let mut present = false;
    connection
        .command("LIST", &format!("LIST \"\" {name}"), |answer| {
            present |= matches!(answer, Answer::Folder { selectable: true, .. });
        })
        .await?;
    Ok(present)
}

/// Makes the folder if it is missing.
pub(super) async fn ensure(connection: &mut Connection, name: &str) -> Result<(), MailboxError> {
    if is_there(connection, name).await? {
        return Ok(());
    }
    create(connection, name).await
}

/// Makes a folder that is not there.
pub(super) async fn create(connection: &mut Connection, name: &str) -> Result<(), MailboxError> {
    match connection.command("CREATE", &format!("CREATE {name}"), |_| {}).await {
        // Somebody made it meanwhile (RFC 5530 3).
        Err(error) if refused_with(&error, "ALREADYEXISTS") => Ok(()),
        made => made,
    }
}

/// The folder that a connection works on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selected {
    /// UIDVALIDITY.
    pub(super) validity: u32,
    /// UIDNEXT as the opening told it, if it did.
    pub(super) next: Option<u32>,
    /// Which one it is.
    pub(super) shelf: Shelf,
    /// True when it was opened only to look (EXAMINE).
    pub(super) to_look: bool,
}

/// Opens the folder `name` (on the wire), which is `shelf`.
pub(super) async fn select(
    connection: &mut Connection,
    name: &str,
    shelf: Shelf,
    to_look: bool,
) -> Result<Selected, MailboxError> {
    let command = if to_look { "EXAMINE" } else { "SELECT" };
    let (mut validity, mut next) = (None, None);
    connection
        .command(command, &format!("{command} {name}"), |answer| match answer {
            Answer::Validity(value) => validity = Some(value),
            Answer::Next(value) => next = Some(value),
            _ => {}
        })
        .await?;
    connection.forget_arrivals();
    // nz-number (RFC 3501 9). One that is missing means UIDs that do not last (RFC 3501 6.3.1): mails
    // would be taken for others, and not come in.
    let validity = validity.filter(|value| *value > 0).ok_or_else(|| MailboxError::Unfit {
        cause: format!(
            "the server gives the folder {name} no UIDVALIDITY (RFC 9051 2.3.1.1), so its mails cannot be told \
             apart from one connection to the next"
        ),
    })?;
    Ok(Selected { validity, next, shelf, to_look })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_name_is_written_with_the_servers_separator() {
        assert_eq!(wire_name("Nyckelbud/Karantän", Some(".")), "\"Nyckelbud.Karant&AOQ-n\"");
        assert_eq!(wire_name("Nyckelbud/Karantän", Some("/")), "\"Nyckelbud/Karant&AOQ-n\"");
        assert_eq!(wire_name("In/ut", None), "\"In/ut\"");
    }

    #[test]
    fn a_folder_name_cannot_end_its_quotes() {
        assert_eq!(wire_name("a\" \\ b", Some("/")), "\"a\\\" \\\\ b\"");
    }
}
