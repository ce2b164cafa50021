//! The table: which events each state takes, and where they lead.

/// State, then the events that it takes and where they lead.
pub(super) const TABLE: &[(&str, &[(&str, &str)])] = &[
    (
        "requested",
        &[
            ("plan seal", "sealed"),
            ("plan issue", "issuing"),
            ("plan offer", "offered"),
            ("plan ask", "asked"),
            ("plan technician", "technician"),
            ("plan file", "filed"),
            ("plan observe", "observed"),
            ("plan wait", "requested"),
            ("coalesced", "coalesced"),
            ("replied", "requested"),
        ],
    ),
    ("sealed/text", SEALED),
    ("sealed/page", SEALED),
    ("applied/text", TEXTING),
    (
        "applied/page",
        &[
            ("rerouted to nobody", "technician"),
            ("shown", "revealed"),
            ("disowned", "technician"),
            ("time over", "technician"),
            ("replied", "applied"),
        ],
    ),
    ("sending", TEXTING),
    ("sent", TEXTING),
    ("offered", OFFERED_OPENS_SEALED),
    ("offered/set", OFFERED_OPENS_APPLIED),
    ("revealed", REVEALED),
    (
        "revealed/erased",
        &[
            ("erased", "revealed"),
            ("confirmed", "done"),
            ("did not work", "technician"),
            ("disowned", "technician"),
            ("time over", "technician"),
            ("replied", "revealed"),
        ],
    ),
    ("done", DONE),
    (
        "done/checked",
        &[
            ("use known", "done"),
            ("disowned", "technician"),
            ("replied", "technician"),
            ("answer", "waiting"),
            ("answer and close", "done"),
            ("reopen", "technician"),
        ],
    ),
    ("issuing/text", ISSUING),
    ("issuing/page", ISSUING),
    ("applied/text/pass", TEXTING_A_PASS),
    ("sent/pass", TEXTING_A_PASS),
    ("revealed/pass", REVEALED),
    ("done/pass", DONE),
    (
        "asked",
        &[
            ("replied", "requested"),
            ("question lost", "technician"),
            ("order", "requested"),
            ("question", "asked"),
            ("answer", "waiting"),
            ("answer and close", "closed"),
            ("close", "closed"),
            ("phishing", "closed"),
            ("reopen", "technician"),
            ("merge", "merged"),
        ],
    ),
    (
        "technician",
        &[
            ("disowned", "technician"),
            ("replied", "technician"),
            ("order", "requested"),
            ("question", "asked"),
            ("answer", "waiting"),
            ("answer and close", "closed"),
            ("close", "closed"),
            ("phishing", "closed"),
            ("merge", "merged"),
        ],
    ),
    ("filed", OVER),
    ("observed", OVER),
    ("coalesced", OVER),
    (
        "held",
        &[
            ("disowned", "held"),
            ("replied", "held"),
            // Nobody knows whether the password was changed: nothing is asked for, and nothing is put away.
            ("order", "requested"),
            ("answer", "waiting"),
            ("answer and close", "closed"),
            ("close", "closed"),
            ("phishing", "closed"),
        ],
    ),
    ("ordered", ORDERED),
    ("ordered/set", ORDERED_AFTER_A_CHANGE),
    ("offered/before", OFFERED_AFTER_A_CHANGE),
    (
        "technician/set",
        &[
            ("disowned", "technician"),
            ("replied", "technician"),
            ("order", "requested"),
            ("answer", "waiting"),
            ("answer and close", "closed"),
            ("close", "closed"),
            ("phishing", "closed"),
        ],
    ),
    (
        "waiting",
        &[
            ("disowned", "technician"),
            ("question lost", "technician"),
            ("replied", "technician"),
            ("order", "requested"),
            ("question", "asked"),
            ("answer", "waiting"),
            ("answer and close", "closed"),
            ("close", "closed"),
            ("phishing", "closed"),
            ("reopen", "technician"),
            ("merge", "merged"),
        ],
    ),
    (
        "waiting/set",
        &[
            ("disowned", "technician"),
            ("question lost", "technician"),
            ("replied", "technician"),
            ("order", "requested"),
            ("answer", "waiting"),
            ("answer and close", "closed"),
            ("close", "closed"),
            ("phishing", "closed"),
            ("reopen", "technician"),
        ],
    ),
    ("closed", CLOSED),
    ("closed/set", CLOSED),
    (
        "phishing",
        &[
            ("disowned", "technician"),
            ("replied", "closed"),
            ("replied by another", "technician"),
            ("reopen", "technician"),
        ],
    ),
    ("phishing/set", OVER_AND_DISOWNED),
    ("merged", &[("replied", "merged"), ("reopen", "technician")]),
];

const OVER_AND_DISOWNED: &[(&str, &str)] =
    &[("disowned", "technician"), ("replied", "technician"), ("reopen", "technician")];

const OVER: &[(&str, &str)] = &[("replied", "technician"), ("reopen", "technician")];

const CLOSED: &[(&str, &str)] = &[
    ("disowned", "technician"),
    ("question lost", "technician"),
    ("replied", "technician"),
    ("answer", "waiting"),
    ("answer and close", "closed"),
    ("reopen", "technician"),
];

/// What a person has decided neither vanishes into another ticket nor asks the writer by itself.
const ORDERED: &[(&str, &str)] = &[
    ("plan seal", "sealed"),
    ("plan issue", "issuing"),
    ("plan offer", "offered"),
    ("plan ask", "technician"),
    ("plan technician", "technician"),
    ("plan file", "technician"),
    ("plan observe", "technician"),
    ("plan wait", "requested"),
    ("replied", "technician"),
];

const ORDERED_AFTER_A_CHANGE: &[(&str, &str)] = &[
    ("plan seal", "sealed"),
    ("plan issue", "issuing"),
    ("plan offer", "offered"),
    ("plan ask", "technician"),
    ("plan technician", "technician"),
    ("plan file", "technician"),
    ("plan observe", "technician"),
    ("plan wait", "requested"),
    ("disowned", "technician"),
    ("replied", "technician"),
];

const OFFERED_AFTER_A_CHANGE: &[(&str, &str)] = &[
    ("link texted", "offered"),
    ("link exhausted", "technician"),
    ("offer withdrawn", "technician"),
    ("reminded", "offered"),
    ("opened", "sealed"),
    ("opened for a pass", "issuing"),
    ("declined", "technician"),
    ("stopped", "technician"),
    ("disowned", "technician"),
    ("time over", "technician"),
    ("replied", "offered"),
];

const SEALED: &[(&str, &str)] = &[
    ("password set", "applied"),
    ("value refused", "sealed"),
    ("reset given up", "technician"),
    ("time over", "technician"),
    ("replied", "sealed"),
];

const TEXTING_A_PASS: &[(&str, &str)] = &[
    ("texted submitted", "sending"),
    ("texted taken", "sent"),
    ("texted delivered", "done"),
    ("rerouted for a pass", "offered"),
    ("rerouted to nobody", "technician"),
    ("disowned", "technician"),
    ("time over", "technician"),
];

const ISSUING: &[(&str, &str)] = &[
    ("pass issued", "applied"),
    ("pass lost", "issuing"),
    ("reset given up", "technician"),
    ("time over", "technician"),
    ("replied", "issuing"),
];

const REVEALED: &[(&str, &str)] = &[
    ("shown", "revealed"),
    ("erased", "revealed"),
    ("confirmed", "done"),
    ("did not work", "technician"),
    ("disowned", "technician"),
    ("time over", "technician"),
    ("replied", "revealed"),
];

const DONE: &[(&str, &str)] = &[
    ("use known", "done"),
    ("unused", "technician"),
    ("disowned", "technician"),
    ("replied", "technician"),
    ("answer", "waiting"),
    ("answer and close", "done"),
    ("reopen", "technician"),
];

const TEXTING: &[(&str, &str)] = &[
    ("texted submitted", "sending"),
    ("texted taken", "sent"),
    ("texted delivered", "done"),
    ("rerouted", "offered"),
    ("rerouted to nobody", "technician"),
    ("disowned", "technician"),
    ("time over", "technician"),
];

const OFFERED_OPENS_SEALED: &[(&str, &str)] = &[
    ("link texted", "offered"),
    ("link exhausted", "technician"),
    ("offer withdrawn", "technician"),
    ("reminded", "offered"),
    ("opened", "sealed"),
    ("opened for a pass", "issuing"),
    ("declined", "technician"),
    ("stopped", "technician"),
    ("time over", "technician"),
    ("replied", "offered"),
];

const OFFERED_OPENS_APPLIED: &[(&str, &str)] = &[
    ("link texted", "offered"),
    ("link exhausted", "technician"),
    ("offer withdrawn", "technician"),
    ("reminded", "offered"),
    ("opened", "applied"),
    ("declined", "technician"),
    ("stopped", "technician"),
    ("time over", "technician"),
    ("replied", "offered"),
];
