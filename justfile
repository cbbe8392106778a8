# Chores. Each is one command that also works without just.

# List the chores.
default:
    @just --list

# Everything that CI checks.
check:
    .ci/run

# The tests.
test:
    cargo test --workspace --locked

# The rules of the house; `just tidy --numbers` prints sizes.
tidy *arguments:
    cargo xtask tidy {{ arguments }}

# Measure against the budgets (the chore itself is not there yet).
bench *arguments:
    cargo xtask bench {{ arguments }}

# Show the product in a scratch repository.
demo *arguments:
    cargo run --quiet --locked --bin thru -- demo {{ arguments }}
