//! The chain against every way of changing it, and against fixed values that must never change.

use super::*;
use crate::keyring::KeyBytes;

fn key(first: u8) -> KeyBytes {
    let mut bytes = [0; 32];
    for (octet, value) in bytes.iter_mut().zip(first..) {
        *octet = value;
    }
    KeyBytes::new(bytes)
}

fn row(id: i64) -> Row {
    Row {
        id,
        ticket: 7,
        at: UnixMillis(1_795_339_000_000 + id),
        actor: "nyckelbud".to_owned(),
        event: "set.intended".to_owned(),
        data: format!(r#"{{"key":"n7-set-1-{id}"}}"#),
    }
}

fn chain(keyring: &Keyring, head: &Head, rows: &[Row]) -> (Vec<Link>, Head) {
    let mut sealer = Sealer::behind(keyring, head).unwrap();
    let links = rows.iter().map(|row| sealer.link(row).unwrap()).collect();
    (links, sealer.head().unwrap())
}

fn check(keyring: &Keyring, rows: &[Row], links: &[Link], head: Option<&Head>) -> Result<String, Fault> {
    let mut checker = Checker::new(keyring);
    for (row, link) in rows.iter().zip(links) {
        checker.next(row, link)?;
    }
    checker.end(head)
}

fn broken_at(result: Result<String, Fault>) -> i64 {
    match result {
        Err(Fault::Broken { place, .. }) => place,
        other => panic!("not broken: {other:?}"),
    }
}

#[test]
fn a_chain_that_nobody_touched_is_whole_and_goes_on_where_it_ended() {
    let ring = Keyring::new(key(1), vec![]);
    let (mut links, head) = chain(&ring, &Head::default(), &[row(1), row(2)]);
    let (more, head) = chain(&ring, &head, &[row(5)]);
    links.extend(more);
    assert_eq!(links.iter().map(|link| link.place).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(check(&ring, &[row(1), row(2), row(5)], &links, Some(&head)), Ok(head.hash.clone()));
    assert_eq!(check(&ring, &[], &[], Some(&Head::default())), Ok(String::new()));
}

#[test]
fn a_change_of_any_part_of_a_row_is_seen_at_its_place() {
    let ring = Keyring::new(key(1), vec![]);
    let rows = [row(1), row(2), row(3)];
    let (links, head) = chain(&ring, &Head::default(), &rows);
    let changes: [fn(&mut Row); 6] = [
        |row| row.id = 9,
        |row| row.ticket = 8,
        |row| row.at = UnixMillis(1),
        |row| row.actor = "manager:1".to_owned(),
        |row| row.event = "set.accepted".to_owned(),
        |row| row.data = "{}".to_owned(),
    ];
    for change in changes {
        let mut changed = rows.clone();
        change(&mut changed[1]);
        assert_eq!(broken_at(check(&ring, &changed, &links, Some(&head))), 2, "{:?}", changed[1]);
    }
    // What one text loses and the next one wins is a change too.
    let mut moved = rows.clone();
    moved[1].actor.push('s');
    moved[1].event.remove(0);
    assert_eq!(broken_at(check(&ring, &moved, &links, Some(&head))), 2);
}

#[test]
fn deleted_inserted_swapped_and_cut_rows_are_seen() {
    let ring = Keyring::new(key(1), vec![]);
    let rows = [row(1), row(2), row(3)];
    let (links, head) = chain(&ring, &Head::default(), &rows);

    let without = |gone: usize| {
        let keep = |i: &usize| *i != gone;
        let rows: Vec<_> = (0..3).filter(keep).map(|i| rows[i].clone()).collect();
        let links: Vec<_> = (0..3).filter(keep).map(|i| links[i].clone()).collect();
        check(&ring, &rows, &links, Some(&head))
    };
    assert_eq!([0, 1, 2].map(|gone| broken_at(without(gone))), [1, 2, 3]);

    let swapped = [row(2), row(1), row(3)];
    assert_eq!(broken_at(check(&ring, &swapped, &links, Some(&head))), 1);

    let mut inserted = links.clone();
    inserted.push(Link { place: 4, ..links[2].clone() });
    let rows = [row(1), row(2), row(3), row(4)];
    assert_eq!(broken_at(check(&ring, &rows, &inserted, Some(&head))), 4);
}

#[test]
fn the_record_of_the_end_cannot_be_moved_forged_or_lost() {
    let ring = Keyring::new(key(1), vec![]);
    let rows = [row(1), row(2)];
    let (links, head) = chain(&ring, &Head::default(), &rows);
    let cut = Head { place: 1, hash: links[0].hash.clone(), ..head.clone() };
    assert_eq!(broken_at(check(&ring, &rows[..1], &links[..1], Some(&cut))), 1);
    assert_eq!(broken_at(check(&ring, &rows, &links, Some(&Head::default()))), 1);
    assert_eq!(broken_at(check(&ring, &rows, &links, None)), 3);
    // Nor does the sealer go on from a forged end, which would sign it.
    assert!(matches!(Sealer::behind(&ring, &cut), Err(Fault::Broken { .. })));
}

#[test]
fn a_chain_over_two_keys_needs_both() {
    let old = Keyring::new(key(1), vec![]);
    let both = Keyring::new(key(2), vec![key(1)]);
    let (mut links, head) = chain(&old, &Head::default(), &[row(1)]);
    let (more, head) = chain(&both, &head, &[row(2)]);
    links.extend(more);
    let rows = [row(1), row(2)];
    assert!(check(&both, &rows, &links, Some(&head)).is_ok());
    let new = Keyring::new(key(2), vec![]);
    let missing = Fault::KeyMissing { key_id: old.current_id().to_owned() };
    assert_eq!(check(&new, &rows, &links, Some(&head)), Err(missing));
}

#[test]
fn the_same_rows_give_the_same_hashes_in_every_version() {
    let ring = Keyring::new(key(1), vec![]);
    let (links, head) = chain(&ring, &Head::default(), &[row(1), row(2)]);
    assert_eq!(links[0].hash, "a25b19e9708abc286d005da1e9cbc87f0565499d51427022bcf31b0d26c2bb2b");
    assert_eq!(links[1].hash, "bc39a97b405eaf17fb4afcdd5a7b023f20acdcd060eb16e065b583bcc8bedf29");
    assert_eq!(head.signature, "e714e037e71158547c7ce68950fbc768fa526f1954c21f488c1dbe11802bce75");
}
