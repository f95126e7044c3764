//! Numbers and times in the forms that these tools write.

use crate::decode::bytes::{take_u64, whole_i64, whole_u64};
use crate::decode::clock::take_date_time;
use crate::decode::context::possible_cpu;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A whole number, between quotes or not: protobuf's JSON has those of 64 bits as strings. One above the largest signed number is
/// the kernel's way to write a negative one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) i64);

impl Whole {
    /// The number as a thread.
    pub(crate) fn tid(self) -> Option<i32> {
        i32::try_from(self.0).ok().filter(|tid| *tid >= 0)
    }

    /// The number as a CPU.
    pub(crate) fn cpu(self) -> Option<u32> {
        possible_cpu(u64::try_from(self.0).ok()?)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
        Ok(Whole(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(number.cast_signed()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Whole, E> {
        whole(text).map(Whole).ok_or_else(|| E::custom("not a whole number"))
    }
}

fn whole(text: &str) -> Option<i64> {
    let text = text.as_bytes();
    whole_u64(text).map(u64::cast_signed).or_else(|| whole_i64(text))
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(WholeVisitor)
    }
}

/// A value of any type, kept where it is a whole number or a text.
#[derive(Clone, Debug)]
pub(crate) enum Scalar<'a> {
    Whole(i64),
    Text(Cow<'a, str>),
    Other,
}

impl Scalar<'_> {
    /// The number, between quotes or not.
    pub(crate) fn whole(&self) -> Option<i64> {
        match self {
            Scalar::Whole(number) => Some(*number),
            Scalar::Text(text) => whole(text),
            Scalar::Other => None,
        }
    }

    /// The text, where there is any.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Scalar::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Whole(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Whole(number.cast_signed()))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Scalar<'de>, A::Error> {
        while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor)
    }
}

/// A time in nanoseconds: a whole number of them, or a date and a time of day after RFC 3339, which count from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) i64);

struct MomentVisitor;

impl Visitor<'_> for MomentVisitor {
    type Value = Moment;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time: nanoseconds, or a date and a time of day")
    }

    fn visit_i64<E: Error>(self, ns: i64) -> Result<Moment, E> {
        Ok(Moment(ns))
    }

    fn visit_u64<E: Error>(self, ns: u64) -> Result<Moment, E> {
        i64::try_from(ns).map(Moment).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
        date_time(text.as_bytes()).map(Moment).ok_or_else(|| E::custom("not a date and a time of day"))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(MomentVisitor)
    }
}

/// `2023-10-06T22:03:57.700326678Z`, or with an offset such as `-05:00`, as nanoseconds since 1970.
fn date_time(text: &[u8]) -> Option<i64> {
    let (ns, rest) = take_date_time(text, b'T')?;
    let ahead = match rest {
        b"Z" => 0,
        [b'+', offset @ ..] => minutes(offset)?,
        [b'-', offset @ ..] => -minutes(offset)?,
        _ => return None,
    };
    ns.checked_sub(ahead * 60_000_000_000)
}

fn minutes(offset: &[u8]) -> Option<i64> {
    let (hours, rest) = take_u64(offset)?;
    let (minutes, rest) = take_u64(rest.strip_prefix(b":")?)?;
    (hours < 24 && minutes < 60 && rest.is_empty()).then_some((hours * 60 + minutes) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_1970_in_any_zone() {
        let expected = 1_737_743_855_312_976_962;
        assert_eq!(date_time(b"2025-01-24T13:37:35.312976962-05:00"), Some(expected));
        assert_eq!(date_time(b"2025-01-24T18:37:35.312976962Z"), Some(expected));
        assert_eq!(date_time(b"2023-10-06T21:52:41Z"), Some(1_696_629_161_000_000_000));
        for text in ["2025-01-24 13:37:35Z", "2025-01-24T13:37:35", "2025-13-24T13:37:35Z", "9999-01-01T00:00:00Z"] {
            assert_eq!(date_time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn numbers_may_stand_between_quotes() {
        let read = |text: &str| serde_json::from_str::<Whole>(text).ok().map(|number| number.0);
        assert_eq!(read("-2"), Some(-2));
        assert_eq!(read("\"-2\""), Some(-2));
        assert_eq!(read("\"18446744073709551614\""), Some(-2));
        assert_eq!(read("18446744073709551614"), Some(-2));
        assert_eq!((read("\"2x\""), read("2.5"), read("[]")), (None, None, None));
    }
}
