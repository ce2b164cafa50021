//! Clocks that differ: whether a password was used is told by the register's own clock, however wrong ours
//! was when it was set, and whether it was set right since. Who is locked out is never forgotten for it.

use super::Kind::Ordinary;
use super::fitting::Fitted;
use super::{End, Person, Phone, Register, Story, Told};
use crate::support::browser::visible;
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::program::{ended, on_desk};

const ANNA: Story = Story {
    name: "clocks that differ",
    people: &[Person { role: "anna", phone: Phone::Mobile, kind: Ordinary, manager: None, sponsors: &[] }],
    asks_for_another: false,
    asks_by_bare_name: false,
    end: End::Password,
    not_in: &[],
};
const TOLD: Told = Told { place: 0, story: &ANNA };

/// Our clock is wrong by so many minutes when the password is set, and right when its use is looked up.
const WRONG: [i64; 2] = [-10, 10];
/// As long as a password is good (minutes), and the clock may have been ahead.
const UNUSED_FOR: i64 = 24 * 60 + 11;

async fn tells_by_its_own_clock(register: Register) {
    for (minutes, used) in WRONG.into_iter().flat_map(|minutes| [(minutes, false), (minutes, true)]) {
        let fitted = Fitted::new(register, &[TOLD]).await;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fitted.build(folder, "");
        demo_desk::deliver_raw(folder, "one", &TOLD.mail(&fitted));
        let clock = TurnedClock::default();
        clock.turn(minutes);
        let desk = OpenDesk::open(folder, &clock, |_| {}).await;
        desk.work().await;
        let text = visible(&demo_desk::texts(folder).remove(0));
        let password = demo_desk::password_in(&text).expect("a password");
        clock.turn(-minutes);
        if used {
            fitted.choose_own(folder, &TOLD.name("anna"), password);
        }
        clock.turn(UNUSED_FOR);
        desk.work().await;
        let ticket = ended(&mut on_desk(folder, ["tickets", "--json"])).expect(0).objects().remove(0);
        let expected = if used { "resolved" } else { "open" };
        assert_eq!(ticket["state"], expected, "{register:?}, {minutes} minutes, used: {used}: {ticket:#}");
        assert_eq!(ticket["reason"] == "password-unused", !used, "{ticket:#}");
    }
}

macro_rules! each_register {
    ($($name:ident: $register:ident),*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            tells_by_its_own_clock(Register::$register).await;
        }
    )* };
}

each_register! {
    a_file_knows_by_its_own_clock_who_is_locked_out: File,
    active_directory_knows_by_its_own_clock_who_is_locked_out: Samba,
    entra_id_knows_by_its_own_clock_who_is_locked_out: Graph,
    both_as_one_know_by_their_own_clocks_who_is_locked_out: Hybrid
}
