//! From `[sms]` to the gateways that it names.

use std::sync::Arc;
#[cfg(feature = "smpp")]
use std::time::Duration;

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
    let made = match gateway.kind {
        GatewayKind::Spool => {
            return Ok(Arc::new(SpoolGateway::new(gateway.name.clone(), gateway.path.clone())));
        }
        GatewayKind::Smpp => return message_centre(settings, gateway),
        GatewayKind::FortySixElks => shared(ElksGateway::new(&setup(settings, gateway)?)),
        GatewayKind::Twilio => shared(TwilioGateway::new(&setup(settings, gateway)?)),
        GatewayKind::Sinch => shared(SinchGateway::new(&setup(settings, gateway)?, Arc::clone(clock))),
        GatewayKind::GatewayApi => shared(GatewayApiGateway::new(&setup(settings, gateway)?)),
        GatewayKind::Kannel => shared(KannelGateway::new(&setup(settings, gateway)?)),
        GatewayKind::Http => shared(HttpGateway::new(&setup(settings, gateway)?, &gateway.templates())),
    };
    made.map_err(|error| wrong(gateway, &error))
}

fn wrong(gateway: &GatewaySettings, error: &SetupError) -> CliError {
    CliError::Wrong(format!("gateway {}: {error}", gateway.name))
}

#[cfg(not(feature = "smpp"))]
fn message_centre(_settings: &Settings, gateway: &GatewaySettings) -> Result<Arc<dyn SmsGateway>, CliError> {
    Err(CliError::Wrong(format!("gateway {}: this program was built without SMPP", gateway.name)))
}

#[cfg(feature = "smpp")]
fn message_centre(settings: &Settings, gateway: &GatewaySettings) -> Result<Arc<dyn SmsGateway>, CliError> {
    use crate::config::{SmppAlphabet, SmppReceiptIds, Tls};
    use crate::delivery::sms::smpp::{Alphabet, ReceiptIds, SmppGateway, SmppSetup};

    let password = gateway.password.as_ref().ok_or_else(|| lacks(&gateway.name, "password"))?;
    let made = SmppGateway::new(SmppSetup {
        name: gateway.name.clone(),
        host: gateway.host.clone(),
        port: gateway.port,
        tls: gateway.tls != Tls::None,
        ca_file: gateway.ca_file.clone(),
        username: gateway.username.clone(),
        password: password.secret().clone(),
        system_type: gateway.system_type.clone(),
        sender: settings.sms.sender.clone(),
        validity: gateway.validity,
        // The desk stops waiting after 20 s (worker::Timing).
        timeout: Duration::from_secs(18),
        window: gateway.window,
        alphabet: match gateway.alphabet {
            SmppAlphabet::Gsm => Alphabet::Gsm,
            SmppAlphabet::Latin1 => Alphabet::Latin1,
        },
        receipt_ids: match gateway.receipt_ids {
            SmppReceiptIds::Same => ReceiptIds::Same,
            SmppReceiptIds::Decimal => ReceiptIds::Decimal,
            SmppReceiptIds::Hexadecimal => ReceiptIds::Hexadecimal,
        },
    });
    shared(made).map_err(|error| wrong(gateway, &error))
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
