"""Reads a Perfetto trace through Perfetto's own definitions and compares it with the JSON Lines of the same repair."""
import collections
import json
import sys

try:
    from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as proto
except ImportError as missing:
    sys.stderr.write(f"{missing}; pip install perfetto protobuf\n")
    sys.exit(77)

trace, jsonl = sys.argv[1:]
events, gaps = [], []
for line in open(jsonl, encoding="utf-8"):
    row = json.loads(line)
    if row["type"] == "event":
        events.append(row["data"])
    elif row["type"] == "gap":
        gaps.append(row["data"])

read = proto.Trace()
read.ParseFromString(open(trace, "rb").read())


def unknown(message):
    """Fields that the definitions do not have would be fields written wrongly."""
    return message.SerializeToString(deterministic=True) != strict(message).SerializeToString(deterministic=True)


def strict(message):
    copy = type(message)()
    copy.CopyFrom(message)
    copy.DiscardUnknownFields()
    return copy


assert not unknown(read), "there are fields that Perfetto does not know"
TYPE = proto.TrackEvent.Type
tracks = {packet.track_descriptor.uuid: packet.track_descriptor for packet in read.packet if packet.HasField("track_descriptor")}
assert all(track.parent_uuid in tracks for track in tracks.values() if track.parent_uuid)
marks = collections.Counter()
open_slices = collections.Counter()
lost, bands, values = [], 0, 0
for packet in read.packet:
    if not packet.HasField("track_event"):
        continue
    event = packet.track_event
    track = tracks[event.track_uuid]
    parent = tracks[track.parent_uuid].name
    arguments = {a.name: a.int_value if a.HasField("int_value") else a.double_value for a in event.debug_annotations}
    if event.type == TYPE.TYPE_SLICE_BEGIN:
        open_slices[event.track_uuid] += 1
    elif event.type == TYPE.TYPE_SLICE_END:
        open_slices[event.track_uuid] -= 1
    elif event.type == TYPE.TYPE_COUNTER:
        assert track.HasField("counter") and 0 <= event.double_counter_value <= 1
        values += 1
    if event.type == TYPE.TYPE_SLICE_BEGIN and event.categories[0] == "lost":
        lost.append(event.name)
    if event.type == TYPE.TYPE_SLICE_BEGIN and event.categories[0] == "confidence":
        bands += 1
    if event.type == TYPE.TYPE_INSTANT and parent.startswith("CPU"):
        assert track.name.endswith(event.categories[0])
        confidence = arguments.get("confidence")
        marks[(packet.timestamp, event.name, event.categories[0] == "inferred", confidence)] += 1
assert not any(open_slices.values()), "slices are left open"
WORD = {"entry": " entry", "exit": " exit"}
wanted = collections.Counter(
    (e["time_ns"], e["name"] + WORD.get(e["phase"], ""), e["inferred"], e["confidence"])
    for e in events
)
assert marks == wanted, "the events on the tracks of CPUs are others"
assert sorted(lost) == sorted(f"LOST {gap['lost']}" for gap in gaps), "the gaps are others"
inferred = sum(event["inferred"] for event in events)
assert values >= inferred and bands >= 1
print(f"equal: {len(events)} events, {len(gaps)} gaps, {bands} bands, {len(tracks)} tracks")
