//! JSON values with the order of their properties kept, and access to properties with errors that name them.

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// Maximum number of values in a whole metadata file. Kernel traces with every event have a tenth of that.
pub(super) const MAX_VALUES: u32 = 1 << 22;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Boolean(bool),
    Integer(i128),
    /// A number that is no integer: nothing in metadata asks for its value.
    Real,
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// What is wrong with a value, as a sentence.
pub(super) type Checked<T> = Result<T, String>;

impl Json {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a property of an object, if both are there.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        let Self::Object(properties) = self else { return None };
        properties.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn required(&self, name: &str) -> Checked<&Json> {
        self.get(name).ok_or_else(|| format!("the property `{name}` is missing"))
    }

    /// A text property, if it is there.
    pub(super) fn text_of(&self, name: &str) -> Checked<Option<&str>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.text().map(Some).ok_or_else(|| format!("the property `{name}` is a text"))
    }

    /// An integer property of `min` or more, if it is there.
    pub(super) fn unsigned_of(&self, name: &str, min: u64) -> Checked<Option<u64>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value {
            Self::Integer(value) => u64::try_from(*value).ok().filter(|value| *value >= min).map(Some),
            _ => None,
        }
        .ok_or_else(|| format!("the property `{name}` is an integer of at least {min} and at most 64 bits"))
    }

    /// An array property; nothing if it is not there.
    pub(super) fn array_of(&self, name: &str) -> Checked<&[Json]> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Self::Array(values)) => Ok(values),
            Some(_) => Err(format!("the property `{name}` is an array")),
        }
    }

    /// An object property; nothing if it is not there.
    pub(super) fn object_of(&self, name: &str) -> Checked<&[(String, Json)]> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Self::Object(properties)) => Ok(properties),
            Some(_) => Err(format!("the property `{name}` is an object")),
        }
    }
}

/// Reads a [`Json`], counting down how many values may come yet.
pub(super) struct Seed<'c>(pub(super) &'c Cell<u32>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<Json, D::Error> {
        let left = self.0.get().checked_sub(1);
        self.0.set(left.ok_or_else(|| D::Error::custom(format!("the metadata has more than {MAX_VALUES} values")))?);
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Real)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = input.next_element_seed(Seed(self.0))? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Json, A::Error> {
        let mut properties = Vec::new();
        while let Some(name) = input.next_key::<String>()? {
            properties.push((name, input.next_value_seed(Seed(self.0))?));
        }
        Ok(Json::Object(properties))
    }
}
