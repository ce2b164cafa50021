//! People who work at the desk of a test, and how they sign in.

use nyckelbud::store::{AuditEntry, Staff};
use nyckelbud::types::{Role, StaffMember, StaffName, TotpKey};
use nyckelbud::worker::password_hash;
use zeroize::Zeroizing;

use super::browser::Browser;
use super::client::Answer;
use super::desk::OpenDesk;

/// What everybody's password is here.
pub const PASSWORD: &str = "Kf7m-Rq4x-Tw9b-Hn3p";

/// Somebody with a password, and with codes if there is a key for them.
pub fn account(name: &str, role: Role, totp: Option<TotpKey>) -> Staff {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let hash = HASH.get_or_init(|| password_hash(&Zeroizing::new(PASSWORD.to_owned())).unwrap());
    let member = StaffMember { name: StaffName::parse(name).unwrap(), shown: shown(name), role };
    Staff {
        member,
        provider: String::new(),
        password: hash.clone(),
        totp,
        disabled: false,
        signed_in_at: None,
        person: String::new(),
    }
}

/// `eva.lind` is Eva Lind.
fn shown(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}", letters.as_str())
    };
    name.split('.').map(word).collect::<Vec<_>>().join(" ")
}

impl OpenDesk {
    /// Somebody starts to work here.
    pub async fn employ(&self, staff: &Staff) {
        let audit = AuditEntry {
            actor: "cli:test".to_owned(),
            event: "user.added".to_owned(),
            data: "{}".to_owned(),
        };
        assert!(self.parts.store.add_staff(staff, &audit, self.parts.clock.now()).await.unwrap());
    }
}

/// Signs in on the page that the browser has, or opens it.
pub async fn sign_in(browser: &mut Browser, name: &str, password: &str, code: &str) -> Answer {
    browser.open("/login").await;
    browser.press_with("/login", &format!("&name={name}&password={password}&code={code}")).await
}
