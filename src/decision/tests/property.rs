//! What holds whatever is asked: a password goes only to a registered phone of an ordinary account
//! that is switched on, and not knowing never leads to a password.

use proptest::prelude::*;

use super::*;
use crate::directory::{RegisteredPhone, Standing};
use crate::types::NamedBy;

const NUMBERS: [&str; 4] = [MOBILE, OTHER_MOBILE, LANDLINE, "not a number"];

fn phones() -> impl Strategy<Value = Vec<RegisteredPhone>> {
    let kind = prop::sample::select(vec![PhoneType::Mobile, PhoneType::AlternateMobile, PhoneType::Office]);
    let one = (prop::sample::select(NUMBERS.to_vec()), kind, prop::option::of(0_u32..200)).prop_map(
        |(text, kind, hours)| RegisteredPhone {
            registered_at: hours.map(|hours| NOW.minus(hours * HOUR)),
            ..phone(text, kind)
        },
    );
    prop::collection::vec(one, 0..3)
}

/// True far more often than not, so that most questions come far.
fn mostly() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.85)
}

fn privilege() -> impl Strategy<Value = Privilege> {
    prop_oneof![
        8 => Just(Privilege::Ordinary),
        1 => Just(Privilege::Privileged("role".to_owned())),
        1 => Just(Privilege::Unknown("no right".to_owned())),
    ]
}

fn standing() -> impl Strategy<Value = Standing> {
    mostly().prop_map(|open| if open { Standing::Open } else { closed() })
}

fn account() -> impl Strategy<Value = Account> {
    (standing(), privilege(), phones(), mostly()).prop_map(|(standing, privilege, phones, unprotected)| {
        let group = if unprotected { "Lärare" } else { "DOMAIN ADMINS" };
        Account { standing, privilege, phones, groups: vec![group.to_owned()], ..anna() }
    })
}

fn manager() -> impl Strategy<Value = Manager> {
    let absence = prop::sample::select(vec![Absence::Present, Absence::Absent, Absence::Unknown]);
    let id = prop::sample::select(vec!["anna", "erik", "karin"]).prop_map(AccountId::new);
    (id, standing(), absence, phones()).prop_map(|(id, standing, absence, phones)| Manager {
        id,
        standing,
        absence,
        phones,
        ..erik()
    })
}

fn facts() -> impl Strategy<Value = Option<Result<Facts, DirectoryError>>> {
    let lookup = prop_oneof![
        10 => account().prop_map(|account| Lookup::One(Box::new(account))),
        1 => Just(Lookup::Nobody),
        1 => Just(Lookup::Several),
    ];
    let answered = (lookup, prop::collection::vec(manager(), 0..4))
        .prop_map(|(lookup, managers)| Some(Ok(Facts { lookup, managers })));
    let failed = prop_oneof![
        Just(None),
        Just(Some(Err(DirectoryError::TimedOut))),
        Just(Some(Err(DirectoryError::Unavailable("down".to_owned())))),
        Just(Some(Err(DirectoryError::Half("no manager".to_owned())))),
    ];
    prop_oneof![9 => answered, 1 => failed]
}

fn rules() -> impl Strategy<Value = Policy> {
    let senders = prop::sample::select(vec![Senders::OwnDomain, Senders::AccountOrManager, Senders::Any]);
    let absent = prop::sample::select(vec![ManagerAbsent::Skip, ManagerAbsent::AskAnyway]);
    (senders, absent, mostly(), 0_u32..100).prop_map(|(senders, manager_absent, manager, hours)| {
        let fallback = if manager { Fallback::Manager } else { Fallback::Review };
        Policy {
            senders,
            manager_absent,
            phone_mismatch: fallback,
            no_phone: fallback,
            phone_age: hours.saturating_sub(50) * HOUR,
            ..policy()
        }
    })
}

fn wrote() -> impl Strategy<Value = Sender> {
    let address = ["anna@kommun.example", "erik.ek@kommun.example", "bo@kommun.example", "no address"];
    let trust = prop_oneof![
        6 => Just(Trust::OwnDomain),
        1 => Just(Trust::Vouched),
        1 => Just(Trust::Unverified),
    ];
    (prop::sample::select(address.to_vec()), trust).prop_map(|(address, trust)| sender(address, trust))
}

fn link() -> impl Strategy<Value = Option<Link>> {
    let by = prop::sample::select(vec![NamedBy::Tag, NamedBy::OurMail, NamedBy::OwnMail, NamedBy::TheirMail]);
    let to = TicketNumber::new(2026, 7);
    prop_oneof![4 => Just(None), 1 => by.prop_map(move |by| Some(Link { to, by }))]
}

fn asked() -> impl Strategy<Value = Asked> {
    let reading = prop_oneof![
        10 => prop::sample::select(vec![MOBILE, OTHER_MOBILE, LANDLINE]).prop_map(request),
        1 => Just(Reading::General),
        1 => Just(Reading::Incomplete { username: None, phone: None }),
    ];
    let counts = (0_u32..4, 0_u32..4, 0_u32..5);
    (reading, wrote(), facts(), rules(), counts, mostly(), mostly(), link()).prop_map(
        |(reading, sender, facts, policy, (day, phone_day, wrong), on, deliverable, link)| Asked {
            link,
            reading,
            sender,
            facts,
            policy,
            history: History {
                account_day: day,
                phone_day,
                account_mismatches_day: wrong,
                ..History::default()
            },
            automation: if on { Automation::On } else { Automation::Off },
            deliverable: if deliverable { Ok(()) } else { Err("there is no sealing key") },
            texts: Ok(()),
            ..Asked::fine()
        },
    )
}

/// The account, when everything that must be known is known and speaks for automation.
fn automatable(asked: &Asked) -> Option<(&Account, &PasswordRequest, &[Manager])> {
    let Reading::Request(request) = &asked.reading else { return None };
    let Some(Ok(Facts { lookup: Lookup::One(account), managers })) = &asked.facts else { return None };
    let ordinary = account.privilege == Privilege::Ordinary && account.groups == ["Lärare"];
    let frozen = asked.history.account_mismatches_day >= 3;
    let limited = asked.history.account_day >= 3 || asked.history.phone_day >= 3;
    let address = asked.sender.address.as_ref().map(EmailAddress::as_str);
    let allowed = match asked.policy.senders {
        Senders::Any => true,
        Senders::OwnDomain => address.is_some() && asked.sender.trust == Trust::OwnDomain,
        Senders::AccountOrManager => {
            let known = match address {
                Some("anna@kommun.example") => true,
                Some("erik.ek@kommun.example") => {
                    managers.iter().any(|manager| manager.standing == Standing::Open)
                }
                _ => false,
            };
            known && asked.sender.trust != Trust::Unverified
        }
    };
    let on = asked.automation == Automation::On && asked.deliverable.is_ok();
    let claims = asked.link.is_some_and(|link| link.by != NamedBy::TheirMail);
    (account.standing == Standing::Open && ordinary && !claims && !frozen && !limited && allowed && on)
        .then_some((account, request, managers))
}

fn old_enough(phone: &RegisteredPhone, asked: &Asked) -> bool {
    asked.policy.phone_age.is_zero()
        || phone.registered_at.is_some_and(|at| NOW.since(at) >= asked.policy.phone_age)
}

fn mobile(phone: &RegisteredPhone, number: &PhoneNumber, asked: &Asked) -> bool {
    phone.number.as_ref() == Some(number)
        && number != &self::number(LANDLINE)
        && phone.kind != PhoneType::Office
        && old_enough(phone, asked)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_password_goes_only_where_every_condition_holds(asked in asked()) {
        match asked.decision() {
            Decision::TextRequester { account, phone, .. } => {
                let (facts, request, _) = automatable(&asked).expect("this must not be automated");
                prop_assert_eq!(&account, &facts.id);
                prop_assert_eq!(&phone, &request.phone.value);
                prop_assert!(facts.phones.iter().any(|registered| mobile(registered, &phone, &asked)));
            }
            Decision::OfferManager { account, manager, phone, .. } => {
                let (facts, request, managers) = automatable(&asked).expect("this must not be automated");
                prop_assert_eq!(&account, &facts.id);
                prop_assert_ne!(&manager, &account);
                let chosen = |above: &&Manager| {
                    let takes = |number| above.phones.iter().any(|p| mobile(p, number, &asked));
                    above.id == manager && phone.as_ref().is_some_and(takes)
                };
                prop_assert!(managers.iter().filter(chosen).any(|above| above.standing == Standing::Open));
                let texted = |p: &RegisteredPhone| mobile(p, &request.phone.value, &asked);
                prop_assert!(!facts.phones.iter().any(texted));
            }
            Decision::Merge { .. }
            | Decision::AskForDetails
            | Decision::HandToTechnician { .. }
            | Decision::File => {}
        }
    }

    #[test]
    fn a_matching_phone_is_texted_when_every_condition_holds(asked in asked()) {
        if let Some((account, request, _)) = automatable(&asked)
            && account.phones.iter().any(|phone| mobile(phone, &request.phone.value, &asked))
        {
            let texted = matches!(asked.decision(), Decision::TextRequester { .. });
            prop_assert!(texted, "{:?}", asked.decide());
        }
    }

    #[test]
    fn no_trail_shows_a_whole_number(asked in asked()) {
        for line in asked.decide().trail.0 {
            for hidden in ["1740605", "1740606", "6280400", "174 06", "628 04"] {
                prop_assert!(!line.evidence.contains(hidden), "{:?}", line);
            }
        }
    }
}
