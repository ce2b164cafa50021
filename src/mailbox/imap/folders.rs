//! Folders: their names on the wire, making those that are missing, and moving mails into them.

use super::answer::Answer;
use super::connection::Connection;
use super::uid_set::sets;
use crate::mailbox::{MailboxError, folder_name};

/// Mails moved by one command. Dovecot syncs the disk for each and says nothing until the end;
/// this many stay far below the command's time limit.
const MOVE_MAX: usize = 500;

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

/// Makes the folder if it is missing.
pub(super) async fn ensure(connection: &mut Connection, name: &str) -> Result<(), MailboxError> {
    let mut present = false;
    connection
        .command("LIST", &format!("LIST \"\" {name}"), |answer| {
            present |= matches!(answer, Answer::Folder { selectable: true, .. });
        })
        .await?;
    if present {
        return Ok(());
    }
    match connection.command("CREATE", &format!("CREATE {name}"), |_| {}).await {
        // Somebody made it meanwhile (RFC 5530 3).
        Err(MailboxError::Refused { cause, .. }) if cause.contains("[ALREADYEXISTS]") => Ok(()),
        made => made,
    }
}

/// Moves `uids` (ascending) out of the inbox into the folder `name`.
pub(super) async fn file(connection: &mut Connection, name: &str, uids: &[u32]) -> Result<(), MailboxError> {
    for set in sets(uids, MOVE_MAX) {
        if connection.can("MOVE") {
            connection.command("UID MOVE", &format!("UID MOVE {set} {name}"), |_| {}).await?;
            continue;
        }
        connection.command("UID COPY", &format!("UID COPY {set} {name}"), |_| {}).await?;
        let delete = format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)");
        connection.command("UID STORE", &delete, |_| {}).await?;
        // Plain EXPUNGE would also remove what other people marked as deleted.
        if connection.can("UIDPLUS") {
            connection.command("UID EXPUNGE", &format!("UID EXPUNGE {set}"), |_| {}).await?;
        }
    }
    Ok(())
}

/// Whether filed mails leave the inbox; without MOVE and UIDPLUS they stay there marked as deleted.
pub(super) fn removes_filed_mails(connection: &Connection) -> bool {
    connection.can("MOVE") || connection.can("UIDPLUS")
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
