//! CTF that is written here: read back as it was, and read by babeltrace2.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Read, babeltrace2, read, try_read};
use proptest::prelude::*;
use std::path::Path;
use tracemend_trace::sink::{Alternative, Collected, EventRow, GapRow, Inference, Sink, ctf::write_folder};
use tracemend_trace::{Lost, OpenOptions, Phase};

/// An event of a property test, of a stream named after its CPU.
#[derive(Clone, Debug)]
struct Made {
    time_ns: i64,
    cpu: u32,
    tid: Option<i32>,
    comm: Option<&'static str>,
    name: &'static str,
    phase: Phase,
    ret: Option<i64>,
    /// Confidence and number of alternatives.
    inferred: Option<(f32, usize)>,
}

#[derive(Clone, Debug)]
struct MadeGap {
    cpu: u32,
    begin_ns: i64,
    end_ns: i64,
    lost: Option<u64>,
}

const STREAMS: [&str; 3] = ["cpu0", "cpu1", "cpu2"];

fn an_event() -> impl Strategy<Value = Made> {
    let phase = prop::sample::select(vec![Phase::Entry, Phase::Exit, Phase::Point]);
    let name = prop::sample::select(vec!["openat", "read", "sched_wakeup", "x\"y\\z", "ключ"]);
    let comm = prop::option::of(prop::sample::select(vec!["bash", "", "a b,{}"]));
    let inferred = prop::option::of((0.0f32..1.0, 0usize..4));
    (-3_000_000_000i64..3_000_000_000, 0u32..3, any::<Option<i32>>(), comm, name, phase, any::<Option<i64>>(), inferred)
        .prop_map(|(time_ns, cpu, tid, comm, name, phase, ret, inferred)| Made {
            time_ns,
            cpu,
            tid,
            comm,
            name,
            phase,
            // Only the end of a call returns something.
            ret: ret.filter(|_| phase == Phase::Exit),
            inferred,
        })
}

/// Gaps of each stream that do not overlap, with no recorded event inside: that is what tells where they lie.
fn gaps() -> impl Strategy<Value = Vec<MadeGap>> {
    let one = (0u32..3, 0i64..3_000_000_000, 1i64..500_000_000, prop::option::of(1u64..2000));
    prop::collection::vec(one, 0..8).prop_map(|mut made| {
        made.sort_unstable();
        let mut gaps: Vec<MadeGap> = Vec::new();
        for (cpu, begin_ns, length, lost) in made {
            let last = gaps.iter().rev().find(|gap| gap.cpu == cpu).map_or(i64::MIN, |gap| gap.end_ns);
            if begin_ns > last {
                gaps.push(MadeGap { cpu, begin_ns, end_ns: begin_ns + length, lost });
            }
        }
        gaps
    })
}

/// Other events for the place of each; one for each number that occurs.
fn alternatives(events: &[Made]) -> Vec<Vec<Alternative>> {
    let of = |event: &Made| {
        let alternative = |place| Alternative {
            name: "write".to_owned(),
            tid: event.tid,
            phase: Phase::Entry,
            probability: place as f32 / 8.0,
        };
        (0..event.inferred.map_or(0, |(_, others)| others)).map(alternative).collect()
    };
    events.iter().map(of).collect()
}

fn collected<'a>(events: &[Made], alternatives: &'a [Vec<Alternative>], gaps: &[MadeGap]) -> Collected<'a> {
    let mut collected = Collected::default();
    for (id, gap) in (0..).zip(gaps) {
        collected.gap(&gap_row(id, gap)).unwrap();
    }
    for (event, alternatives) in events.iter().zip(alternatives) {
        let inference = event.inferred.map(|(confidence, others)| {
            let time_err_ns = (others != 1).then_some(17);
            Box::new(Inference { time_err_ns, confidence, alternatives, gap: 0, model: "engine:self" })
        });
        let row = EventRow {
            time_ns: Some(event.time_ns),
            stream: Some(STREAMS[event.cpu as usize]),
            cpu: Some(event.cpu),
            tid: event.tid,
            comm: event.comm,
            name: event.name,
            phase: event.phase,
            ret: event.ret,
            dur_ns: None,
            inference,
        };
        collected.event(&row).unwrap();
    }
    collected
}

fn gap_row(id: u32, gap: &MadeGap) -> GapRow<'static> {
    GapRow {
        id,
        stream: Some(STREAMS[gap.cpu as usize]),
        cpu: Some(gap.cpu),
        tid: None,
        begin_ns: Some(gap.begin_ns),
        end_ns: Some(gap.end_ns),
        kept_begin_ns: None,
        kept_end_ns: None,
        lost: gap.lost,
        lost_kind: "exact",
        cause: "discarded",
        details: None,
        advice: None,
        outcome: None,
    }
}

fn written(collected: &Collected<'_>, folder: &Path, merged: bool) -> Read {
    write_folder(collected, folder, merged).unwrap();
    all(folder)
}

/// A folder with its inferred events.
fn all(folder: &Path) -> Read {
    try_read(folder, &OpenOptions { inferred: true, ..OpenOptions::default() }).unwrap()
}

/// What the reader must make of an event: stream, time, CPU, thread, process, name, phase, return value.
type Seen = (String, i64, Option<u32>, Option<i32>, String, String, Phase, Option<i64>);

fn seen(read: &Read) -> Vec<Seen> {
    let of = |index: usize| {
        let event = &read.events[index];
        let stream = read.header.streams[event.stream.0 as usize].name.clone();
        let (comm, name) = (read.comm(index).to_owned(), read.name(index).to_owned());
        (stream, event.time_ns, event.cpu, event.tid, comm, name, event.phase, event.ret)
    };
    let mut seen: Vec<Seen> = (0..read.events.len()).map(of).collect();
    seen.sort();
    seen
}

fn wanted(events: &[Made]) -> Vec<Seen> {
    let of = |event: &Made| {
        let mark = if event.inferred.is_some() { "_inferred" } else { "" };
        let stream = format!("{}{mark}", STREAMS[event.cpu as usize]);
        let (comm, name) = (event.comm.unwrap_or("").to_owned(), event.name.to_owned());
        (stream, event.time_ns, Some(event.cpu), event.tid, comm, name, event.phase, event.ret)
    };
    let mut wanted: Vec<Seen> = events.iter().map(of).collect();
    wanted.sort();
    wanted
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_read_back_is_what_was_written(events in prop::collection::vec(an_event(), 0..60), gaps in gaps()) {
        let holds = |event: &Made| event.inferred.is_none()
            && gaps.iter().any(|gap| gap.cpu == event.cpu && (gap.begin_ns..=gap.end_ns).contains(&event.time_ns));
        let events: Vec<Made> = events.into_iter().filter(|event| !holds(event)).collect();
        let alternatives = alternatives(&events);
        let collected = collected(&events, &alternatives, &gaps);
        let folder = tempfile::tempdir().unwrap();
        let back = written(&collected, folder.path(), true);
        prop_assert_eq!(seen(&back), wanted(&events));
        let mut found: Vec<_> =
            back.gaps.iter().map(|gap| (gap.cpu.unwrap(), gap.begin_ns, gap.end_ns, gap.lost.count())).collect();
        found.sort_unstable();
        let expected: Vec<_> =
            gaps.iter().map(|gap| (gap.cpu, Some(gap.begin_ns), Some(gap.end_ns), gap.lost)).collect();
        prop_assert_eq!(found, expected);
        // Without being asked for, nothing inferred is read, and every loss stays.
        let recorded: Vec<Made> = events.iter().filter(|event| event.inferred.is_none()).cloned().collect();
        let usual = read(folder.path());
        prop_assert_eq!(seen(&usual), wanted(&recorded));
        prop_assert_eq!(usual.gaps.len(), gaps.len());
    }
}

#[test]
fn an_overlay_inside_its_session_is_no_part_of_it() {
    let events: Vec<Made> = (0..40_i64)
        .map(|number| Made {
            time_ns: number * 1000,
            cpu: 0,
            tid: Some(7),
            comm: None,
            name: "read",
            phase: Phase::Entry,
            ret: None,
            inferred: (number % 4 == 0).then_some((0.5, 1)),
        })
        .collect();
    let alternatives = alternatives(&events);
    let (inferred, recorded): (Vec<Made>, Vec<Made>) = events.into_iter().partition(|event| event.inferred.is_some());
    let session = tempfile::tempdir().unwrap();
    for (name, events) in [("kernel", &recorded), ("overlay.ctf", &inferred)] {
        let folder = session.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        write_folder(&collected(events, &alternatives, &[]), &folder, false).unwrap();
    }
    let back = read(session.path());
    assert_eq!(seen(&back), wanted(&recorded));
    assert!(back.header.warnings[0].contains("inferred"), "{:?}", back.header.warnings);
}

#[test]
fn an_overlay_has_no_losses_of_its_own() {
    let event = Made {
        time_ns: 5,
        cpu: 0,
        tid: None,
        comm: None,
        name: "read",
        phase: Phase::Entry,
        ret: None,
        inferred: Some((0.5, 2)),
    };
    let gap = MadeGap { cpu: 0, begin_ns: 1, end_ns: 9, lost: Some(1) };
    let folder = tempfile::tempdir().unwrap();
    let events = [event];
    let back = written(&collected(&events, &alternatives(&events), &[gap]), folder.path(), false);
    assert_eq!((back.events.len(), back.gaps.len()), (1, 0));
    let text = String::from_utf8(back.records[0].clone()).unwrap();
    for part in ["confidence = 0.5", "gap_id = 0", "model = \"engine:self\"", "probability = 0.125"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn a_gap_before_the_first_event_and_an_uncounted_one_stay_what_they_are() {
    let mut collected = Collected::default();
    let row = GapRow { begin_ns: None, ..gap_row(0, &MadeGap { cpu: 0, begin_ns: 0, end_ns: 7, lost: Some(3) }) };
    collected.gap(&row).unwrap();
    let row = GapRow { end_ns: None, ..gap_row(1, &MadeGap { cpu: 0, begin_ns: 20, end_ns: 0, lost: None }) };
    collected.gap(&row).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let back = written(&collected, folder.path(), true);
    let found: Vec<_> = back.gaps.iter().map(|gap| (gap.begin_ns, gap.lost)).collect();
    // The packet of a gap before everything begins where the gap ends.
    assert_eq!(found, [(Some(7), Lost::Exact(3)), (Some(20), Lost::Unknown)]);
}

#[test]
fn babeltrace2_reads_what_is_written() {
    if !babeltrace2::is_here() {
        return;
    }
    let events: Vec<Made> = (0..20_000i64)
        .map(|number| Made {
            time_ns: number * 1000,
            cpu: (number % 3) as u32,
            tid: (number % 4 != 0).then_some(7),
            comm: Some("a b,{}"),
            name: "x\"y\\z",
            phase: if number % 2 == 0 { Phase::Entry } else { Phase::Exit },
            ret: (number % 2 == 1).then_some(-2),
            inferred: (number % 5 == 0).then_some((0.25, (number % 4) as usize)),
        })
        .collect();
    let gaps = [MadeGap { cpu: 1, begin_ns: 5_000_000, end_ns: 5_000_500, lost: Some(84) }];
    let folder = tempfile::tempdir().unwrap();
    write_folder(&collected(&events, &alternatives(&events), &gaps), folder.path(), true).unwrap();
    let printed = babeltrace2::print(folder.path()).unwrap();
    assert!(printed.succeeded, "{}", printed.warnings);
    assert_eq!(printed.lines.len(), events.len());
    assert!(printed.warnings.contains("Tracer discarded 84 events"), "{}", printed.warnings);
    let own: Vec<Vec<u8>> = all(folder.path()).records;
    assert_eq!(own.len(), events.len());
}
