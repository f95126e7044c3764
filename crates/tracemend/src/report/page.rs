//! An HTML page that contains its style, script and data.

use std::fmt::Write as _;

const PAGE: &str = include_str!("assets/page.html");
const STYLE: &str = include_str!("assets/page.css");

/// Returns a page around `body`.
pub(super) fn page(title: &str, body: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    filled(PAGE, &[("version", version), ("title", &escaped(title)), ("style", STYLE), ("body", body)])
}

/// Returns `template` with its `{{names}}` replaced; names within the values stay.
pub(super) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, name, after)) = rest
        .split_once("{{")
        .and_then(|(before, rest)| rest.split_once("}}").map(|(name, after)| (before, name, after)))
    {
        out.push_str(before);
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(value),
            None => {
                let _ = write!(out, "{{{{{name}}}}}");
            }
        }
        rest = after;
    }
    out + rest
}

/// Escapes text for HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Escapes JSON so that no name in it can end a script element.
pub(super) fn json_in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_values_are_not_replaced_again() {
        assert_eq!(filled("a {{x}} {{y}} {{z}}", &[("x", "{{y}}"), ("y", "2")]), "a {{y}} 2 {{z}}");
    }

    #[test]
    fn a_name_from_the_trace_cannot_end_the_script() {
        assert!(!json_in_script(r#"["</script><b>"]"#).contains('<'));
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
