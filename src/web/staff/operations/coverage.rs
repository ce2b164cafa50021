//! Who could be helped without a technician, unit by unit.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::super::Signed;
use crate::web::port::Coverage;
use crate::web::routes::App;

/// The stable words of how somebody would be helped, in the order of the table's columns.
const HOW: [&str; 6] = ["text", "manager", "no-phone", "no-texts", "protected", "unknown"];

/// `GET /coverage`
pub(in crate::web::staff) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    let Coverage { units, at, looking, failed, by_type } = app.ports.operations.coverage().await;
    let mut whole: BTreeMap<&'static str, usize> = BTreeMap::new();
    for helped in units.values() {
        helped.iter().for_each(|(how, count)| *whole.entry(how).or_default() += count);
    }
    let counts = |helped: &BTreeMap<&'static str, usize>| {
        let counts: Vec<usize> = HOW.iter().map(|how| helped.get(how).copied().unwrap_or_default()).collect();
        json!({ "people": counts.iter().sum::<usize>(), "counts": counts })
    };
    let rows: Vec<_> =
        units.iter().map(|(unit, helped)| json!({ "unit": unit, "row": counts(helped) })).collect();
    let values = json!({
        "units": rows, "all": counts(&whole), "at": at.map(|at| app.staff.when(at, signed.language)),
        "looking": looking, "failed": failed, "by_type": by_type,
    });
    app.staff.page("coverage", &signed, values)
}

/// `POST /coverage`
pub(in crate::web::staff) async fn look_up(State(app): State<Arc<App>>, signed: Signed) -> Response {
    app.ports.operations.look_up_coverage(&signed.member).await;
    Redirect::to(&app.staff.path("/coverage")).into_response()
}
