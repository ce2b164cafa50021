//! The stories, as data that knows no register: who there is, what the mail asks, and how it must end.
//! Where a register cannot tell a story, the table says so, with the reason.

use super::Kind::*;
use super::Phone::{Danish, Hidden, Landline, Masked, Mobile, Nothing};
use super::Register::{File, Graph, Hybrid, Samba};
use super::{End, Kind, Person, Phone, Register, Story};

const fn one(role: &'static str, phone: Phone, kind: Kind, manager: Option<&'static str>) -> Person {
    Person { role, phone, kind, manager, sponsors: &[] }
}

/// An external whom nobody manages.
const fn external(sponsors: &'static [&'static str]) -> Person {
    Person { sponsors, ..one("anna", Mobile, Ordinary, None) }
}

const BERIT: Person = one("berit", Mobile, Ordinary, None);

const fn technician(reason: &'static str, trail: &'static str) -> End {
    End::Technician { reason, trail }
}

const fn story(name: &'static str, people: &'static [Person], end: End) -> Story {
    Story { name, people, asks_for_another: false, asks_by_bare_name: false, end, not_in: &[] }
}

const fn with_another(name: &'static str, people: &'static [Person], end: End) -> Story {
    Story { asks_for_another: true, ..story(name, people, end) }
}

const fn by_bare_name(name: &'static str, people: &'static [Person], end: End) -> Story {
    Story { asks_by_bare_name: true, ..story(name, people, end) }
}

const fn not_in(story: Story, not_in: &'static [(Register, &'static str)]) -> Story {
    Story { not_in, ..story }
}

const TO_BERIT: End = End::Offered { reason: "phone-mismatch", to: "berit" };
const TO_CILLA: End = End::Offered { reason: "phone-mismatch", to: "cilla" };
const SWITCH_ONLY: &str = "a file knows an account that is switched on or off, and no date";
const NO_SPONSORS: &[(Register, &str)] = &[
    (File, "a file holds managers only; `directory export` writes a sponsor there as one"),
    (Samba, "Active Directory has no sponsors, only managers"),
];
const NO_LOCK: &str = "it keeps no lock that a desk could read";

/// Everything that an account may be.
pub(super) const ACCOUNTS: &[Story] = &[
    story("a registered phone", &[one("anna", Mobile, Ordinary, Some("berit")), BERIT], End::Password),
    not_in(
        story("locked out", &[one("anna", Mobile, Locked, None)], End::Password),
        &[(File, NO_LOCK), (Graph, NO_LOCK)],
    ),
    story("not found", &[], technician("account-unknown", "account fail: nobody is called")),
    story(
        "two found",
        &[one("anna", Mobile, Ordinary, None), one("twin", Mobile, Twin, None)],
        technician("account-ambiguous", "account fail: several are called"),
    ),
    by_bare_name(
        "a name before the @ that is no account name",
        &[one("anna", Mobile, Renamed, None)],
        End::Password,
    ),
    by_bare_name(
        "a name before the @ that is another's account name",
        &[one("anna", Mobile, Renamed, None), one("twin", Mobile, Namesake, None)],
        technician("account-ambiguous", "account fail: several are called"),
    ),
    story(
        "disabled",
        &[one("anna", Mobile, Disabled, Some("berit")), BERIT],
        technician("account-disabled", "enabled fail: "),
    ),
    not_in(
        story(
            "expired",
            &[one("anna", Mobile, Expired, None)],
            technician("account-disabled", "enabled fail: "),
        ),
        &[(File, SWITCH_ONLY)],
    ),
    not_in(
        story(
            "a guest",
            &[one("anna", Mobile, Guest, Some("berit")), BERIT],
            technician("account-protected", "protected fail: privileged: a guest"),
        ),
        &[(Samba, "Active Directory has no guests of other organisations")],
    ),
    story(
        "in a protected group",
        &[one("anna", Mobile, Protected, None)],
        technician("account-protected", "protected fail: member of the protected group"),
    ),
    story(
        "in a group of a protected group",
        &[one("anna", Mobile, ProtectedBelow, None)],
        technician("account-protected", "protected fail: member of the protected group"),
    ),
    story(
        "privileged",
        &[one("anna", Mobile, Privileged, None)],
        technician("account-protected", "protected fail: privileged: "),
    ),
];

/// Everything that a phone and the chain above may be.
pub(super) const PHONES_AND_MANAGERS: &[Story] = &[
    with_another("another phone", &[one("anna", Mobile, Ordinary, Some("berit")), BERIT], TO_BERIT),
    with_another(
        "no phone",
        &[one("anna", Nothing, Ordinary, Some("berit")), BERIT],
        End::Offered { reason: "no-phone", to: "berit" },
    ),
    story(
        "a landline",
        &[one("anna", Landline, Ordinary, Some("berit")), BERIT],
        End::Offered { reason: "phone-takes-no-sms", to: "berit" },
    ),
    story(
        "a phone of another country",
        &[one("anna", Danish, Ordinary, Some("berit")), BERIT],
        technician("phone-foreign", "phone-country fail: numbers of DK are not texted"),
    ),
    with_another(
        "a masked phone",
        &[one("anna", Masked, Ordinary, Some("berit")), BERIT],
        technician("directory-failed", "unknown: "),
    ),
    with_another(
        "no manager",
        &[one("anna", Mobile, Ordinary, None)],
        technician("no-manager", "manager fail: nobody is above"),
    ),
    with_another(
        "the manager is oneself",
        &[one("anna", Mobile, Ordinary, Some("anna"))],
        technician("no-manager", "already in the chain"),
    ),
    with_another(
        "managers in a circle",
        &[
            one("anna", Mobile, Ordinary, Some("berit")),
            one("berit", Nothing, Ordinary, Some("cilla")),
            one("cilla", Nothing, Ordinary, Some("berit")),
        ],
        technician("no-manager", "already in the chain"),
    ),
    not_in(
        with_another(
            "a contact as manager",
            &[one("anna", Mobile, Ordinary, Some("berit")), one("berit", Mobile, Contact, None)],
            technician("no-manager", "a contact"),
        ),
        &[(File, "a file holds accounts only")],
    ),
    not_in(
        with_another(
            "a manager who is gone",
            &[one("anna", Mobile, Ordinary, Some("berit")), one("berit", Mobile, Gone, None)],
            technician("no-manager", "manager fail: nobody is above"),
        ),
        &[(File, "a file that names somebody it does not hold is half an answer: directory-failed")],
    ),
    with_another(
        "a disabled manager, and the next one",
        &[
            one("anna", Mobile, Ordinary, Some("berit")),
            one("berit", Mobile, Disabled, Some("cilla")),
            one("cilla", Mobile, Ordinary, None),
        ],
        TO_CILLA,
    ),
    with_another(
        "a disabled manager, and nobody else",
        &[one("anna", Mobile, Ordinary, Some("berit")), one("berit", Mobile, Disabled, None)],
        technician("no-manager", "switched off"),
    ),
    not_in(
        with_another(
            "an expired manager, and the next one",
            &[
                one("anna", Mobile, Ordinary, Some("berit")),
                one("berit", Mobile, Expired, Some("cilla")),
                one("cilla", Mobile, Ordinary, None),
            ],
            TO_CILLA,
        ),
        &[(File, SWITCH_ONLY)],
    ),
    with_another(
        "a manager whose phone cannot be read, and the next one",
        &[
            one("anna", Mobile, Ordinary, Some("berit")),
            one("berit", Hidden, Ordinary, Some("cilla")),
            one("cilla", Mobile, Ordinary, None),
        ],
        TO_CILLA,
    ),
    not_in(
        with_another(
            "a manager who is away, and the next one",
            &[
                one("anna", Mobile, Ordinary, Some("berit")),
                one("berit", Mobile, Away, Some("cilla")),
                one("cilla", Mobile, Ordinary, None),
            ],
            TO_CILLA,
        ),
        &[(Samba, "automatic replies lie in the mail system")],
    ),
    not_in(with_another("no manager, and a sponsor", &[external(&["berit"]), BERIT], TO_BERIT), NO_SPONSORS),
    not_in(
        with_another(
            "a sponsor who is away, and the next one",
            &[
                external(&["berit", "cilla"]),
                one("berit", Mobile, Away, None),
                one("cilla", Mobile, Ordinary, None),
            ],
            TO_CILLA,
        ),
        NO_SPONSORS,
    ),
    not_in(
        with_another(
            "a disabled sponsor, and nobody else",
            &[external(&["berit"]), one("berit", Mobile, Disabled, None)],
            technician("no-manager", "switched off"),
        ),
        NO_SPONSORS,
    ),
];

/// Under a least age of phones. Every other phone was registered on 2 January 2026.
pub(super) const AGES: &[Story] = &[
    story(
        "registered an hour ago",
        &[one("anna", Phone::New, Ordinary, Some("berit")), BERIT],
        technician("phone-too-new", "phone-age fail: "),
    ),
    not_in(
        story("registered long ago", &[one("anna", Mobile, Ordinary, None)], End::Password),
        &[(Samba, "it keeps no date of a phone, and unknown is not old: phone-too-new")],
    ),
];

/// What the table leaves out, register by register.
pub(super) const LEFT_OUT: [(Register, usize); 4] = [(File, 8), (Samba, 6), (Graph, 1), (Hybrid, 0)];
