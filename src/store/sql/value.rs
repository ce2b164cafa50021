//! Values on their way into a statement and out of a row. Only the three types that both databases
//! share: text, 64-bit numbers, octets. The generic bounds of sqlx end here.

use sqlx::{Column, ColumnIndex, Database, Decode, Encode, Executor, IntoArguments, SqlStr, Type, TypeInfo};
use sqlx::{Row as _, ValueRef};

use crate::store::StoreError;
use crate::ticket::TicketId;
use crate::types::UnixMillis;

/// A value for a placeholder, or one of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Octets(Vec<u8>),
}

/// The values for `$1`, `$2` … of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::value::Value::from($value)),*] };
}
pub(super) use values;

impl From<&str> for Value {
    /// PostgreSQL keeps no NUL in a text, and one mail's subject must not stop the others.
    fn from(text: &str) -> Self {
        Self::Text(if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() })
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        if text.contains('\0') { Self::from(text.as_str()) } else { Self::Text(text) }
    }
}

impl From<Vec<u8>> for Value {
    fn from(octets: Vec<u8>) -> Self {
        Self::Octets(octets)
    }
}

macro_rules! from_number {
    ($($type:ty),*) => {$(
        impl From<$type> for Value {
            fn from(number: $type) -> Self {
                Self::Number(i64::from(number))
            }
        }
    )*};
}
from_number!(i64, u32, bool);

impl From<UnixMillis> for Value {
    fn from(at: UnixMillis) -> Self {
        Self::Number(at.0)
    }
}

impl From<TicketId> for Value {
    fn from(id: TicketId) -> Self {
        Self::Number(id.0)
    }
}

/// A list for `json_each($1)`, which both databases know.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> Value {
    let items: Vec<String> =
        items.into_iter().map(|item| item.to_string().replace('\0', "\u{fffd}")).collect();
    Value::Text(serde_json::Value::from(items).to_string())
}

/// A row, read from its first column to its last. A value that is none of the three, or a text that is not
/// UTF-8, is `None`: it fails whoever reads it, and hides no other row.
#[derive(Clone, Debug)]
pub(super) struct Row(std::vec::IntoIter<Option<Value>>);

impl Row {
    /// The next column's number, without going on.
    pub(super) fn first_number(&self) -> Result<i64, StoreError> {
        self.clone().number()
    }

    /// The next column's text.
    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        match self.0.next().flatten() {
            Some(Value::Text(text)) => Ok(text),
            Some(Value::Number(_) | Value::Octets(_)) | None => Err(corrupt("a column that should be text")),
        }
    }

    /// The next column's number.
    pub(super) fn number(&mut self) -> Result<i64, StoreError> {
        match self.0.next().flatten() {
            Some(Value::Number(number)) => Ok(number),
            Some(Value::Text(_) | Value::Octets(_)) | None => {
                Err(corrupt("a column that should be a number"))
            }
        }
    }

    /// The next column's octets.
    pub(super) fn octets(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.0.next().flatten() {
            Some(Value::Octets(octets)) => Ok(octets),
            Some(Value::Text(_) | Value::Number(_)) | None => Err(corrupt("a column that should be octets")),
        }
    }

    /// The next column's number, as a count.
    pub(super) fn count(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.number()?).map_err(|_| corrupt("a count that is none"))
    }

    /// The next column's yes or no.
    pub(super) fn yes(&mut self) -> Result<bool, StoreError> {
        Ok(self.number()? != 0)
    }

    /// The next column's time.
    pub(super) fn time(&mut self) -> Result<UnixMillis, StoreError> {
        Ok(UnixMillis(self.number()?))
    }

    /// The next column's time; 0 is none.
    pub(super) fn time_or_none(&mut self) -> Result<Option<UnixMillis>, StoreError> {
        Ok(Some(self.time()?).filter(|at| at.0 != 0))
    }

    /// The next column's text as `parse` reads it. `what` names it when it cannot be read.
    pub(super) fn parsed<T>(
        &mut self,
        what: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        parse(&self.text()?).ok_or_else(|| corrupt(what))
    }

    /// The same for a text that may be empty, which is none.
    pub(super) fn parsed_or_none<T>(
        &mut self,
        what: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let text = self.text()?;
        if text.is_empty() { Ok(None) } else { parse(&text).map(Some).ok_or_else(|| corrupt(what)) }
    }
}

/// The database holds something that this program never writes.
pub(super) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

/// [`super::dialect::Dialect::fetch`] for any database of sqlx that knows the three types.
pub(super) async fn fetch<DB>(
    connection: &mut DB::Connection,
    sql: SqlStr,
    values: Vec<Value>,
) -> Result<Vec<Row>, sqlx::Error>
where
    DB: Database,
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'v> String: Encode<'v, DB> + Decode<'v, DB> + Type<DB>,
    for<'v> i64: Encode<'v, DB> + Decode<'v, DB> + Type<DB>,
    for<'v> Vec<u8>: Encode<'v, DB> + Decode<'v, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    let mut query = sqlx::query::<DB>(sql);
    for value in values {
        query = match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
            Value::Octets(octets) => query.bind(octets),
        };
    }
    query.fetch_all(connection).await?.iter().map(row::<DB>).collect()
}

fn row<DB>(row: &DB::Row) -> Result<Row, sqlx::Error>
where
    DB: Database,
    for<'v> String: Decode<'v, DB> + Type<DB>,
    for<'v> i64: Decode<'v, DB> + Type<DB>,
    for<'v> Vec<u8>: Decode<'v, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    let mut values = Vec::with_capacity(row.len());
    for column in row.columns() {
        let place = column.ordinal();
        let type_name = row.try_get_raw(place)?.type_info().name().to_owned();
        let value = match type_name.as_str() {
            "TEXT" => row.try_get(place).map(Value::Text),
            "BLOB" | "BYTEA" => row.try_get(place).map(Value::Octets),
            _ => row.try_get(place).map(Value::Number),
        };
        values.push(value.ok());
    }
    Ok(Row(values.into_iter()))
}
