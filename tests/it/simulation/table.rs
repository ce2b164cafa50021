//! One mail, and gateways that always do the same: which of them are handed the password, and how it ends. In
//! each story the phone is registered, and a manager is there.

use super::dice::Dice;
use super::plan::Course::{self, *};
use super::plan::{GatewayPlan, Plan};
use super::runs::run_plan;

/// A gateway that tells nothing later.
const MUTE: GatewayPlan = GatewayPlan {
    name: "",
    receipts: false,
    honours_keys: false,
    answers_questions: false,
    names_keys: false,
    faults: 0,
    down: Vec::new(),
    always: None,
};
/// One whose receipts name the key of their text.
const TELLS: GatewayPlan = GatewayPlan { receipts: true, names_keys: true, ..MUTE };
/// One whose receipts name only what it called the text.
const TELLS_BY_NAME: GatewayPlan = GatewayPlan { receipts: true, ..MUTE };
/// One that takes a key twice as once.
const HONOURS: GatewayPlan = GatewayPlan { honours_keys: true, ..MUTE };

/// What is configured, which are handed the password, and how the ticket ends.
type Row = (&'static [(GatewayPlan, Course)], &'static str, &'static str);

const FAILED: &str = "technician: delivery-failed";
const TEXT: &str = "done, by text";
const UNUSED: &str = "technician: password-unused";

const TABLE: &[Row] = &[
    (&[(MUTE, Taken)], "alpha", TEXT),
    (&[(TELLS, Taken)], "alpha", TEXT),
    (&[(TELLS_BY_NAME, Taken)], "alpha", TEXT),
    (&[(HONOURS, Taken)], "alpha", TEXT),
    // Whoever tells nothing later is believed; that nobody uses the password shows it.
    (&[(MUTE, Lost)], "alpha", UNUSED),
    (&[(TELLS, Lost), (MUTE, Taken)], "alpha beta", TEXT),
    (&[(MUTE, Refused), (MUTE, Taken)], "alpha beta", TEXT),
    (&[(MUTE, NotSent), (TELLS, Taken)], "alpha beta", TEXT),
    // Whether it left, nobody knows: the same again, or the next after silence.
    (&[(HONOURS, UnclearTaken), (MUTE, Taken)], "alpha alpha alpha alpha", FAILED),
    (&[(TELLS, UnclearTaken), (MUTE, Taken)], "alpha", TEXT),
    (&[(TELLS, HangsTaken), (MUTE, Taken)], "alpha", TEXT),
    (&[(TELLS_BY_NAME, UnclearTaken), (MUTE, Taken)], "alpha beta", TEXT),
    (&[(TELLS, UnclearNotTaken), (MUTE, Taken)], "alpha beta", TEXT),
    (&[(TELLS, HangsNotTaken), (MUTE, Taken)], "alpha beta", TEXT),
    (&[(MUTE, HangsNotTaken), (MUTE, Taken)], "alpha beta", TEXT),
    // Perhaps it is in the phone: nobody else is shown it before a person has looked.
    (&[(MUTE, UnclearNotTaken)], "alpha alpha alpha alpha", FAILED),
    (&[(TELLS, UnclearNotTaken), (MUTE, Refused)], "alpha beta", FAILED),
    // It surely is not: the manager is offered the same, by the same gateways.
    (&[(MUTE, Refused)], "alpha manager", FAILED),
    (&[(MUTE, Refused), (TELLS, Lost)], "alpha beta manager", FAILED),
    (&[(TELLS, Lost)], "alpha manager", FAILED),
];

#[test]
fn each_story_ends_as_written_with_every_kind_of_gateway() {
    let mut wrong = Vec::new();
    for (gateways, way, end) in TABLE {
        let named = gateways.iter().zip(["alpha", "beta", "gamma"]);
        let named = named.map(|((gateway, always), name)| GatewayPlan {
            name,
            always: Some(*always),
            ..gateway.clone()
        });
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
