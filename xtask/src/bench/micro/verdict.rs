//! Counts beside those of the baseline.

use std::fmt::Write as _;

use super::BASELINE;
use super::page::Page;

/// Per cent by which a count may rise.
const MARGIN: u64 = 5;
/// The same where something else than the code differs as well: finer changes cannot be told from that.
const WIDE_MARGIN: u64 = 15;

/// What came of a comparison.
pub(super) struct Verdict {
    /// For the reader, with its line ends.
    pub(super) report: String,
    /// Whether it passes, and if not why not and what to do.
    pub(super) outcome: Result<(), String>,
}

/// Compares each function with the baseline.
pub(super) fn compare(baseline: &Page, now: &Page) -> Verdict {
    let mut report = String::new();
    // Writing to a string cannot fail.
    let mut say = |line: String| {
        let _ = writeln!(report, "{line}");
    };
    let differing: Vec<_> =
        now.counted_on.iter().filter(|pair| !baseline.counted_on.contains(pair)).collect();
    let margin = if differing.is_empty() { MARGIN } else { WIDE_MARGIN };
    for (what, is) in &differing {
        let was = baseline.counted_on.iter().find(|(known, _)| known == what);
        let was = was.map_or("unknown", |(_, was)| was);
        say(format!("micro: warning: {what} is {is}; the baseline's is {was}"));
    }
    if !differing.is_empty() {
        say(format!("micro: warning: so only changes above {WIDE_MARGIN} % count, not {MARGIN} %"));
    }

    let (mut risen, mut fallen, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    say(format!("{:<28} {:>12} {:>12} {:>7}", "function", "baseline", "now", "ratio"));
    for (name, count) in &now.counts {
        let Some(before) = baseline.count(name) else {
            say(format!("{name:<28} {:>12} {count:>12}", "-"));
            unknown.push(name.as_str());
            continue;
        };
        let mark = if count * 100 > before * (100 + margin) {
            risen.push(name.as_str());
            "  risen"
        } else if count * 100 < before * (100 - margin) {
            fallen.push(name.as_str());
            "  fallen"
        } else {
            ""
        };
        let ratio = *count as f64 / before.max(1) as f64;
        say(format!("{name:<28} {before:>12} {count:>12} {ratio:>7.3}{mark}"));
    }
    for (name, before) in &baseline.counts {
        if now.count(name).is_none() {
            say(format!("{name:<28} {before:>12} {:>12}", "-"));
            unknown.push(name);
        }
    }
    if !fallen.is_empty() {
        say(format!(
            "micro: fewer instructions in {}: keep that, `cargo xtask bench --micro --write` makes it the baseline",
            fallen.join(", ")
        ));
    }

    let mut wrong = Vec::new();
    if !risen.is_empty() {
        wrong.push(format!(
            "more than {margin} % above the baseline: {}. `callgrind_annotate target/micro/NAME.out` shows where; where \
             the change is worth it, run `cargo xtask bench --micro --write`, and say in the commit why",
            risen.join(", ")
        ));
    }
    if !unknown.is_empty() {
        wrong.push(format!(
            "in only one of {BASELINE} and the program: {}. `cargo xtask bench --micro --write` writes it anew",
            unknown.join(", ")
        ));
    }
    Verdict { report, outcome: if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(compiler: &str, counts: &[(&str, u64)]) -> Page {
        Page {
            counted_on: vec![("compiler".into(), compiler.into())],
            counts: counts.iter().map(|(name, count)| ((*name).into(), *count)).collect(),
        }
    }

    fn error(baseline: &Page, now: &Page) -> String {
        compare(baseline, now).outcome.err().unwrap_or_default()
    }

    #[test]
    fn five_per_cent_pass_and_more_does_not() {
        let baseline = page("a", &[("x", 1000), ("y", 1000)]);
        assert_eq!(error(&baseline, &page("a", &[("x", 1050), ("y", 950)])), "");
        let risen = error(&baseline, &page("a", &[("x", 1051), ("y", 1000)]));
        assert!(risen.starts_with("more than 5 % above the baseline: x. "), "{risen}");
    }

    #[test]
    fn a_fall_asks_for_a_new_baseline_and_passes() {
        let verdict = compare(&page("a", &[("x", 1000)]), &page("a", &[("x", 949)]));
        assert!(verdict.outcome.is_ok());
        assert!(verdict.report.contains("fewer instructions in x"), "{}", verdict.report);
    }

    #[test]
    fn another_compiler_is_told_and_widens_the_margin() {
        let baseline = page("a", &[("x", 1000)]);
        let verdict = compare(&baseline, &page("b", &[("x", 1150)]));
        assert!(verdict.outcome.is_ok());
        assert!(verdict.report.contains("compiler is b; the baseline's is a"), "{}", verdict.report);
        assert!(error(&baseline, &page("b", &[("x", 1151)])).starts_with("more than 15 %"));
    }

    #[test]
    fn what_only_one_side_has_fails() {
        let (x, both) = (page("a", &[("x", 1)]), page("a", &[("x", 1), ("y", 1)]));
        for (baseline, now) in [(&x, &both), (&both, &x)] {
            assert!(error(baseline, now).starts_with("in only one of"));
        }
    }
}
