//! What a seed has in store: who writes when, how the gateways are, what changes meanwhile, when the program
//! is stopped and when its clock is turned.

use std::time::Duration;

use nyckelbud::decision::{ManagerDelivery, Pickup, RequesterDelivery, ToldBy};

use super::dice::{Dice, Throws};

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// Everything that is settled before a run begins.
pub struct Plan {
    pub gateways: Vec<GatewayPlan>,
    pub mails: Vec<MailPlan>,
    pub changes: Vec<(Duration, Change)>,
    /// When the wall clock is turned, and by how many seconds.
    pub turns: Vec<(Duration, i64)>,
    /// The n-th process is stopped at this one of its points.
    pub stops: Vec<u64>,
    pub requester: RequesterDelivery,
    pub manager: ManagerDelivery,
    pub cooldown: Duration,
    /// What a manager's link asks for, and by which ways managers are told.
    pub pickup: Pickup,
    pub manager_told: ToldBy,
    /// Limits; mostly none that anybody meets.
    pub limits: LimitsPlan,
    /// What nobody used is replaced.
    pub scramble: bool,
    /// The fourth account is handed passes.
    pub passes: bool,
    /// Of a hundred calls to the register so many go wrong.
    pub register_faults: u64,
    /// What it says of a password that it was told is unclear, every time.
    pub register_unclear: bool,
    /// When the register answers nobody.
    pub outages: Vec<(Duration, Duration)>,
    /// From then on nothing goes wrong any more.
    pub calm_at: Duration,
}

/// How a gateway is.
#[derive(Clone, Debug)]
pub struct GatewayPlan {
    pub name: &'static str,
    pub receipts: bool,
    pub honours_keys: bool,
    /// Does it tell when it is asked?
    pub answers_questions: bool,
    /// Do its receipts name the key of the text?
    pub names_keys: bool,
    /// Do its receipts take minutes?
    pub late: bool,
    /// Of a hundred texts so many go wrong.
    pub faults: u64,
    /// When nobody reaches it.
    pub down: Vec<(Duration, Duration)>,
    /// Every text goes the same way, and its receipt comes once.
    pub always: Option<Course>,
}

/// How much may be begun.
#[derive(Clone, Copy, Debug)]
pub struct LimitsPlan {
    pub per_hour: u32,
    pub texts_per_day: u32,
    pub per_sender: u32,
    pub per_phone: u32,
}

impl LimitsPlan {
    pub const NONE: Self = Self { per_hour: 300, texts_per_day: 500, per_sender: 50, per_phone: 50 };

    fn of(throws: &mut Throws) -> Self {
        let mut small = |percent, most, else_: u32| {
            let small = 1 + u32::try_from(throws.below(most)).unwrap_or(0);
            if throws.percent(percent) { small } else { else_ }
        };
        Self {
            per_hour: small(12, 3, Self::NONE.per_hour),
            texts_per_day: small(12, 5, Self::NONE.texts_per_day),
            per_sender: small(10, 2, 5),
            per_phone: small(10, 2, 3),
        }
    }
}

/// How one call of a gateway goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Taken,
    /// Taken, and lost on the way to the phone.
    Lost,
    Refused,
    NotSent,
    /// Not taken: the gateway asks to be left alone for a while.
    AsksToWait,
    /// Taken, and it leaves twice.
    TakenTwice,
    /// It left, and the answer says nothing.
    UnclearTaken,
    UnclearNotTaken,
    /// It left, and there is no answer.
    HangsTaken,
    HangsNotTaken,
}

/// One mail that comes in.
#[derive(Clone, Debug)]
pub struct MailPlan {
    pub at: Duration,
    /// Whose account it is about, counted from 0.
    pub who: usize,
    /// Does it name the registered phone?
    pub right_phone: bool,
    /// Did a colleague write it?
    pub by_colleague: bool,
}

/// What changes in the register.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    AnotherPhone(usize),
    PhoneGone(usize),
    SwitchedOff(usize),
    MadePrivileged(usize),
    Away(usize),
    /// Everything is as it was.
    Restored(usize),
}

/// People who may ask; those above come behind them.
pub const ASKING: usize = 4;
/// The nearest manager of everybody, and the one above.
pub const MANAGERS: [usize; 2] = [4, 5];

impl Plan {
    pub fn of(dice: Dice) -> Self {
        let mut throws = dice.of("plan");
        let mails = mails(&mut throws);
        let last = mails.iter().map(|mail| mail.at).max().unwrap_or_default();
        let end = last.as_secs() + 90 * MINUTE;
        let count = throws.one(&[(3, 1_u64), (4, 2), (2, 3)]);
        let gateways = ["alpha", "beta", "gamma"].into_iter().take(usize::try_from(count).unwrap_or(1));
        let gateways = gateways.map(|name| gateway(name, &mut throws, end)).collect();
        let outages = outages(&mut throws, end);
        let stops = (0..throws.one(&[(4, 0_u64), (4, 1), (2, 2), (1, 4)])).map(|_| 1 + throws.below(70));
        let stops = stops.collect();
        Self {
            gateways,
            changes: changes(&mut throws, &mails, end),
            mails,
            turns: turns(&mut throws, end),
            stops,
            requester: throws.one(&[
                (6, RequesterDelivery::Password),
                (2, RequesterDelivery::Pickup),
                (2, RequesterDelivery::PasswordIfOwnMailbox),
            ]),
            manager: throws.one(&[(8, ManagerDelivery::Pickup), (2, ManagerDelivery::Password)]),
            cooldown: Duration::from_secs(throws.one(&[(3, 0), (1, 15 * MINUTE)])),
            pickup: throws.one(&[(5, Pickup::Link), (4, Pickup::LinkAndCode), (3, Pickup::Code)]),
            manager_told: ToldBy { text: true, mail: throws.percent(60) },
            limits: LimitsPlan::of(&mut throws),
            scramble: throws.percent(15),
            passes: throws.percent(40),
            register_faults: throws.one(&[(4, 0), (4, 8), (2, 30)]),
            outages,
            calm_at: Duration::from_secs(end),
            register_unclear: throws.percent(5),
        }
        .with_a_blackout(&mut throws, last)
        .with_late_receipts(&mut throws)
    }

    /// Sometimes the first gateway tells what became of its text when the next one has it, too.
    fn with_late_receipts(mut self, throws: &mut Throws) -> Self {
        if throws.percent(12) {
            for gateway in &mut self.gateways {
                (gateway.receipts, gateway.late) = (true, true);
                (gateway.names_keys, gateway.honours_keys) = (true, false);
            }
            self.gateways[0].faults = 80;
        }
        self
    }

    /// Sometimes no gateway is reached for as long as a request lasts, from the middle of a delivery on.
    fn with_a_blackout(mut self, throws: &mut Throws, last: Duration) -> Self {
        if throws.percent(6) {
            let from = last + throws.seconds(0, 15);
            for gateway in &mut self.gateways {
                gateway.down.push((from, from + Duration::from_secs(80 * MINUTE)));
            }
        }
        self
    }

    /// Is every text's way settled beforehand, and what people do as well?
    pub fn is_scripted(&self) -> bool {
        self.gateways.iter().any(|gateway| gateway.always.is_some())
    }

    /// One mail with the right phone, and nothing that goes wrong but these gateways.
    pub fn scripted(gateways: Vec<GatewayPlan>) -> Self {
        let at = Duration::from_secs(5);
        Self {
            gateways,
            mails: vec![MailPlan { at, who: 0, right_phone: true, by_colleague: false }],
            changes: Vec::new(),
            turns: Vec::new(),
            stops: Vec::new(),
            requester: RequesterDelivery::Password,
            manager: ManagerDelivery::Pickup,
            cooldown: Duration::ZERO,
            pickup: Pickup::Link,
            manager_told: ToldBy { text: true, mail: true },
            limits: LimitsPlan::NONE,
            scramble: false,
            passes: false,
            register_faults: 0,
            register_unclear: false,
            outages: Vec::new(),
            calm_at: Duration::from_secs(6 * HOUR),
        }
    }
}

fn mails(throws: &mut Throws) -> Vec<MailPlan> {
    let mut at = Duration::from_secs(5);
    let mut mails: Vec<MailPlan> = Vec::new();
    for _ in 0..throws.one(&[(3, 1_u64), (4, 2), (3, 3), (1, 4), (1, 6)]) {
        // Who waits for an answer writes again.
        let again = mails.last().map(|mail| mail.who).filter(|_| throws.percent(40));
        let who = again.unwrap_or_else(|| usize::try_from(throws.below(4)).unwrap_or(0));
        let (right_phone, by_colleague) = (throws.percent(65), throws.percent(20));
        mails.push(MailPlan { at, who, right_phone, by_colleague });
        let soon = throws.one(&[(3, 10), (3, 4 * MINUTE), (2, 20 * MINUTE)]);
        at += throws.seconds(0, soon);
    }
    mails
}

/// Mostly short ones; a long one outlasts the patience of a request.
fn outages(throws: &mut Throws, end: u64) -> Vec<(Duration, Duration)> {
    if throws.percent(3) {
        let from = throws.seconds(0, 5 * MINUTE);
        return vec![(from, from + throws.seconds(40 * MINUTE, HOUR))];
    }
    if throws.percent(15) { vec![window(throws, end)] } else { Vec::new() }
}

fn gateway(name: &'static str, throws: &mut Throws, end: u64) -> GatewayPlan {
    let down = if throws.percent(20) { vec![window(throws, end)] } else { Vec::new() };
    GatewayPlan {
        always: None,
        name,
        receipts: throws.percent(65),
        honours_keys: throws.percent(35),
        answers_questions: throws.percent(50),
        names_keys: throws.percent(50),
        late: false,
        faults: throws.one(&[(3, 5), (4, 35), (3, 80)]),
        down,
    }
}

fn window(throws: &mut Throws, end: u64) -> (Duration, Duration) {
    let from = throws.seconds(0, end / 2);
    let longest = throws.one(&[(5, 2 * MINUTE), (3, 10 * MINUTE), (1, 50 * MINUTE)]);
    (from, from + throws.seconds(10, longest))
}

fn changes(throws: &mut Throws, mails: &[MailPlan], end: u64) -> Vec<(Duration, Change)> {
    let mut changes = Vec::new();
    for _ in 0..throws.one(&[(5, 0), (3, 1), (2, 2)]) {
        let who = usize::try_from(throws.below(6)).unwrap_or(0);
        let change = throws.one(&[
            (4, Change::AnotherPhone(who)),
            (2, Change::PhoneGone(who)),
            (2, Change::SwitchedOff(who)),
            (2, Change::MadePrivileged(who)),
            (1, Change::Away(who)),
        ]);
        let at = throws.seconds(5, end / 2);
        // While a request is on its way, it is about just whom it concerns.
        if let Some(mail) = mails.last().filter(|_| throws.percent(50)) {
            let who = if throws.percent(60) { mail.who } else { MANAGERS[0] };
            let away = throws.one(&[(2, Change::AnotherPhone(who)), (1, Change::PhoneGone(who))]);
            changes.push((mail.at + throws.seconds(0, 40), away));
        }
        changes.push((at, change));
        if throws.percent(30) {
            changes.push((at + throws.seconds(1, 30 * MINUTE), Change::Restored(who)));
        }
    }
    changes
}

fn turns(throws: &mut Throws, end: u64) -> Vec<(Duration, i64)> {
    if !throws.percent(20) {
        return Vec::new();
    }
    let far = throws.one(&[(2, 40), (2, 3 * HOUR), (3, 30 * 24 * HOUR)]);
    let far = i64::try_from(far).unwrap_or(0);
    let first = throws.seconds(10, end);
    let by = if throws.percent(50) { far } else { -far };
    let mut turns = vec![(first, by)];
    // Somebody notices, and sets it right.
    if throws.percent(50) {
        turns.push((first + throws.seconds(1, 30 * MINUTE), -by));
    }
    turns
}
