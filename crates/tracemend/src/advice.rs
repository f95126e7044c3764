//! Advice on the tracer option that would have kept the lost events.

use tracemend_trace::{Cause, Format};

/// Buffer bytes of one system-call record in ftrace's ring (84 records of a 4 KiB page, measured).
const FTRACE_EVENT_BYTES: u64 = 49;
/// Size of ftrace's ring for one CPU where nobody changed it: the kernel's default.
pub(crate) const FTRACE_DEFAULT_KIB: u64 = 1408;
/// Bytes of one `raw_syscalls` record in a perf ring, without call chains: an estimate on the high side.
const PERF_EVENT_BYTES: u64 = 112;
/// Bytes of one event record of `perf trace` and bpftrace output rings.
const TEXT_EVENT_BYTES: u64 = 128;
/// Bytes of one LTTng event, header and common payload.
const LTTNG_EVENT_BYTES: u64 = 64;
/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 4096;
/// A ring for one CPU that is larger than what machines have for it: 64 GiB.
const MAX_RING_BYTES: u64 = 64 << 30;
/// What helps where no ring would.
const FEWER_EVENTS: &str = "record fewer events: no buffer holds so many, if the count is not damaged";
/// Factor on the largest loss seen, which is seldom the largest that can happen.
const HEADROOM: u64 = 2;

/// Returns a sentence of advice for a trace of `format` whose largest gap lost `largest` events (0 if unknown) for `cause`.
///
/// Returns `None` where no option of the tracer would have helped.
pub(crate) fn advice(format: Format, cause: &Cause, largest: u64) -> Option<String> {
    match cause {
        Cause::Damaged(_) | Cause::Truncated | Cause::Doubtful(_) => return None,
        Cause::Evidence(_) if format == Format::Scap => {
            return Some(
                "raise the driver's ring of every CPU: `buf_size_preset` of the engine in falco.yaml".to_owned(),
            );
        }
        Cause::Discarded if format == Format::Scap => {
            return Some(
                "record without the recorder's dropping mode, which keeps a sample of the events, and begin when all CPUs are up"
                    .to_owned(),
            );
        }
        Cause::Evidence(_) => {
            return Some(
                "record in a format that counts losses (trace_pipe, `perf script --show-lost-events`) and raise the \
                 tracer's buffer"
                    .to_owned(),
            );
        }
        Cause::Discarded | Cause::Overwritten => {}
    }
    let event_bytes = match format {
        Format::Ftrace | Format::TraceDat | Format::FtraceRaw | Format::Perfetto => FTRACE_EVENT_BYTES,
        Format::PerfScript | Format::PerfData => PERF_EVENT_BYTES,
        Format::PerfTrace | Format::Bpftrace | Format::Auditd | Format::Tracee => TEXT_EVENT_BYTES,
        Format::Babeltrace | Format::Ctf => LTTNG_EVENT_BYTES,
        // A limit on the export, and no buffer.
        Format::Tetragon => 0,
        _ => return None,
    };
    if need(largest, event_bytes) > MAX_RING_BYTES {
        return Some(FEWER_EVENTS.to_owned());
    }
    let sentence = match format {
        Format::Ftrace | Format::TraceDat | Format::FtraceRaw => ftrace_ring(None, FTRACE_DEFAULT_KIB, largest),
        Format::PerfScript | Format::PerfData => {
            format!("raise the ring of every CPU: `perf record -m {}` (pages)", pages(128, largest, event_bytes))
        }
        Format::Perfetto => {
            let kib = power_of_two(FTRACE_DEFAULT_KIB.saturating_add(need(largest, event_bytes) / 1024)).max(4096);
            format!(
                "raise the ring of every CPU in the trace's config: `ftrace_config {{ buffer_size_kb: {kib} drain_period_ms: 100 }}`, and \
                 `size_kb` of its `buffers` with it"
            )
        }
        Format::PerfTrace => {
            format!("raise the ring of every CPU: `perf trace -m {}` (pages)", pages(128, largest, event_bytes))
        }
        Format::Bpftrace => format!(
            "raise the ring of every CPU: `BPFTRACE_PERF_RB_PAGES={} bpftrace …`",
            pages(64, largest, event_bytes)
        ),
        Format::Tracee => format!(
            "raise the ring of every CPU: `tracee --buffers kernel.events={}` (pages; once `--perf-buffer-size`)",
            pages(1024, largest, event_bytes)
        ),
        Format::Tetragon => "let the export write every event: `tetragon --export-rate-limit -1`".to_owned(),
        Format::Auditd => {
            // The backlog counts records, and a call has several.
            let records = power_of_two(largest.saturating_mul(8)).max(8192);
            format!(
                "let more records wait, and let them wait longer: `auditctl -b {records} --backlog_wait_time 60000`"
            )
        }
        Format::Babeltrace | Format::Ctf => {
            let mib = power_of_two(need(largest, event_bytes).div_ceil(1 << 20)).max(1);
            format!("raise the channel's sub-buffers: `lttng enable-channel --subbuf-size={mib}M --num-subbuf=8 …`")
        }
        _ => return None,
    };
    Some(sentence)
}

/// Returns a sentence of advice for the rings of an instance of ftrace, `None` for the one that is always there, that hold
/// `size_kib` for each CPU now and lost `largest` events.
pub(crate) fn ftrace_ring(instance: Option<&str>, size_kib: u64, largest: u64) -> String {
    let need = need(largest, FTRACE_EVENT_BYTES);
    if need > MAX_RING_BYTES {
        return FEWER_EVENTS.to_owned();
    }
    let kib = power_of_two(size_kib.saturating_add(need / 1024)).max(4096);
    let (folder, option) = match instance {
        Some(name) => (format!("instances/{name}/"), format!("-B {name} ")),
        None => (String::new(), String::new()),
    };
    format!(
        "raise the ring of every CPU: `echo {kib} > /sys/kernel/tracing/{folder}buffer_size_kb`, or `trace-cmd record {option}-b {kib}`"
    )
}

/// Returns the bytes that hold the largest loss, with headroom.
fn need(largest: u64, event_bytes: u64) -> u64 {
    largest.saturating_mul(event_bytes).saturating_mul(HEADROOM)
}

/// Returns ring pages, a power of two as the tracers require: the default plus the loss, and at least four times the
/// default.
fn pages(default: u64, largest: u64, event_bytes: u64) -> u64 {
    power_of_two(default + need(largest, event_bytes).div_ceil(PAGE_BYTES)).max(4 * default)
}

/// Returns the next power of two, or the largest one for a greater value (from a damaged input).
fn power_of_two(value: u64) -> u64 {
    value.checked_next_power_of_two().unwrap_or(1 << 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ftrace_buffer_grows_with_the_loss_seen() {
        let small = advice(Format::Ftrace, &Cause::Overwritten, 168).expect("advice");
        let large = advice(Format::Ftrace, &Cause::Overwritten, 200_000).expect("advice");
        assert!(small.contains("echo 4096 >"), "{small}");
        assert!(large.contains("echo 32768 >"), "{large}");
    }

    #[test]
    fn perf_pages_are_a_power_of_two() {
        let text = advice(Format::PerfScript, &Cause::Discarded, 9000).expect("advice");
        assert!(text.contains("-m 1024"), "{text}");
    }

    #[test]
    fn a_cut_recording_needs_no_larger_buffer() {
        assert_eq!(advice(Format::PerfData, &Cause::Truncated, 9000), None);
    }

    #[test]
    fn absurd_counts_give_some_advice_instead_of_a_panic() {
        for format in [
            Format::Ftrace,
            Format::TraceDat,
            Format::FtraceRaw,
            Format::Perfetto,
            Format::PerfScript,
            Format::PerfData,
            Format::PerfTrace,
            Format::Bpftrace,
            Format::Auditd,
            Format::Tracee,
            Format::Babeltrace,
            Format::Ctf,
        ] {
            let text = advice(format, &Cause::Discarded, u64::MAX).expect("advice");
            assert!(text.starts_with("record fewer events"), "{text}");
        }
    }

    #[test]
    fn a_sampled_capture_is_not_the_buffers_fault() {
        let text = advice(Format::Scap, &Cause::Discarded, 1).expect("advice");
        assert!(text.contains("dropping mode"), "{text}");
        let text = advice(Format::Scap, &Cause::Evidence(String::new()), 1).expect("advice");
        assert!(text.contains("buf_size_preset"), "{text}");
    }

    #[test]
    fn a_truncated_file_is_not_the_buffers_fault() {
        assert_eq!(advice(Format::Ftrace, &Cause::Truncated, 5), None);
    }
}
