//! `reconcile`: has every mail in the mailboxes a fate? Proves it, or names those that have none.

use std::sync::Arc;

use serde_json::json;

use super::{CliError, Common, assembly, output};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::config::{MailboxSettings, Settings, Start};
use crate::mailbox::{Folder, Shelf};
use crate::store::Store;
use crate::token::Tokens;
use crate::worker::{FolderCount, Reconciled, Reconciliation, Rules, UnknownMail};

/// The command line of `reconcile`.
#[derive(Debug, clap::Args)]
pub(super) struct ReconcileArgs {
    /// Only this mailbox
    #[arg(long, value_name = "M")]
    mailbox: Option<String>,
}

pub(super) async fn run(common: &Common, args: ReconcileArgs) -> Result<(), CliError> {
    let settings = assembly::load(common)?.settings;
    let mailboxes = chosen(&settings, args.mailbox.as_deref())?;
    let store = assembly::existing_store(&settings).await?;
    let rules = Arc::new(assembly::rules(&settings));
    let (mut unknown, mut failed) = (0, 0);
    for mailbox in mailboxes {
        match one(common, mailbox, Arc::clone(&store), Arc::clone(&rules)).await? {
            Ok(mails) => unknown += mails,
            Err(why) => {
                failed += 1;
                output::complain(&format!("mailbox {}: {why}; nothing was changed", mailbox.name));
            }
        }
    }
    let mut wrong = Vec::new();
    if failed > 0 {
        wrong.push(format!("{} could not be compared", many(failed, "mailbox", "mailboxes")));
    }
    if unknown > 0 {
        wrong.push(format!(
            "{} without a known fate: look at them in the mailbox; those in the inbox are read when the desk \
             runs, those in the other folders become tickets at its next start",
            many(unknown, "mail", "mails")
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(CliError::No(wrong.join("; "))) }
}

fn chosen<'a>(settings: &'a Settings, name: Option<&str>) -> Result<Vec<&'a MailboxSettings>, CliError> {
    let all: Vec<_> = settings.mailboxes.iter().filter(|m| name.is_none_or(|name| m.name == name)).collect();
    if let (Some(name), true) = (name, all.is_empty()) {
        let names: Vec<&str> = settings.mailboxes.iter().map(|m| m.name.as_str()).collect();
        return Err(CliError::Wrong(format!(
            "no mailbox is named {name:?}; configured: {}",
            names.join(", ")
        )));
    }
    Ok(all)
}

/// Compares one mailbox and says what was found. Answers how many mails have no known fate, or in words
/// why it could not be compared.
async fn one(
    common: &Common,
    settings: &MailboxSettings,
    store: Arc<dyn Store>,
    rules: Arc<Rules>,
) -> Result<Result<usize, String>, CliError> {
    let reconciliation = Reconciliation {
        mailbox: assembly::mailbox(settings, &Tokens::default())?,
        store,
        rules,
        authentication: settings.authentication.clone(),
        start_now: settings.start == Start::Now,
        poll: settings.poll,
        now: SystemClock.now(),
    };
    let mut said = Ok(());
    let mut name = |mail: &UnknownMail| {
        if said.is_ok() {
            said = if common.json {
                output::json(&object(&settings.name, mail))
            } else {
                output::line(&line(&settings.name, mail))
            };
        }
    };
    let reconciled = reconciliation.run(&mut name).await;
    said?;
    let reconciled = match reconciled {
        Ok(reconciled) => reconciled,
        Err(error) => return Ok(Err(error.to_string())),
    };
    if common.json {
        output::json(&summary(&settings.name, &reconciled))?;
    } else {
        for line in table(&settings.name, &reconciled) {
            output::line(&line)?;
        }
    }
    Ok(Ok(reconciled.folders.iter().map(|folder| folder.unknown).sum()))
}

fn word(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Inbox => "inbox",
        Shelf::Filed(Folder::Handled) => "handled",
        Shelf::Filed(Folder::Quarantine) => "quarantine",
    }
}

fn many(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn line(mailbox: &str, mail: &UnknownMail) -> String {
    let (from, message_id) = (mail.from.as_ref(), mail.message_id.as_ref());
    let envelope = match (mail.received_at, from, message_id) {
        _ if mail.begun > 0 => format!(
            "its reading was begun {} and never ended (its UID is {}); it is not read here",
            many(usize::try_from(mail.begun).unwrap_or(usize::MAX), "time", "times"),
            mail.uid.as_str()
        ),
        (None, None, None) => format!("the mailbox does not hand it over (its UID is {})", mail.uid.as_str()),
        (at, from, message_id) => format!(
            "{}  {}  {:?}  {}",
            at.map_or_else(|| "no date".to_owned(), rfc3339),
            from.map_or("no sender", |from| from.as_str()),
            mail.subject,
            message_id.map_or_else(|| "no Message-ID".to_owned(), |id| format!("<{}>", id.as_str())),
        ),
    };
    let text = format!("{mailbox}, {}: no known fate: {envelope}", word(mail.shelf));
    output::paint(output::CARE, &output::plain(&text))
}

fn table(mailbox: &str, reconciled: &Reconciled) -> Vec<String> {
    let headings = ["mails", "by place", "by content", "before", "waiting", "unknown"];
    let row = |name: &str, cells: [String; 6]| {
        let cells = cells.iter().zip(headings.map(|heading| heading.len().max(7)));
        let cells: String = cells.map(|(cell, width)| format!("  {cell:>width$}")).collect();
        format!("  {name:<12}{cells}")
    };
    let mut lines = vec![output::paint(output::BOLD, mailbox)];
    lines.push(output::paint(output::FAINT, &row("", headings.map(str::to_owned))));
    for folder in &reconciled.folders {
        let FolderCount { mails, by_place, by_content, before, waiting, unknown, .. } = folder;
        let cells = [mails, by_place, by_content, before, waiting, unknown].map(ToString::to_string);
        lines.push(row(word(folder.shelf), cells));
    }
    if let Some(why) = &reconciled.another {
        let text = format!(
            "  the inbox is another one than the desk knew: {why}; its mails were compared by content, and the desk puts that right at its next start"
        );
        lines.push(output::paint(output::CARE, &output::plain(&text)));
    }
    let totals = reconciled.totals;
    lines.push(format!(
        "  {} mails are kept, copies among them; {} of them lie in none of these folders (moved on or deleted, which is fine)",
        totals.kept, reconciled.nowhere
    ));
    if totals.gone > 0 {
        let text =
            format!("  {} mails were taken out of the inbox by somebody before they were read", totals.gone);
        lines.push(output::paint(output::CARE, &text));
    }
    lines
}

fn object(mailbox: &str, mail: &UnknownMail) -> serde_json::Value {
    json!({
        "type": "unknown",
        "mailbox": mailbox,
        "folder": word(mail.shelf),
        "uid": mail.uid.as_str(),
        "received_at": mail.received_at.map(rfc3339),
        "from": mail.from,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "begun": mail.begun,
    })
}

fn summary(mailbox: &str, reconciled: &Reconciled) -> serde_json::Value {
    let folder = |count: &FolderCount| {
        json!({
            "folder": word(count.shelf),
            "mails": count.mails,
            "by_place": count.by_place,
            "by_content": count.by_content,
            "before": count.before,
            "waiting": count.waiting,
            "unknown": count.unknown,
        })
    };
    json!({
        "type": "mailbox",
        "mailbox": mailbox,
        "folders": reconciled.folders.iter().map(folder).collect::<Vec<_>>(),
        "kept": reconciled.totals.kept,
        "nowhere": reconciled.nowhere,
        "gone": reconciled.totals.gone,
        "another": reconciled.another,
    })
}
