# What contributors run. `just` alone lists it.

default:
    @just --list

# All that must hold before a change goes in.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo test --workspace --locked
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
    cargo deny check

test:
    cargo test --workspace --locked

bench:
    cargo bench --workspace --locked

# Regenerate docs/cli.md, manual pages, completions, the report's pictures, the README's excerpt and the snapshots of the
# command's output; read the diff before you commit it.
docs:
    UPDATE_DOCS=1 INSTA_UPDATE=always cargo test -p tracemend --locked

# docs/results.md, from the recorded runs in a shared folder (corpus/, paper/); resumable.
results shared:
    cargo build --release --locked
    TRACEMEND_CORPUS={{shared}}/corpus cargo bench -p tracemend-repair --bench engine
    cargo bench -p tracemend-trace --bench read
    tools/results {{shared}}

# docs/networks.md, from the networks in target/models; resumable.
networks shared *options:
    cargo build --release --locked --workspace
    tools/results_networks.py {{shared}} {{options}}

# With networks on GPUs of NVIDIA; needs no CUDA to build, and 20 minutes more.
cuda:
    cargo build --release --locked --features cuda

# Every reader against hostile input, five minutes each; needs cargo-fuzz.
fuzz seconds="300":
    for target in $(cd fuzz && cargo fuzz list); do fuzz/run "$target" {{seconds}} || exit 1; done

# The memory check of .ci/run at its full size: 5 GB of text through `info` and `gaps`.
memory gigabytes="5":
    MEMORY_GB={{gigabytes}} .ci/memory
