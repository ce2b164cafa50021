//! `[web.oidc]`: there when links ask for a sign-in, and with an issuer of one organisation.

use super::Checks;
use crate::config::key_path::KeyPath;
use crate::config::settings::{ManagerDelivery, OidcSettings, PickupMethod, Settings};
use crate::http::ServiceUrl;

/// Issuers of Microsoft's at which people of any organisation sign in.
const OF_EVERYBODY: [&str; 3] = ["common", "organizations", "consumers"];

impl Checks<'_> {
    pub(super) fn oidc(&mut self, settings: &Settings) {
        let at = KeyPath::of("web.oidc");
        let delivery = &settings.delivery;
        let used = delivery.pickup == PickupMethod::SignIn && delivery.manager == ManagerDelivery::Pickup;
        match &settings.web.oidc {
            Some(oidc) => {
                self.oidc_section(&at, oidc);
                if !used && oidc.roles().next().is_none() {
                    let nobody = "has no effect: nobody of the desk is named in technicians, auditors or administrators, \
                         and managers sign in only with delivery.pickup = \"sign-in\"";
                    self.warn(&at, nobody);
                }
            }
            None if used => {
                let reported = self.is_reported(&at);
                let expected = "the identity provider, because delivery.pickup is \"sign-in\"";
                self.demand(&at, reported, expected);
            }
            None => {}
        }
    }

    fn oidc_section(&mut self, at: &KeyPath, oidc: &OidcSettings) {
        let issuer = at.key("issuer");
        if !self.is_reported(&issuer) {
            if let Err(why) = ServiceUrl::parse(&oidc.issuer) {
                self.refuse(&issuer, why.to_string());
            }
            let anybody = oidc.issuer.split('/').any(|part| OF_EVERYBODY.contains(&part));
            let expected = "the issuer of your own tenant: at this one people of any organisation sign in";
            self.expect(&issuer, !anybody, format_args!("{:?}", oidc.issuer), expected);
        }
        self.demand(&at.key("client_id"), !oidc.client_id.is_empty(), "the Application (client) ID");
        self.demand(&at.key("claim"), !oidc.claim.is_empty(), "the claim that says who somebody is");
    }
}
