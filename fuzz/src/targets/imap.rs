//! The IMAP command layer against a server that answers properly for a while, and then with any
//! octets. Over loopback, because the mailbox connects by itself.
//!
//! The first octet of an input (`0`, `1`, …) says how many commands the server answers properly. The
//! rest are its further answers, one for a command, parted by lines of a single `~`; `@@` in them is
//! the command's tag, and `%%` the password that came with it. When there are no more, the server
//! closes its side.

use std::collections::HashSet;
use std::time::Duration;

use nyckelbud::mailbox::imap::{ImapMailbox, ImapSettings, Timeouts};
use nyckelbud::mailbox::{Filed, Folder, MailUid, Mailbox, MailboxError, RawMail, Shelf, channel};
use nyckelbud::secret::Secret;
use nyckelbud::tls::Tls;
use nyckelbud::token::SignIn;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::time::Instant;

mod server;

use server::{Said, serve};

/// Octets of a mail that the mailbox takes.
const MAIL_MAX: u64 = 1_000;
/// Must never come back in an error.
const PASSWORD: &str = "hemligt-4711";
/// So many listed mails are fetched; a list may hold millions.
const FETCHED: usize = 50;

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_millis(200),
    command: Duration::from_millis(50),
    done: Duration::from_millis(50),
};
/// Twenty commands at most, each within ten times its time; a wait more than that has no end.
const LONGEST: Duration = Duration::from_secs(20 * 10 * 50 / 1_000 + 2);

pub fn run(data: &[u8]) {
    if data.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()) {
        return;
    }
    let mut builder = Builder::new_current_thread();
    builder.enable_all();
    // While all wait the clock runs ahead, so that silence costs the fuzzer nothing.
    #[cfg(fuzzing)]
    builder.start_paused(true);
    builder.build().expect("a runtime").block_on(dialogue(data));
}

async fn dialogue(data: &[u8]) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(serve(listener, data.to_vec()));
    let began = Instant::now();
    let mut mailbox =
        ImapMailbox::new(settings(port)).expect("settings that are allowed").with_timeouts(TIMEOUTS);
    let mut seen = Seen::default();
    let ended = work(&mut mailbox, &mut seen).await;
    if let Err(error) = &ended {
        shows_no_secret(error);
        let after = mailbox.list(None).await;
        assert!(matches!(after, Err(MailboxError::Lost { .. })), "a connection is used after an error");
    }
    drop(mailbox);
    assert!(began.elapsed() <= LONGEST, "{:?} went by", began.elapsed());
    let said = server.await.expect("the server does not stumble");
    seen.check(&said);
}

/// What the mailbox gave.
#[derive(Default)]
struct Seen {
    asked: Vec<MailUid>,
    mails: Vec<RawMail>,
    filed: Vec<Filed>,
}

impl Seen {
    /// Only mails that were asked for, each once, and only octets that the server sent.
    fn check(&self, said: &Said) {
        for (at, mail) in self.mails.iter().enumerate() {
            assert!(self.asked.contains(&mail.uid), "mail {:?} was not asked for", mail.uid);
            let again = self.mails[..at].iter().any(|before| before.uid == mail.uid);
            assert!(!again, "mail {:?} came twice", mail.uid);
            assert!(mail.bytes.len() as u64 <= MAIL_MAX, "{} octets of a mail", mail.bytes.len());
            assert!(said.sent(&mail.bytes), "a mail that the server did not send");
            assert!(said.sent(mail.uid.as_str().as_bytes()), "a UID that the server did not send");
        }
        let named: HashSet<&MailUid> = self.filed.iter().map(|filed| &filed.uid).collect();
        assert_eq!(named.len(), self.filed.len(), "a mail was filed twice");
        assert!(named.iter().all(|uid| self.asked.contains(uid)), "a mail was filed that nobody named");
        let spots: Vec<_> = self.filed.iter().filter_map(|filed| filed.now.as_ref()).collect();
        let places: HashSet<_> = spots.iter().collect();
        assert_eq!(places.len(), spots.len(), "two mails lie in one place");
        for spot in spots {
            assert!(spot.validity > 0 && number(&spot.uid) > 0, "no place: {spot:?}");
        }
    }
}

/// All that a mailbox is asked to do, until something fails.
async fn work(mailbox: &mut ImapMailbox, seen: &mut Seen) -> Result<(), MailboxError> {
    assert!(mailbox.open().await?.validity > 0, "UIDs that do not last");
    let mut listed = mailbox.list(None).await?;
    assert!(listed.is_sorted_by(|a, b| number(a) < number(b)), "not in order, or named twice");
    listed.truncate(FETCHED);
    seen.asked = listed.clone();
    let (to, mut from) = channel();
    let mails = &mut seen.mails;
    let taking = async move {
        while let Some(mail) = from.recv().await {
            mails.push(mail);
        }
    };
    let (fetched, ()) = tokio::join!(mailbox.fetch(&listed, to), taking);
    fetched?;
    seen.filed = mailbox.file(Folder::Handled, &listed).await?;
    assert_eq!(seen.filed.len(), listed.len(), "nothing is said of a mail that was filed");
    mailbox.wait(TIMEOUTS.command).await?;
    let mark = mailbox.mark().await?;
    mailbox.list(Some(&mark)).await?;
    if mailbox.look(Shelf::Filed(Folder::Handled)).await?.is_some() {
        mailbox.list(None).await?;
    }
    Ok(())
}

fn number(uid: &MailUid) -> u32 {
    uid.as_str().parse().expect("an IMAP UID")
}

fn shows_no_secret(error: &MailboxError) {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(PASSWORD), "the password came back");
    assert!(shown.chars().count() < 2_000, "an error quotes {} characters", shown.chars().count());
}

fn settings(port: u16) -> ImapSettings {
    ImapSettings {
        name: "servicedesk".to_owned(),
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        ca_file: None,
        username: "desk@kommun.example".to_owned(),
        sign_in: SignIn::Password(Secret::new(PASSWORD.to_owned())),
        inbox: "INBOX".to_owned(),
        handled: "Nyckelbud/Hanterade".to_owned(),
        quarantine: "Nyckelbud/Karantän".to_owned(),
        idle_refresh: Duration::from_secs(540),
        max_mail_size: MAIL_MAX,
    }
}
