//! From `[sms]` to the gateways that it names.

use std::sync::Arc;

use super::CliError;
use super::assembly::lacks;
use crate::clock::Clock;
use crate::config::{GatewayKind, GatewaySettings, Settings};
use crate::delivery::SmsGateway;
use crate::delivery::sms::elks::ElksGateway;
use crate::delivery::sms::gatewayapi::GatewayApiGateway;
use crate::delivery::sms::http::HttpGateway;
use crate::delivery::sms::kannel::KannelGateway;
use crate::delivery::sms::sinch::SinchGateway;
use crate::delivery::sms::spool::SpoolGateway;
use crate::delivery::sms::twilio::TwilioGateway;
use crate::delivery::sms::{GatewaySetup, SetupError};
use crate::http::Timeouts;
use crate::secret::Secret;

/// The gateways in the order in which they are tried.
pub(super) fn gateways(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn SmsGateway>>, CliError> {
    settings.sms.gateways.iter().map(|gateway| one_gateway(settings, gateway, clock)).collect()
}

/// One gateway.
pub(super) fn one_gateway(
    settings: &Settings,
    gateway: &GatewaySettings,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn SmsGateway>, CliError> {
    let wrong = |error: SetupError| CliError::Wrong(format!("gateway {}: {error}", gateway.name));
    let made = match gateway.kind {
        GatewayKind::Spool => {
            return Ok(Arc::new(SpoolGateway::new(gateway.name.clone(), gateway.path.clone())));
        }
        GatewayKind::Smpp => {
            let text = format!("gateway {}: this kind is not part of this version", gateway.name);
            return Err(CliError::Wrong(text));
        }
        GatewayKind::FortySixElks => shared(ElksGateway::new(&setup(settings, gateway)?)),
        GatewayKind::Twilio => shared(TwilioGateway::new(&setup(settings, gateway)?)),
        GatewayKind::Sinch => shared(SinchGateway::new(&setup(settings, gateway)?, Arc::clone(clock))),
        GatewayKind::GatewayApi => shared(GatewayApiGateway::new(&setup(settings, gateway)?)),
        GatewayKind::Kannel => shared(KannelGateway::new(&setup(settings, gateway)?)),
        GatewayKind::Http => shared(HttpGateway::new(&setup(settings, gateway)?, &gateway.templates())),
    };
    made.map_err(wrong)
}

fn shared<G: SmsGateway + 'static>(made: Result<G, SetupError>) -> Result<Arc<dyn SmsGateway>, SetupError> {
    made.map(|gateway| Arc::new(gateway) as Arc<dyn SmsGateway>)
}

/// What gateways over HTTP are made from. Only one of kind `http` may have no password.
fn setup(settings: &Settings, gateway: &GatewaySettings) -> Result<GatewaySetup, CliError> {
    let password = match (&gateway.password, gateway.kind) {
        (Some(password), _) => password.secret().clone(),
        (None, GatewayKind::Http) => Secret::new(String::new()),
        (None, _) => return Err(lacks(&gateway.name, "password")),
    };
    Ok(GatewaySetup {
        name: gateway.name.clone(),
        base_url: gateway.address().to_owned(),
        account: gateway.account.clone(),
        username: gateway.username.clone(),
        password,
        callback: gateway.callback.as_ref().map(|secret| secret.secret().clone()),
        callback_auth: gateway.callback_auth.as_ref().map(|secret| secret.secret().clone()),
        signature: gateway.signature.as_ref().map(|secret| secret.secret().clone()),
        public_url: settings.desk.public_url.clone(),
        sender: settings.sms.sender.clone(),
        validity: gateway.validity,
        discard_content: gateway.discard_content,
        balance_low: gateway.balance_low,
        timeouts: Timeouts::default(),
    })
}
