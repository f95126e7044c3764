//! dev harness
use std::collections::HashMap;
use tracemend_impute::counts::*;
use tracemend_impute::repair::{index::TraceIndex, search::*, slots::*};
use tracemend_trace::*;

fn load(path: &str) -> Trace {
    let text = std::fs::read_to_string(path).expect(path);
    let mut header = TraceHeader::new(Format::Csv);
    let mut events = Vec::new();
    for line in text.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let cpu: u32 = f[1].parse().unwrap();
        let stream = header.cpu_stream(cpu);
        events.push(Event {
            time_ns: f[0].parse().unwrap(),
            stream,
            cpu: Some(cpu),
            tid: f[2].parse().ok(),
            comm: Some(header.symbols.intern(f[3])),
            name: header.symbols.intern(f[4]),
            phase: Phase::Call,
            ret: f[5].parse().ok(),
            dur_ns: f[6].parse().ok(),
            offset: 0,
        });
    }
    events.sort_by_key(|e: &Event| e.time_ns);
    Trace { header, events, gaps: vec![] }
}
fn lcs(a: &[u32], b: &[u32]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut prev = 0;
        for (j, y) in b.iter().enumerate() {
            let old = row[j + 1];
            row[j + 1] = if x == y { prev + 1 } else { row[j + 1].max(row[j]) };
            prev = old;
        }
    }
    row[b.len()]
}
fn rng(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e3779b97f4a7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
    z ^ (z >> 31)
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (w, k, gaps, beam): (&str, usize, usize, usize) =
        (&a[1], a[2].parse().unwrap(), a[3].parse().unwrap(), a[4].parse().unwrap());
    let train: Vec<usize> = a[5].split(',').map(|x| x.parse().unwrap()).collect();
    let test: usize = a[6].parse().unwrap();
    let own: u32 = a[7].parse().unwrap();
    let verbose = a.len() > 8;
    let t0 = std::time::Instant::now();
    let mut model = CountsModel::default();
    for r in &train {
        model.learn(&load(&format!("/tmp/corpus/{w}/run{r}.csv")), 1);
    }
    let full = load(&format!("/tmp/corpus/{w}/run{test}.csv"));
    let t1 = std::time::Instant::now();
    // positions per stream
    let mut per: Vec<Vec<usize>> = vec![vec![]; full.header.streams.len()];
    for (i, e) in full.events.iter().enumerate() {
        per[e.stream.0 as usize].push(i);
    }
    let mut seed = 1u64;
    let total: usize = per.iter().map(|p| p.len().saturating_sub(400 + k)).sum();
    let mut starts = vec![];
    while starts.len() < gaps {
        let mut x = (rng(&mut seed) % total as u64) as usize;
        for (s, p) in per.iter().enumerate() {
            let n = p.len().saturating_sub(400 + k);
            if x < n {
                starts.push((s, 200 + x));
                break;
            }
            x -= n;
        }
    }
    let budget = (full.events.len() / 25 / k).max(1);
    let (mut sum, mut mbr_sum, mut oracle, mut n, mut flat) = (0.0, 0.0, 0.0, 0, 0.0);
    let mut search_time = 0.0;
    let mut left = starts.clone();
    let mut truth_in_slots = 0usize;
    let mut ghost_missed = 0usize;
    while !left.is_empty() {
        // batch of time-disjoint gaps
        let mut batch: Vec<(usize, usize)> = vec![];
        let mut spans: Vec<(i64, i64)> = vec![];
        let mut rest = vec![];
        for &(s, x) in &left {
            let lo = full.events[per[s][x - 100]].time_ns;
            let hi = full.events[per[s][x + k + 100]].time_ns;
            if batch.len() < budget && spans.iter().all(|&(l, h)| hi < l || lo > h) {
                batch.push((s, x));
                spans.push((lo, hi));
            } else {
                rest.push((s, x));
            }
        }
        left = rest;
        let mut cut = vec![false; full.events.len()];
        let mut tr = Trace { header: full.header.clone(), events: vec![], gaps: vec![] };
        for &(s, x) in &batch {
            for y in x..x + k {
                cut[per[s][y]] = true;
            }
            tr.gaps.push(Gap {
                id: tr.gaps.len() as u32,
                stream: Some(StreamId(s as u32)),
                cpu: full.header.streams[s].cpu,
                tid: None,
                begin_ns: Some(full.events[per[s][x - 1]].time_ns),
                end_ns: Some(full.events[per[s][x + k]].time_ns),
                lost: Lost::Exact(k as u64),
                cause: Cause::Discarded,
                offset: 0,
            });
        }
        tr.events = full.events.iter().zip(&cut).filter(|(_, c)| !**c).map(|(e, _)| e.clone()).collect();
        let mut m = model.clone();
        if own > 0 {
            m.learn(&tr, own);
        }
        m.trie.freeze();
        let mut table = m.tokens.clone();
        let index = TraceIndex::new(&tr, &mut table);
        m.tokens = table;
        let rules = tracemend_impute::repair::token_rules::TokenRules::new(&m.tokens);
        let mut caches = tracemend_impute::repair::Caches::new(&m);
        for (g, &(s, x)) in tr.gaps.iter().zip(&batch) {
            let ts = std::time::Instant::now();
            let ctx = look_around(&tracemend_impute::repair::view::View::new(&index), &m, &rules, g);
            let opts = SearchOptions { beam, stay_tokens: 6, targets: 8, switch_tokens: 3 };
            let fillings = search(&ctx, &mut caches, Length::Exact(k), &opts).fillings;
            search_time += ts.elapsed().as_secs_f64();
            let name = |t: Token| full.header.symbols.find(&m.tokens.kind(t).name).map_or(u32::MAX, |s| s.0);
            let mut truth: HashMap<i64, Vec<u32>> = HashMap::new();
            for y in x..x + k {
                let e = &full.events[per[s][y]];
                truth.entry(e.tid.unwrap() as i64).or_default().push(e.name.0);
                if ctx.slots.iter().any(|sl| sl.thread == Some(e.tid.unwrap() as i64)) {
                    truth_in_slots += 1;
                } else {
                    ghost_missed += 1;
                }
            }
            let per_thread = |f: &Filling| {
                let mut by: HashMap<i64, Vec<u32>> = HashMap::new();
                for &(sl, t) in &f.placed {
                    by.entry(ctx.slots[sl as usize].thread.unwrap_or(-99)).or_default().push(name(t));
                }
                by
            };
            let cross = |a: &HashMap<i64, Vec<u32>>, b: &HashMap<i64, Vec<u32>>| -> f64 {
                a.iter().map(|(t, s)| b.get(t).map_or(0, |o| lcs(s, o))).sum::<usize>() as f64 / k as f64
            };
            let mut best = 0.0;
            let mut orc: f64 = 0.0;
            let mut mb = 0.0;
            if !fillings.is_empty() {
                let m: Vec<_> = fillings.iter().map(per_thread).collect();
                best = cross(&truth, &m[0]);
                for f in &m {
                    orc = orc.max(cross(&truth, f));
                }
                let top = m.len().min(if k > 100 { 12 } else { 24 });
                let mut bi = 0;
                let mut bv = -1.0;
                for i in 0..top {
                    let v: f64 = (0..top).map(|j| fillings[j].weight * cross(&m[i], &m[j])).sum();
                    if v > bv {
                        bv = v;
                        bi = i;
                    }
                }
                mb = cross(&truth, &m[bi]);
                let fl: Vec<u32> = fillings[bi].placed.iter().map(|&(_, t)| name(t)).collect();
                let tr: Vec<u32> = (x..x + k).map(|y| full.events[per[s][y]].name.0).collect();
                flat += lcs(&fl, &tr) as f64 / k as f64;
            }
            sum += best;
            mbr_sum += mb;
            oracle += orc;
            n += 1;
        }
    }
    println!(
        "{w} k={k} beam={beam} own={own} gaps={n} top {:.3} mbr {:.3} oracle {:.3} flat {:.3} covered {:.3}  load+train {:.2}s search/gap {:.2}ms total {:.1}s nodes {}",
        sum / n as f64,
        mbr_sum / n as f64,
        oracle / n as f64,
        flat / n as f64,
        truth_in_slots as f64 / (truth_in_slots + ghost_missed) as f64,
        (t1 - t0).as_secs_f64(),
        search_time * 1e3 / n as f64,
        t0.elapsed().as_secs_f64(),
        model.trie.len()
    );
}
