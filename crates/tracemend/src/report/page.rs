//! An HTML page that contains its style, script and data.

use crate::sha256::sha256_of;
use std::fmt::Write as _;

const PAGE: &str = include_str!("assets/page.html");
const STYLE: &str = include_str!("assets/page.css");

/// Returns a page around `body` that runs `script`, and nothing else: its Content-Security-Policy allows no other script and no
/// request, whatever a name in the body manages to be.
pub(super) fn page(title: &str, body: &str, script: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    // Nothing in the body can hold a number that depends on the body.
    let nonce = sha256_of(&[title, body, script]);
    let values = [
        ("version", version),
        ("title", &escaped(title)),
        ("style", STYLE),
        ("body", body),
        ("nonce", &nonce),
        ("script", script),
    ];
    filled(PAGE, &values)
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
    fn a_page_allows_its_own_script_and_no_other() {
        let text = page("t", "<script nonce=\"{{nonce}}\">alert(1)</script>", "own()");
        let policy = text.lines().find(|line| line.contains("Content-Security-Policy")).expect("a policy");
        let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0;
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(text.contains(&format!("<script nonce=\"{nonce}\">\nown()\n</script>")), "{text}");
        assert!(!text.contains(&format!("nonce=\"{nonce}\">alert")), "{text}");
    }

    #[test]
    fn a_name_from_the_trace_cannot_end_the_script() {
        assert!(!json_in_script(r#"["</script><b>"]"#).contains('<'));
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
