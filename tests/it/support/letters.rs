//! Mails as they reach a desk behind a mail server that vouches for senders.

/// A mail from `who` (as `anna.andersson`); its Message-ID is `id`. Its Date lies ahead, so that it is as
/// old as its arrival whenever the tests run.
pub fn letter(id: &str, who: &str, subject: &str, text: &str) -> String {
    format!(
        "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\n\
         From: {who}@kommun.example\n\
         To: Servicedesk <servicedesk@kommun.example>\n\
         Subject: {subject}\n\
         Date: Tue, 24 Nov 2099 08:12:00 +0100\n\
         Message-ID: <{id}@kommun.example>\n\
         MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\
         \n\
         {text}\n"
    )
}

/// `who` asks for a new password, to be sent to `phone`.
pub fn request(id: &str, who: &str, phone: &str) -> String {
    let text = format!(
        "Skriv efter kolon och skicka. Skriv aldrig ditt lösenord.\n\
         Användarnamn: {who}@kommun.example\n\
         Mobilnummer: {phone}\n\
         \n\
         Med vänlig hälsning\n\
         {who}"
    );
    letter(id, who, "Nytt =?utf-8?Q?l=C3=B6senord?=", &text)
}

/// A mail that is no request, of about `octets`.
pub fn chatter(id: &str, octets: usize) -> String {
    let line = "Skrivaren på plan 2 har slut på papper och blinkar rött.\n";
    let text = format!("Hej! Det gäller {id}.\n{}Mvh Gun", line.repeat(octets / line.len()));
    letter(id, "gun.persson", &format!("Skrivaren {id}"), &text)
}
