//! Can anything be handed over now? A key is always needed, and a gateway that works wherever a text goes; a
//! manager who signs in needs only a mail.

use std::ops::ControlFlow;

use super::decide::{Case, Step};
use super::{Decision, Pickup};
use crate::types::{Check, CheckResult, Reason};

impl Case<'_> {
    /// Ends the matter for now when nothing can be, whoever it is for.
    pub(super) fn can_hand_over(&mut self) -> Step {
        if let Err(why) = self.question.deliverable {
            return self.wait_for(why);
        }
        let policy = self.question.policy;
        match self.question.texts {
            Ok(()) => self.pass(Check::Delivery, "a password can be sealed and handed over"),
            Err(why) if policy.link_asks() == Pickup::SignIn && policy.manager_told.mail => {
                let evidence = format!("a password can be sealed, and a manager's link mailed; {why}");
                self.add(Check::Delivery, CheckResult::Unknown, evidence);
            }
            Err(why) => return self.wait_for(why),
        }
        ControlFlow::Continue(())
    }

    /// Ends the matter for now when no text can leave.
    pub(super) fn a_text_can_leave(&mut self) -> Step {
        match self.question.texts {
            Ok(()) => ControlFlow::Continue(()),
            Err(why) => self.wait_for(why),
        }
    }

    fn wait_for(&mut self, why: &str) -> Step {
        self.add(Check::Delivery, CheckResult::Fail, why);
        ControlFlow::Break(Decision::HandToTechnician { reason: Reason::DeliveryFailed, wait_first: true })
    }
}
