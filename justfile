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

# Regenerate docs/cli.md, the README's excerpt and the snapshots of the command's output; read the diff before you commit it.
docs:
    UPDATE_DOCS=1 INSTA_UPDATE=always cargo test -p tracemend --locked

# The tables of docs/results.md, from recorded runs of a program: three to learn from, one to repair.
results train1 train2 train3 test:
    cargo run --release --locked -- evaluate --protocol burst --train {{train1}} {{train2}} {{train3}} --test {{test}} --blackout 1,10,40,168,700 --gaps 300 --seed 1

# Every reader against hostile input, five minutes each; needs cargo-fuzz.
fuzz seconds="300":
    for target in $(cd fuzz && cargo fuzz list); do fuzz/run "$target" {{seconds}} || exit 1; done

# The memory check of .ci/run at its full size: 5 GB of text through `info` and `gaps`.
memory gigabytes="5":
    MEMORY_GB={{gigabytes}} .ci/memory
