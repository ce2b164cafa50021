//! I17: every effect has its intent and its outcome, in the store and in the audit log, whose chain is whole.

use std::collections::BTreeSet;

use super::invariants::Evidence;

pub fn broken(evidence: &Evidence, broken: &mut Vec<String>) {
    if !evidence.chain.starts_with("Whole") {
        broken.push(format!("I17: the chain is {}", evidence.chain));
    }
    let mut rows: BTreeSet<(i64, &str, String)> = BTreeSet::new();
    for (ticket, event, data) in &evidence.audit {
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        if let Some(key) = data["key"].as_str() {
            rows.insert((*ticket, event, key.to_owned()));
        }
    }
    for claim in &evidence.claims {
        for intent in &claim.intents {
            let Some(outcome) = &intent.outcome else {
                broken.push(format!("I17: {} has no outcome", intent.key));
                continue;
            };
            for word in ["intended", outcome.code()] {
                let event = format!("{}.{word}", intent.kind.code());
                if !rows.contains(&(claim.ticket.id.0, event.as_str(), intent.key.clone())) {
                    broken.push(format!("I17: the audit log lacks {event} of {}", intent.key));
                }
            }
        }
    }
}
