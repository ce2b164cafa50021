//! One mail, and gateways that always do the same: which of them are handed the password, and how it ends. In
//! each story the phone is registered, and a manager is there.

use super::dice::Dice;
use super::plan::Course::{self, *};
use super::plan::{GatewayPlan, Plan};
use super::runs::run_plan;

/// What a gateway tells later, and what it makes of a key that comes twice.
#[derive(Clone, Copy)]
enum Kind {
    /// It tells nothing.
    Mute,
    /// Its receipts name the key of their text.
    Tells,
    /// They name only what it called the text.
    TellsByName,
    /// It tells nothing, and takes a key twice as once.
    Honours,
}

use Kind::*;

fn gateway((kind, always): (Kind, Course), name: &'static str) -> GatewayPlan {
    GatewayPlan {
        name,
        receipts: matches!(kind, Tells | TellsByName),
        honours_keys: matches!(kind, Honours),
        answers_questions: false,
        names_keys: matches!(kind, Tells),
        late: false,
        faults: 0,
        down: Vec::new(),
        always: Some(always),
    }
}

/// What is configured, which are handed the password, and how the ticket ends.
type Row = (&'static [(Kind, Course)], &'static str, &'static str);

const FAILED: &str = "technician: delivery-failed";
const TEXT: &str = "done, by text";
const UNUSED: &str = "technician: password-unused";

const TABLE: &[Row] = &[
    (&[(Mute, Taken)], "alpha", TEXT),
    (&[(Tells, Taken)], "alpha", TEXT),
    (&[(TellsByName, Taken)], "alpha", TEXT),
    (&[(Honours, Taken)], "alpha", TEXT),
    // Whoever tells nothing later is believed; that nobody uses the password shows it.
    (&[(Mute, Lost)], "alpha", UNUSED),
    (&[(Tells, Lost), (Mute, Taken)], "alpha beta", TEXT),
    (&[(Mute, Refused), (Mute, Taken)], "alpha beta", TEXT),
    (&[(Mute, NotSent), (Tells, Taken)], "alpha beta", TEXT),
    // Whether it left, nobody knows: the same again, or the next after silence.
    (&[(Honours, UnclearTaken), (Mute, Taken)], "alpha alpha alpha beta", TEXT),
    (&[(Honours, UnclearTaken)], "alpha alpha alpha alpha", FAILED),
    (&[(Tells, UnclearTaken), (Mute, Taken)], "alpha", TEXT),
    (&[(Tells, HangsTaken), (Mute, Taken)], "alpha", TEXT),
    (&[(TellsByName, UnclearTaken), (Mute, Taken)], "alpha beta", TEXT),
    (&[(Tells, UnclearNotTaken), (Mute, Taken)], "alpha beta", TEXT),
    (&[(Tells, HangsNotTaken), (Mute, Taken)], "alpha beta", TEXT),
    (&[(Mute, HangsNotTaken), (Mute, Taken)], "alpha beta", TEXT),
    // Perhaps it is in the phone: nobody else is shown it before a person has looked.
    (&[(Mute, UnclearNotTaken)], "alpha alpha alpha alpha", FAILED),
    (&[(Tells, UnclearNotTaken), (Mute, Refused)], "alpha beta", FAILED),
    // It surely is not: the manager is offered the same, by the same gateways.
    (&[(Mute, Refused)], "alpha manager", FAILED),
    (&[(Mute, Refused), (Tells, Lost)], "alpha beta manager", FAILED),
    (&[(Tells, Lost)], "alpha manager", FAILED),
];

#[test]
fn each_story_ends_as_written_with_every_kind_of_gateway() {
    let mut wrong = Vec::new();
    for (gateways, way, end) in TABLE {
        let named = gateways.iter().zip(["alpha", "beta", "gamma"]).map(|(row, name)| gateway(*row, name));
        let plan = Plan::scripted(named.collect());
        let ended = run_plan(Dice::new(1), plan);
        let ended_so = ended.ends.first().map(String::as_str);
        if !ended.broken.is_empty() || ended.way != *way || ended_so != Some(end) {
            let told: Vec<_> = gateways.iter().map(|(_, course)| course).collect();
            wrong.push(format!("{told:?}: by {}, {:?}, {:?}", ended.way, ended.ends, ended.broken));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
