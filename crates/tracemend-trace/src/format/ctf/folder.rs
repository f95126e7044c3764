//! From a folder to the stream instances in it.

use super::metadata;
use super::packet::{NoPacket, Packet};
use super::plan::Plan;
use super::schema::Version;
use super::stream::StreamFile;
use super::window::Data;
use crate::{RecordedFile, StreamInfo, TraceError, TraceResult};
use rustc_hash::FxHashMap;
use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How deep below the given folder traces are looked for.
const MAX_DEPTH: usize = 10;
/// Maximum number of bytes read of a file to learn which stream it is of.
const MAX_HEAD: u64 = 64 << 10;

/// A stream instance, its files in order.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) info: StreamInfo,
    pub(crate) files: Vec<StreamFile>,
    /// Which trace it is of: all parts of a rotated session are one.
    pub(crate) trace: usize,
}

/// Everything found in a folder.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) instances: Vec<Instance>,
    pub(crate) warnings: Vec<String>,
    /// Files of CTF 1.8 that were read.
    pub(crate) files: Vec<RecordedFile>,
}

/// What makes two files parts of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Instance {
        trace: usize,
        class: u64,
        instance: u64,
    },
    /// Files of one name in folders of one trace: snapshots, or copies.
    Name {
        trace: usize,
        name: String,
    },
    File(PathBuf),
}

/// A trace in memory: the content of `metadata`, and of each stream file.
pub(crate) fn in_memory(metadata: &[u8], streams: &[&[u8]]) -> TraceResult<Found> {
    let path = Path::new("memory");
    let plan = Arc::new(Plan::new(metadata::parse(metadata, path)?, &mut 0));
    let instances = streams.iter().enumerate().map(|(index, &bytes)| Instance {
        info: StreamInfo { name: index.to_string(), cpu: None },
        files: vec![StreamFile {
            data: Data::Bytes(bytes.into()),
            path: path.to_path_buf(),
            plan: plan.clone(),
            length: bytes.len() as u64,
        }],
        trace: 0,
    });
    Ok(Found { instances: instances.collect(), ..Found::default() })
}

/// Looks for traces in `root` and below.
pub(crate) fn find(root: &Path, inferred: bool) -> TraceResult<Found> {
    let mut folders = Vec::new();
    walk(root, 0, &mut folders)?;
    if folders.is_empty() {
        return Err(TraceError::UnknownFormat {
            path: root.to_path_buf(),
            seen: "a folder without a file `metadata` in it or below".into(),
        });
    }
    let mut search = Search {
        root,
        inferred,
        left_out: 0,
        plans: FxHashMap::default(),
        numbers: 0,
        uuids: FxHashMap::default(),
        traces: 0,
        by_key: FxHashMap::default(),
        instances: Vec::new(),
        warnings: Vec::new(),
        files: Vec::new(),
    };
    for folder in &folders {
        search.folder(folder)?;
    }
    Ok(search.finish(folders.len()))
}

/// Folders that hold a trace.
fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> TraceResult<()> {
    if folder.join("metadata").is_file() {
        found.push(folder.to_path_buf());
        return Ok(());
    }
    if depth >= MAX_DEPTH {
        return Ok(());
    }
    for entry in entries(folder)? {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), depth + 1, found)?;
        }
    }
    Ok(())
}

/// What a folder holds, by name; hidden things are passed over.
fn entries(folder: &Path) -> TraceResult<Vec<fs::DirEntry>> {
    let failed = TraceError::io(folder);
    let mut entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed)?;
    entries.retain(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    entries.sort_by_key(|entry| natural(&entry.file_name().to_string_lossy()));
    Ok(entries)
}

/// Sorts `small_10` after `small_9`.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest[text..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |end| text + end);
        parts.push((rest[..text].to_owned(), rest[text..digits].parse().unwrap_or(0)));
        rest = &rest[digits..];
    }
    // What differs in zeros before a number only.
    parts.push((name.to_owned(), 0));
    parts
}

struct Search<'r> {
    root: &'r Path,
    /// Whether streams of inferred events are wanted.
    inferred: bool,
    /// Streams of inferred events that were passed over.
    left_out: usize,
    plans: FxHashMap<(u64, usize), Arc<Plan>>,
    numbers: usize,
    /// Numbers of the traces that have a UUID.
    uuids: FxHashMap<[u8; 16], usize>,
    traces: usize,
    by_key: FxHashMap<Key, usize>,
    instances: Vec<Gathered>,
    warnings: Vec<String>,
    files: Vec<RecordedFile>,
}

struct Gathered {
    trace: usize,
    cpu: Option<u32>,
    /// Folder below the root, file name, beginning, file.
    files: Vec<(PathBuf, String, Option<i64>, StreamFile)>,
}

impl Search<'_> {
    fn folder(&mut self, folder: &Path) -> TraceResult<()> {
        let plan = self.plan(&folder.join("metadata"))?;
        self.warnings.extend(plan.schema.warnings.iter().cloned());
        let known = plan.schema.uuid.and_then(|uuid| self.uuids.get(&uuid).copied());
        let trace = known.unwrap_or(self.traces);
        if known.is_none() {
            self.traces += 1;
            self.uuids.extend(plan.schema.uuid.map(|uuid| (uuid, trace)));
        }
        let below = folder.strip_prefix(self.root).unwrap_or(folder);
        for entry in entries(folder)? {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if name == "metadata" || name.ends_with(".idx") || !path.is_file() {
                continue;
            }
            let failed = TraceError::io(&path);
            let length = fs::metadata(&path).map_err(failed)?.len();
            if length == 0 {
                continue;
            }
            let packet = first_packet(&plan, &path, length).map_err(failed)?;
            let class = packet.as_ref().map(|packet| packet.class).or(plan.stream(None));
            if !self.inferred && class.is_some_and(|class| plan.streams[class].inferred) {
                self.left_out += 1;
                continue;
            }
            if matches!(plan.schema.version, Version::V1_8) {
                let first = self.files.last().is_none_or(|last| last.path.parent() != Some(folder));
                if first {
                    self.files.push(RecordedFile { path: folder.join("metadata"), below: below.join("metadata") });
                }
                self.files.push(RecordedFile { path: path.clone(), below: below.join(&name) });
            }
            let file = StreamFile { data: Data::File(path.clone()), path: path.clone(), plan: plan.clone(), length };
            self.add(trace, below, name, packet, file);
        }
        Ok(())
    }

    fn add(&mut self, trace: usize, below: &Path, name: String, packet: Option<Packet>, file: StreamFile) {
        let key = match packet.as_ref().and_then(|packet| Some((packet.class, packet.instance?))) {
            Some((class, instance)) => Key::Instance { trace, class: file.plan.streams[class].id, instance },
            None if file.plan.schema.uuid.is_some() => Key::Name { trace, name: name.clone() },
            None => Key::File(file.path.clone()),
        };
        let cpu = packet.as_ref().and_then(Packet::cpu);
        let index = *self.by_key.entry(key).or_insert_with(|| {
            self.instances.push(Gathered { trace, cpu: None, files: Vec::new() });
            self.instances.len() - 1
        });
        let instance = &mut self.instances[index];
        instance.cpu = instance.cpu.or(cpu);
        instance.files.push((below.to_path_buf(), name, packet.and_then(|packet| packet.begin_ns), file));
    }

    /// The plan for a file `metadata`; those of a rotated session are mostly the same.
    fn plan(&mut self, path: &Path) -> TraceResult<Arc<Plan>> {
        let failed = TraceError::io(path);
        let mut hasher = DefaultHasher::new();
        let mut length = 0;
        let mut file = File::open(path).map_err(failed)?;
        let mut block = vec![0; 64 << 10];
        loop {
            match file.read(&mut block).map_err(failed)? {
                0 => break,
                count => {
                    block[..count].hash(&mut hasher);
                    length += count;
                }
            }
        }
        let key = (hasher.finish(), length);
        if let Some(plan) = self.plans.get(&key) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(Plan::new(metadata::read(path)?, &mut self.numbers));
        self.plans.insert(key, plan.clone());
        Ok(plan)
    }

    fn finish(self, folders: usize) -> Found {
        let mut names: FxHashMap<String, usize> = FxHashMap::default();
        let mut instances = self.instances;
        for instance in &mut instances {
            // Without a time, the order of the names.
            instance.files.sort_by_key(|(_, _, begin_ns, _)| *begin_ns);
        }
        let own: Vec<String> = instances.iter().map(|instance| channel(&instance.files)).collect();
        for name in &own {
            *names.entry(name.clone()).or_default() += 1;
        }
        let instances = instances.into_iter().zip(own).map(|(instance, name)| {
            let folder = instance.files.first().map(|(folder, ..)| folder.display().to_string()).unwrap_or_default();
            let shared = folders > 1 && names.get(&name).is_some_and(|&count| count > 1) && !folder.is_empty();
            let name = if shared { format!("{folder}/{name}") } else { name };
            Instance {
                info: StreamInfo { name, cpu: instance.cpu },
                files: instance.files.into_iter().map(|(_, _, _, file)| file).collect(),
                trace: instance.trace,
            }
        });
        let mut warnings = self.warnings;
        if self.left_out > 0 {
            let streams = if self.left_out == 1 { "a stream".to_owned() } else { format!("{} streams", self.left_out) };
            warnings.push(format!(
                "{}: {streams} of events that tracemend inferred; they were not recorded and are left out",
                self.root.display()
            ));
        }
        Found { instances: instances.collect(), warnings, files: self.files }
    }
}

/// The name of a stream: its file's, without the number that rotation adds where there are several in one folder.
fn channel(files: &[(PathBuf, String, Option<i64>, StreamFile)]) -> String {
    let Some((folder, name, ..)) = files.first() else {
        return String::new();
    };
    let rotated = files.iter().any(|(other, other_name, ..)| other == folder && other_name != name);
    match name.rsplit_once('_') {
        Some((channel, number)) if rotated && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            channel.to_owned()
        }
        _ => name.clone(),
    }
}

/// The first packet of a file, if it is one.
fn first_packet(plan: &Plan, path: &Path, length: u64) -> io::Result<Option<Packet>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?;
    let mut registers = vec![0; usize::from(plan.schema.registers)];
    loop {
        let more = (bytes.len() as u64 * 3).clamp(4 << 10, MAX_HEAD);
        let read = (&mut file).take(more).read_to_end(&mut bytes)?;
        match Packet::read(plan, &bytes, length, 0, &mut registers) {
            Ok(packet) => return Ok(Some(packet)),
            Err(NoPacket::Short) if read > 0 && (bytes.len() as u64) < MAX_HEAD => {}
            Err(_) => return Ok(None),
        }
    }
}
