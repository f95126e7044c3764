# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_tracemend_global_optspecs
    string join \n format= arch= warnings= json color= progress= q/quiet v/verbose seed= param= threads= max-memory= config= print-config h/help V/version
end

function __fish_tracemend_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_tracemend_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_tracemend_using_subcommand
    set -l cmd (__fish_tracemend_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c tracemend -n "__fish_tracemend_needs_command" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_needs_command" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_needs_command" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_needs_command" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_needs_command" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_needs_command" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_needs_command" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_needs_command" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_needs_command" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_needs_command" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_needs_command" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_needs_command" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_needs_command" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_needs_command" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_needs_command" -s V -l version -d 'Print version'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "info" -d 'Describe a trace: format, events, streams, threads, losses'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "gaps" -d 'List the gaps of a trace: where, how much, why, and the tracer option that prevents them'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "repair" -d 'Reconstruct the events a trace lost, each with a calibrated probability'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "query" -d 'Answer questions about a trace with its lost events, with 90 % intervals'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "train" -d 'Learn an n-gram model from traces, or train a network on a data set'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "merge" -d 'Merge n-gram models into one, as if all their traces had been learned at once'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "evaluate" -d 'Measure how good repairs are, on artificial gaps of known length'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "dataset" -d 'Build a data set from traces for `train --model`, or describe one'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "models" -d 'List the networks, describe a model file, import or export weights'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "lami" -d 'Run as an external analysis of Trace Compass (LAMI 1.0)'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "doctor" -d 'Examine this machine: the build, GPUs, tracers, and what the tracers running now have lost'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "man" -d 'Write the manual pages'
complete -c tracemend -n "__fish_tracemend_needs_command" -f -a "reference" -d 'Print the reference of the command line in Markdown'
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l max-loss -d 'Exit with code 1 if a trace lost more than this share of its events, such as `1%` or `0.01`, and say by how much' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l evidence -d 'Also list gaps that the recorded events of a thread prove (such as an exit without an entry); loads the whole trace'
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l fail-on-loss -d 'Exit with code 1 if events were lost; a gap that is doubtful does not count. With --max-loss: if more were lost, or nobody knows how many'
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l openmetrics -d 'Write metrics in the text of OpenMetrics, for Prometheus: events recorded, events lost by stream and cause, gaps'
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand gaps" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -s m -l model -d 'Model from `tracemend train`, for what the trace itself does not teach; left out where artificial gaps in the trace are filled no better with it. Repeatable: several are added up' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l network -d 'Trained network (best.safetensors of `tracemend train --model NAME`) that names the lost events of each thread' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l engine -d 'What names lost events where a network is given' -r -f -a "auto\t'The network where artificial gaps in the trace are filled better with it; otherwise the engine'
network\t'The network; the engine only decides which threads ran and how many events each lost'"
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l sampling -d 'How a network with Gaussian diffusion fills windows' -r -f -a "quick\t'A few steps (DDIM), until the prediction no longer changes'
published\t'Every step, as published'"
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l device -d 'Where the network computes' -r -f -a "cpu\t'The processor'
cuda\t'The first NVIDIA GPU, in a build with the feature `cuda`; `cuda:N` is the N-th, counted from 0'
auto\t'The first GPU if it works, else the processor'"
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -s o -l output -d 'Write to this file instead of stdout (for CTF, a folder); it appears whole or not at all' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l output-format -d 'Form of the output. By default the suffix of --output decides (.jsonl, .csv, .txt, .parquet, .ctf, .perfetto-trace, .pftrace), or else it is JSON Lines. `repair --format FORM` does the same; --input-format sets the input\'s format' -r -f -a "jsonl\t'JSON Lines: gaps, compositions, events'
csv\t'One event a row'
text\t'The recorded lines unchanged, inferred ones between them, marked'
parquet\t'One event a row, for data frames; alternatives nested'
ctf\t'A folder of Common Trace Format 1.8, for babeltrace2 and Trace Compass; needs --output'
perfetto\t'Perfetto\'s own format'
chrome\t'Chrome\'s JSON, for viewers that cannot read Perfetto\'s format'"
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l report -d 'Also write a report: one HTML file with a timeline, the gaps and their compositions, that works offline' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l min-confidence -d 'Leave out inferred events below this confidence; their places stay part of the gap' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l max-lost -d 'Fill gaps that lost up to this many events, and leave longer ones open' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l samples -d 'Also draw this many random reconstructions of every gap' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l merge -d 'Write recorded events too; text, Perfetto and Chrome always contain both'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l neutral-csv -d 'In CSV, put an apostrophe before names that begin as a formula, which spreadsheets would compute'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l fill-damage -d 'Also fill gaps of which nothing is known but lines that could not be read'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l dry-run -d 'Print what would be repaired and where the model comes from, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand repair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -s m -l model -d 'Model from `tracemend train`, as in `repair --model`. Repeatable' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l samples -d 'Random reconstructions of every gap that questions about a part of a gap are answered from' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand query" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l model -d 'Network to train; `tracemend models list` names them' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l data -d 'network: data set, a folder from `dataset build`, or published windows (with --dataset)' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l dataset -d 'network: name of a published data set, whose windows have the length of the settings' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l preset -d 'network: size of the network' -r -f -a "paper\t'The published sizes where there are any; hours'
small\t'Minutes on two cores'
tiny\t'Seconds, for a first try'"
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l set -d 'network: change a setting of the training (`steps=500`, `learning_rate=0.001`, `mask={blackout={shortest=1,longest=40}}`) or, with the prefix `model.`, of the network (`model.width=64`); repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l device -d 'network: device to compute on' -r -f -a "cpu\t'The processor'
cuda\t'The first NVIDIA GPU, in a build with the feature `cuda`; `cuda:N` is the N-th, counted from 0'
auto\t'The first GPU if it works, else the processor'"
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -s o -l output -d 'Write the model to this file, which appears whole or not at all; for a network, to the run\'s folder' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l resume -d 'network: continue from the checkpoint in the run\'s folder, to the same weights as an uninterrupted run'
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand train" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -s o -l output -d 'Write the merged model to this file, which appears whole or not at all' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l protocol -d 'The older way to name the protocol. What comes here is a wrong name: right ones became the subcommand before' -r -f -a "paper\t''
cross-run\t''
burst\t''
self\t''
ring\t''
truth\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -f -a "paper" -d 'Windows of one flat sequence, as published, or arrays that another program imputed'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -f -a "cross-run" -d 'Windows of one thread, learned from other runs of the same program'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -f -a "burst" -d 'Bursts lost on one CPU of a trace of many threads, learned from other runs'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -f -a "self" -d 'Bursts lost on one CPU of a trace of many threads, learned from the rest of the same trace'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -f -a "ring" -d 'Complete traces, replayed through a simulated ring buffer that overflows'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and not __fish_seen_subcommand_from paper cross-run burst self ring truth" -f -a "truth" -d 'Traces that really lost events, repaired and scored against their complete twins'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l data -d 'The windows: `pts.npz`, or a folder in the published layout' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l dataset -d 'Names of data sets, separated by commas; all where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l arrays -d 'Score the imputed arrays of this folder (original, imputation and mask), or of all such folders below it, instead of imputing' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l length -d 'Events per window' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l blackout -d 'Lengths of the artificial gaps in events, separated by commas; those of the protocol where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l gap-at -d 'Place of the gap in the window' -r -f -a "middle\t''
end\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l save-arrays -d 'Write the predictions as arrays in the published layout below this folder' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l model -d 'Measure this trained network too, on the same windows; `NAME=FILE` gives it a name. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l sampling -d 'How networks with Gaussian diffusion fill windows' -r -f -a "quick\t'A few steps (DDIM), until the prediction no longer changes'
published\t'Every step, as published'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l samples -d 'Samples that such networks draw per window' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l combine -d 'How to combine several samples into one prediction' -r -f -a "median\t'The median of the numbers'
mean\t'Their mean'
majority\t'The token that most samples are nearest to'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l device -d 'Where networks compute' -r -f -a "cpu\t'The processor'
cuda\t'The first NVIDIA GPU, in a build with the feature `cuda`; `cuda:N` is the N-th, counted from 0'
auto\t'The first GPU if it works, else the processor'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l method -d 'Methods, separated by commas; all where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l fail-under -d 'Exit with code 1 if a figure is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than `engine` (traces) or `ppm` (windows). For an error or a time (composition_tv, ece, seconds_per_gap, …) the value is the largest allowed' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l resume -d 'Store every finished measurement (a method at one gap length) in this folder, and reuse those that are there: after an interruption, or with more lengths, methods or models' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l table -d 'Form of the tables: aligned columns, Markdown, or one figure a line, comma-separated' -r -f -a "text\t''
markdown\t''
csv\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l report -d 'Write a report too: one HTML file with every figure, its interval and a picture' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l plots -d 'Write pictures into this folder (SVG): score against gap length, time against score, reliability' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l dump -d 'Write every prediction too, one gap a line (JSON Lines): truth, prediction, probabilities, and in windows alternatives' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from paper" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l train -d 'Traces to learn from' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l valid -d 'A run unseen by the networks. Used to tune rescoring (by gap duration and return values) and each network\'s weight' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l test -d 'The trace whose events are hidden' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l gaps -d 'Windows to draw' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l length -d 'Events per window' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l blackout -d 'Lengths of the artificial gaps in events, separated by commas; those of the protocol where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l gap-at -d 'Place of the gap in the window' -r -f -a "middle\t''
end\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l save-arrays -d 'Write the predictions as arrays in the published layout below this folder' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l model -d 'Measure this trained network too, on the same windows; `NAME=FILE` gives it a name. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l sampling -d 'How networks with Gaussian diffusion fill windows' -r -f -a "quick\t'A few steps (DDIM), until the prediction no longer changes'
published\t'Every step, as published'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l samples -d 'Samples that such networks draw per window' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l combine -d 'How to combine several samples into one prediction' -r -f -a "median\t'The median of the numbers'
mean\t'Their mean'
majority\t'The token that most samples are nearest to'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l device -d 'Where networks compute' -r -f -a "cpu\t'The processor'
cuda\t'The first NVIDIA GPU, in a build with the feature `cuda`; `cuda:N` is the N-th, counted from 0'
auto\t'The first GPU if it works, else the processor'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l method -d 'Methods, separated by commas; all where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l fail-under -d 'Exit with code 1 if a figure is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than `engine` (traces) or `ppm` (windows). For an error or a time (composition_tv, ece, seconds_per_gap, …) the value is the largest allowed' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l resume -d 'Store every finished measurement (a method at one gap length) in this folder, and reuse those that are there: after an interruption, or with more lengths, methods or models' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l table -d 'Form of the tables: aligned columns, Markdown, or one figure a line, comma-separated' -r -f -a "text\t''
markdown\t''
csv\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l report -d 'Write a report too: one HTML file with every figure, its interval and a picture' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l plots -d 'Write pictures into this folder (SVG): score against gap length, time against score, reliability' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l dump -d 'Write every prediction too, one gap a line (JSON Lines): truth, prediction, probabilities, and in windows alternatives' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from cross-run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l train -d 'Traces to learn from' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l test -d 'The trace whose events are hidden' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l blackout -d 'Lengths of the artificial gaps in events, separated by commas; those of the protocol where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l gaps -d 'Gaps to draw for each length' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l method -d 'Methods, separated by commas; all where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l fail-under -d 'Exit with code 1 if a figure is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than `engine` (traces) or `ppm` (windows). For an error or a time (composition_tv, ece, seconds_per_gap, …) the value is the largest allowed' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l resume -d 'Store every finished measurement (a method at one gap length) in this folder, and reuse those that are there: after an interruption, or with more lengths, methods or models' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l table -d 'Form of the tables: aligned columns, Markdown, or one figure a line, comma-separated' -r -f -a "text\t''
markdown\t''
csv\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l report -d 'Write a report too: one HTML file with every figure, its interval and a picture' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l plots -d 'Write pictures into this folder (SVG): score against gap length, time against score, reliability' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l dump -d 'Write every prediction too, one gap a line (JSON Lines): truth, prediction, probabilities, and in windows alternatives' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from burst" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l test -d 'The trace whose events are hidden' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l blackout -d 'Lengths of the artificial gaps in events, separated by commas; those of the protocol where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l gaps -d 'Gaps to draw for each length' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l method -d 'Methods, separated by commas; all where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l fail-under -d 'Exit with code 1 if a figure is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than `engine` (traces) or `ppm` (windows). For an error or a time (composition_tv, ece, seconds_per_gap, …) the value is the largest allowed' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l resume -d 'Store every finished measurement (a method at one gap length) in this folder, and reuse those that are there: after an interruption, or with more lengths, methods or models' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l table -d 'Form of the tables: aligned columns, Markdown, or one figure a line, comma-separated' -r -f -a "text\t''
markdown\t''
csv\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l report -d 'Write a report too: one HTML file with every figure, its interval and a picture' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l plots -d 'Write pictures into this folder (SVG): score against gap length, time against score, reliability' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l dump -d 'Write every prediction too, one gap a line (JSON Lines): truth, prediction, probabilities, and in windows alternatives' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from self" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l test -d 'Complete traces to replay. Of a trace with a lossy channel and a complete one, the complete one' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l preset -d 'The tracer to imitate: its ring, and the sizes of its records. The tracer that recorded the trace where absent, perf for other formats' -r -f -a "lttng\t'sub-buffers of 4 KiB, discard'
ftrace\t'pages of 4 KiB, overwrite'
perf\t'a ring of bytes, discard, a record for the loss when space comes back'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l capacity -d 'Bytes of each CPU\'s ring' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l page -d 'Bytes of a page or sub-buffer; 0: a ring of bytes' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l when-full -d 'What a full ring does' -r -f -a "discard\t'drop the new event'
overwrite\t'drop the oldest page that is not being read'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l drain -d 'Bytes that the reader copies in a second' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l stall -d 'Milliseconds that the reader is held up at a time, in the mean; 0: never' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l stall-every -d 'Milliseconds from the begin of one stall to that of the next, in the mean' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l train -d 'Other traces that all methods learn from; the engine as with `repair --model` of what `train` makes of them' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l model -d 'Models made by `train` that the engine repairs with, as `repair --model` does; several are added up. The baselines cannot learn from models' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l method -d 'Methods, separated by commas; all where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l fail-under -d 'Exit with code 1 if a figure is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than `engine` (traces) or `ppm` (windows). For an error or a time (composition_tv, ece, seconds_per_gap, …) the value is the largest allowed' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l resume -d 'Store every finished measurement (a method at one gap length) in this folder, and reuse those that are there: after an interruption, or with more lengths, methods or models' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l table -d 'Form of the tables: aligned columns, Markdown, or one figure a line, comma-separated' -r -f -a "text\t''
markdown\t''
csv\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l report -d 'Write a report too: one HTML file with every figure, its interval and a picture' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l plots -d 'Write pictures into this folder (SVG): score against gap length, time against score, reliability' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l dump -d 'Write every prediction too, one gap a line (JSON Lines): truth, prediction, probabilities, and in windows alternatives' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from ring" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l lossy -d 'Traces that lost events' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l full -d 'Their complete twins, in the same order. Repeat the path of a trace that holds a lossy channel and a complete one' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l around-gaps -d 'Keep only so many recorded events of each lossy trace, where it lost the most: how well are short traces repaired?' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l train -d 'Other traces that all methods learn from; the engine as with `repair --model` of what `train` makes of them' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l model -d 'Models made by `train` that the engine repairs with, as `repair --model` does; several are added up. The baselines cannot learn from models' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l method -d 'Methods, separated by commas; all where absent' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l fail-under -d 'Exit with code 1 if a figure is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than `engine` (traces) or `ppm` (windows). For an error or a time (composition_tv, ece, seconds_per_gap, …) the value is the largest allowed' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l resume -d 'Store every finished measurement (a method at one gap length) in this folder, and reuse those that are there: after an interruption, or with more lengths, methods or models' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l table -d 'Form of the tables: aligned columns, Markdown, or one figure a line, comma-separated' -r -f -a "text\t''
markdown\t''
csv\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l report -d 'Write a report too: one HTML file with every figure, its interval and a picture' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l plots -d 'Write pictures into this folder (SVG): score against gap length, time against score, reliability' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l dump -d 'Write every prediction too, one gap a line (JSON Lines): truth, prediction, probabilities, and in windows alternatives' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand evaluate; and __fish_seen_subcommand_from truth" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -f -a "build" -d 'Build a data set: vocabulary, sequences and windows, in parts for training, validation and test'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and not __fish_seen_subcommand_from build info" -f -a "info" -d 'Describe a data set: sizes, entropy, repetition, and what its test part shares with training'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l valid -d 'Traces for validation, which chooses the best weights' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l test -d 'Traces to test on' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -s o -l output -d 'Write the data set to this folder' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l name -d 'Name of the data set' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l by -d 'What forms one sequence' -r -f -a "thread\t'The events of one thread'
stream\t'The events of one stream, usually of one CPU'
merged\t'All events of a trace, by time'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l split -d 'How to divide the parts: by runs as named, by whole sequences, or within each sequence by time' -r -f -a "run\t'Whole runs, as named'
thread\t'Whole sequences'
time\t'Each sequence in time, with a guard band of one window'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l length -d 'Events per window' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l stride -d 'Events from the beginning of one window to the next' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l cap -d 'Maximum number of windows per part in its NumPy file; 0 for all' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l requests -d 'Use only what a server did for its connections: one sequence per request, from `accept` to the `close` of its descriptor, in one thread. The traces must contain the arguments of calls. requests.csv in the folder lists the events with phase, return value, thread and process'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand dataset; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -f -a "list" -d 'List the networks that `train --model` can train'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -f -a "describe" -d 'Describe a model file: its network, settings, training, and every tensor; checks the whole file'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -f -a "import" -d 'Make a model file from a PyTorch checkpoint (`.pkl`, `.pt`)'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and not __fish_seen_subcommand_from list describe import export" -f -a "export" -d 'Write a model\'s tensors as plain safetensors, for `safetensors.torch.load_file`'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from describe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l network -d 'Network that the weights belong to' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l preset -d 'Size of the network' -r -f -a "paper\t'The published sizes where there are any; hours'
small\t'Minutes on two cores'
tiny\t'Seconds, for a first try'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l set -d 'Change a setting of the network, such as `residual_channels=64`; repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l vocabulary -d 'Number of tokens in the model\'s vocabulary' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -s o -l output -d 'Write the model to this file' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -s o -l output -d 'Write the tensors to this file' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand models; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l begin -d 'Leave out everything that ends before this time, in nanoseconds on the trace\'s clock' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l end -d 'Leave out everything that begins after this time, in nanoseconds on the trace\'s clock' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l mi-version -d 'Print the version of the interface and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l metadata -d 'Print the description of the analysis and its tables, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l test-compatibility -d 'Exit with code 0 if TRACE can be read'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l output-progress -d 'Print lines of progress before the result'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand lami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l root -d 'Folder that holds the machine\'s `dev`, `proc` and `sys`, for tests' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l format -l input-format -d 'Read the input as this format instead of recognising the format by the content' -r -f -a "ftrace\t'ftrace text: trace_pipe, trace, trace-cmd report'
perf-script\t'perf script text'
perf-trace\t'perf trace text'
bpftrace\t'bpftrace text'
auditd\t'Linux audit log: audit.log, ausearch --raw'
tracee\t'Tracee JSON: tracee --output json'
tetragon\t'Tetragon JSON: export file, tetra getevents -o json'
inspektor-gadget\t'Inspektor Gadget JSON: ig run … -o json'
strace\t'strace -f -ttt text'
babeltrace\t'babeltrace2 text'
trace-compass\t'Event table that Trace Compass exported'
csv\t'One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns'
sequences\t'Plain sequences of names or numbers'
npy\t'NumPy windows'
ctf\t'Folder of Common Trace Format, 1.8 or 2'
perf-data\t'perf\'s own file, perf.data'
perfetto\t'Perfetto trace: ftrace events of a .pftrace, .perfetto-trace'
trace-dat\t'trace-cmd\'s own file, trace.dat'
scap\t'Capture of Falco or sysdig'
ftrace-raw\t'Folder of trace_pipe_raw files beside ftrace\'s events folder'"
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l arch -d 'Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default what the file says, or else x86_64' -r -f -a "x86_64\t''
i386\t''
aarch64\t''
arm\t''
riscv64\t''
ppc64le\t''
s390x\t''
none\t''"
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l warnings -d 'File with the stderr of babeltrace2: its text output mentions no losses, its warnings do' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l color -d 'Colour the output; `auto` colours on a terminal unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l progress -d 'Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line' -r -f -a "auto\t'A bar, on a terminal only'
never\t'Never'
json\t'One JSON object per line on stderr'"
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l seed -d 'Seed of all random draws; the same seed gives the same output, byte for byte' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l param -d 'Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l threads -d 'Threads to use, at most one per core; 0 for one per core. The output does not depend on it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l max-memory -d 'Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program. Larger traces are refused before they take it' -r
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l config -d 'Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`' -r -F
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l params -d 'Print the defaults of all constants of the repair as JSON instead'
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l json -d 'Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version'
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -s q -l quiet -d 'Print errors only, no warnings and no summary'
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -s v -l verbose -d 'Print more details'
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -l print-config -d 'Print the options in force as TOML, with the source of each value, and exit'
complete -c tracemend -n "__fish_tracemend_using_subcommand reference" -s h -l help -d 'Print help (see more with \'--help\')'
