//! Choices that the configuration knows and this version, or this build of it, does not have. They are
//! refused by name: silently doing something else would be worse. What does no harm gives a warning.

use super::Checks;
use crate::config::error::Problem;
use crate::config::key_path::KeyPath;
use crate::config::settings::{GatewayKind, Settings};

impl Checks<'_> {
    pub(super) fn unbuilt(&mut self, settings: &Settings) {
        for (index, gateway) in settings.sms.gateways.iter().enumerate() {
            let path = KeyPath::of("sms.gateway").index(index).key("kind");
            if gateway.kind == GatewayKind::Smpp && !cfg!(feature = "smpp") {
                let why = "this program was built without SMPP: build it with the feature `smpp`, or take another kind";
                self.refuse(&path, why);
            }
        }
        self.later_section(&KeyPath::of("telemetry.otlp"), settings.telemetry.otlp.is_some());
        for key in ["raw_mail", "ticket", "audit", "decision"] {
            let nothing = "is not part of this version: nothing is purged, everything is kept";
            self.warn_if_written(&KeyPath::of("retention").key(key), nothing);
        }
        if settings.telemetry.metrics.is_some() {
            let path = KeyPath::of("telemetry.metrics");
            self.warn_if_written(&path, "is not part of this version: no metrics are served");
        }
    }

    /// A choice that somebody has made, and that has no effect. Defaults harm nobody.
    fn warn_if_written(&mut self, path: &KeyPath, why: &str) {
        if self.is_written(path) {
            self.warn(path, why);
        }
    }

    /// A section that may not be there.
    fn later_section(&mut self, path: &KeyPath, present: bool) {
        if present {
            self.add(path, Problem::NotInThisVersion { choice: path.to_string() });
        }
    }
}
