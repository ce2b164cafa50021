//! `token`: tokens of programs.

use super::{answer, desk};

#[test]
fn a_token_is_shown_once_listed_without_itself_and_ended() {
    let folder = desk();
    let desk = folder.path();
    assert!(answer(desk, ["token", "list"]).expect(0).err.contains("token add NAME"));
    let add =
        ["token", "add", "chat-bot", "--scope", "tickets:act,tickets:read,tickets:read", "--valid", "30d"];
    let made = answer(desk, add).expect(0);
    assert!(
        made.out.contains("scopes   tickets:read tickets:act\n") && made.err.contains("shown once"),
        "{}",
        made.out
    );
    let token = made.out.lines().find_map(|line| line.strip_prefix("token    ")).unwrap().to_owned();
    assert!(token.starts_with("nyckelbud_") && token.len() > 50, "a long one");
    let again = answer(desk, ["token", "add", "chat-bot", "--scope", "try"]).expect(1);
    assert!(again.err.contains("was called chat-bot before; nothing was changed"), "{}", again.err);
    let listed = answer(desk, ["token", "list", "--json"]).expect(0);
    let row = listed.objects().remove(0);
    assert_eq!((&row["state"], &row["scopes"][0]), (&"valid".into(), &"tickets:read".into()));
    assert!(row["used_at"].is_null() && !listed.out.contains(&token));
    answer(desk, ["token", "revoke", "chat-bot"]).expect(0);
    assert!(answer(desk, ["token", "revoke", "chat-bot"]).expect(1).err.contains("nothing was changed"));
    assert!(answer(desk, ["token", "list"]).expect(0).out.contains("revoked"));
    assert!(answer(desk, ["token", "add", "Chat", "--scope", "try"]).expect(2).err.contains("small letters"));
    assert!(
        answer(desk, ["token", "add", "b", "--scope", "all"])
            .expect(2)
            .err
            .contains("tickets:read, tickets:act")
    );
    let log = answer(desk, ["audit", "export"]).expect(0);
    let events: Vec<_> = log.objects().iter().map(|row| row["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(events, ["token.added", "token.revoked"]);
    assert!(!log.out.contains(&token));
    for file in ["nyckelbud.db", "nyckelbud.db-wal"] {
        let octets = std::fs::read(desk.join("var").join(file)).unwrap_or_default();
        assert!(
            !octets.windows(token.len()).any(|window| window == token.as_bytes()),
            "{file} holds no token"
        );
    }
}
