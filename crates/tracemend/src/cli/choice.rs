//! Options whose values are an enum of the library.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// The values of an option: each with its name on the command line and its help.
pub(super) type Choices<T> = [(T, &'static str, &'static str)];

/// Parses one of `choices`; help and completions list them all.
pub(super) fn choice<T>(choices: &'static Choices<T>) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let values = choices.iter().map(|(_, name, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(values).try_map(|given| {
        let found = choices.iter().find(|(_, name, _)| *name == given);
        found.map(|(value, ..)| *value).ok_or_else(|| format!("`{given}` is not one of the choices"))
    })
}

/// Asserts that the library writes each value under the name that the command line gives it.
#[cfg(test)]
pub(super) fn assert_names<T: serde::Serialize>(choices: &Choices<T>) {
    for (value, name, _) in choices {
        assert_eq!(serde_json::to_value(value).expect("a name"), *name);
    }
}
